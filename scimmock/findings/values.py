"""How values deviate from their schema, as (kind, sentence) pairs that the checks choose from by kind.

Nothing here decides anything about a request: what the engine accepts under its leniency is told
all the same, because a stricter service would not accept it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import did_you_mean
from ..scim.schema import Attribute, ResourceType
from ..scim.values import wrong_type
from ..traffic.secrets import is_secret
from .base import shown

Deviation = tuple[str, str]

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_ALPHA_2 = re.compile(r"[A-Za-z]{2}")

is_secret_name = is_secret  # one judgement for findings, journal and recordings


def told(name: str, value: Any) -> str:
    """Return the value for a message, *** where the name says that it is a secret."""
    return "***" if is_secret_name(name) else shown(value)


def names_of(resource_type: ResourceType) -> Iterator[str]:
    """Yield every attribute and sub-attribute as a path names it."""
    for attribute in resource_type.all_attributes():
        yield attribute.path
        yield from (sub.path for sub in attribute.sub_attributes)


def near(wrong: str, known: Iterable[str]) -> str:
    """Return ", ... is near it" for a message, or nothing."""
    found = did_you_mean(wrong, known)
    return f", {found!r} is the nearest that it has" if found and found.lower() != wrong.lower() else ""


def of_value(attribute: Attribute, value: Any, where: str) -> Iterator[Deviation]:
    """Yield what is wrong with the whole value of an attribute; ``where`` is its path for the message."""
    if value is None or attribute.type == "any":
        return
    if not attribute.multi_valued:
        if isinstance(value, list):
            yield "wrong-type", f"{where} is a list, it has a single value"
            return
        yield from of_element(attribute, value, where)
        return
    if not isinstance(value, list):
        # A single value, or what is no value at all: both lack the brackets.
        yield "wrong-type", f"{where} is {_kind(value)}, a list of values would be right"
        return
    yield from of_elements(attribute, value, where)


def of_elements(attribute: Attribute, values: list[Any], where: str) -> Iterator[Deviation]:
    """Yield what is wrong with the values of a multi-valued attribute."""
    for index, element in enumerate(values):
        if element is not None:
            yield from of_element(attribute, element, f"{where}[{index}]")
    primary = [index for index, item in enumerate(values) if isinstance(item, dict) and _is_primary(item)]
    if attribute.has_primary and len(primary) > 1:
        yield (
            "several-primaries",
            f"{len(primary)} values of {where} are primary, at most one can be",
        )


def _is_primary(element: dict[str, Any]) -> bool:
    return any(name.lower() == "primary" and value is True for name, value in element.items())


def of_element(attribute: Attribute, value: Any, where: str) -> Iterator[Deviation]:
    """Yield what is wrong with one value of an attribute."""
    if attribute.type == "complex":
        yield from _of_complex(attribute, value, where)
    elif attribute.type != "any":
        yield from _of_simple(attribute, value, where)


def _of_complex(attribute: Attribute, value: Any, where: str) -> Iterator[Deviation]:
    if value == "":
        yield (
            "empty-string-removes",
            f"{where} is an empty string, null or the operation remove takes a value away",
        )
        return
    if not isinstance(value, dict):
        right = '{"value": ...}' if "value" in attribute.subs else "an object"
        text = told(where, value) if isinstance(value, str | int | float | bool) else _kind(value)
        yield "complex-as-string", f"{where} is {text}, {right} would be right"
        if isinstance(value, str):
            yield from _json_in(value, where)
        return
    seen: set[str] = set()
    for name, inner in value.items():
        sub = attribute.sub(name)
        if sub is None:
            if attribute.mutability != "readOnly":
                known = [item.name for item in attribute.sub_attributes]
                yield (
                    "unknown-attribute",
                    f"{where}.{name} is declared by no schema{near(name, known)}",
                )
            continue
        if sub.name in seen:
            yield "attribute-twice", f"{where}.{sub.name} stands twice, in different case"
        seen.add(sub.name)
        if inner is None:
            yield "null-in-value", f"{where}.{sub.name} is null, left out it would say the same"
        elif sub.mutability != "readOnly":
            yield from of_value(sub, inner, f"{where}.{sub.name}")


def _of_simple(attribute: Attribute, value: Any, where: str) -> Iterator[Deviation]:
    wanted = wrong_type(attribute, value)
    if attribute.returned == "never":
        if wanted is not None:
            yield "wrong-type", f"{where} is no {wanted.partition(' ')[2] or wanted}"
        return
    if wanted is None:
        if isinstance(value, str):
            yield from _of_text(attribute, value, where)
        return
    if attribute.type == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        yield (
            "boolean-as-string",
            f"{where} is the string {shown(value)}, the boolean {value.lower()} would be right",
        )
        return
    text = _kind(value) if isinstance(value, dict | list) else told(where, value)
    yield "wrong-type", f"{where} is {text}, {wanted} would be right"


def _of_text(attribute: Attribute, value: str, where: str) -> Iterator[Deviation]:
    yield from _json_in(value, where)
    if attribute.urn.startswith("urn:ietf:params:scim:schemas:core:2.0:"):
        if attribute.name == "locale" and value and not _LANGUAGE_TAG.fullmatch(value):
            right = value.replace("_", "-")
            hint = f", {right!r} would be one" if _LANGUAGE_TAG.fullmatch(right) else ""
            yield "locale-no-language-tag", f"{where} is {shown(value)}, which is no language tag{hint}"
        elif attribute.name == "country" and value and not _ALPHA_2.fullmatch(value):
            yield (
                "country-not-alpha-2",
                f"{where} is {shown(value)}, a country is two letters such as SE",
            )


def _json_in(value: str, where: str) -> Iterator[Deviation]:
    text = value.strip()
    if text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(document, dict | list):
            kind = "object" if isinstance(document, dict) else "array"
            yield "json-in-string", f"{where} is a string that holds a JSON {kind}, not the {kind} itself"


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "a boolean"
    return "a string" if isinstance(value, str) else "a number"
