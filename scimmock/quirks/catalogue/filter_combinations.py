"""Filters that must be there, that must be for certain attributes together, or that look for members."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...errors import InvalidFilter, ScimError
from ...faults.call import Call
from ...scim.filter import And, Compare, Node, parse
from ...scim.schema import ResourceType
from ..asks import spelled
from ..base import Quirk, quirk
from ..replies import several
from .querying import asked

_BOTH = ("Users", "Groups")


def _filter(call: Call) -> Node | None:
    """Return the filter of a query, None where there is none or where the engine finds fault with it."""
    text = asked(call, "filter")
    if not isinstance(text, str):
        return None
    try:
        return parse(text, call.ground.policy.filter_dialect)
    except InvalidFilter:
        return None


def _comparisons(node: Node) -> Iterator[Compare]:
    """Yield the comparisons of a filter that is one, or several joined by and; none of any other."""
    terms = node.terms if isinstance(node, And) else (node,)
    found = [term for term in terms if isinstance(term, Compare)]
    yield from found if len(found) == len(terms) else ()


@quirk(
    "filter-combinations",
    who="AWS IAM Identity Center (id with members), Google Cloud Identity (one attribute at a time)",
    standard="a filter may compare any attributes, joined in any way (RFC 7644 section 3.4.2.2)",
)
class FilterCombinations(Quirk):
    """Refuses filters other than eq comparisons of certain attributes together with 400 invalidFilter.

    ``resources`` gives for endpoints what can be asked: an attribute, or several with + between that are
    joined by and, in any order: {Groups: [displayName, id+members]}.  An endpoint that is not there takes
    any filter.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Groups": ("displayName", "id+members")}
    )

    def request(self, call: Call) -> None:
        """Refuse."""
        kind, known = call.resource_type, self.resources.get(call.resource or "")
        node = _filter(call)
        if kind is None or known is None or node is None:
            return
        listed = list(_comparisons(node))
        asked_for = _key((item.path for item in listed), kind)
        equal = bool(listed) and all(item.op == "eq" for item in listed)
        if not equal or asked_for not in [_key(item.split("+"), kind) for item in known]:
            call.acted(self.name)
            can = ", ".join(item.replace("+", " and ") for item in known)
            raise InvalidFilter(f"this service filters with eq by {can}")


def _key(paths: Iterator[str] | list[str], kind: ResourceType) -> list[str]:
    return sorted(spelled(path, kind).lower() for path in paths)


@quirk(
    "filter-required",
    who="Google Cloud Identity",
    standard="a list without a filter has all resources; tooMany is for those that cannot be had at once"
    " (RFC 7644 section 3.12)",
)
class FilterRequired(Quirk):
    """Refuses lists without a filter with 400 tooMany.

    ``resources`` names the endpoints at which that is so.
    """

    resources: str | tuple[str, ...] = _BOTH

    def request(self, call: Call) -> None:
        """Refuse."""
        if call.operation not in ("list", "search") or call.resource not in several(self.resources):
            return
        if not asked(call, "filter"):
            call.acted(self.name)
            raise ScimError(400, "a list needs a filter", "tooMany", about="filter")


@quirk(
    "filter-unknown-member-404",
    who="AWS IAM Identity Center",
    standard="a filter that matches nothing has an empty list for an answer (RFC 7644 section 3.4.2)",
)
class FilterUnknownMember(Quirk):
    """Answers 404 to a filter that looks for groups of a member that does not exist."""

    def request(self, call: Call) -> None:
        """Look the members up."""
        kind, node = call.resource_type, _filter(call)
        membership = kind.membership if kind is not None else None
        if node is None or kind is None or membership is None:
            return
        paths = (membership.name.lower(), f"{membership.name}.value".lower())
        for item in _comparisons(node):
            looked_for = item.value if spelled(item.path, kind).lower() in paths else None
            if isinstance(looked_for, str) and call.ground.directory.find(looked_for) is None:
                call.acted(self.name)
                raise ScimError(404, f"There is no user {looked_for}", about="User")
