"""`status`: an answer in the service's stead."""

from __future__ import annotations

from email.utils import formatdate
from typing import Annotated, Literal

import msgspec

from ...errors import ScimError
from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call, Ground
from ..errors import RuleError
from ..rule import Fired
from ..shapes import phrase, shape_error, shapes
from ..values import Duration

HttpStatus = Annotated[int, msgspec.Meta(ge=200, le=599)]


def retry_after_header(ground: Ground, seconds: float, form: str) -> tuple[bytes, bytes]:
    """Return the Retry-After header (RFC 9110 section 10.2.3) in seconds or as an HTTP date."""
    if form == "date":
        return b"retry-after", formatdate(ground.clock.now() + seconds, usegmt=True).encode()
    return b"retry-after", str(max(0, -int(-seconds // 1))).encode()


@action(Stage.ANSWER, at_proxy=True)
class Status(Action):
    """Answers with a status instead of letting the service see the request.

    ``scim_type`` and ``detail`` go into the error, ``shape`` is how it is worded (the service's own
    way by default), ``body`` takes its place; ``retry_after`` is sent as seconds or, with
    ``retry_after_as: date``, as an HTTP date.
    """

    status: HttpStatus
    scim_type: str | None = None
    detail: str | None = None
    retry_after: Duration | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"
    shape: str | None = None
    body: str | None = None
    content_type: str | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)

    def check(self) -> None:
        """Only known shapes, only headers that can be sent."""
        if self.shape is not None and self.shape not in shapes():
            raise RuleError.unknown(".shape", "shape", self.shape, shapes())
        for name, value in self.headers.items():
            if (
                not name
                or not name.isascii()
                or any(c in "\r\n:" for c in name)
                or "\n" in value
                or "\r" in value
            ):
                raise RuleError(f".headers.{name}", "is no header that can be sent")

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Answer."""
        return self.reply(call.ground)

    def reply(self, ground: Ground) -> Reply:
        """Return the answer."""
        detail = self.detail or f"{phrase(self.status)} (a fault of scimmock)"
        error = ScimError(self.status, detail, self.scim_type)
        if self.body is not None:
            reply = Reply(self.status, self.body.encode())
        elif self.status < 300:
            reply = Reply(self.status)
        elif self.shape is not None:
            body, media_type = shape_error(self.shape, error)
            reply = Reply(self.status, body, media_type=media_type)
        else:
            reply = ground.error_reply(error)
        if self.content_type is not None:
            reply.media_type = self.content_type.encode("latin-1", "replace")
        if self.retry_after is not None:
            reply.headers.append(retry_after_header(ground, self.retry_after, self.retry_after_as))
        for name, value in self.headers.items():
            reply.headers.append((name.lower().encode(), value.encode("latin-1", "replace")))
        return reply
