"""How often and when a rule fires, of the requests that it matches."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from .errors import RuleError
from .values import Duration

if TYPE_CHECKING:
    from .call import Call

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Some = Annotated[int, msgspec.Meta(ge=1)]
Per = Literal["token", "tenant", "client", "resource"]
_MAX_KEYS = 10_000
_DRAWS = 8  # made at once


class When(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """The schedule of a rule; what is not said does not restrict it.

    ``after`` lets so many matching requests pass, ``every`` fires on each n-th of those that follow,
    ``probability`` on that share of them, ``times`` (and ``first``, the same from the start) fires at
    most so often.  ``between`` is two durations since the start, ``ttl`` ends the rule.  ``per`` counts
    apart for each token, tenant, client or resource.
    """

    after: _Count = 0
    first: _Some | None = None
    times: _Some | None = None
    every: _Some = 1
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    between: tuple[Duration, Duration] | None = None
    ttl: Duration | None = None
    per: Per | None = None


def check_when(when: When, path: str) -> None:
    """Raise RuleError for fields that contradict each other; ``path`` leads to the when."""
    if when.first is not None and (when.times is not None or when.after):
        other = "times" if when.times is not None else "after"
        raise RuleError(
            f"{path}.first", f"'first' and {other!r} exclude each other", "use 'after' with 'times'"
        )
    if when.between is not None and when.between[0] >= when.between[1]:
        raise RuleError(
            f"{path}.between", "the first time comes before the second", "[10s, 40s] would be right"
        )


class _Tally:
    """What was counted for one key."""

    __slots__ = ("draws", "hits", "seen")

    def __init__(self) -> None:
        self.seen = 0
        self.hits = 0
        self.draws: tuple[float, ...] = ()


class Schedule:
    """The counts of one rule.  ``begin`` is the moment from which ``between`` counts, in elapsed seconds."""

    def __init__(self, when: When, seed: int, name: str, begin: float, now: float) -> None:
        self.when = when
        self.begin = begin
        self.ends = now + when.ttl if when.ttl is not None else None
        self.most = when.times or when.first
        self.hits = 0
        self._salt = f"{seed}\0{name}"
        self._plain = when == When()
        self._counts: dict[str, _Tally] = {}
        self._only = _Tally()
        self._key: Callable[[Call], str] | None = _KEYS[when.per] if when.per else None

    @property
    def seen(self) -> int:
        """How many requests matched."""
        return self._only.seen + sum(count.seen for count in self._counts.values())

    @property
    def left(self) -> int | None:
        """How often the rule can still fire, None for ever; for rules that count apart, for a new key."""
        if self.most is None:
            return None
        return self.most if self._key is not None else max(0, self.most - self._only.hits)

    def is_over(self, now: float) -> bool:
        """Whether the rule's time to live has ended (``now`` in elapsed seconds)."""
        return self.ends is not None and now >= self.ends

    def take(self, call: Call, now: float) -> Turn | None:
        """Count a matching request and return the turn to fire, None when it is not the rule's turn."""
        key = self._key(call) if self._key is not None else ""
        count = self._only if self._key is None else self._of(key)
        count.seen += 1
        if self._plain:
            return Turn(self, count, key, count.seen, None)
        when = self.when
        if self.most is not None and count.hits >= self.most:
            return None
        turn = count.seen - when.after
        if turn <= 0 or turn % when.every:
            return None
        if when.between is not None and not when.between[0] <= now - self.begin < when.between[1]:
            return None
        draw = None
        if when.probability is not None:
            draw = self._draw(count, key)
            if draw >= when.probability:
                return None
        return Turn(self, count, key, count.seen, draw)

    def turn_at_once(self) -> Turn:
        """Return a turn that no schedule has a say in, for a request that asks for the rule itself."""
        self._only.seen += 1
        return Turn(self, self._only, "", self._only.seen, None)

    def _of(self, key: str) -> _Tally:
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= _MAX_KEYS:
                del self._counts[next(iter(self._counts))]
            count = self._counts[key] = _Tally()
        return count

    def _draw(self, count: _Tally, key: str) -> float:
        """Return the draw of a request: from the seed, the rule's name and how many it has matched."""
        block, place = divmod(count.seen - 1, _DRAWS)
        if place == 0 or not count.draws:
            text = f"{self._salt}\0{key}\0{block}".encode("utf-8", "surrogatepass")
            digest = blake2b(text, digest_size=8 * _DRAWS).digest()
            count.draws = tuple(
                int.from_bytes(digest[at : at + 8], "big") / 2**64 for at in range(0, 8 * _DRAWS, 8)
            )
        return count.draws[place]


class Turn:
    """The chance of a rule to fire for one request."""

    __slots__ = ("_count", "draw", "key", "schedule", "seen")

    def __init__(self, schedule: Schedule, count: _Tally, key: str, seen: int, draw: float | None) -> None:
        self.schedule = schedule
        self._count = count
        self.key = key
        self.seen = seen
        self.draw = draw

    @property
    def next_hit(self) -> int:
        """The number that a hit now would have, from 1."""
        return self._count.hits + 1

    def hit(self) -> int:
        """Count a hit and return its number."""
        self._count.hits += 1
        self.schedule.hits += 1
        return self._count.hits


def _by_token(call: Call) -> str:
    return call.exchange.identity or ""


def _by_tenant(call: Call) -> str:
    return call.exchange.tenant


def _by_client(call: Call) -> str:
    return call.exchange.client


def _by_resource(call: Call) -> str:
    return call.key


_KEYS: dict[str, Callable[[Call], str]] = {
    "token": _by_token,
    "tenant": _by_tenant,
    "client": _by_client,
    "resource": _by_resource,
}


def key_of(per: str, call: Call) -> str:
    """Return what a request counts under, for each of the keys of ``per``."""
    return _KEYS[per](call)
