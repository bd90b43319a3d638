"""What a request must be like to come in at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...scim.draft import Draft, Write
from ...scim.policy import Policy
from ..base import Quirk, quirk
from ..replies import several


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


@quirk(
    "payload-too-large-413",
    who="Miro (413); AWS IAM Identity Center (new groups with more than 100 members),"
    " Slack (group_member_max_exceeded, 15,000): other statuses",
    standard="no limit is defined",
)
class PayloadTooLarge(Quirk):
    """Answers 413 to bodies that are too large and to groups with too many members.

    ``status`` is another answer to too many members; ``on`` names the operations to which the limit of
    members applies: create, replace, patch.
    """

    bytes: int = 800_000
    members: int = 8_000
    status: Literal[400, 403, 409, 413, 422] = 413
    on: Write | tuple[Write, ...] = ("create", "replace", "patch")

    def policy(self, policy: Policy) -> Policy:
        """Take less."""
        limits = policy.limits
        return replace(
            policy,
            limits=replace(limits, body_bytes=min(limits.body_bytes, self.bytes)),
            finish=(*policy.finish, self._count),
        )

    def _count(self, draft: Draft) -> None:
        attribute = draft.resource_type.membership
        members = draft.document.get(attribute.name) if attribute is not None else None
        if draft.write in several(self.on) and isinstance(members, list) and len(members) > self.members:
            raise ScimError(self.status, f"a group has at most {self.members} members", about="members")


@quirk(
    "most-resources",
    who="Slack (5,000 user groups; too_many_users)",
    standard="no limit is defined",
)
class MostResources(Quirk):
    """Refuses new resources where there are enough of them.

    ``most`` gives for endpoints how many there can be.
    """

    most: dict[str, int] = msgspec.field(default_factory=lambda: {"Groups": 5_000})
    status: Literal[400, 403, 409, 413, 422] = 403

    def policy(self, policy: Policy) -> Policy:
        """Count."""
        return replace(policy, finish=(*policy.finish, self._count))

    def _count(self, draft: Draft) -> None:
        endpoint = draft.resource_type.endpoint.strip("/")
        most = self.most.get(endpoint)
        if (
            draft.write == "create"
            and most is not None
            and draft.store.count(draft.resource_type.name) >= most
        ):
            raise ScimError(self.status, f"there are at most {most} {endpoint}", about=endpoint)


@quirk("case-sensitive-path", who="GitHub", standard="URLs have case (RFC 3986 section 6.2.2.1)")
class CaseSensitivePath(Quirk):
    """Knows endpoints in their declared spelling only, `/users` is 404.

    That is so unless the switch ``case-insensitive-path`` is on, which this takes back.
    """

    def policy(self, policy: Policy) -> Policy:
        """Take it back."""
        return policy.with_leniency(case_insensitive_path=False)
