"""How a PATCH of SCIM 1.1 changes the values of a list (API draft section 3.3.2)."""

from __future__ import annotations

from typing import Any

from ..schema import Attribute
from ..validate import invalid_value
from ..values import key_of, same


def without_operation(attribute: Attribute, values: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the values to delete and those to add or merge, names in declared spelling.

    Raises 400 for an ``operation`` that is not "delete", the only one (schema section 3.2).
    """
    gone: list[Any] = []
    kept: list[Any] = []
    for value in values:
        if not isinstance(value, dict):
            kept.append(value)
            continue
        declared = {
            (sub.name if (sub := attribute.sub(name)) else name): inner for name, inner in value.items()
        }
        operation = next((declared.pop(name) for name in list(declared) if name.lower() == "operation"), None)
        if operation is None:
            kept.append(declared)
        elif operation == "delete":
            gone.append(declared)
        else:
            raise invalid_value(f"the operation on a value of {attribute.path!r} is 'delete'")
    return gone, kept


def merged(attribute: Attribute, stored: list[Any], gone: list[Any], new: list[Any]) -> list[Any]:
    """Return the values that a list has after a PATCH; deletes come first.

    What is to be deleted and is not there is no error; 400 where it might be one of several.
    """
    values = list(stored)
    for element in gone:
        found = _to_delete(attribute, values, element)
        if found is not None:
            del values[found]
    named: set[int] = set()
    for element in new:
        index = _only_one(_with_value(attribute, values, element))
        if index is None:
            index = len(values)
            values.append(element)
        elif isinstance(element, dict) and isinstance(values[index], dict):
            values[index] = {**values[index], **element}
        if isinstance(element, dict) and "primary" in element:
            (named.add if element["primary"] is True else named.discard)(index)
    return _with_primary(values, named)


def _with_primary(values: list[Any], named: set[int]) -> list[Any]:
    """Make the values that were primary before yield to those that the request names so."""
    if not named:
        return values
    return [
        {**value, "primary": False}
        if index not in named and isinstance(value, dict) and value.get("primary") is True
        else value
        for index, value in enumerate(values)
    ]


def _only_one(found: list[int]) -> int | None:
    return found[0] if len(found) == 1 else None


def _to_delete(attribute: Attribute, values: list[Any], element: dict[str, Any]) -> int | None:
    """Return the place of the value that a delete means, None when it is not there.

    By its ``value`` where one value has that, else by all that the request says of it.
    """
    found = _with_value(attribute, values, element)
    if len(found) == 1:
        return found[0]
    alike = [index for index, value in enumerate(values) if _has_all(attribute, value, element)]
    if len(alike) > 1:
        raise invalid_value(f"several values of {attribute.path!r} could be the one to delete")
    return _only_one(alike)


def _with_value(attribute: Attribute, values: list[Any], element: Any) -> list[int]:
    """Return the places of the values with the same ``value``; a simple value is its own."""
    if isinstance(element, dict):
        wanted = element.get("value")
        if wanted is None:
            return []
        sub = attribute.sub("value") or attribute
        return [
            index
            for index, value in enumerate(values)
            if isinstance(value, dict) and _alike(sub, value.get("value"), wanted)
        ]
    return [index for index, value in enumerate(values) if _alike(attribute, value, element)]


def _has_all(attribute: Attribute, value: Any, element: dict[str, Any]) -> bool:
    return isinstance(value, dict) and all(
        name in value and _alike(attribute.sub(name), value[name], wanted) for name, wanted in element.items()
    )


def _alike(attribute: Attribute | None, one: Any, other: Any) -> bool:
    """Whether two simple values are the same; strings ignore case unless they are caseExact."""
    if attribute is not None and isinstance(one, str) and isinstance(other, str):
        key = key_of(attribute)
        return key(one) == key(other)
    return same(one, other)
