"""What a service makes of the names and keys that it is given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer, Request
from ...scim.policy import Policy
from ..asks import attribute_in, member, operations, path_of, with_operations
from ..base import Quirk, quirk
from ..replies import several


@quirk(
    "id-is-external-id",
    who="GitLab, JFrog",
    standard="the service issues the id (RFC 7643 section 3.1)",
)
class IdIsExternalId(Quirk):
    """Takes the externalId of a new resource for its id.

    ``attribute`` is another one to take it from; a resource without it gets an id as usual.
    """

    attribute: str = "externalId"

    def policy(self, policy: Policy) -> Policy:
        """Take it."""
        return replace(policy, id_from=self.attribute)


@quirk("id-mutable", who="JFrog, GitLab", standard="the id never changes (RFC 7643 section 3.1)")
class IdMutable(Quirk):
    """Gives a resource another id when the attribute that identifies it changes.

    That is ``users`` for users and ``groups`` for groups: the externalId in GitLab, the name of a
    group in JFrog.
    """

    users: str = "externalId"
    groups: str = "displayName"

    def engine(self, call: Call, run: Run) -> Answer:
        """Rename what a PUT or PATCH has changed."""
        kind, id, directory = call.resource_type, call.id, call.ground.directory
        if call.operation not in ("replace", "patch") or kind is None or id is None:
            return run()
        before = directory.get(kind.name, id)
        answer = run()
        after = directory.get(kind.name, id)
        name = self.groups if kind.membership is not None else self.users
        new = (after or {}).get(name)
        unchanged = before is None or after is None or before.get(name) == new
        if unchanged or not isinstance(new, str) or new in ("", ".search") or directory.find(new) is not None:
            return answer
        call.acted(self.name)
        _rename(call, kind.name, id, new)
        return _told(call, answer, new)


def _rename(call: Call, type_name: str, old: str, new: str) -> None:
    """Move a resource to another id; groups that it is in follow."""
    directory, now = call.ground.directory, call.ground.clock.text()
    document = directory.get(type_name, old)
    above = [(id, group) for id, group, direct in directory.groups_of(old) if direct]
    directory.insert(type_name, new, {**document, "id": new})
    for id, group in above:
        group_type, _ = directory.find(id)
        members = [
            {**item, "value": new} if member(item, "value") == old else item for item in group["members"]
        ]
        meta = {**group["meta"], "lastModified": now, "version": directory.next_version()}
        directory.replace(group_type.name, id, {**group, "members": members, "meta": meta})
    directory.delete(type_name, old, now)


def _told(call: Call, answer: Answer, new: str) -> Answer:
    """Return the answer for a resource that has another id by now."""
    query = call.request.query if call.request is not None else {}
    request = Request(query, hidden=True)
    shown: Answer = call.service.read(call.resource_type, new, request)
    shown.status = answer.status
    if answer.body is None:
        shown.body = None
    return shown


@quirk(
    "duplicate-username-case",
    who="generic",
    standard="userName is unique without regard to case (RFC 7643 section 4.1.1)",
)
class DuplicateUserNameCase(Quirk):
    """Accepts users whose userNames differ in case only."""

    def policy(self, policy: Policy) -> Policy:
        """Look at case."""
        return replace(policy, exact_uniqueness=True)


_NOT_SLACK = re.compile(r"[^A-Za-z0-9._-]")
_NOT_DIGIT = re.compile(r"[^0-9+]")


@quirk(
    "username-normalized",
    who="Slack, GitHub",
    standard="values are stored as they come (Entra asks for that, else it updates without end)",
)
class UserNameNormalized(Quirk):
    """Rewrites the userName that it is given.

    ``username: slack`` turns other characters than letters, digits, ``.``, ``_`` and ``-`` into
    underscores, ``lowercase`` folds case, ``kept`` leaves it.  ``phone: digits`` takes everything else
    out of phone numbers.
    """

    username: Literal["slack", "lowercase", "kept"] = "slack"
    phone: Literal["kept", "digits"] = "kept"

    def request(self, call: Call) -> None:
        """Rewrite what comes in."""
        request = call.request
        if request is None or not isinstance(request.body, dict):
            return
        if call.operation in ("create", "replace"):
            changed = self._object(request.body)
        elif call.operation == "patch":
            changed = with_operations(
                request.body, [self._operation(item) for item in operations(request.body)]
            )
            if operations(changed) == operations(request.body):
                return
        else:
            return
        if changed != request.body:
            call.acted(self.name)
            request.body = changed

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        return {name: self._value(attribute_in(name), given) for name, given in value.items()}

    def _operation(self, operation: dict[str, Any]) -> dict[str, Any]:
        path, value = path_of(operation), operation.get("value")
        if path:
            return (
                {**operation, "value": self._value(attribute_in(path), value)}
                if "value" in operation
                else operation
            )
        return {**operation, "value": self._object(value)} if isinstance(value, dict) else operation

    def _value(self, attribute: str, value: Any) -> Any:
        if attribute == "username" and isinstance(value, str):
            if self.username == "slack":
                return _NOT_SLACK.sub("_", value)
            return value.lower() if self.username == "lowercase" else value
        if attribute == "phonenumbers" and self.phone == "digits":
            return self._phones(value)
        return value

    def _phones(self, value: Any) -> Any:
        if isinstance(value, str):
            return _NOT_DIGIT.sub("", value)
        if isinstance(value, list):
            return [self._phones(item) for item in value]
        if isinstance(value, dict):
            return {
                name: self._phones(inner) if name.lower() == "value" else inner
                for name, inner in value.items()
            }
        return value


@quirk(
    "single-valued-multivalue",
    who="AWS IAM Identity Center, Slack, Snowflake",
    standard="all values of a multi-valued attribute are kept (RFC 7643 section 2.4)",
)
class SingleValued(Quirk):
    """Keeps only the first value of attributes that have several, and silently drops the others.

    ``most`` is how many are kept, or a mapping that says it for each attribute and takes the place of
    ``attributes``: {emails: 2, photos: 1}.
    """

    attributes: str | tuple[str, ...] = ("emails", "addresses", "phoneNumbers", "roles")
    most: int | dict[str, int] = 1

    def policy(self, policy: Policy) -> Policy:
        """Keep the first."""
        most = self.most
        limits = most if isinstance(most, dict) else dict.fromkeys(several(self.attributes), most)
        return replace(policy, most_values={**policy.most_values, **limits})
