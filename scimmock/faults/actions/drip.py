"""`drip`: an answer that comes piece by piece."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..delivery import body_size, delivery_of
from ..rule import Fired
from ..values import Duration


@action(Stage.WIRE)
class Drip(Action):
    """Sends the body in small pieces with a pause before each but the first; it arrives whole.

    The main value is how many bytes a piece has, ``every`` is the pause.
    """

    drip: Annotated[int, msgspec.Meta(ge=1)]
    every: Duration = Duration(0.05)

    @property
    def beyond_proxy(self) -> str | None:
        """The pace of a body is not the proxy's to set."""
        return "mitmproxy sends a body in one piece"

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Say how the body is sent."""
        delivery = delivery_of(reply, fired)
        if delivery is not None:
            delivery.drip = self.drip, self.every
            fired.tell(pieces=-(-body_size(call, reply) // self.drip))
        return reply
