"""`status`: an answer in the service's stead."""

from __future__ import annotations

import re
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
_WITHOUT_BODY = (204, 304)  # RFC 9110 section 6.4.1
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_FIELD = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_FRAMING = ("content-length", "transfer-encoding", "connection")
_LONGEST = 100 * 365 * 86_400.0  # seconds; an HTTP date has four digits for the year


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
        if self.body is not None and self.status in _WITHOUT_BODY:
            raise RuleError(".body", f"{self.status} has no body")
        if self.retry_after is not None and self.retry_after > _LONGEST:
            raise RuleError(".retry_after", "is longer than a century", "30s would be right")
        if self.content_type is not None and not _FIELD.fullmatch(self.content_type):
            raise RuleError(".content_type", "is no header that can be sent")
        for name, value in self.headers.items():
            if not _TOKEN.fullmatch(name) or not _FIELD.fullmatch(value):
                raise RuleError(f".headers.{name}", "is no header that can be sent")
            if name.lower() in _FRAMING:
                hint = "wrong_length, bad_chunk and keepalive_close change how an answer is framed"
                raise RuleError(f".headers.{name}", "belongs to the server", hint)

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Answer."""
        return self.reply(call.ground)

    def reply(self, ground: Ground) -> Reply:
        """Return the answer."""
        detail = self.detail or f"{phrase(self.status)} (a fault of scimmock)"
        error = ScimError(self.status, detail, self.scim_type)
        if self.body is not None:
            reply = Reply(self.status, self.body.encode("utf-8", "replace"))
        elif self.status < 300 or self.status in _WITHOUT_BODY:
            reply = Reply(self.status)
        elif self.shape is not None:
            body, media_type = shape_error(self.shape, error)
            reply = Reply(self.status, body, media_type=media_type)
        else:
            reply = ground.error_reply(error)
        if self.content_type is not None:
            reply.media_type = self.content_type.encode("latin-1", "replace")
        elif any(name.lower() == "content-type" for name in self.headers):
            reply.media_type = b""
        if self.retry_after is not None:
            reply.headers.append(retry_after_header(ground, self.retry_after, self.retry_after_as))
        for name, value in self.headers.items():
            reply.headers.append((name.lower().encode(), value.encode("latin-1", "replace")))
        return reply
