"""Windows: so many requests in a stretch of time that begins with the first, by the calendar, or anywhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from ...clock import Clock
from .base import MAX_KEYS, SLACK, Keyed, Once, Verdict, in_words, many, nothing

_MAX_MOMENTS = 1_000_000  # that sliding windows keep, over all keys


class _Window:
    __slots__ = ("count", "ends")

    def __init__(self, ends: float) -> None:
        self.count = 0
        self.ends = ends


def _give_back(window: _Window) -> None:
    window.count -= 1


class FixedWindow:
    """``requests`` in a window that begins with the first of them and lasts ``seconds``."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.limit = requests
        self.period: float | None = seconds
        self._seconds = seconds
        self._windows: Keyed[list[_Window]] = Keyed(list)

    def take(self, key: str, clock: Clock) -> Verdict:
        """Count in the window of now, see `Limit`."""
        place, now = self._windows[key], clock.elapsed()
        if not place or now + SLACK >= place[0].ends:
            # A new object: what the old window granted may still be given back, to that one.
            place[:] = [_Window(now + self._length(clock))]
        window = place[0]
        left = window.ends - now
        if window.count >= self.limit:
            return Verdict(False, self.limit, 0, left, left, nothing)
        window.count += 1
        undo = Once(partial(_give_back, window))
        return Verdict(True, self.limit, self.limit - window.count, left, None, undo)

    def _length(self, clock: Clock) -> float:
        return self._seconds

    def __str__(self) -> str:
        return f"{many(self.limit)} in {in_words(self._seconds)}"


class Quota(FixedWindow):
    """``requests`` in a window by the calendar: a day ends at midnight UTC, an hour with the hour.

    Windows of any length are counted from 1970.  The time of day is that of the clock when a window
    begins; a clock that is put back later does not make the window longer.
    """

    def _length(self, clock: Clock) -> float:
        # Who comes a hair before midnight because of the clock's floats is in the new day.
        return self._seconds - (clock.now() + SLACK) % self._seconds


class SlidingWindow:
    """``requests`` in any stretch of ``seconds`` whatsoever."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.limit = requests
        self.period: float | None = seconds
        self._seconds = seconds
        make: Callable[[], deque[float]] = deque
        self._moments = Keyed(make, max(1, min(MAX_KEYS, _MAX_MOMENTS // requests)))

    def take(self, key: str, clock: Clock) -> Verdict:
        """Count the requests of the last ``seconds``, see `Limit`."""
        moments, now = self._moments[key], clock.elapsed()
        while moments and now + SLACK >= moments[0] + self._seconds:
            moments.popleft()
        if len(moments) >= self.limit:
            resets_in = moments[-1] + self._seconds - now
            return Verdict(False, self.limit, 0, resets_in, moments[0] + self._seconds - now, nothing)
        moments.append(now)
        undo = Once(partial(_forget, moments, now))
        return Verdict(True, self.limit, self.limit - len(moments), self._seconds, None, undo)

    def __str__(self) -> str:
        return f"{many(self.limit)} in any {in_words(self._seconds)}"


def _forget(moments: deque[float], moment: float) -> None:
    if moment in moments:  # else it has slid out already
        moments.remove(moment)
