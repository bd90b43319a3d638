"""`page_drift`: a listing that changes while it is read."""

from __future__ import annotations

from random import Random
from typing import Annotated, Any, Literal

import msgspec

from ...scim.answer import Answer, Request
from ...scim.page import Page
from ...scim.policy import Policy
from ...scim.query import Query, read_query, read_search
from ..base import Action, Run, Stage, action
from ..call import Call
from ..rule import Fired

_LISTS = ("list", "search")


@action(Stage.STATE, tentative=True)
class PageDrift(Action):
    """Lets rows repeat, vanish or move between the pages of a listing, or its total wobble.

    ``repeat``: pages after the first begin with rows of the page before.  ``vanish``: they leave out
    rows, as if others had been deleted meanwhile.  ``move``: rows of this page change places with rows
    of the page before, so that some repeat and some are never seen.  ``shuffle``: every page has an
    order of its own.  ``total``: totalResults differs from page to page.  ``rows`` is how many.
    """

    page_drift: Literal["repeat", "vanish", "move", "shuffle", "total"]
    rows: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Answer the page that was asked for, otherwise."""
        answer = run()
        page, request = answer.body, call.request
        if call.operation not in _LISTS or not isinstance(page, Page) or request is None:
            return answer
        if self.page_drift == "total":
            wobble = 1 + int(fired.turn.share("total") * self.rows)
            page.total = max(0, page.total + (wobble if fired.turn.share("sign") < 0.5 else -wobble))
            fired.count(total=page.total)
            return answer
        service = call.service  # which may show another state than the present one
        query = _query(call, request, service.policy)
        if query.page.cursor is not None:
            return self._by_cursor(fired, answer, query)
        types = (call.resource_type,) if call.resource_type is not None else service.types
        found = service.finder
        hits = (
            [hit for _, hit in found.sorted_hits(types, query)] if query.sort_by else found.hits(types, query)
        )
        start, count = query.page.start_index - 1, query.page.count
        drifted = self._drift(fired, hits, start, count)
        if drifted != hits[start : start + count]:
            fired.count(start_index=start + 1, rows=len(drifted))
            page.items = service.items(drifted, query.selection)
        return answer

    def _drift(self, fired: Fired, hits: list[Any], start: int, count: int) -> list[Any]:
        if self.page_drift == "shuffle":
            mixed = list(hits)
            Random(f"{fired.turn.share('order')}").shuffle(mixed)
            return mixed[start : start + count]
        if start == 0 or start >= len(hits):
            return hits[start : start + count]
        if self.page_drift == "repeat":
            begin = max(0, start - self.rows)
            return hits[begin : begin + count]
        if self.page_drift == "vanish":
            return hits[start + self.rows : start + self.rows + count]
        rows = min(self.rows, start, count)
        return [*hits[start - rows : start], *hits[start + rows : start + count]]

    def _by_cursor(self, fired: Fired, answer: Answer, query: Query) -> Answer:
        """A cursor leads from row to row: rows can only be missing from a page, or stand in it twice."""
        page = answer.body
        if not query.page.cursor or not page.items:
            return answer
        if self.page_drift == "shuffle":
            Random(f"{fired.turn.share('order')}").shuffle(page.items)
        elif self.page_drift == "vanish":
            page.items = page.items[self.rows :]
        else:
            page.items = [*page.items[: self.rows], *page.items]
        fired.count(rows=len(page.items))
        return answer


def _query(call: Call, request: Request, policy: Policy) -> Query:
    if call.operation == "search":
        return read_search(request.body, policy, request.base)
    return read_query(request.query, policy, request.base)
