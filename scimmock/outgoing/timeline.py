"""The time between cycles: it passes by itself, or is moved forward where the target is a scimmock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..clock import parse_time

__all__ = ["Ask", "DryTimeline", "RealTimeline", "Timeline", "find_timeline"]

Ask = Callable[[str, str, Any], Any]
_CHUNK = 0.5  # seconds between two looks at whether the run was interrupted


class Timeline(Protocol):
    """Time as the run counts it."""

    def now(self) -> float:
        """Return seconds since 1970."""

    def pass_by(self, seconds: float) -> None:
        """Let time pass; returns earlier when the run is interrupted."""


class RealTimeline:
    """Time that is really waited for, until ``stop`` is set.  ``leap`` moves the clock of the target.

    What was leapt over is added to `now`, so that a session shows when it would have been.  ``waiting``
    is told of each time that is waited for.  ``frozen`` is what the clock of the target shows where it
    stands still, in seconds since 1970: that is when the run begins then.
    """

    def __init__(
        self,
        stop: threading.Event,
        leap: Callable[[float], bool] | None = None,
        waiting: Callable[[float], None] | None = None,
        frozen: float | None = None,
    ) -> None:
        self._stop = stop
        self._leap = leap
        self._waiting = waiting
        self.started = time.time() if frozen is None else frozen
        self.frozen = frozen
        self._shift = self.started - time.time()
        self._lock = threading.Lock()

    @property
    def leaps(self) -> bool:
        """Whether the clock of the target can be moved."""
        return self._leap is not None

    def now(self) -> float:
        return time.time() + self._shift

    def pass_by(self, seconds: float) -> None:
        if seconds <= 0:
            return
        if self._leap is not None:
            with self._lock:
                if self._leap(seconds):
                    self._shift += seconds
                    return
                self._leap = None  # the control API is gone, from now on it is waited
        if self._waiting is not None:
            self._waiting(seconds)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._stop.is_set():
            self._stop.wait(min(left, _CHUNK))


class DryTimeline:
    """Time that passes at once."""

    def __init__(self) -> None:
        self._now = 1_767_225_600.0  # 2026-01-01T00:00:00Z

    def now(self) -> float:
        return self._now

    def pass_by(self, seconds: float) -> None:
        self._now += max(0.0, seconds)


def find_timeline(
    stop: threading.Event, ask: Ask, waiting: Callable[[float], None] | None = None
) -> RealTimeline:
    """Return the timeline for a target.

    ``ask(method, path, body)`` asks the control API for what is there; it returns the answer, None where
    there is none.  A target is a scimmock when ``GET info`` says so.
    """
    document = ask("GET", "info", None)
    if not isinstance(document, dict) or not {"fixture", "seed"} <= document.keys():
        return RealTimeline(stop, None, waiting)

    def leap(seconds: float) -> bool:
        return ask("POST", "clock", {"advance": f"{seconds:.3f}s"}) is not None

    return RealTimeline(stop, leap, waiting, _frozen(ask("GET", "clock", None)))


def _frozen(clock: Any) -> float | None:
    """Return what a clock shows that stands still, None for one that runs."""
    if not isinstance(clock, dict) or clock.get("frozen") is not True:
        return None
    try:
        return parse_time(str(clock.get("now")))
    except ValueError:
        return None
