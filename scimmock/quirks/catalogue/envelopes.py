"""What stands around the results of a list: other names, and counters that count something else."""

from __future__ import annotations

from typing import Any

import msgspec

from ...faults.call import Call
from ...scim.page import Page, read_page
from ..base import Quirk, quirk
from .querying import asked


@quirk(
    "envelope-keys",
    who="Entra ID's SCIM API (resources), Miro (no startIndex)",
    standard="a list has totalResults, startIndex, itemsPerPage and Resources (RFC 7644 section 3.4.2)",
)
class EnvelopeKeys(Quirk):
    """Some of what stands around a list of resources has other names.

    ``names`` gives them: {Resources: resources}; null leaves something out, though not the list itself.
    """

    names: dict[str, str | None] = msgspec.field(default_factory=lambda: {"Resources": "resources"})

    def __post_init__(self) -> None:
        """A list without a list is none."""
        if self.names.get("Resources", "") is None:
            raise ValueError("the list itself cannot be left out")

    def page(self, call: Call, page: Page) -> None:
        """Name it so."""
        if call.operation not in ("list", "search"):
            return
        page.key = self.names.get(page.key) or page.key
        page.dressers.append(self._named)
        call.acted(self.name)

    def _named(self, envelope: dict[str, Any]) -> dict[str, Any]:
        named = ((self.names.get(name, name), value) for name, value in envelope.items())
        return {name: value for name, value in named if name is not None}


@quirk(
    "totals-or-cursor",
    who="Entra ID's SCIM API",
    standard="a page by cursor has `totalResults` too (RFC 9865 section 2)",
)
class TotalsOrCursor(Quirk):
    """A list has `totalResults` only where it is one page, and `itemsPerPage` only where it is several.

    `startIndex` is left out of both.
    """

    def page(self, call: Call, page: Page) -> None:
        """Leave out what does not belong to the kind of list."""
        if call.operation not in ("list", "search"):
            return
        several = page.next_cursor is not None or bool(asked(call, "cursor"))
        gone = ("startIndex", "totalResults" if several else "itemsPerPage")
        page.dressers.append(lambda envelope: {k: v for k, v in envelope.items() if k not in gone})
        call.acted(self.name)


@quirk(
    "items-per-page-size",
    who="Atlassian (10000 of an empty list), Zscaler ZPA (10 of a list of one)",
    standard="`itemsPerPage` is the number of results on the page (RFC 7644 section 3.4.2)",
)
class ItemsPerPageSize(Quirk):
    """The `itemsPerPage` of a list is how many results a page can have, not how many there are on it."""

    def page(self, call: Call, page: Page) -> None:
        """Tell the size of a page."""
        if call.operation not in ("list", "search"):
            return
        size = read_page(1, asked(call, "count"), None, call.ground.policy.paging).count

        def dress(envelope: dict[str, Any]) -> dict[str, Any]:
            return {name: size if name == "itemsPerPage" else value for name, value in envelope.items()}

        page.dressers.append(dress)
        call.acted(self.name)
