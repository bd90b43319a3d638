"""`wrong_content_type`: a body that is not labelled as what it is."""

from __future__ import annotations

from typing import Literal

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..errors import RuleError
from ..rule import Fired


@action(Stage.BODY, tentative=True, at_proxy=True)
class WrongContentType(Action):
    """Sends the body under another media type.

    The main value is the Content-Type to send; true means text/html, an empty text sends none.
    """

    wrong_content_type: Literal[True] | str

    def check(self) -> None:
        """Only what can stand in a header."""
        self._media_type = b"text/html"
        if self.wrong_content_type is not True:
            text = self.wrong_content_type
            if not text.isascii() or (text and not text.isprintable()) or text != text.strip():
                raise RuleError(".wrong_content_type", f"{text!r} is no header that can be sent")
            self._media_type = text.encode()

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Label the body, if there is any."""
        if reply.body:
            reply.media_type = self._media_type
            fired.count(content_type=self._media_type.decode())
        return reply
