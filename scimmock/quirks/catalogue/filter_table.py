"""Filters by a table: which attribute can be compared how."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ...errors import InvalidFilter
from ...faults.call import Call
from ...scim.filter import And, Compare, Node, Not, Or, Present, ValuePath, parse
from ...scim.schema import ResourceType
from ..asks import spelled
from ..base import Quirk, quirk
from ..replies import several
from .querying import asked

Join = Literal["and", "or", "not", "[]"]
Table = dict[str, tuple[str, ...]]
_OPERATORS = frozenset(("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"))


@quirk(
    "filter-operators",
    who="Webex, Entra ID's SCIM API, Atlassian, Zscaler ZIA, Sentry",
    standard="a service that filters knows all operators for all attributes (RFC 7644 section 3.4.2.2)",
)
class FilterOperators(Quirk):
    """Refuses filters by other attributes, or with other operators, than those of a table.

    ``resources`` gives for endpoints the attributes, each with its operators: {Users: {userName: [eq,
    sw]}}; an endpoint that is not there filters by anything.  ``joins`` are the ways to join comparisons:
    and, or, not, [].  ``alone`` names attributes whose comparison must be the whole filter.
    """

    resources: dict[str, Table] = msgspec.field(default_factory=lambda: {"Users": {"userName": ("eq",)}})
    joins: Join | tuple[Join, ...] = ("and",)
    alone: str | tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Only operators that there are."""
        for operators in (operators for table in self.resources.values() for operators in table.values()):
            unknown = next((name for name in operators if name not in _OPERATORS), None)
            if unknown is not None:
                raise ValueError(f"{unknown!r} is no operator of filters")

    def request(self, call: Call) -> None:
        """Look each comparison up."""
        kind, text = call.resource_type, asked(call, "filter")
        table = self.resources.get(call.resource or "")
        if kind is None or table is None or not isinstance(text, str):
            return
        try:
            node = parse(text, call.ground.policy.filter_dialect)
        except InvalidFilter:
            return  # the engine says what is wrong with it
        known = {spelled(path, kind).lower(): operators for path, operators in table.items()}
        try:
            self._check(node, known, kind)
        except InvalidFilter:
            call.acted(self.name)
            raise

    def _check(self, node: Node, known: Table, kind: ResourceType) -> None:
        allowed = several(self.joins)
        refused = next((join for join in _joins(node) if join not in allowed), None)
        if refused is not None:
            raise InvalidFilter(f"this service does not support {refused!r} in a filter")
        comparisons = [(spelled(path, kind), op, position) for path, op, position in _compared(node, "")]
        lonely = {spelled(path, kind).lower() for path in several(self.alone)}
        for path, op, position in comparisons:
            operators = known.get(path.lower())
            if operators is None:
                raise InvalidFilter(f"this service does not filter by {path!r}", position)
            if op not in operators:
                known_ones = ", ".join(operators)
                raise InvalidFilter(f"{path!r} is filtered with {known_ones}, not with {op}", position)
            if path.lower() in lonely and len(comparisons) > 1:
                raise InvalidFilter(f"{path!r} cannot be combined with others", position)


def _joins(node: Node) -> Iterator[Join]:
    """Yield the ways in which comparisons are joined, from the outside in."""
    if isinstance(node, And | Or):
        yield "and" if isinstance(node, And) else "or"
        for term in node.terms:
            yield from _joins(term)
    elif isinstance(node, Not | ValuePath):
        yield "not" if isinstance(node, Not) else "[]"
        yield from _joins(node.inner)


def _compared(node: Node, holder: str) -> Iterator[tuple[str, str, int]]:
    """Yield path, operator and position of each comparison; those in brackets with their attribute."""
    if isinstance(node, Compare):
        yield f"{holder}{node.path}", node.op, node.position
    elif isinstance(node, Present):
        yield f"{holder}{node.path}", "pr", node.position
    elif isinstance(node, ValuePath):
        yield from _compared(node.inner, f"{node.path}.")
    elif isinstance(node, Not):
        yield from _compared(node.inner, holder)
    else:
        for term in node.terms:
            yield from _compared(term, holder)
