"""What the operations of a PATCH are for, and how their values deviate from the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..scim.path import Target, resolve
from ..scim.schema import Attribute, ResourceType
from . import values
from .asked import Asked, Op
from .base import shown
from .values import Deviation

VALUE_PATH = re.compile(r"(?P<attribute>[^\[\]]+)\[(?P<filter>.*)\](?P<sub>\..+)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Aim:
    """One attribute that an operation is for.

    ``name`` is the path or the key of the value; ``filter`` what stands in brackets, ``keyed`` says
    that the operation has no path.  ``where`` begins messages.
    """

    op: Op
    name: str
    target: Target
    value: Any
    where: str
    filter: str | None = None
    keyed: bool = False


def aims(asked: Asked) -> list[Aim]:
    """Return what the operations of the request are for, as far as that can be told."""
    if "aims" not in asked.memo:
        asked.memo["aims"] = [aim for op in asked.ops for aim in _aims(op)]
    found: list[Aim] = asked.memo["aims"]
    return found


def _aims(op: Op) -> Iterator[Aim]:
    resource_type = op.part.type
    if resource_type is None or not op.op:
        return
    if op.path is not None:
        yield from _aim_of_path(op, op.path.strip(), resource_type)
    elif op.op != "remove" and isinstance(op.value, dict):
        for name, value in op.value.items():
            where = f"{op.where}.value.{name}"
            target = resolve(name, resource_type)
            yield Aim(op, name, target, value, where, None, keyed=True)


def _aim_of_path(op: Op, path: str, resource_type: ResourceType) -> Iterator[Aim]:
    if dotted_urn(path, resource_type):
        return
    found = VALUE_PATH.fullmatch(path)
    name, sub, text = path, "", None
    if found is not None:
        name, sub, text = found["attribute"], found["sub"] or "", found["filter"]
    yield Aim(op, path, resolve(name + sub, resource_type), op.value, f"{op.where} at {shown(path)}", text)


def dotted_urn(path: str, resource_type: ResourceType) -> str | None:
    """Return the schema that a path continues with a dot where a colon belongs, or None."""
    lower = path.lower()
    return next((urn for urn in resource_type.schema_ids if lower.startswith(urn.lower() + ".")), None)


def of_patches(asked: Asked) -> Iterator[Deviation]:
    """Yield how the values of the operations deviate from their schema."""
    for aim in aims(asked):
        if aim.op.op == "remove":
            continue
        if aim.target.attribute is None:
            if isinstance(aim.value, dict) and aim.op.part.type is not None:
                yield from _of_schema(aim, aim.value, aim.op.part.type)
        elif aim.target.declared and not read_only(aim.target):
            yield from _of_aim(aim, aim.target.attribute)


def _of_schema(aim: Aim, value: dict[str, Any], resource_type: ResourceType) -> Iterator[Deviation]:
    """The value of a whole schema: an object of its attributes."""
    schema = resource_type.extensions.get((aim.target.extension or "").lower(), resource_type.schema)
    for name, inner in value.items():
        attribute = schema.attribute(name)
        if attribute is None:
            if name.lower() != "schemas":
                known = values.near(name, [item.name for item in schema.attributes])
                yield "unknown-attribute", f"{aim.where}: {name!r} is declared by no schema{known}"
        elif attribute.mutability != "readOnly":
            yield from values.of_value(attribute, inner, f"{aim.where}: {name}")


def _of_aim(aim: Aim, attribute: Attribute) -> Iterator[Deviation]:
    value, sub = aim.value, aim.target.sub
    where = aim.where if aim.keyed else f"{aim.where}: the value"
    if value is None or attribute.name == "schemas":
        return
    if sub is not None:
        if aim.filter is not None or not attribute.multi_valued:
            yield from values.of_value(sub, value, where)
    elif not attribute.multi_valued:
        yield from values.of_value(attribute, value, where)
    elif isinstance(value, list):
        yield from values.of_elements(attribute, value, where)
    else:  # an object may stand for a list of one (section 3.5.2.1)
        yield from values.of_element(attribute, value, where)


def read_only(target: Target) -> Attribute | None:
    parts = (target.attribute, target.sub)
    return next((part for part in parts if part is not None and part.mutability == "readOnly"), None)
