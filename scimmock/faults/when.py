"""How often and when a rule fires, of the requests that it matches."""

from __future__ import annotations

import math
import sys
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
_NEVER = sys.maxsize


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
    """What was counted for one key; ``next`` is how many must have been seen for the next turn."""

    __slots__ = ("draw", "drawn", "hits", "next", "seen")

    def __init__(self) -> None:
        self.seen = 0
        self.hits = 0
        self.drawn = 0
        self.draw: float | None = None
        self.next = 0


class Schedule:
    """The counts of one rule.

    ``now`` gives elapsed seconds, ``begin`` is the moment from which ``between`` counts.  What is drawn
    follows from the seed, the name of the rule and how often it fired: each hit draws how many requests
    pass until the next, which is the same as to draw for each request.
    """

    def __init__(self, when: When, seed: int, name: str, begin: float, now: Callable[[], float]) -> None:
        self.when = when
        self.begin = begin
        self.now = now
        self.ends = now() + when.ttl if when.ttl is not None else None
        self.most = when.times or when.first
        self.hits = 0
        self.salt = f"{seed}\0{name}"
        self._key: Callable[[Call], str] | None = _KEYS[when.per] if when.per else None
        self._tallies: dict[str, _Tally] = {}
        self._only = _Tally()
        self._plan(self._only, "")

    @property
    def tally(self) -> _Tally | None:
        """The counts of a rule that does not count apart."""
        return self._only if self._key is None else None

    @property
    def seen(self) -> int:
        """How many requests matched."""
        return self._only.seen + sum(tally.seen for tally in self._tallies.values())

    @property
    def left(self) -> int | None:
        """How often the rule can still fire, None for ever; for rules that count apart, for a new key."""
        if self.most is None:
            return None
        return self.most if self._key is not None else max(0, self.most - self._only.hits)

    def is_over(self, now: float) -> bool:
        """Whether the rule's time to live has ended (``now`` in elapsed seconds)."""
        return self.ends is not None and now >= self.ends

    def take(self, call: Call) -> Turn | None:
        """Count a matching request and return the turn to fire, None when it is not the rule's turn."""
        key, tally = "", self._only
        if self._key is not None:
            key = self._key(call)
            tally = self._of(key)
        tally.seen += 1
        if tally.seen < tally.next:
            return None
        draw = tally.draw
        self._plan(tally, key)
        between = self.when.between
        if between is not None and not between[0] <= self.now() - self.begin < between[1]:
            return None
        return Turn(self, tally, key, draw)

    def turn_at_once(self) -> Turn:
        """Return a turn that no schedule has a say in, for a request that asks for the rule itself."""
        return Turn(self, self._only, "", None)

    def _of(self, key: str) -> _Tally:
        tally = self._tallies.get(key)
        if tally is None:
            if len(self._tallies) >= _MAX_KEYS:
                del self._tallies[next(iter(self._tallies))]
            tally = self._tallies[key] = _Tally()
            self._plan(tally, key)
        return tally

    def _plan(self, tally: _Tally, key: str) -> None:
        """Find out when the next turn is."""
        when = self.when
        if self.most is not None and tally.hits >= self.most:
            tally.next = _NEVER
            return
        done = max(0, tally.seen - when.after) // when.every
        gap = 1
        if when.probability is not None:
            gap, tally.draw = _gap(when.probability, share(self.salt, key, tally.drawn))
            tally.drawn += 1
        tally.next = min(_NEVER, when.after + (done + gap) * when.every)


def share(*of: object) -> float:
    """Return a number from 0 to 1 (1 excluded) that follows from what is given."""
    text = "\0".join(map(str, of)).encode("utf-8", "surrogatepass")
    return (int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 11) / 2**53


def _gap(probability: float, drawn: float) -> tuple[int, float]:
    """Return after how many tries the first succeeds, and the draw of that try (below the probability).

    The inverse of the geometric distribution: ``drawn`` decides all the tries at once.
    """
    if probability <= 0:
        return _NEVER, 1.0
    if probability >= 1:
        return 1, drawn
    tries = math.log1p(-drawn) / math.log1p(-probability)
    if tries >= _NEVER:
        return _NEVER, 1.0
    failures = int(tries)
    rest = (1 - drawn) / (1 - probability) ** failures if failures < 10_000 else 1 - probability * drawn
    return failures + 1, min(max(0.0, 1 - rest), probability * (1 - 2**-53))


class Turn:
    """The chance of a rule to fire for one request."""

    __slots__ = ("_tally", "draw", "key", "schedule", "seen")

    def __init__(self, schedule: Schedule, tally: _Tally, key: str, draw: float | None) -> None:
        self.schedule = schedule
        self._tally = tally
        self.key = key
        self.seen = tally.seen
        self.draw = draw

    @property
    def next_hit(self) -> int:
        """The number that a hit now would have, from 1."""
        return self._tally.hits + 1

    def share(self, label: str = "") -> float:
        """Return a draw from 0 to 1 for a decision of the action's own: the same for the same seed."""
        return share(self.schedule.salt, self.key, self.seen, label)

    def hit(self) -> int:
        """Count a hit and return its number."""
        tally, schedule = self._tally, self.schedule
        tally.hits += 1
        schedule.hits += 1
        if schedule.most is not None and tally.hits >= schedule.most:
            tally.next = _NEVER
        return tally.hits


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
