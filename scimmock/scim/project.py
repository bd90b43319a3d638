"""Which attributes an answer has: ``attributes`` and ``excludedAttributes`` (RFC 7644 section 3.9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import ScimError
from .path import resolve
from .schema import Attribute, ResourceType


@dataclass(frozen=True, slots=True)
class Selection:
    """The attribute names that a request lists, None where it does not use the parameter."""

    attributes: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        return self.attributes is not None or self.excluded is not None


EVERYTHING = Selection()


def read_selection(attributes: Any, excluded: Any) -> Selection:
    """Return the selection of a query: each parameter a comma-separated string or a list of strings.

    Raises 400 invalidValue when both are there, which section 3.9 rules out.
    """
    if attributes is None and excluded is None:
        return EVERYTHING
    selection = Selection(_names("attributes", attributes), _names("excludedAttributes", excluded))
    if selection.attributes is not None and selection.excluded is not None:
        raise ScimError(400, "'attributes' and 'excludedAttributes' exclude each other", "invalidValue")
    return selection


def _names(parameter: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    parts: Iterable[Any] = value.split(",") if isinstance(value, str) else value
    if not isinstance(value, str | list) or not all(isinstance(part, str) for part in parts):
        raise ScimError(400, f"{parameter!r} is a list of attribute names", "invalidValue")
    names = tuple(name for part in parts for name in (part.strip(),) if name)
    return names or None


_Chosen = dict[tuple[str | None, str], set[str] | None]  # (extension, attribute) -> sub-attributes or all


def _choose(names: Iterable[str], resource_type: ResourceType) -> tuple[_Chosen, set[str]]:
    chosen: _Chosen = {}
    schemas: set[str] = set()
    for name in names:
        target = resolve(name, resource_type)
        if target.attribute is None:
            schemas.add(target.extension or "")
            continue
        key = (target.extension, target.attribute.name.lower())
        if target.sub is None:
            chosen[key] = None
        elif chosen.get(key, ()) is not None:
            chosen.setdefault(key, set()).add(target.sub.name.lower())  # type: ignore[union-attr]
    return chosen, schemas


def project(document: dict[str, Any], resource_type: ResourceType, selection: Selection) -> dict[str, Any]:
    """Return the part of a representation that the selection asks for.

    What is returned "always" stays, whatever the selection says; unknown names are ignored.
    """
    including = selection.attributes is not None
    names = selection.attributes if selection.attributes is not None else selection.excluded or ()
    chosen, schemas = _choose(names, resource_type)
    result: dict[str, Any] = {}
    for name, value in document.items():
        schema = resource_type.extensions.get(name.lower())
        if schema is not None and isinstance(value, dict):
            if schema.id in schemas:
                if including:
                    result[name] = value
                continue
            kept = _project_level(value, schema.table, schema.id, chosen, including)
            if kept:
                result[name] = kept
        elif name != "schemas" and "" in schemas and name in resource_type.schema.table:
            if including or resource_type.schema.table[name].returned == "always":
                result[name] = value
        else:
            result.update(_project_level({name: value}, resource_type.attributes, None, chosen, including))
    return result


def _project_level(
    values: dict[str, Any],
    table: dict[str, Attribute],
    extension: str | None,
    chosen: _Chosen,
    including: bool,
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        attribute = table.get(name)
        key = (extension, name.lower())
        if attribute is not None and attribute.returned == "always":
            kept[name] = value
        elif key not in chosen:
            if not including and (attribute is None or attribute.returned != "request"):
                kept[name] = value
        elif chosen[key] is None:
            if including:
                kept[name] = value
        else:
            part = _subs(value, chosen[key] or set(), attribute, including)
            if part not in ({}, []):
                kept[name] = part
    return kept


def _subs(value: Any, names: set[str], attribute: Attribute | None, including: bool) -> Any:
    if isinstance(value, list):
        parts = [_subs(element, names, attribute, including) for element in value]
        return [part for part in parts if part != {}]
    if not isinstance(value, dict):
        return value
    always = (
        {sub.name for sub in attribute.sub_attributes if sub.returned == "always"} if attribute else set()
    )
    return {
        name: inner for name, inner in value.items() if name in always or (name.lower() in names) == including
    }
