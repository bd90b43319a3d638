"""Whether a journal shows what was expected, and if not, what came nearest."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..traffic.exchange import Exchange
from .expectations import Expectation, Expectations
from .ring import Journal
from .words import describe

_NEAREST = 3
_LISTED = 20  # exchanges that a failure names at most
_LOOKED_AT = 2000  # exchanges in which near misses are looked for at most, the newest ones
_AT_ONCE = 200  # exchanges that are looked at before others get the event loop


@dataclass(slots=True)
class Result:
    """``checked`` is how many exchanges were looked at, ``matches`` are those of each expectation."""

    checked: int
    matches: list[list[Exchange]]
    failures: list[dict[str, Any]] = field(default_factory=list)

    @property
    def found(self) -> list[int]:
        """How many exchanges each expectation has."""
        return [len(matches) for matches in self.matches]

    @property
    def ok(self) -> bool:
        return not self.failures

    def as_dict(self) -> dict[str, Any]:
        """Return the form of the control API."""
        document: dict[str, Any] = {"ok": self.ok, "checked": self.checked, "found": self.found}
        return document if self.ok else document | {"failures": self.failures}


class Verification:
    """Takes exchanges as they come and knows what is still missing."""

    def __init__(self, wanted: Expectations) -> None:
        self.wanted = wanted
        self.seen: list[Exchange] = []
        self.others: list[Exchange] = []
        self.matches: list[list[Exchange]] = [[] for _ in wanted.expect]

    def take(self, exchange: Exchange) -> None:
        """Look at one more exchange."""
        self.seen.append(exchange)
        expected = False
        for one, matches in zip(self.wanted.expect, self.matches, strict=True):
            if all(criterion.look(exchange)[0] for criterion in one.criteria):
                matches.append(exchange)
                expected = True
        if not expected:
            self.others.append(exchange)

    def is_decided(self) -> bool:
        """Whether waiting for more exchanges cannot change the result, or need not."""
        pairs = list(zip(self.wanted.expect, self.matches, strict=True))
        if any(one.most is not None and len(matches) > one.most for one, matches in pairs):
            return True
        if self.wanted.no_others and self.others:
            return True
        if self.wanted.needs_the_end:
            return False
        return all(len(matches) >= one.least for one, matches in pairs) and not self._out_of_order()

    def result(self) -> Result:
        """Return what came of it."""
        result = Result(len(self.seen), self.matches)
        for index, (one, matches) in enumerate(zip(self.wanted.expect, self.matches, strict=True)):
            if len(matches) < one.least:
                result.failures.append(_too_few(index, one, matches, self.seen))
            elif one.most is not None and len(matches) > one.most:
                result.failures.append(_too_many(index, one, matches))
        if not result.failures and (late := self._out_of_order()) is not None:
            result.failures.append(late)
        if self.wanted.no_others and self.others:
            count = len(self.others)
            what = "exchange was" if count == 1 else "exchanges were"
            result.failures.append(
                {
                    "index": None,
                    "expect": {"no_others": True},
                    "found": count,
                    "message": f"{count} {what} not expected",
                    "nearest": [],
                    "matched": _listed(self.others),
                }
            )
        return result

    def _out_of_order(self) -> dict[str, Any] | None:
        """Return the failure of the first expectation that is not met after the ones before it."""
        if not self.wanted.order:
            return None
        last, before = 0, ""
        for index, (one, matches) in enumerate(zip(self.wanted.expect, self.matches, strict=True)):
            if not one.least:
                continue
            later = [exchange for exchange in matches if exchange.n > last]
            if len(later) < one.least:
                return {
                    "index": index,
                    "expect": one.source,
                    "found": len(later),
                    "message": f"{one.label}: {len(later)} found after {before} (exchange {last}), "
                    f"{one.wanted} wanted in this order",
                    "nearest": [],
                    "matched": _listed(matches),
                }
            last, before = later[one.least - 1].n, one.label
        return None


def verify(entries: Iterable[Exchange], wanted: Expectations) -> Result:
    """Hold exchanges against expectations."""
    verification = Verification(wanted)
    for exchange in entries:
        if exchange.n > wanted.since:
            verification.take(exchange)
    return verification.result()


async def verify_within(journal: Journal, wanted: Expectations) -> Result:
    """Hold a journal against expectations, waiting up to ``within`` seconds of real time for the rest.

    Waiting ends early when all lower bounds are met and nothing else needs the whole time: an
    expectation that only sets an upper bound (``never``, ``times: 0``, ``at_most``) does, and
    ``no_others`` too.  It also ends when more came than may come.
    """
    verification = Verification(wanted)
    last, deadline = wanted.since, time.monotonic() + wanted.within
    while True:
        entries = journal.since(last)
        for start in range(0, len(entries), _AT_ONCE):
            for exchange in entries[start : start + _AT_ONCE]:
                verification.take(exchange)
            await asyncio.sleep(0)
        last = entries[-1].n if entries else last
        left = deadline - time.monotonic()
        if left <= 0 or verification.is_decided():
            return verification.result()
        if not await journal.wait_beyond(max(last, journal.last if not entries else 0), left):
            return verification.result()


def _listed(exchanges: Sequence[Exchange]) -> list[dict[str, Any]]:
    return [{"n": exchange.n, "summary": describe(exchange)} for exchange in exchanges[:_LISTED]]


def _too_few(
    index: int, one: Expectation, matches: Sequence[Exchange], seen: Sequence[Exchange]
) -> dict[str, Any]:
    return {
        "index": index,
        "expect": one.source,
        "found": len(matches),
        "message": f"{one.label}: {len(matches)} found, {one.wanted} wanted",
        "nearest": _nearest(one, seen),
        "matched": _listed(matches),
    }


def _too_many(index: int, one: Expectation, matches: Sequence[Exchange]) -> dict[str, Any]:
    return {
        "index": index,
        "expect": one.source,
        "found": len(matches),
        "message": f"{one.label}: {len(matches)} found, {one.wanted} wanted",
        "nearest": [],
        "matched": _listed(matches),
    }


def _nearest(one: Expectation, seen: Sequence[Exchange]) -> list[dict[str, Any]]:
    """Return the exchanges that miss the fewest criteria, the most recent first among equals.

    Those that miss all of them are left out where others are nearer.
    """
    misses = []
    for exchange in seen[-_LOOKED_AT:]:
        differs = [found for criterion in one.criteria if (found := criterion.differs(exchange))]
        if differs:
            misses.append((len(differs), -exchange.n, exchange, differs))
    near = [miss for miss in misses if miss[0] < len(one.criteria)] or misses
    return [
        {"n": exchange.n, "summary": describe(exchange), "differs": differs}
        for _, _, exchange, differs in heapq.nsmallest(_NEAREST, near, key=lambda miss: miss[:2])
    ]
