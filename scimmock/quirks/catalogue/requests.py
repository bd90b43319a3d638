"""What a request must be like to come in at all."""

from __future__ import annotations

from dataclasses import replace

from ...errors import ScimError
from ...faults.call import Call
from ...scim.policy import Policy
from ..base import Quirk, quirk


@quirk("user-agent-required", who="GitHub", standard="User-Agent is no duty (RFC 9110 section 10.1.5)")
class UserAgentRequired(Quirk):
    """Refuses requests without User-Agent header."""

    status: int = 403

    def head(self, call: Call) -> None:
        """Refuse."""
        if any(name == b"user-agent" and value.strip() for name, value in call.exchange.headers):
            return
        call.acted(self.name)
        raise ScimError(self.status, "a request needs a User-Agent header")


@quirk("payload-too-large-413", who="Miro", standard="no limit is defined")
class PayloadTooLarge(Quirk):
    """Answers 413 to bodies that are too large and to groups with too many members."""

    bytes: int = 800_000
    members: int = 8_000

    def policy(self, policy: Policy) -> Policy:
        """Take less."""
        limits = policy.limits
        return replace(
            policy,
            limits=replace(
                limits,
                body_bytes=min(limits.body_bytes, self.bytes),
                members=min(limits.members, self.members),
            ),
        )


@quirk("case-sensitive-path", who="GitHub", standard="URLs have case (RFC 3986 section 6.2.2.1)")
class CaseSensitivePath(Quirk):
    """Knows endpoints in their declared spelling only, `/users` is 404.

    That is so unless the switch ``case-insensitive-path`` is on, which this takes back.
    """

    def policy(self, policy: Policy) -> Policy:
        """Take it back."""
        return policy.with_leniency(case_insensitive_path=False)
