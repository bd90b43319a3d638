"""`rate_limit`: so many requests in a time, in the ways in which services count them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..errors import RuleError
from ..limits.admission import Admission, give_back
from ..limits.base import Limit, Verdict, whole_seconds
from ..limits.concurrency import Concurrency
from ..limits.headers import Family, Told, retry_after, tell
from ..limits.keys import By, key_by
from ..limits.token_bucket import TokenBucket
from ..limits.windows import FixedWindow, Quota, SlidingWindow
from ..rule import Fired
from ..values import Duration
from .status import HttpStatus, Status

Some = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Kind = Literal["fixed", "sliding", "quota", "token_bucket", "fixed_window", "sliding_window", "daily_quota"]
_SHORT = {"fixed_window": "fixed", "sliding_window": "sliding", "daily_quota": "quota"}
_MAX_SLIDING = 100_000
_MAX_RATE = 10_000  # requests in a second that a bucket can tell apart
_MINUTE, _DAY = Duration(60), Duration(86_400)
_NO_TIME = 1.0  # seconds to wait for a place, when nobody can know


class Amount(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How many requests: ``tokens``, ``requests`` in a ``window``, or ``concurrent`` ones.

    ``refill`` tokens (as many as there are by default) flow into the bucket in each ``every``.
    """

    tokens: Some | None = None
    refill: Some | None = None
    every: Duration | None = None
    requests: Some | None = None
    window: Duration | None = None
    kind: Kind | None = None
    concurrent: Some | None = None


_TOGETHER = {
    "tokens": ("refill", "every"),
    "requests": ("window", "kind"),
    "concurrent": (),
}
_FORMS = (
    "20, {requests: 100, window: 1m, kind: sliding}, {tokens: 20, refill: 20, every: 1m} or {concurrent: 8}"
)


