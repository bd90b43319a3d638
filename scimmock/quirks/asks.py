"""Reading the bodies of requests as quirks need it: with care, they may be of any shape.

Nothing here changes what it is given; what has another form is a new object.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..errors import InvalidFilter
from ..scim.filter import Compare, Dialect, parse
from ..scim.lenient import parsed_list
from ..scim.path import resolve

if TYPE_CHECKING:
    from ..faults.call import Call
    from ..scim.schema import ResourceType

_ANY_FORM = Dialect(unquoted_values=True)


def member(body: Any, name: str) -> Any:
    """Return what a JSON object has under a name in any case, else None."""
    if not isinstance(body, dict):
        return None
    return next((value for key, value in body.items() if key.lower() == name), None)


def with_member(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    """Return a JSON object with another value under a name in any case, which it has."""
    return {key: value if key.lower() == name else given for key, given in body.items()}


def operations(body: Any) -> list[dict[str, Any]]:
    """Return the operations of a PatchOp with lower-case names; those that are no objects are left out."""
    listed = parsed_list(member(body, "operations"))
    if not isinstance(listed, list):
        return []
    return [
        {name.lower(): value for name, value in item.items()} for item in listed if isinstance(item, dict)
    ]


def with_operations(body: dict[str, Any], changed: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a PatchOp with other operations, in a string of JSON where they came in one."""
    in_text = isinstance(member(body, "operations"), str)
    return with_member(body, "operations", json.dumps(changed) if in_text else changed)


def patched(call: Call) -> list[dict[str, Any]]:
    """Return the operations of a PATCH, none for any other request."""
    return operations(call.request.body) if call.operation == "patch" and call.request is not None else []


def given(call: Call) -> Iterator[tuple[str, Any]]:
    """Yield the paths to which a write gives values, with those: declared names, ``emails.type`` for parts.

    What a PATCH removes is not among them.
    """
    request, kind = call.request, call.resource_type
    if request is None or kind is None:
        return
    if call.operation in ("create", "replace"):
        yield from _given_by(request.body, "", kind)
    for operation in patched(call):
        path, value = path_of(operation), operation.get("value")
        if op_of(operation) == "remove":
            continue
        if not path:
            yield from _given_by(value, "", kind)
            continue
        name, _, rest = path.partition("[")
        tail = rest.rpartition("]")[2]
        yield from _given_at(f"{name}{tail}", value, kind)


def _given_by(values: Any, holder: str, kind: ResourceType) -> Iterator[tuple[str, Any]]:
    for name, value in values.items() if isinstance(values, dict) else ():
        if not holder and name.lower() in kind.extensions:
            yield from _given_by(value, f"{name}:", kind)
        else:
            yield from _given_at(f"{holder}{name}", value, kind)


def _given_at(path: str, value: Any, kind: ResourceType) -> Iterator[tuple[str, Any]]:
    name = spelled(path, kind)
    yield name, value
    if "." in name.rpartition(":")[2]:
        return
    for element in as_list(value):
        for sub, inner in element.items() if isinstance(element, dict) else ():
            yield spelled(f"{name}.{sub}", kind), inner


def spelled(path: str, kind: ResourceType) -> str:
    """Return an attribute path as it is declared, without the URN of the core schema."""
    leaf = resolve(path, kind).leaf
    return leaf.path if leaf is not None else path


def op_of(operation: dict[str, Any]) -> str:
    """Return ``add``, ``replace``, ``remove`` or whatever an operation calls itself, in lower case."""
    return str(operation.get("op")).lower()


def path_of(operation: dict[str, Any]) -> str:
    """Return the path of an operation, "" where it has none."""
    path = operation.get("path")
    return path if isinstance(path, str) else ""


def attribute_in(path: str) -> str:
    """Return the attribute that a path begins with, in lower case, without URN, filter and sub-attribute."""
    return path.partition("[")[0].rpartition(":")[2].partition(".")[0].strip().lower()


def assigned(operation: dict[str, Any], attribute: str) -> list[Any]:
    """Return what an add or replace gives to an attribute as a whole (0 or 1 values, lists as they are)."""
    path, value = path_of(operation), operation.get("value")
    if op_of(operation) == "remove":
        return []
    if path:
        return [value] if attribute_in(path) == attribute and "[" not in path else []
    if not isinstance(value, dict):
        return []
    return [inner for name, inner in value.items() if attribute_in(name) == attribute]


def touches(operation: dict[str, Any], attribute: str) -> bool:
    """Whether an operation is for an attribute, by its path or by a name in its value."""
    path, value = path_of(operation), operation.get("value")
    if path:
        return attribute_in(path) == attribute
    return isinstance(value, dict) and any(attribute_in(name) == attribute for name in value)


def attributes_of(operation: dict[str, Any]) -> list[str]:
    """Return the attributes that an operation is for, in lower case."""
    path, value = path_of(operation), operation.get("value")
    if path:
        return [attribute_in(path)]
    return [attribute_in(name) for name in value] if isinstance(value, dict) else []


def as_list(value: Any) -> list[Any]:
    """Return the values of a list, or the one value that stands alone."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def keys_of(values: Any) -> list[str]:
    """Return the ``value`` of each member in a list of them."""
    found = (member(item, "value") if isinstance(item, dict) else item for item in as_list(values))
    return [key for key in found if isinstance(key, str)]


def removed_keys(operation: dict[str, Any], attribute: str) -> list[str]:
    """Return the keys of the values that a remove names, by filter or by a list of values."""
    path = path_of(operation)
    if op_of(operation) != "remove" or attribute_in(path) != attribute:
        return []
    if "[" not in path:
        return keys_of(operation.get("value"))
    try:
        node = parse(path.partition("[")[2].rpartition("]")[0], _ANY_FORM)
    except InvalidFilter:
        return []
    if isinstance(node, Compare) and node.op == "eq" and node.path.lower() == "value":
        return [node.value] if isinstance(node.value, str) else []
    return []


def says_false(value: Any) -> bool:
    """Whether a value means false, as a boolean or as text."""
    return value is False or (isinstance(value, str) and value.lower() == "false")


def says_true(value: Any) -> bool:
    """Whether a value means true, as a boolean or as text."""
    return value is True or (isinstance(value, str) and value.lower() == "true")
