"""Quirks of the answers to writes, and of the media type of all answers."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...traffic.reply import Reply
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "patch-204",
    who="GitLab; Entra expects it for groups",
    standard="allowed, unless the client asks for attributes (RFC 7644 section 3.5.2)",
)
class Patch204(Quirk):
    """A PATCH is answered with 204 and no body.

    ``resources`` names the endpoints at which it is ("Groups"), all of them by default.
    """

    resources: str | tuple[str, ...] = ()

    def engine(self, call: Call, run: Run) -> Answer:
        """Leave the resource out of the answer."""
        answer = run()
        wanted = several(self.resources)
        if call.operation != "patch" or answer.status != 200 or (wanted and call.resource not in wanted):
            return answer
        if call.request is not None and "attributes" in call.request.query:
            return answer
        answer.status, answer.body = 204, None
        call.acted(self.name)
        return answer


@quirk(
    "create-empty-body",
    who="servers that Okta tells: Create new user returned empty user.",
    standard="201 comes with the new resource (RFC 7644 section 3.3)",
)
class CreateEmptyBody(Quirk):
    """The answer to a POST that creates a resource has no body."""

    def reply(self, call: Call, reply: Reply) -> None:
        """Take the body away."""
        if call.operation == "create" and reply.status == 201:
            reply.body, reply.media_type = b"", b""
            call.acted(self.name)


@quirk(
    "content-type-wrong",
    who="Okta's samples (text/json;charset=UTF-8)",
    standard="application/scim+json (RFC 7644 sections 3.1 and 8.1)",
)
class ContentTypeWrong(Quirk):
    """SCIM answers say that they are something else.

    ``media_type`` is the Content-Type of what is JSON of SCIM.
    """

    media_type: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+(?: [!-~]+)*$")] = "text/json;charset=UTF-8"

    def reply(self, call: Call, reply: Reply) -> None:
        """Say so."""
        if reply.body and reply.media_type is None:
            reply.media_type = self.media_type.encode()
            call.acted(self.name)
