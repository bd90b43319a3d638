"""How resources come and go: soft deletes, hidden users, a create that updates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer, Request
from ...scim.policy import Policy
from ..asks import as_list, assigned, member, operations, says_true
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "delete-is-soft",
    who="Slack, Salesforce, Tines",
    standard="a deleted resource is gone, 404 from then on (RFC 7644 section 3.6)",
)
class DeleteIsSoft(Quirk):
    """Deactivates a user that is deleted: it stays, with active false and with its userName.

    ``types`` names the resource types that this is so for.
    """

    types: str | tuple[str, ...] = ("User",)

    def policy(self, policy: Policy) -> Policy:
        """Keep what is deleted."""
        return replace(policy, soft_delete=policy.soft_delete | frozenset(several(self.types)))


@quirk(
    "deactivated-hidden",
    who="Atlassian",
    standard="an inactive user is a resource like others (RFC 7643 section 4.1.1)",
)
class DeactivatedHidden(Quirk):
    """Answers 404 for users that are inactive and leaves them out of lists, until they are reactivated.

    A PUT or PATCH that sets active to true reaches them.  Their userName stays taken.
    """

    types: str | tuple[str, ...] = ("User",)

    def policy(self, policy: Policy) -> Policy:
        """Hide."""
        return replace(policy, hide_inactive=policy.hide_inactive | frozenset(several(self.types)))

    def engine(self, call: Call, run: Run) -> Answer:
        """Let through what reactivates."""
        if call.request is not None and _reactivates(call):
            call.request.hidden = True
        return run()


def _reactivates(call: Call) -> bool:
    request = call.request
    if request is None:
        return False
    given: list[Any] = []
    if call.operation == "replace":
        given = as_list(member(request.body, "active"))
    elif call.operation == "patch":
        given = [value for item in operations(request.body) for value in assigned(item, "active")]
    return bool(given) and says_true(given[-1])


@quirk(
    "post-upsert-200",
    who="Metatavu keycloak-scim-server PR #114",
    standard="409 uniqueness (RFC 7644 section 3.3)",
)
class PostUpsert(Quirk):
    """Answers a POST of what exists already with 200, and replaces it."""

    def engine(self, call: Call, run: Run) -> Answer:
        """Replace where the create fails for uniqueness."""
        try:
            return run()
        except ScimError as error:
            if call.operation != "create" or error.status != 409 or call.request is None:
                raise
            id = _existing(call)
            if id is None:
                raise
        call.acted(self.name)
        request = Request(call.request.query, call.request.body, base=call.request.base, hidden=True)
        answer: Answer = call.service.replace(call.resource_type, id, request)
        return answer


def _existing(call: Call) -> str | None:
    """Return the id of the resource whose unique attribute a create wants to have."""
    kind = call.resource_type
    if kind is None or call.request is None:
        return None
    store = call.service.store
    for attribute in call.service.unique[kind.name]:
        value = member(call.request.body, attribute.name.lower())
        if attribute.in_extension or not isinstance(value, str):
            continue
        ids = list(store.lookup(kind.name, attribute.path, value))
        exact = [id for id in ids if store.get(kind.name, id).get(attribute.name) == value]
        if ids:
            return str((exact or ids)[0])
    return None
