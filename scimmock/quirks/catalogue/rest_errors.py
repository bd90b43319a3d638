"""Errors that are those of the REST API beside which SCIM is served."""

from __future__ import annotations

from typing import Any

import msgspec

from ...errors import ScimError
from ...faults.shapes import phrase
from ...traffic.reply import Reply
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "error-message-url",
    who="GitHub (a user or group that does not exist)",
    standard="an error is a SCIM error message (RFC 7644 section 3.12)",
)
class ErrorMessageUrl(Quirk):
    """Errors have a `message`, a `documentation_url` and a `status` and are plain JSON.

    ``statuses`` are the HTTP statuses of those that have this form, an empty list means all of them;
    ``url`` is the documentation that they name.
    """

    statuses: int | tuple[int, ...] = 404
    url: str = "https://docs.github.com/rest"

    def error(self, error: ScimError, reply: Reply) -> None:
        """Word it so."""
        wanted = several(self.statuses)
        if wanted and error.status not in wanted:
            return
        document: dict[str, Any] = {
            "message": phrase(error.status),
            "documentation_url": self.url,
            "status": str(error.status),
        }
        reply.body, reply.media_type = msgspec.json.encode(document), b"application/json; charset=utf-8"
