"""How a service can be asked: what it sorts by, the names in its filters, and how long they may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from ...errors import InvalidFilter, ScimError
from ...faults.call import Call
from ...scim.filter import Compare, Node, Not, Present, ValuePath, parse
from ...scim.policy import Policy
from ..asks import member
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]


def asked(call: Call, name: str) -> Any:
    """Return a parameter of a query, from the URL or the body of a search; None where it is not given."""
    request = call.request
    if request is None or call.operation not in ("list", "search"):
        return None
    return member(request.body, name.lower()) if call.operation == "search" else request.query.get(name)


@quirk(
    "sort-only",
    who="Webex (userName, id, meta.lastModified), Zscaler ZPA (groups only)",
    standard="any attribute with one value can be sorted by (RFC 7644 section 3.4.2.3)",
)
class SortOnly(Quirk):
    """Sorts by certain attributes only, others are 400.

    ``attributes`` are those (none for any), ``resources`` the endpoints that sort at all (none for all).
    """

    attributes: Names = ("userName", "id", "meta.lastModified")
    resources: Names = ()
    scim_type: str = "invalidValue"

    def request(self, call: Call) -> None:
        """Refuse."""
        sort_by = asked(call, "sortBy")
        if not isinstance(sort_by, str) or not sort_by:
            return
        known, there = several(self.attributes), several(self.resources)
        named = sort_by.rpartition(":")[2].lower() in [name.lower() for name in known]
        if (known and not named) or (there and call.resource not in there):
            call.acted(self.name)
            detail = f"this service does not sort by {sort_by!r}"
            raise ScimError(400, detail, self.scim_type or None, about="sortBy")


@quirk(
    "filter-aliases",
    who="Slack (SCIM 1.1: username, email, restricted, ultra_restricted)",
    standard="a filter names attributes as the schemas do (RFC 7644 section 3.4.2.2)",
)
class FilterAliases(Quirk):
    """Knows other names in filters, in any case, beside those of the attributes.

    ``names`` gives for each a path (emails.value), or a filter that holds where the name is compared
    with something true: {restricted: 'urn:...:User:type eq "multi"'} for ``restricted eq "1"``.
    """

    names: dict[str, str] = msgspec.field(
        default_factory=lambda: {"username": "userName", "email": "emails.value"}
    )

    def __post_init__(self) -> None:
        """Only what can be parsed."""
        for name, meaning in self.names.items():
            if " " in meaning:
                try:
                    parse(meaning)
                except InvalidFilter as error:
                    raise ValueError(f"what {name!r} stands for is no filter: {error.detail}") from None

    def policy(self, policy: Policy) -> Policy:
        """Know them."""
        known = {
            **dict(policy.filtering.aliases),
            **{name.lower(): path for name, path in self.names.items()},
        }
        return replace(policy, filtering=replace(policy.filtering, aliases=tuple(known.items())))


@quirk("filter-max-nodes", who="Databricks (200)", standard="no limit is defined")
class FilterMaxNodes(Quirk):
    """Refuses filters with too many nodes: comparisons, and, or, not and brackets count.

    ``detail`` and ``scim_type`` word the refusal.
    """

    most: int = 200
    detail: str = "INVALID_FILTER"
    scim_type: str = "invalidFilter"

    def request(self, call: Call) -> None:
        """Count."""
        text = asked(call, "filter")
        if not isinstance(text, str):
            return
        try:
            count = _count(parse(text, call.ground.policy.filter_dialect))
        except InvalidFilter:
            return  # the engine says what is wrong with it
        if count > self.most:
            call.acted(self.name)
            raise ScimError(400, self.detail, self.scim_type or None, about="filter")


def _count(node: Node) -> int:
    """Return the nodes of a filter; ``a and b and c`` has two joins, as in a tree of pairs."""
    if isinstance(node, Compare | Present):
        return 1
    if isinstance(node, Not | ValuePath):
        return 1 + _count(node.inner)
    return len(node.terms) - 1 + sum(map(_count, node.terms))
