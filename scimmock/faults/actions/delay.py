"""`delay`: answers that come late."""

from __future__ import annotations

from typing import Literal

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..delivery import body_size, delivery_of
from ..rule import Fired
from ..values import Delay as Span

_LONGEST = 86_400.0  # seconds; distributions have no end, waiting has


@action(Stage.TIME, at_proxy=True)
class Delay(Action):
    """Makes a request wait, for a fixed time or one that is drawn from a distribution.

    The main value is a duration or a distribution: ``{uniform: [1s, 2s]}``, ``{normal: {mean: 1s, sd:
    200ms}}``, ``{lognormal: {median: 200ms, sigma: 0.4}}``, ``{percentiles: {50: 100ms, 99: 2s}}``; the
    draw comes from the seed.  ``where: head`` waits before the service acts, as a slow service does: it
    acts even if the client has gone meanwhile.  ``where: body`` lets it act at once, sends the head and
    half of the body, and then waits; for an operation inside a bulk request it is the same as head.
    Nobody waits longer than a day.
    """

    delay: Span
    where: Literal["head", "body"] = "head"

    @property
    def beyond_proxy(self) -> str | None:
        """A body cannot wait half-way there."""
        return "mitmproxy sends a body in one piece" if self.where == "body" else None

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Wait, where the head is late."""
        # The body of a bulk answer is not that of one operation.
        if self.where == "head" or call.inner:
            await call.sleep(self._seconds(fired))
        return None

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Let the body wait half-way."""
        if self.where == "body":
            delivery = delivery_of(reply, fired)
            if delivery is not None:
                at, before = delivery.pause or (body_size(call, reply) // 2, 0.0)
                delivery.pause = at, before + self._seconds(fired)
        return reply

    def _seconds(self, fired: Fired) -> float:
        drawn = fired.turn.share(f"delay {fired.trace.get('hit')}")
        seconds = min(self.delay.at(drawn), _LONGEST)
        fired.tell(seconds=round(seconds, 6))
        return seconds
