"""What can be said about a filter: what it reads, and whether two of them are the same."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidFilter
from ..scim.filter import And, Compare, Dialect, Node, Not, Or, Present, ValuePath, parse
from .plain import shown

_DIALECT = Dialect(sub_attribute_after_value_path=True)


def told_at(document: Any, path: str) -> str:
    """Return what a lowered document holds at a path, in words."""
    urn, colon, rest = path.lower().rpartition(":")
    values = [document]
    for step in (*((urn,) if colon else ()), *rest.split(".")):
        inner = [value.get(step) for value in values if isinstance(value, dict)]
        values = [one for value in inner for one in (value if isinstance(value, list) else [value])]
    values = [value for value in values if value is not None]
    if not values:
        return "is absent"
    return "is " + ", ".join(shown(value, 40) for value in values[:4])


def paths_of(text: str) -> list[str]:
    """Return the attributes that a filter in the dialect of `loose_filter` reads; raises InvalidFilter."""
    return sorted(set(_paths(parse(text, _DIALECT))))


def _paths(node: Node, holder: str = "") -> list[str]:
    """Return the attributes that a filter reads."""
    if isinstance(node, Compare | Present):
        return [f"{holder}{node.path}"]
    if isinstance(node, ValuePath):
        return _paths(node.inner, f"{holder}{node.path}.")
    if isinstance(node, Not):
        return _paths(node.inner, holder)
    return [path for term in node.terms for path in _paths(term, holder)]


def filter_shape(text: str) -> Any:
    """Return a filter in a form that does not depend on white space and case of names and operators.

    A text that is no filter is taken as it is, but for white space.
    """
    try:
        return _shape(parse(text))
    except InvalidFilter:
        return " ".join(text.split())


def _shape(node: Node) -> Any:
    if isinstance(node, Compare):
        return node.path.lower(), node.op, type(node.value).__name__, node.value
    if isinstance(node, Present):
        return node.path.lower(), "pr"
    if isinstance(node, ValuePath):
        return node.path.lower(), "[]", _shape(node.inner)
    if isinstance(node, Not):
        return "not", _shape(node.inner)
    assert isinstance(node, And | Or)
    return type(node).__name__, tuple(map(_shape, node.terms))