@action(Stage.LIMIT, tentative=True, at_proxy=True)
class RateLimit(Action):
    """Lets so many requests in and answers 429 to the others, with the right Retry-After.

    ``rate_limit: 20`` with ``window: 1m`` counts in windows that begin with their first request;
    ``kind`` may be ``fixed`` (this), ``sliding`` (any stretch of that length), ``quota`` (by the
    calendar: ``1d`` ends at midnight UTC) or ``token_bucket``; ``fixed_window``, ``sliding_window`` and
    ``daily_quota`` mean the same as the first three.  The same as a mapping is ``{requests:
    20, window: 1m, kind: fixed}``; a bucket whose burst is not its rate is ``{tokens: 180, refill: 600,
    every: 1m}``, and ``{concurrent: 8}`` is for requests under way, from their head to the last byte of
    their answer.

    ``by`` is what counts apart (a list combines): ``token``, ``tenant``, ``client``, ``resource`` (one
    user), ``endpoint`` (all users), ``operation`` or ``all``.  ``headers`` are the families that tell
    what is left.  ``code``, ``scim_type``, ``detail`` and ``shape`` are those of the refusal, and
    ``retry_after`` takes the place of the time that would be right.  A request that another limit
    refuses is not counted; a bulk request that is counted is so once, not again for its operations.
    """

    rate_limit: Some | Amount
    window: Duration | None = None
    kind: Kind | None = None
    by: By | list[By] = "token"
    headers: Family | list[Family] = "retry-after"
    retry_after: Duration | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"
    code: HttpStatus = 429
    scim_type: str | None = None
    detail: str | None = None
    shape: str | None = None

    @property
    def beyond_proxy(self) -> str | None:
        """A proxy knows no tenants."""
        return "a proxy knows no tenants" if "tenant" in self._parts else None

    def check(self) -> None:
        """One way to count, with what belongs to it."""
        amount = self.rate_limit
        if isinstance(amount, int):
            amount = Amount(requests=amount, window=self.window, kind=self.kind)
        else:
            for name in ("window", "kind"):
                if getattr(self, name) is not None:
                    raise RuleError(f".{name}", f"belongs into the mapping of rate_limit: {_FORMS}")
        self._limit: Limit = read_amount(amount)
        if not self.by:
            raise RuleError(".by", "counts by nothing", "'all' has one count for everybody")
        self._parts = [self.by] if isinstance(self.by, str) else self.by
        self._key = key_by(self.by)
        names = [self.headers] if isinstance(self.headers, str) else self.headers
        self._families = [name for name in names if name not in ("none", "retry-after")]
        self._tells_when = "retry-after" in names
        self._counted: set[int] = set()  # the bulk requests under way, by the id of their exchange
        self._refusal(0).check()

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Count, and refuse what is too much."""
        whole = id(call.exchange)
        # The operations of a bulk request are under way one after another, in one place.
        if call.inner and (whole in self._counted or isinstance(self._limit, Concurrency)):
            return None
        verdict = self._limit.take(self._key(call), call.ground.clock)
        if not verdict.admitted:
            return self._refuse(call, fired, verdict)
        if call.operation == "bulk" and not call.inner:
            self._counted.add(whole)
            call.finally_.append(lambda: self._counted.discard(whole))
        facts: dict[str, Any] = {
            "rule": fired.rule.name,
            "limit": verdict.limit,
            "remaining": verdict.remaining,
        }
        if verdict.resets_in is not None:
            facts["resets_in"] = round(verdict.resets_in, 3)
        else:
            call.finally_.append(verdict.undo)
        call.note(**facts)
        note = call.exchange.notes[-1] if call.exchange.notes else None
        granted = Admission(
            undo=verdict.undo,
            verdict=verdict,
            families=self._families,
            period=self._limit.period,
            note=note,
        )
        call.attach(granted, fired)
        return None

    def _refuse(self, call: Call, fired: Fired, verdict: Verdict) -> Reply:
        give_back(call)
        seconds = verdict.wait if self.retry_after is None else self.retry_after
        if seconds is None:
            seconds = _NO_TIME
        fired.count(limit=verdict.limit, remaining=0, retry_after=whole_seconds(seconds))
        reply = self._refusal(whole_seconds(seconds)).reply(call.ground)
        now = call.ground.clock.now()
        if self._tells_when:
            reply.headers.append(retry_after(seconds, now, self.retry_after_as))
        for family in self._families:
            tell(reply.headers, family, Told(verdict, fired.rule.name, self._limit.period, now))
        return reply

    def _refusal(self, seconds: int) -> Status:
        detail = self.detail or f"Too many requests: the limit is {self._limit}; try again in {seconds} s"
        return Status(status=self.code, scim_type=self.scim_type, detail=detail, shape=self.shape)


def read_amount(amount: Amount) -> Limit:
    """Return the limit that an amount means; raises RuleError with a path from the action."""
    path = ".rate_limit"
    ways = [name for name in _TOGETHER if getattr(amount, name) is not None]
    if len(ways) != 1:
        given = f"has {' and '.join(ways)}" if ways else "says of nothing how much"
        raise RuleError(path, given, f"one of {_FORMS} would be right")
    for name in (name for names in _TOGETHER.values() for name in names):
        value = getattr(amount, name)
        if value is not None and name not in _TOGETHER[ways[0]]:
            raise RuleError(f"{path}.{name}", f"does not belong to {ways[0]!r}", f"right are {_FORMS}")
        if isinstance(value, Duration) and value <= 0:
            raise RuleError(f"{path}.{name}", "is no time at all", "1m would be right")
    if amount.concurrent is not None:
        return Concurrency(amount.concurrent)
    if amount.requests is None:
        assert amount.tokens is not None
        return _bucket(amount.tokens, amount.refill or amount.tokens, amount.every or _MINUTE)
    kind = _SHORT.get(amount.kind or "", amount.kind)
    window = amount.window or (_DAY if kind == "quota" else _MINUTE)
    if kind == "token_bucket":
        return _bucket(amount.requests, amount.requests, window)
    if kind == "sliding" and amount.requests > _MAX_SLIDING:
        raise RuleError(
            path, f"a sliding window keeps each request, {_MAX_SLIDING} at most", "kind: fixed does not"
        )
    kinds: dict[str | None, type[FixedWindow] | type[SlidingWindow]] = {
        "sliding": SlidingWindow,
        "quota": Quota,
    }
    return kinds.get(kind, FixedWindow)(amount.requests, window)


def _bucket(tokens: int, refill: int, every: float) -> TokenBucket:
    if refill > every * _MAX_RATE:
        raise RuleError(".rate_limit", f"more than {_MAX_RATE} requests in a second are as good as no limit")
    return TokenBucket(tokens, refill, every)
