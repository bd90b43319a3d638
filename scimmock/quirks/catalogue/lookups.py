"""What can be looked up by a filter, and how much of a list there is."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec

from ...errors import InvalidFilter, ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.filter import Compare, Node, parse
from ...scim.page import Page, read_page
from ...scim.policy import Policy
from ...scim.schema import ResourceType
from ...scim.supported import check_supported
from ..asks import spelled, with_member
from ..base import Quirk, quirk
from .querying import asked


def _filter(call: Call, policy: Policy) -> Node | None:
    """Return the filter of a query, None where there is none or where the engine will find fault with it."""
    text = asked(call, "filter")
    if not isinstance(text, str):
        return None
    try:
        return parse(text, policy.filter_dialect)
    except InvalidFilter:
        return None


def _put(call: Call, name: str, value: Any) -> None:
    """Give a parameter of a query another value, which it has; None takes it away."""
    request = call.request
    assert request is not None
    if call.operation == "search":
        request.body = with_member(request.body, name.lower(), value)
    elif value is None:
        request.query = {key: given for key, given in request.query.items() if key != name}
    else:
        request.query = {**request.query, name: value}


@quirk(
    "filter-attributes",
    who="Snowflake (userName of users, displayName of groups, others find nothing), HCP Terraform (these and"
    " externalId), Zoom (userName and externalId of users, displayName of groups)",
    standard="a service that filters knows all attributes (RFC 7644 section 3.4.2.2)",
)
class FilterAttributes(Quirk):
    """Filters each kind of resource by certain attributes only.

    ``resources`` gives those for endpoints.  ``otherwise`` says what becomes of filters by others: they
    are "refused" with 400 invalidFilter, worded by ``detail`` with {name} for the attribute, or find
    nothing ("empty").  Filters that the service does not support at all are refused in any case.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Users": ("userName",), "Groups": ("displayName",)}
    )
    otherwise: Literal["refused", "empty"] = "refused"
    detail: str = "this service does not filter by {name}"

    def engine(self, call: Call, run: Run) -> Answer:
        """Look at the names in the filter before it is run."""
        kind, known = call.resource_type, self.resources.get(call.resource or "")
        node = _filter(call, call.ground.policy) if kind is not None and known is not None else None
        if node is None or kind is None or known is None:
            return run()
        check_supported(node, kind, call.ground.policy.filtering)
        wanted = {name.lower() for name in known}
        others = [
            path for path in _paths(node) if spelled(path, kind).rpartition(":")[2].lower() not in wanted
        ]
        if not others:
            return run()
        call.acted(self.name)
        if self.otherwise == "refused":
            raise InvalidFilter(self.detail.replace("{name}", others[0]))
        return Answer(200, Page(0, start_index=1), type_name=kind.name)


def _plain(path: str, kind: ResourceType) -> str:
    """Return an attribute path in lower case, without URN."""
    return spelled(path, kind).rpartition(":")[2].lower()


def _paths(node: Any) -> list[str]:
    """Return the attribute paths in a filter; those in brackets belong to the one before them."""
    if hasattr(node, "path"):
        return [node.path]
    terms = node.terms if hasattr(node, "terms") else (node.inner,)
    return [path for term in terms for path in _paths(term)]


