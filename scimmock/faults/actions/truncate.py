"""`truncate`: an answer that ends too early."""

from __future__ import annotations

from typing import Literal

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..delivery import body_size, delivery_of, end_with
from ..rule import Fired
from ..values import Part


@action(Stage.WIRE, at_proxy=True)
class Truncate(Action):
    """Sends a part of the body under the Content-Length of all of it, then ends the connection.

    The main value is a number of bytes (``100``) or a share (``0.5``, ``50%``); ``end`` is ``close``
    (FIN) or ``reset`` (RST).  The service has acted.  A body that is not longer is sent whole, and the
    connection ends all the same.
    """

    truncate: Part
    end: Literal["close", "reset"] = "close"

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Cut the body."""
        delivery = delivery_of(reply, fired)
        if delivery is not None:
            size = body_size(call, reply)
            delivery.cut = self.truncate.of(size)
            end_with(delivery, self.end)
            fired.tell(sent=delivery.cut, of=size)
        return reply
