"""Running checks of reads: one by one, again and again, for what is not there, page after page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..traffic.exchange import Exchange
from .asked import Asked
from .base import running
from .memory import Memory, elapsed, followed, lookup_key

_RUN = 5  # look-ups in a row
_RUN_GAP = 2.0  # seconds between two of them
_REPEATS = 3
_REPEAT_GAP = 60.0
_POLLS, _POLL_SECONDS = 10, 10.0
_MISSES = 3
_SERIES_GAP = 600.0


@dataclass(slots=True)
class _Run:
    kind: str
    seen: set[str]
    last: Exchange


@running(
    "n-plus-one-lookups",
    None,
    "hint",
    says="five or more resources of one type read one by one in a row: a list reads them together",
)
class NPlusOneLookups:
    """Remembers for each client the single reads that it makes in a row."""

    def __init__(self) -> None:
        self.runs: Memory[tuple[str, str], _Run] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        key = exchange.id if exchange.operation == "read" else None
        if exchange.operation == "list":
            key = lookup_key(asked)
        if key is None or exchange.resource is None or asked.type is None:
            self.runs.pop(asked.who)
            return
        kind = f"{exchange.operation} {exchange.resource}"
        run = self.runs.get(asked.who)
        if run is None or run.kind != kind or elapsed(run.last, exchange) > _RUN_GAP:
            run = _Run(kind, set(), exchange)
        before = len(run.seen)
        if before < _RUN:
            run.seen.add(key)
        run.last = exchange
        self.runs.set(asked.who, run)
        if len(run.seen) == _RUN and before < _RUN:
            way = "by id" if exchange.operation == "read" else "by a filter"
            yield (
                f"{_RUN} resources of /{exchange.resource} were looked up {way} one after another, "
                "a list gives many at once"
            )


@dataclass(slots=True)
class _Repeated:
    request: tuple[str, bytes]
    times: int
    last: Exchange


@running(
    "repeated-lookup",
    None,
    "hint",
    says="the same GET three times in a row",
)
class RepeatedLookup:
    """Remembers the last GET of each client."""

    def __init__(self) -> None:
        self.last: Memory[tuple[str, str], _Repeated] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        # After a failure, asking again is right.
        if exchange.operation not in ("read", "list") or not 200 <= exchange.status < 400:
            self.last.pop(asked.who)
            return
        request = exchange.path, exchange.query
        old = self.last.get(asked.who)
        same = old is not None and old.request == request and elapsed(old.last, exchange) <= _REPEAT_GAP
        times = old.times + 1 if old is not None and same else 1
        self.last.set(asked.who, _Repeated(request, times, exchange))
        if times == _REPEATS:
            yield f"{asked.target} was made {_REPEATS} times in a row, nothing lies between"


@running(
    "poll-too-fast",
    None,
    "hint",
    says="the same GET ten times within ten seconds, without a write in between",
)
class PollTooFast:
    """Remembers the latest GETs of each client."""

    def __init__(self) -> None:
        self.polls: Memory[tuple[object, ...], list[Exchange]] = Memory()
        self.writes: Memory[tuple[str, str], int] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        if exchange.operation not in ("read", "list"):
            if exchange.operation not in ("discovery", "search", None):
                self.writes.set(asked.who, exchange.n)
            return
        key = asked.who, exchange.path, exchange.query
        since = self.writes.get(asked.who) or 0
        recent = [old for old in self.polls.get(key) or () if old.n > since]
        recent = [old for old in recent if elapsed(old, exchange) <= _POLL_SECONDS]
        if len(recent) == _POLLS - 1:
            yield f"{asked.target} was made {_POLLS} times within {_POLL_SECONDS:.0f} seconds"
        self.polls.set(key, [*recent, exchange][-_POLLS:])


@running(
    "404-then-repeat",
    None,
    "warning",
    says="three requests or more for an id that does not exist",
)
class MissingAskedAgain:
    """Remembers which ids were 404 for which client, and how often."""

    def __init__(self) -> None:
        self.missing: Memory[tuple[object, ...], int] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        if exchange.operation not in ("read", "replace", "patch", "delete") or exchange.id is None:
            return
        key = asked.who, exchange.resource, exchange.id
        if exchange.status != 404:
            self.missing.pop(key)
            return
        times = (self.missing.get(key) or 0) + 1
        self.missing.set(key, times)
        if times == _MISSES:
            yield f"{exchange.path} was asked for {_MISSES} times although it does not exist"


@dataclass(slots=True)
class _Page:
    exchange: Exchange
    start: int
    next: int
    total: int
    cursor: bool = field(default=False)


class _Series:
    """Remembers the last page of each query of each client."""

    def __init__(self) -> None:
        self.pages: Memory[tuple[object, ...], _Page] = Memory()

    def turn(self, asked: Asked) -> tuple[_Page | None, int]:
        """Return the page before and the startIndex that is asked for (0 for a cursor or no list)."""
        exchange = asked.exchange
        if exchange.operation != "list":
            return None, 0
        rest = tuple(
            sorted(
                item for item in asked.parameters.items() if item[0] not in ("startIndex", "count", "cursor")
            )
        )
        key = asked.who, exchange.path, rest
        text = asked.parameters.get("startIndex", "1")
        start = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
        if "cursor" in asked.parameters:
            start = 0
        before = self.pages.pop(key)
        page = asked.answer
        if asked.succeeded and isinstance(page, dict):
            given, total = page.get("itemsPerPage"), page.get("totalResults")
            if type(given) is int and type(total) is int:
                self.pages.set(key, _Page(exchange, start, start + given, total, "nextCursor" in page))
        if before is not None:
            if not followed(before.exchange, exchange) or elapsed(before.exchange, exchange) > _SERIES_GAP:
                return None, 0
        return before, start


@running(
    "page-skipped",
    "RFC 7644 section 3.4.2.4",
    "warning",
    says="the next `startIndex` lies behind the end of the page before: results in between are never seen",
)
class PageSkipped(_Series):
    def see(self, asked: Asked) -> Iterator[str]:
        before, start = self.turn(asked)
        if before is not None and before.start > 0 and start > before.next and before.next <= before.total:
            yield (
                f"startIndex is {start}, the page before ended at {before.next - 1}: "
                f"results {before.next} to {min(start - 1, before.total)} are never seen"
            )


@running(
    "page-overlaps",
    "RFC 7644 section 3.4.2.4",
    "hint",
    says="the next `startIndex` lies within the page before",
)
class PageOverlaps(_Series):
    def see(self, asked: Asked) -> Iterator[str]:
        before, start = self.turn(asked)
        if before is not None and 0 < before.start < start < before.next:
            yield f"startIndex is {start}, the page before had the results up to {before.next - 1}"


@running(
    "next-cursor-ignored",
    "RFC 9865 section 2",
    "warning",
    says="the page before had a `nextCursor`, and the next one is asked for by `startIndex`",
)
class NextCursorIgnored(_Series):
    def see(self, asked: Asked) -> Iterator[str]:
        before, start = self.turn(asked)
        if before is not None and before.cursor and start > 1:
            yield f"startIndex is {start} although the page before had a nextCursor"
