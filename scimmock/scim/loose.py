"""Filters on JSON that no schema describes: the bodies of requests, right or wrong.

The grammar is that of RFC 7644 section 3.4.2.2.  Names are found in any case, deeper ones with
brackets (``Operations[value.active eq false]``), strings compare without regard to case, "False" is
false, and other values of different types are never equal.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..errors import InvalidFilter
from .filter import And, Compare, Dialect, Node, Not, Or, Present, ValuePath, parse
from .values import fold, is_present

Test = Callable[[Any], bool]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
_SUBSTRING: dict[str, Callable[[str, str], bool]] = {
    "co": lambda value, wanted: wanted in value,
    "sw": str.startswith,
    "ew": str.endswith,
}


def lowered(value: Any) -> Any:
    """Return a document with all names in lower case."""
    if isinstance(value, dict):
        return {name.lower(): lowered(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [lowered(inner) for inner in value]
    return value


class Top(dict[str, Any]):
    """An object whose own names are in lower case: what many filters look at is made so once."""


def top(document: Any) -> Any:
    """Return an object as a `Top`, anything else as it is."""
    return (
        Top((name.lower(), value) for name, value in document.items())
        if isinstance(document, dict)
        else document
    )


def loose_filter(text: str) -> Test:
    """Compile a filter into a predicate on a document; raises InvalidFilter."""
    return _node(parse(text, Dialect(sub_attribute_after_value_path=True)))


def _node(node: Node) -> Test:
    if isinstance(node, Not):
        inner = _node(node.inner)
        return lambda document: not inner(document)
    if isinstance(node, And | Or):
        terms, combine = [_node(term) for term in node.terms], all if isinstance(node, And) else any
        return lambda document: combine(term(document) for term in terms)
    if isinstance(node, ValuePath):
        steps, inner = _steps(node.path), _node(node.inner)
        return lambda document: any(map(inner, _values(document, steps)))
    if isinstance(node, Present):
        steps = _steps(node.path)
        return lambda document: any(map(is_present, _values(document, steps)))
    return _compare(node)


def _compare(node: Compare) -> Test:
    steps, wanted = _steps(node.path), node.value
    if node.op == "eq":
        if wanted is None:
            return lambda document: all(value is None for value in _values(document, steps))
        return _equality(steps, wanted)
    if node.op == "ne":
        if wanted is None:
            return lambda document: any(value is not None for value in _values(document, steps))
        return lambda document: not any(_equal(value, wanted) for value in _values(document, steps))
    if node.op in _SUBSTRING:
        if not isinstance(wanted, str):
            raise InvalidFilter(f"{node.op} compares with a string in quotes", node.position)
        part, substring = fold(wanted), _SUBSTRING[node.op]
        return lambda document: any(
            isinstance(value, str) and substring(fold(value), part) for value in _values(document, steps)
        )
    if wanted is None or isinstance(wanted, bool):
        raise InvalidFilter(f"{node.op} needs a string or a number", node.position)
    order = _ORDER[node.op]
    return lambda document: any(_in_order(value, wanted, order) for value in _values(document, steps))


def _equality(steps: tuple[str, ...], wanted: Any) -> Test:
    """Compare for equality; a string of a plain attribute, by far the most common, without detours."""

    def general(document: Any) -> bool:
        return any(_equal(value, wanted) for value in _values(document, steps))

    if len(steps) > 1 or not isinstance(wanted, str):
        return general
    step, lower, folded = steps[0], steps[0].lower(), fold(wanted)

    def plain(document: Any) -> bool:
        if type(document) is Top:
            value = document.get(lower)
        else:
            value = _get(document, step) if isinstance(document, dict) else None
        if type(value) is str:
            return (value.lower() if value.isascii() else fold(value)) == folded
        return value is not None and general(document)

    return plain


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return fold(value) == fold(wanted)
    if isinstance(wanted, bool) and isinstance(value, str):
        return value.lower() == ("true" if wanted else "false")  # as Entra sends booleans
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def _in_order(value: Any, wanted: Any, order: Callable[[Any, Any], bool]) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return order(fold(value), fold(wanted))
    if isinstance(value, bool) or not isinstance(value, int | float) or isinstance(wanted, str):
        return False
    return order(value, wanted)


def _steps(path: str) -> tuple[str, ...]:
    """Return the names that lead to an attribute; the dots in a URN belong to it."""
    urn, colon, rest = path.rpartition(":")
    names = tuple(rest.split("."))
    return (urn, *names) if colon else names


def _values(document: Any, steps: Iterable[str]) -> Iterator[Any]:
    """Yield what a document holds at a path, each value of a list by itself."""
    level = [document]
    for step in steps:
        level = [_get(value, step) for value in _each(level) if isinstance(value, dict)]
    return _each(level)


def _get(document: dict[str, Any], name: str) -> Any:
    """Return a member of an object by its name in any case."""
    value = document.get(name)
    if value is None and name not in document:
        wanted = name.lower()
        value = document.get(wanted)
        if value is not None or type(document) is Top:
            return value
        for key in document:
            if len(key) == len(name) and key.lower() == wanted:
                return document[key]
    return value


def _each(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value
