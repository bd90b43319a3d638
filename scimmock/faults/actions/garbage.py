"""`garbage`: bytes that are no HTTP."""

from __future__ import annotations

from hashlib import shake_256
from typing import Annotated, Literal

import msgspec

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..delivery import delivery_of, end_with
from ..rule import Fired

_USUAL = 512  # bytes


@action(Stage.WIRE)
class Garbage(Action):
    """Sends bytes that are no HTTP instead of the answer and closes the connection; the service has acted.

    The main value is true or a number of bytes; what they are comes from the seed.
    """

    garbage: Literal[True] | Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]

    @property
    def beyond_proxy(self) -> str | None:
        """The head of an answer is not the proxy's to leave out."""
        return "mitmproxy writes the head of each answer itself"

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Put bytes in the place of the answer."""
        delivery = delivery_of(reply, fired)
        if delivery is not None:
            size = _USUAL if self.garbage is True else self.garbage
            seed = repr(fired.turn.share(f"garbage {fired.trace.get('hit')}")).encode()
            # No status line begins with a byte above ASCII.
            delivery.raw = b"\xff" + shake_256(seed).digest(size - 1)
            end_with(delivery, "close")
            fired.tell(sent=size)
        return reply
