"""The order of results by ``sortBy`` (RFC 7644 section 3.4.2.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import ScimError
from .path import resolve
from .schema import Attribute, ResourceType
from .values import key_of, parse_date_time

# (0 = has a value, 1 = has none; 0 = number, 1 = text; the value): all keys can be compared.
Key = tuple[int, int, int | float | str]
_ABSENT: Key = (1, 0, 0.0)


def _key(attribute: Attribute, value: Any) -> Key:
    if value is None:
        return _ABSENT
    if isinstance(value, bool | int | float):
        return (0, 0, value)
    if isinstance(value, str):
        moment = parse_date_time(value) if attribute.type == "dateTime" else None
        if moment is not None:
            return (0, 0, moment.timestamp())
        return (0, 1, key_of(attribute)(value))
    return _ABSENT


def _chosen(values: list[Any]) -> Any:
    """Return the value of a multi-valued attribute that counts: the primary, else the first."""
    for value in values:
        if isinstance(value, dict) and value.get("primary") is True:
            return value
    return values[0] if values else None


def sort_key(sort_by: str, resource_type: ResourceType, any_type: bool) -> Callable[[dict[str, Any]], Key]:
    """Return the function from a document to its place in the order.

    Resources without value come last, first when descending.  ``any_type`` treats attributes that
    this type does not have as absent; otherwise they raise 400 invalidValue.
    """
    target = resolve(sort_by, resource_type)
    attribute, sub = target.attribute, target.sub
    if attribute is None or (not target.declared and not any_type):
        raise ScimError(400, f"{resource_type.name} has no attribute {sort_by!r} to sort by", "invalidValue")
    if sub is None and attribute.type == "complex":
        sub = attribute.sub("value")
        if sub is None:
            raise ScimError(400, f"{sort_by!r} is complex, sort by one of its sub-attributes", "invalidValue")
    if (sub or attribute).returned == "never":
        raise ScimError(400, f"{sort_by!r} cannot be sorted by", "invalidValue")
    leaf, name = sub or attribute, attribute.name

    def key(document: dict[str, Any]) -> Key:
        value = target.container(document).get(name)
        if isinstance(value, list):
            value = _chosen(value)
        if sub is not None:
            value = value.get(sub.name) if isinstance(value, dict) else None
        return _key(leaf, value)

    return key
