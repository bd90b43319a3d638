"""How many requests may be under way at the same time."""

from __future__ import annotations

from functools import partial

from ...clock import Clock
from .base import Once, Verdict, many, nothing


class Concurrency:
    """``places`` for requests under way; ``undo`` of the verdict frees one, time does not."""

    period: float | None = None

    def __init__(self, places: int) -> None:
        self.limit = places
        self._taken: dict[str, int] = {}  # bounded by the connections that there are

    def take(self, key: str, clock: Clock) -> Verdict:
        """Take a place, see `Limit`."""
        taken = self._taken.get(key, 0)
        if taken >= self.limit:
            return Verdict(False, self.limit, 0, None, None, nothing)
        self._taken[key] = taken + 1
        return Verdict(True, self.limit, self.limit - taken - 1, None, None, Once(partial(self._free, key)))

    def _free(self, key: str) -> None:
        left = self._taken[key] - 1
        if left:
            self._taken[key] = left
        else:
            del self._taken[key]

    def __str__(self) -> str:
        return f"{many(self.limit)} at a time"