@quirk(
    "filter-uppercase-too",
    who="Snowflake (displayName of groups)",
    standard="eq finds what is equal to the value (RFC 7644 section 3.4.2.2)",
)
class FilterUppercaseToo(Quirk):
    """Looks for a value in capitals where an eq filter finds none as it is given.

    ``resources`` gives the attributes for endpoints.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Groups": ("displayName",)}
    )

    def engine(self, call: Call, run: Run) -> Answer:
        """Look again."""
        answer = run()
        kind, known = call.resource_type, self.resources.get(call.resource or "", ())
        if kind is None or not known or not isinstance(answer.body, Page) or answer.body.total:
            return answer
        node = _filter(call, call.ground.policy)
        if not isinstance(node, Compare) or node.op != "eq" or not isinstance(node.value, str):
            return answer
        capitals = node.value.upper()
        if capitals == node.value or spelled(node.path, kind) not in known:
            return answer
        call.acted(self.name)
        _put(call, "filter", f"{node.path} eq {json.dumps(capitals)}")
        return run()


@quirk(
    "eq-unpaged",
    who="Snowflake",
    standard="`startIndex` and `count` choose a part of any results (RFC 7644 section 3.4.2.4)",
)
class EqUnpaged(Quirk):
    """Ignores `startIndex` and `count` where a list is asked for with an eq filter."""

    def request(self, call: Call) -> None:
        """Leave them out."""
        node = _filter(call, call.ground.policy)
        if not isinstance(node, Compare) or node.op != "eq":
            return
        for name in ("startIndex", "count"):
            if asked(call, name) is not None:
                call.acted(self.name)
                _put(call, name, None)


@quirk(
    "list-most",
    who="Salesforce (Entitlements)",
    standard="a list without a filter has all resources, page by page (RFC 7644 section 3.4.2)",
)
class ListMost(Quirk):
    """A list without a filter ends after so many results, those behind them cannot be had.

    ``resources`` says for endpoints after how many.  `totalResults` still counts all of them.
    """

    resources: dict[str, int] = msgspec.field(default_factory=lambda: {"Entitlements": 200})

    def page(self, call: Call, page: Page) -> None:
        """Cut what lies behind."""
        most = self.resources.get(call.resource or "")
        if most is None or asked(call, "filter") or page.start_index is None:
            return
        left = max(0, most - page.start_index + 1)
        if len(page.items) > left:
            del page.items[left:]
            call.acted(self.name)


@quirk(
    "total-results-so-far",
    who="Snowflake",
    standard="`totalResults` is the number of all results, `itemsPerPage` how many are on the page"
    " (RFC 7644 section 3.4.2)",
)
class TotalResultsSoFar(Quirk):
    """The number of results reaches no further than the next page, as long as there is one.

    `totalResults` is `startIndex` plus `count` then, and `itemsPerPage` is always the `count`, however
    few results are on the page.
    """

    def page(self, call: Call, page: Page) -> None:
        """Count no further."""
        if page.start_index is None:
            return
        paging = call.ground.policy.paging
        try:
            wanted = read_page(asked(call, "startIndex"), asked(call, "count"), None, paging)
        except ScimError:
            return  # a list that was asked for otherwise
        reached = page.start_index + wanted.count
        total = reached if reached <= page.total else page.total

        def dress(envelope: dict[str, Any]) -> dict[str, Any]:
            return {**envelope, "totalResults": total, "itemsPerPage": wanted.count}

        page.dressers.append(dress)
        call.acted(self.name)


@quirk(
    "excluded-attributes-only",
    who="Snowflake (groups of users, members of groups)",
    standard="`excludedAttributes` may name any attribute that is returned by default"
    " (RFC 7644 section 3.4.2.5)",
)
class ExcludedAttributesOnly(Quirk):
    """Leaves out certain attributes only when a client asks for it, and ignores the names of others.

    ``resources`` gives those for endpoints.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Users": ("groups",), "Groups": ("members",)}
    )

    def request(self, call: Call) -> None:
        """Drop the others."""
        known, request = self.resources.get(call.resource or ""), call.request
        if known is None or request is None:
            return
        in_body = call.operation == "search"
        given = asked(call, "excludedAttributes") if in_body else request.query.get("excludedAttributes")
        if given is None:
            return
        names = given if isinstance(given, list) else str(given).split(",")
        wanted = {name.lower() for name in known}
        kept = [name for name in names if str(name).strip().lower() in wanted]
        if kept != names:
            call.acted(self.name)
            _put(call, "excludedAttributes", (kept if in_body else ",".join(map(str, kept))) or None)
