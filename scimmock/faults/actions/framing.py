"""`bad_chunk` and `wrong_length`: bodies whose framing does not hold (RFC 9112 section 6)."""

from __future__ import annotations

from typing import Literal

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..delivery import body_size, delivery_of, end_with
from ..errors import RuleError
from ..rule import Fired
from ..values import Part


@action(Stage.WIRE)
class BadChunk(Action):
    """Sends the body in chunks, of which the last has no valid size, and closes; the service has acted.

    ``at`` is how much of the body comes before that: a number of bytes or a share, half by default.
    HTTP/1.0 has no chunks: such a client gets so much of the body under the length of all of it.
    """

    bad_chunk: Literal[True]
    at: Part = Part(0.5, True)

    @property
    def beyond_proxy(self) -> str | None:
        """Chunks are not the proxy's to write."""
        return "mitmproxy writes the chunks of a body itself"

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Break a chunk."""
        delivery = delivery_of(reply, fired)
        if delivery is not None:
            size = body_size(call, reply)
            delivery.bad_chunk = True
            if delivery.cut is None:
                delivery.cut = self.at.of(size)
            end_with(delivery, "close")
            fired.tell(sent=min(delivery.cut, size), of=size)
        return reply


@action(Stage.WIRE, at_proxy=True)
class WrongLength(Action):
    """Sends the whole body under a Content-Length that is not its own, and closes; the service has acted.

    The main value is how many bytes the length is too high (``10``: the client waits for bytes that
    never come) or too low (``-10``: bytes are left over).
    """

    wrong_length: int

    def check(self) -> None:
        """A length that is right is no fault."""
        if not 0 < abs(self.wrong_length) <= 1 << 40:
            raise RuleError(
                ".wrong_length", f"{self.wrong_length} is no difference in bytes", "10 or -10 would be right"
            )

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Announce another length."""
        delivery = delivery_of(reply, fired)
        if delivery is not None:
            size = len(reply.body)
            delivery.announced = max(0, size + self.wrong_length)
            end_with(delivery, "close")
            fired.tell(announced=delivery.announced, of=size)
        return reply
