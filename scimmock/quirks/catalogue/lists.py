"""Quirks of the envelope around a list, and of lists that are not what was looked for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...scim.page import Page
from ...scim.schema import ResourceType
from ..base import Quirk, quirk

_COUNTERS = ("totalresults", "startindex", "itemsperpage")


def _wanted_filter(call: Call) -> Any:
    """Return the filter of a query, None where there is none."""
    request = call.request
    if request is None:
        return None
    if call.operation == "search" and isinstance(request.body, dict):
        return next((value for name, value in request.body.items() if name.lower() == "filter"), None)
    return request.query.get("filter")


@quirk(
    "startindex-zero",
    who="Okta's sample server",
    standard="the first result has the `startIndex` 1 (RFC 7644 section 3.4.2)",
)
class StartIndexZero(Quirk):
    """The `startIndex` in answers counts from 0."""

    def page(self, call: Call, page: Page) -> None:
        """Count from 0."""
        if page.start_index is not None:
            page.start_index -= 1
            call.acted(self.name)


@quirk(
    "total-results-string",
    who="servers that Okta's documentation warns of",
    standard="`totalResults`, `startIndex` and `itemsPerPage` are integers (RFC 7644 section 3.4.2)",
)
class TotalResultsString(Quirk):
    """The counters around a list are text."""

    def page(self, call: Call, page: Page) -> None:
        """Turn counters into text."""
        page.dressers.append(_with_text_counters)
        call.acted(self.name)


def _with_text_counters(envelope: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if name.lower() in _COUNTERS else value for name, value in envelope.items()}


@quirk(
    "total-results-wrong",
    who="SimpleIdServer (two resource types were counted where one was shown)",
    standard="`totalResults` is the number of all results (RFC 7644 section 3.4.2)",
)
class TotalResultsWrong(Quirk):
    """The number of results is wrong.

    ``counts`` "more" is ``by`` more than there are (fewer, where it is negative), "page" is how many
    there are on this page.
    """

    counts: Literal["more", "page"] = "more"
    by: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)] = 1

    def page(self, call: Call, page: Page) -> None:
        """Count wrongly."""
        shown = len(page.items) if self.counts == "page" else max(0, page.total + self.by)
        if shown == page.total:
            return

        def dress(envelope: dict[str, Any]) -> dict[str, Any]:
            return {
                name: type(value)(shown) if name.lower() == "totalresults" else value
                for name, value in envelope.items()
            }

        page.dressers.append(dress)
        call.acted(self.name)


@quirk(
    "items-per-page-missing",
    who="ZIdentity",
    standard="`itemsPerPage` is required when a part of the results is returned (RFC 7644 section 3.4.2)",
)
class ItemsPerPageMissing(Quirk):
    """Lists do not say how many results are on the page."""

    def page(self, call: Call, page: Page) -> None:
        """Leave the counter out."""
        page.dressers.append(_without_items_per_page)
        call.acted(self.name)


def _without_items_per_page(envelope: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in envelope.items() if name.lower() != "itemsperpage"}


@quirk(
    "lowercase-envelope",
    who="servers that Okta makes allowance for",
    standard="`Resources`, `totalResults`, `startIndex`, `itemsPerPage` (RFC 7644 section 3.4.2)",
)
class LowercaseEnvelope(Quirk):
    """The names around a list are in lower case: `resources`, `totalresults`."""

    def page(self, call: Call, page: Page) -> None:
        """Write the names in lower case."""
        page.key = page.key.lower()
        page.dressers.append(_in_lower_case)
        call.acted(self.name)


def _in_lower_case(envelope: dict[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in envelope.items()}


@quirk(
    "lookup-404-instead-of-empty",
    who="old servers",
    standard="200 with an empty list (RFC 7644 section 3.4.2)",
)
class Lookup404InsteadOfEmpty(Quirk):
    """A filter that matches nothing is answered with 404."""

    def page(self, call: Call, page: Page) -> None:
        """Refuse a list without results."""
        if page.total == 0 and _wanted_filter(call):
            call.acted(self.name)
            raise ScimError(404, "No resource matches the filter")


@quirk(
    "synthetic-list",
    who="Snowflake (before the bundle 2026_03)",
    standard="a list without a filter has all resources (RFC 7644 section 3.4.2)",
)
class SyntheticList(Quirk):
    """A list of users or groups without a filter holds one fixed object that does not exist."""

    def page(self, call: Call, page: Page) -> None:
        """Put the object in the place of the results."""
        kind = call.resource_type
        if call.operation != "list" or kind is None or _wanted_filter(call):
            return
        document = _synthetic(kind)
        if document is None:
            return
        service = call.service
        if service.dress is not None:
            document = service.dress(document, kind)
        page.total, page.items, page.start_index = 1, [service.encoder.encode(document)], 1
        page.next_cursor = None
        call.acted(self.name)


def _synthetic(kind: ResourceType) -> dict[str, Any] | None:
    document: dict[str, Any] = {"schemas": [kind.schema.id], "id": "1"}
    if kind.attribute("userName") is not None:
        return document | {
            "userName": "synthesis_user",
            "externalId": "synthesis_user_external_id",
            "active": False,
        }
    return document | {"displayName": "synthetic_group"} if kind.membership is not None else None
