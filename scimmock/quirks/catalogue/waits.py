"""Quirks of how an answer says when to come again."""

from __future__ import annotations

import re
from email.utils import formatdate

from ...faults.call import Call
from ...traffic.reply import Reply
from ..base import Quirk, quirk
from ..replies import set_header

_STANDARD = "Retry-After says when to try again (RFC 9110 section 10.2.3, RFC 6585 section 4)"
_RETRY_AFTER = b"retry-after"
_RESET = re.compile(rb"(x-)?rate-?limit-reset", re.IGNORECASE)
# Seconds since 1970 have more digits than seconds to wait.
_EPOCH = re.compile(rb"[0-9]{9,12}")


@quirk("retry-after-missing", who="Genesys (one report in a forum)", standard=_STANDARD)
class RetryAfterMissing(Quirk):
    """An answer that tells a client to wait does not say how long.

    With ``zero`` it says 0 seconds.
    """

    zero: bool = False

    def reply(self, call: Call, reply: Reply) -> None:
        """Take Retry-After away."""
        if set_header(reply, _RETRY_AFTER, b"0" if self.zero else None):
            call.acted(self.name)


@quirk("retry-after-date", who="none by name", standard="allowed: seconds or a date, " + _STANDARD)
class RetryAfterDate(Quirk):
    """Retry-After is an HTTP date instead of a number of seconds."""

    def reply(self, call: Call, reply: Reply) -> None:
        """Turn seconds into a date."""
        value = next((value for name, value in reply.headers if name == _RETRY_AFTER), b"")
        if value.isdigit() and len(value) < 10:
            date = formatdate(call.ground.clock.now() + int(value), usegmt=True)
            set_header(reply, _RETRY_AFTER, date.encode())
            call.acted(self.name)


@quirk(
    "reset-relative",
    who="Confluent",
    standard="none; many services give the time of the reset in seconds since 1970",
)
class ResetRelative(Quirk):
    """The reset header of a rate limit tells how many seconds there are until then, not the time."""

    def reply(self, call: Call, reply: Reply) -> None:
        """Turn times into seconds."""
        now = call.ground.clock.now()
        for name, value in list(reply.headers):
            if _RESET.fullmatch(name) and _EPOCH.fullmatch(value):
                set_header(reply, name, str(max(0, -int((now - int(value)) // 1))).encode())
                call.acted(self.name)
