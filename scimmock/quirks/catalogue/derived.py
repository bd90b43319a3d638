"""Values that a service does not take from the client: fixed ones, derived ones, ignored ones."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any, Literal

import msgspec

from ...faults.call import Call
from ...scim.draft import Draft
from ...scim.policy import Policy
from ...scim.values import fold
from ..base import Quirk, quirk
from ..replies import several

Operation = Literal["create", "replace"]


@quirk(
    "attributes-fixed",
    who="Sentry (name is N/A)",
    standard="attributes have the values that they were given (RFC 7643 section 2.1)",
)
class AttributesFixed(Quirk):
    """Gives certain attributes the same value in all resources, whatever the client says.

    ``resources`` gives for endpoints the attributes with their values.
    """

    resources: dict[str, dict[str, Any]] = msgspec.field(
        default_factory=lambda: {"Users": {"name": {"givenName": "N/A", "familyName": "N/A"}}}
    )

    def policy(self, policy: Policy) -> Policy:
        """Set them last."""
        return replace(policy, finish=(*policy.finish, self._fix))

    def _fix(self, draft: Draft) -> None:
        for path, value in self.resources.get(draft.resource_type.endpoint.strip("/"), {}).items():
            name = draft.named(path)
            if name is not None:
                draft.document[name] = deepcopy(value)


@quirk(
    "emails-from-username",
    who="Sentry (its only email), Webex (beside the others)",
    standard="emails and userName are independent of each other (RFC 7643 section 4.1)",
)
class EmailsFromUsername(Quirk):
    """Makes the userName the primary work email of a user.

    ``others`` keeps the emails that the client gives beside it; without it there are no others.
    """

    others: bool = False

    def policy(self, policy: Policy) -> Policy:
        """Derive."""
        return replace(policy, finish=(*policy.finish, self._derive))

    def _derive(self, draft: Draft) -> None:
        name, attribute = draft.document.get("userName"), draft.resource_type.attribute("emails")
        if not isinstance(name, str) or attribute is None:
            return
        given = draft.document.get(attribute.name) if self.others else None
        kept = [
            {key: value for key, value in email.items() if key != "primary"}
            for email in (given if isinstance(given, list) else ())
            if isinstance(email, dict) and fold(str(email.get("value"))) != fold(name)
        ]
        draft.document[attribute.name] = [*kept, {"value": name, "type": "work", "primary": True}]


@quirk(
    "attributes-ignored",
    who="Sentry (members of new groups)",
    standard="a new resource has the attributes that the request gives (RFC 7644 section 3.3)",
)
class AttributesIgnored(Quirk):
    """Silently leaves certain attributes out of requests.

    ``resources`` gives them for endpoints; ``on`` names the operations: create, replace.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(default_factory=lambda: {"Groups": ("members",)})
    on: Operation | tuple[Operation, ...] = "create"

    def request(self, call: Call) -> None:
        """Leave them out."""
        request = call.request
        if request is None or call.operation not in several(self.on) or not isinstance(request.body, dict):
            return
        gone = {name.lower() for name in self.resources.get(call.resource or "", ())}
        kept = {name: value for name, value in request.body.items() if name.lower() not in gone}
        if len(kept) != len(request.body):
            call.acted(self.name)
            request.body = kept
