"""`reset`, `close` and `hang`: the service is never asked, and the client gets no answer."""

from __future__ import annotations

from typing import Literal

from ...traffic.reply import Delivery, Reply
from ..base import Action, Stage, action
from ..call import Call
from ..rule import Fired


def _silence(end: Literal["reset", "close", "hang"]) -> Reply:
    return Reply(0, delivery=Delivery(silent=True, end=end))


@action(Stage.ANSWER, at_proxy=True)
class Reset(Action):
    """Resets the connection (TCP RST) instead of answering; the service does not see the request."""

    reset: Literal[True]

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Reset."""
        return _silence("reset")


@action(Stage.ANSWER, at_proxy=True)
class Close(Action):
    """Closes the connection without an answer; the service does not see the request."""

    close: Literal[True]

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Close."""
        return _silence("close")


@action(Stage.ANSWER, at_proxy=True)
class Hang(Action):
    """Never answers; the service does not see the request, the connection stays until the client goes."""

    hang: Literal[True]

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Hang."""
        return _silence("hang")
