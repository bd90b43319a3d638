"""`token_expiry` and `revoke_mid_paging`: tokens that are good for a while."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..credentials import check_shape, credential, unauthorized
from ..errors import RuleError
from ..limits.base import SLACK, Keyed
from ..rule import Fired
from ..values import Duration

Some = Annotated[int, msgspec.Meta(ge=1)]
_LISTINGS = frozenset(("list", "search"))


class Life(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """How long a token is good: ``after`` so many requests, or at an ``age`` since the first of them."""

    after: Some | None = None
    age: Duration | None = None


class _Use:
    __slots__ = ("first", "times")

    def __init__(self) -> None:
        self.first = 0.0  # elapsed seconds
        self.times = 0


@action(Stage.ANSWER, tentative=True, at_proxy=True)
class TokenExpiry(Action):
    """Lets each token expire after so many requests, or a time after its first one: 401 from then on.

    ``40m`` is a time, ``{after: 5}`` a number of requests, ``{after: 5, age: 40m}`` whichever comes
    first.  Another token, such as the next one of the OAuth endpoint, starts anew; what is asked of that
    endpoint itself is never refused.  ``detail`` and ``shape`` word the answer.
    """

    token_expiry: str | int | float | Life
    detail: str = "the token has expired"
    shape: str | None = None

    def check(self) -> None:
        """A life that ends, but not before it begins."""
        check_shape(self.shape)
        life = self.token_expiry
        if not isinstance(life, Life):
            try:
                life = Life(age=Duration.read(life))
            except ValueError as error:
                raise RuleError(".token_expiry", str(error), "{after: 5} counts requests") from None
        if life.after is None and life.age is None:
            raise RuleError(".token_expiry", "says of nothing when", "40m or {after: 5} would be right")
        if life.age is not None and life.age <= 0:
            raise RuleError(".token_expiry", "a token is good for some time", "40m would be right")
        self._life = life
        self._uses = Keyed(_Use)

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Count the use, or refuse."""
        token = credential(call)
        if token is None:
            return None
        use, now = self._uses[token], call.ground.clock.elapsed()
        if use.times == 0:
            use.first = now
        age = now - use.first
        after, longest = self._life.after, self._life.age
        if (after is not None and use.times >= after) or (longest is not None and age + SLACK >= longest):
            fired.count(uses=use.times, age=round(age, 3))
            return unauthorized(call, self.detail, "invalid_token", self.shape)
        use.times += 1
        return None


class _Walk:
    """How far a token has got: ``pages`` of each listing, by its endpoint."""

    __slots__ = ("pages", "revoked")

    def __init__(self) -> None:
        self.pages: dict[str, int] = {}
        self.revoked = False


@action(Stage.ANSWER, tentative=True, at_proxy=True)
class RevokeMidPaging(Action):
    """Revokes a token when it has got so many pages of a listing and asks for the next: 401 from then on.

    A listing begins with a request for its first page, which always counts as page one.  A token that
    is revoked stays so, for all requests that the rule matches, until another one comes; with ``when:
    {times: 1}`` it is good again after one refusal.  ``detail`` and ``shape`` word the answer.
    """

    revoke_mid_paging: Some
    detail: str = "the token was revoked"
    shape: str | None = None

    def check(self) -> None:
        """Only known shapes."""
        check_shape(self.shape)
        self._walks = Keyed(_Walk)

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Follow the walk, or refuse."""
        token = credential(call)
        if token is None:
            return None
        walk = self._walks[token]
        if not walk.revoked and call.operation in _LISTINGS:
            listing = call.resource or ""
            pages = walk.pages.get(listing, 0) + 1 if _goes_on(call) else 1
            walk.revoked = pages > self.revoke_mid_paging
            walk.pages[listing] = pages
        if not walk.revoked:
            return None
        fired.count(pages=self.revoke_mid_paging)
        return unauthorized(call, self.detail, "invalid_token", self.shape)


def _goes_on(call: Call) -> bool:
    """Whether a listing is asked for from a later place than its beginning."""
    asked = call.lowered_body if call.operation == "search" else call.query
    if not isinstance(asked, dict):
        return False
    by_name = {name.lower(): value for name, value in asked.items()}
    if by_name.get("cursor"):
        return True
    try:
        return int(str(by_name.get("startindex", 1))) > 1
    except ValueError:
        return False
