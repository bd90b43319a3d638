"""Answers that say no more than that a request was carried out."""

from __future__ import annotations

from typing import Literal

from ...faults.call import Call
from ...traffic.reply import Reply
from ..base import Quirk, quirk
from ..replies import several

Operation = Literal["create", "replace", "patch", "delete"]


@quirk(
    "empty-object-answers",
    who="Google Cloud Identity",
    standard="204 has no body, 200 of a PATCH has the resource (RFC 7644 sections 3.5.2 and 3.6)",
)
class EmptyObjectAnswers(Quirk):
    """Answers writes that succeed with 200 and an empty JSON object.

    ``operations`` names those that are: create, replace, patch, delete.
    """

    operations: Operation | tuple[Operation, ...] = ("patch", "delete")

    def reply(self, call: Call, reply: Reply) -> None:
        """Say no more."""
        if call.operation in several(self.operations) and 200 <= reply.status < 300:
            reply.status, reply.body, reply.media_type = 200, b"{}", None
            call.acted(self.name)
