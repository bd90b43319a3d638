"""The server's clock: real time that a test can stop and move.

One clock serves all tenants; whatever depends on time (dates in `meta`, cursors, tokens, limits) asks
it and never the operating system.
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from functools import lru_cache

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
_UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | int | float) -> float:
    """Return seconds for ``200ms``, ``7s``, ``40m``, ``2h``, ``1d`` or a number; raises ValueError."""
    if isinstance(text, int | float):
        if isinstance(text, bool) or not 0 <= text < float("inf"):
            raise ValueError(f"{text!r} is not a duration in seconds")
        return float(text)
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 200ms, 7s, 40m or 2h")
    return float(match[1]) * _UNITS[match[2]]


def format_time(seconds: float) -> str:
    """Return seconds since 1970 as xsd:dateTime in UTC with milliseconds (RFC 7643 section 2.3.5)."""
    microseconds = round(seconds * 1_000_000)
    whole, rest = divmod(microseconds, 1_000_000)
    return f"{_second(whole)}.{rest // 1000:03}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").removesuffix("+00:00")


def parse_time(text: str) -> float:
    """Return the seconds since 1970 of an xsd:dateTime with a time zone; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.timestamp()


class Clock:
    """Seconds since 1970, real, frozen or shifted.

    `elapsed` is what windows and expiries count by: it follows the clock when that is moved forward,
    never back, and not when it is released.
    """

    def __init__(self) -> None:
        self._shift = 0.0
        self._frozen: float | None = None
        self._last: tuple[int, str] = (-1, "")
        self._offset = -time.time()  # from now() to elapsed()

    @property
    def frozen(self) -> bool:
        return self._frozen is not None

    def now(self) -> float:
        """Return the time in seconds."""
        return self._frozen if self._frozen is not None else time.time() + self._shift

    def elapsed(self) -> float:
        """Return the seconds that have passed since the clock was made, leaps forward included."""
        return self.now() + self._offset

    def text(self) -> str:
        """Return the time as xsd:dateTime with milliseconds."""
        milliseconds = int(self.now() * 1000 + 0.001)  # a millisecond may lie just below its float
        if self._last[0] != milliseconds:
            self._last = (milliseconds, format_time(milliseconds / 1000))
        return self._last[1]

    def freeze(self, at: float | None = None) -> None:
        """Stop the clock, now or at a time in seconds since 1970."""
        before = self.now()
        self._frozen = before if at is None else at
        self._offset += max(0.0, before - self._frozen)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, frozen or not."""
        if self._frozen is not None:
            self._frozen += seconds
        else:
            self._shift += seconds

    def release(self) -> None:
        """Let the clock show real time again."""
        before = self.now()
        self._frozen = None
        self._shift = 0.0
        self._offset += before - self.now()  # to come back to the present is no passing of time
