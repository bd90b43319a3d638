"""What all limits share: the verdict on a request, and state that is kept for so many keys only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ...clock import Clock

MAX_KEYS = 10_000
# Seconds.  The clock counts in floats that are off by less than half of this when it is moved by a
# whole number of seconds: whoever comes back by this much too early is on time.
SLACK = 2e-6

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request is let in, and what is left for those after it.

    ``remaining`` of ``limit`` are left; all of them are there again in ``resets_in`` seconds (None when
    time alone does not bring them back).  ``wait`` is for a request that is refused: the seconds after
    which one is let in, None when nobody can know.  ``undo`` gives back what the request took; calling
    it again does nothing.
    """

    admitted: bool
    limit: int
    remaining: int
    resets_in: float | None
    wait: float | None
    undo: Callable[[], None]


class Limit(Protocol):
    """One limit with a count for each key."""

    @property
    def limit(self) -> int:
        """How many requests it lets in at once."""

    @property
    def period(self) -> float | None:
        """The seconds in which it lets in so many again; None when time does not matter to it."""

    def take(self, key: str, clock: Clock) -> Verdict:
        """Count a request under a key if it is let in, by the elapsed time of the clock."""

    def __str__(self) -> str:
        """What is let in, in words: "20 requests in 60 seconds"."""


class Keyed(Generic[_T]):
    """State by key, for at most ``size`` keys: the one that was not asked for longest is forgotten."""

    def __init__(self, make: Callable[[], _T], size: int = MAX_KEYS) -> None:
        self._make = make
        self._size = size
        self._states: dict[str, _T] = {}

    def __len__(self) -> int:
        return len(self._states)

    def __contains__(self, key: str) -> bool:
        return key in self._states

    def __getitem__(self, key: str) -> _T:
        """Return the state of a key, a new one if there is none."""
        states = self._states
        state = states.pop(key, None)
        if state is None:
            state = self._make()
            if len(states) >= self._size:
                del states[next(iter(states))]
        states[key] = state
        return state


class Once:
    """Calls a function at most once."""

    __slots__ = ("_act",)

    def __init__(self, act: Callable[[], None]) -> None:
        self._act: Callable[[], None] | None = act

    def __call__(self) -> None:
        act, self._act = self._act, None
        if act is not None:
            act()


def nothing() -> None:
    """The ``undo`` of a request that took nothing."""


def whole_seconds(seconds: float) -> int:
    """Return the first whole second that is not before ``seconds``, none below 0."""
    return max(0, math.ceil(seconds - SLACK / 2))


def many(requests: int) -> str:
    """Return a number of requests in words: "20 requests"."""
    return "1 request" if requests == 1 else f"{requests} requests"


def in_words(seconds: float) -> str:
    """Return a time in words: "60 seconds"."""
    return "1 second" if seconds == 1 else f"{seconds:g} seconds"
