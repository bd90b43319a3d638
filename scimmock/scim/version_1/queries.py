"""Queries of SCIM 1.1 (API draft sections 3.2.2 and 3.7) as those of 2.0."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...errors import InvalidFilter, ScimError
from ..filter import And, Compare, Dialect, Node, Not, Or, Present, ValuePath, parse
from .names import TypeNames

OPERATORS = frozenset(("eq", "co", "sw", "gt", "ge", "lt", "le"))

# Parameters that 1.1 does not have and therefore ignores (section 3.2.2).
_UNKNOWN = frozenset(("excludedAttributes", "cursor"))


def query_of_2(query: dict[str, str], names: TypeNames, dialect: Dialect) -> dict[str, str]:
    """Return the parameters of a URL as 2.0 has them; raises 400 for what 1.1 does not have."""
    result = {name: value for name, value in query.items() if name not in _UNKNOWN}
    if "filter" in result:
        result["filter"] = filter_of_2(result["filter"], names, dialect)
    if result.get("sortBy"):
        path = names.path_of_2(result["sortBy"])
        if path is None:
            detail = f"{names.resource_type.name} has no attribute {result['sortBy']!r} to sort by"
            raise ScimError(400, detail, "invalidValue")
        result["sortBy"] = path
    if result.get("attributes"):
        result["attributes"] = attributes_of_2(result["attributes"], names)
    return result


def attributes_of_2(text: str, names: TypeNames) -> str:
    """Return the parameter `attributes` as 2.0 has it; unknown names are left out.

    ``id`` and ``meta`` are in every answer (section 3.2).
    """
    wanted = [name.strip() for name in text.split(",")]
    if not any(wanted):
        return text
    found = [path for name in wanted if name and (path := names.path_of_2(name)) is not None]
    return ",".join((*found, "id", "meta"))


def filter_of_2(text: str, names: TypeNames, dialect: Dialect) -> str:
    """Return a filter (section 3.2.2.1) with the attribute names of 2.0, the rest as it came.

    Raises InvalidFilter for what is no filter, for attributes that 1.1 does not have, and for what only
    2.0 has: ``ne``, ``ew``, ``not``, value paths, null.
    """
    found = sorted(_paths(parse(text, replace(dialect, aliases=()))), reverse=True)
    for position, path in found:
        new = names.path_of_2(path)
        if new is None:
            raise InvalidFilter(f"{names.resource_type.name} has no attribute {path!r}", position)
        text = f"{text[: position - 1]}{new}{text[position - 1 + len(path) :]}"
    return text


def _paths(node: Node) -> Iterator[tuple[int, str]]:
    """Yield (position from 1, path) of each attribute."""
    if isinstance(node, And | Or):
        for term in node.terms:
            yield from _paths(term)
        return
    if isinstance(node, Not):
        raise InvalidFilter("the operator 'not' is not supported")
    if isinstance(node, ValuePath):
        raise InvalidFilter("a filter in brackets is not supported", node.position)
    if isinstance(node, Compare):
        if node.op not in OPERATORS:
            known = ", ".join(sorted(OPERATORS))
            raise InvalidFilter(
                f"the operator {node.op!r} is not supported, {known} and pr are", node.position
            )
        if node.value is None:
            raise InvalidFilter("a value is a string in quotes, a number, true or false", node.position)
    assert isinstance(node, Compare | Present)
    yield node.position, node.path
