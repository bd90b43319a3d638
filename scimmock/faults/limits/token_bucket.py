"""The token bucket: bursts up to its capacity, and a steady rate in the long run."""

from __future__ import annotations

from collections import deque
from functools import partial

from ...clock import Clock
from .base import SLACK, Keyed, Once, Verdict, in_words, many, nothing

_RETURNABLE = 16  # the last requests of a key, which may still be given back


class _Taken:
    """A token that was taken; ``low`` is the least that was missing when later ones were (seconds)."""

    __slots__ = ("low",)

    def __init__(self) -> None:
        self.low = float("inf")


class _Bucket:
    __slots__ = ("full_at", "taken")

    def __init__(self) -> None:
        self.full_at = 0.0  # elapsed seconds; before that tokens are missing
        self.taken: deque[_Taken] = deque(maxlen=_RETURNABLE)


class TokenBucket:
    """A bucket of ``capacity`` tokens into which ``refill`` flow evenly in each ``every`` seconds.

    A request takes one.  What is kept is not the number of tokens but the moment at which the bucket
    would be full: one token is ``every / refill`` seconds, and nothing has to be added up as time goes by.
    """

    def __init__(self, capacity: int, refill: int, every: float) -> None:
        self.limit = capacity
        self.period: float | None = capacity * every / refill
        self._one = every / refill
        self._rate = refill, every
        self._buckets: Keyed[_Bucket] = Keyed(_Bucket)

    def take(self, key: str, clock: Clock) -> Verdict:
        """Take a token, see `Limit`."""
        bucket, now, one = self._buckets[key], clock.elapsed(), self._one
        missing = max(0.0, bucket.full_at - now)  # seconds
        wait = missing - (self.limit - 1) * one
        if wait > SLACK:
            return Verdict(False, self.limit, 0, missing, wait, nothing)
        for earlier in bucket.taken:
            earlier.low = min(earlier.low, missing)
        taken = _Taken()
        bucket.taken.append(taken)
        missing += one
        bucket.full_at = now + missing
        left = int((self.limit * one - missing + SLACK) / one)
        remaining = max(0, min(left, self.limit - 1))
        undo = Once(partial(self._give_back, bucket, taken))
        return Verdict(True, self.limit, remaining, missing, None, undo)

    def _give_back(self, bucket: _Bucket, taken: _Taken) -> None:
        """Put a token back, or what of it has not flowed in anyway by the time that later ones were taken."""
        if taken not in bucket.taken:
            return
        bucket.taken.remove(taken)
        back = max(0.0, min(self._one, taken.low))
        bucket.full_at -= back
        for other in bucket.taken:
            other.low -= back

    def __str__(self) -> str:
        refill, every = self._rate
        return f"{many(refill)} in {in_words(every)} with bursts of {self.limit}"
