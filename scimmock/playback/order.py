"""In which order the exchanges of a session began, and which of them overlapped.

A recording has its exchanges in the order in which they ended.  Where its clock was set back between two of
them, or one has no time at all, the later one followed upon the other.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..traffic.directory import aim_in
from .played import WRITES

Document = dict[str, Any]

_WINDOW = 256  # exchanges that are looked ahead for one that began earlier
# Recorded times are those of two clocks, and may be rounded to milliseconds: what overlaps by less than
# the first, in seconds, is played one after the other; by less than the second, it was so recorded.
_TOLERANCE = 0.002
_ROUNDED = 0.001
# What has the higher number, and yet began and ended earlier by more than this, is of a clock set back.
_SET_BACK = 0.05


def number_of(exchange: Document) -> int:
    """Return the number of an exchange in its recording, 0 where it has none."""
    number = exchange.get("n")
    return number if isinstance(number, int) else 0


@dataclass(frozen=True, slots=True)
class Step:
    """An exchange with when it began and ended, in seconds since the session began."""

    document: Document
    begin: float
    end: float

    @property
    def n(self) -> int:
        """The number of the exchange in the recording."""
        return number_of(self.document)

    def overlapped(self, other: Step) -> bool:
        """Whether either may have seen what the other one did or not, as far as the recorded times tell."""
        early, late = (self, other) if self.begin <= other.begin else (other, self)
        return late.begin < early.end - _ROUNDED and not late.shared(early)

    def followed(self, other: Step) -> bool:
        """Whether it began when another one, which began earlier, had ended."""
        if self.begin >= other.end - _TOLERANCE:
            return True
        return self.shared(other)

    def shared(self, other: Step) -> bool:
        """Whether the two had to come one after the other, on one connection."""
        connection = self.document.get("connection")
        # HTTP/1.1 has one exchange at a time on a connection.
        one_by_one = self.document["request"].get("http") in ("1.0", "1.1")
        return bool(connection) and one_by_one and connection == other.document.get("connection")


def timed(exchanges: Iterable[Document]) -> Iterator[Step]:
    """Yield the exchanges of a recording in its order, with times of one clock that is never set back."""
    offset, last = 0.0, Step({}, 0.0, 0.0)
    for exchange in exchanges:
        step = step_of(exchange, offset)
        is_early = max(step.begin - last.begin, step.end - last.end) < -_SET_BACK
        if not isinstance(exchange.get("t"), int | float) or (is_early and step.n > last.n):
            offset += last.end - step.begin
            step = step_of(exchange, offset)
        last = step
        yield step


def step_of(exchange: Document, offset: float = 0.0) -> Step:
    """Return an exchange with its times, all later by ``offset`` seconds."""
    begin = _number(exchange.get("t")) + offset
    timing = exchange.get("timing")
    parts = timing.values() if isinstance(timing, dict) else ()
    return Step(exchange, begin, begin + sum(map(_number, parts)) / 1000)


def ordered(exchanges: Iterable[Document]) -> Iterator[Step]:
    """Yield the exchanges in the order in which they began."""
    waiting: list[tuple[float, int, Step]] = []
    for place, step in enumerate(timed(exchanges)):
        heapq.heappush(waiting, (step.begin, place, step))
        if len(waiting) > _WINDOW:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def with_overlaps(steps: Iterable[Step]) -> Iterator[tuple[Step, Step | None, list[Step]]]:
    """Yield each step with the one that began after it, and with all writes that overlapped it."""
    coming: deque[Step] = deque()
    writes: list[Step] = []  # that began, and may overlap what comes
    source = iter(steps)
    while True:
        while len(coming) < 2 or (coming[-1].begin < coming[0].end and len(coming) < _WINDOW):
            step = next(source, None)
            if step is None:
                break
            coming.append(step)
        if not coming:
            return
        step = coming.popleft()
        writes = [one for one in writes if one.end > step.begin]
        overlapping = [one for one in (*writes, *filter(_writes, coming)) if step.overlapped(one)]
        yield step, coming[0] if coming else None, overlapping
        if _writes(step):
            writes.append(step)


def _writes(step: Step) -> bool:
    return aim_in(step.document).operation in WRITES


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
