"""Who may become a member of a group."""

from __future__ import annotations

from dataclasses import replace

from ...errors import ScimError
from ...scim.draft import Draft
from ...scim.policy import Policy
from ...scim.values import is_inactive
from ..base import Quirk, quirk


@quirk(
    "inactive-members-refused",
    who="Slack (unable_to_add_deleted_or_guest_to_group)",
    standard="any user can be a member (RFC 7643 section 4.2)",
)
class InactiveMembersRefused(Quirk):
    """Refuses new members who are inactive; those who become inactive stay.

    ``status`` is what is answered.
    """

    status: int = 400

    def policy(self, policy: Policy) -> Policy:
        """Look at new members."""
        return replace(policy, finish=(*policy.finish, self._look))

    def _look(self, draft: Draft) -> None:
        attribute = draft.resource_type.membership
        if attribute is None:
            return
        old = draft.old.get(attribute.name) if draft.old is not None else None
        # Members that stay are the same objects after a PATCH; a PUT brings all of them anew.
        known = {id(member) for member in old or ()}
        there = {member.get("value") for member in old or () if isinstance(member, dict)}
        for member in draft.values(attribute.name):
            key = member.get("value") if isinstance(member, dict) and id(member) not in known else None
            found = draft.store.find(key) if isinstance(key, str) and key not in there else None
            if found is not None and is_inactive(found[1]):
                detail = f"the member {key!r} is not active"
                raise ScimError(self.status, detail, "invalidValue", about="members.active")
