"""`keepalive_close`: connections that end when a client would use them again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Annotated

import msgspec

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..delivery import delivery_of, end_with
from ..rule import Fired

_MAX_CONNECTIONS = 10_000


@action(Stage.WIRE, tentative=True, at_proxy=True)
class KeepaliveClose(Action):
    """Closes each connection after a number of answers on it, which a client learns from its next request.

    The main value is that number; what counts are the answers to requests that the rule matches.  The
    last of them is whole and does not say that it is; with ``announce`` it has ``Connection: close``.
    """

    keepalive_close: Annotated[int, msgspec.Meta(ge=1)]
    announce: bool = False

    def check(self) -> None:
        """Begin with no connections."""
        # How many answers went out on each connection, the one that was used last at the end.
        self._answers: OrderedDict[int, int] = OrderedDict()

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Count the answer, and close after it if it is the last."""
        connection = call.exchange.connection
        answers = self._answers.pop(connection, 0) + 1
        if answers < self.keepalive_close:
            self._answers[connection] = answers
            if len(self._answers) > _MAX_CONNECTIONS:
                self._answers.popitem(last=False)
            return reply
        if self.announce:
            reply.close = True
        else:
            delivery = delivery_of(reply, fired)
            if delivery is None:
                return reply
            end_with(delivery, "close")
        fired.count(answers=answers)
        return reply
