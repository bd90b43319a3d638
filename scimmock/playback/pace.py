"""When each exchange of a session is sent: as it was, faster, or as soon as it can be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..outgoing.timeline import RealTimeline
from .order import Step

_LEAST = 0.05  # seconds; a shorter pause is no pause of the client
_CHUNK = 0.5


class Pace:
    """``factor`` as from `parse_pace`; ``longest`` is the longest pause that is kept, in recorded seconds.

    At full speed the clock of a target that is a scimmock passes over the pauses of the client, so that
    what counts by time, such as a rate limit, sees the recorded distances.
    """

    def __init__(
        self,
        factor: float | None,
        longest: float | None = None,
        timeline: RealTimeline | None = None,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factor = factor
        self._longest = longest
        self._timeline = timeline
        self._stop = stop or threading.Event()
        self._clock = clock
        self._due: float | None = None
        self._last = 0.0  # when the last one began
        self._end = 0.0  # when the last of those before had ended

    def wait(self, step: Step) -> None:
        """Return when an exchange is to be sent, or earlier when the run is to stop."""
        if self._due is None:
            self._due, self._last, self._end = self._clock(), step.begin, step.begin
        if self._factor is None:
            pause = step.begin - self._end
            if pause >= _LEAST and self._timeline is not None and self._timeline.leaps:
                self._timeline.pass_by(pause if self._longest is None else min(pause, self._longest))
        else:
            gap = max(0.0, step.begin - self._last)
            gap = gap if self._longest is None else min(gap, self._longest)
            self._due += gap / self._factor
            while (left := self._due - self._clock()) > 0 and not self._stop.is_set():
                self._stop.wait(min(left, _CHUNK))
        self._last = step.begin
        self._end = max(self._end, step.end)
