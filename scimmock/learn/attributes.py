"""Attribute definitions for values of which no schema is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Document = dict[str, Any]

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_NAME = re.compile(r"[A-Za-z$][A-Za-z0-9$_-]*")


def declared(objects: Iterable[Any]) -> list[Document]:
    """Return definitions of the attributes in objects (RFC 7643 section 7), by the values that they have."""
    values: dict[str, list[Any]] = {}
    for item in objects:
        for name, value in item.items() if isinstance(item, dict) else ():
            if _NAME.fullmatch(name):
                values.setdefault(name, []).append(value)
    return [_definition(name, found) for name, found in values.items()]


def _definition(name: str, values: list[Any]) -> Document:
    several = any(isinstance(value, list) for value in values)
    elements = [
        one for value in values for one in (value if isinstance(value, list) else [value]) if one is not None
    ]
    kind = _type(elements)
    found: Document = {"name": name, "type": kind, "multiValued": several}
    if kind == "complex":
        found["subAttributes"] = declared(elements)
        for sub in found["subAttributes"]:
            if sub["type"] == "complex":  # complex attributes are not nested (RFC 7643 section 2.3.8)
                sub.update({"type": "string"})
                sub.pop("subAttributes", None)
        if not found["subAttributes"]:
            found["subAttributes"] = [{"name": "value", "type": "string", "multiValued": False}]
    return found


def _type(values: list[Any]) -> str:
    """Return the type that all values have, "string" where there is none."""
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values and all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return "integer"
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return "decimal"
    if values and all(isinstance(value, dict) for value in values):
        return "complex"
    if values and all(isinstance(value, str) and _DATE.fullmatch(value) for value in values):
        return "dateTime"
    return "string"
