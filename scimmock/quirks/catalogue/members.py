"""What services do with the members of groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.policy import Policy
from ..asks import (
    as_list,
    assigned,
    attribute_in,
    keys_of,
    member,
    op_of,
    operations,
    path_of,
    removed_keys,
    touches,
    with_operations,
)
from ..base import Quirk, quirk
from ..replies import several

Op = Literal["create", "replace", "patch"]


def _patched(call: Call) -> list[dict[str, Any]]:
    """Return the operations of a PATCH of a group, none for anything else."""
    kind, request = call.resource_type, call.request
    if call.operation != "patch" or request is None or kind is None or kind.membership is None:
        return []
    return operations(request.body)


def _with(call: Call, changed: list[dict[str, Any]]) -> None:
    assert call.request is not None
    call.request.body = with_operations(call.request.body, changed)


@quirk(
    "no-replace-members",
    who="AWS IAM Identity Center",
    standard="any attribute can be replaced (RFC 7644 section 3.5.2.3)",
)
class NoReplaceMembers(Quirk):
    """Refuses a PATCH that replaces all members of a group."""

    def request(self, call: Call) -> None:
        """Refuse."""
        for operation in _patched(call):
            if op_of(operation) == "replace" and assigned(operation, "members"):
                call.acted(self.name)
                raise ScimError(400, "Replacing group memberships is not supported.")


@quirk(
    "no-remove-all-members",
    who="AWS IAM Identity Center",
    standard="a remove without filter removes all values (RFC 7644 section 3.5.2.2)",
)
class NoRemoveAllMembers(Quirk):
    """Refuses a PATCH that removes all members of a group at once."""

    def request(self, call: Call) -> None:
        """Refuse."""
        for operation in _patched(call):
            everyone = op_of(operation) == "remove" and attribute_in(path_of(operation)) == "members"
            if everyone and "[" not in path_of(operation) and not operation.get("value"):
                call.acted(self.name)
                raise ScimError(400, "Removing all group memberships is not supported.")


@quirk(
    "replace-without-members-empties-group",
    who="langwatch #7131",
    standard="attributes that a PATCH does not name stay as they are (RFC 7644 section 3.5.2)",
)
class ReplaceEmpties(Quirk):
    """Takes all members from a group when a PATCH replaces something else.

    A replace whose path is one of ``spared`` does no harm.
    """

    spared: str | tuple[str, ...] = ("displayName",)

    def engine(self, call: Call, run: Run) -> Answer:
        """Remove the members too."""
        listed = _patched(call)
        spared = {name.lower() for name in several(self.spared)}
        changed: list[dict[str, Any]] = []
        for operation in listed:
            changed.append(operation)
            harmless = path_of(operation).lower() in spared or touches(operation, "members")
            if op_of(operation) == "replace" and not harmless:
                changed.append({"op": "remove", "path": "members"})
        if len(changed) > len(listed):
            call.acted(self.name)
            _with(call, changed)
        return run()


@quirk(
    "patch-remove-one-removes-all",
    who="Microsoft's SCIMReferenceCode #10",
    standard="a filter chooses what is removed (RFC 7644 section 3.5.2.2)",
)
class RemoveOneRemovesAll(Quirk):
    """Removes all members of a group when a PATCH removes one of them."""

    def engine(self, call: Call, run: Run) -> Answer:
        """Forget which."""
        listed = _patched(call)
        changed = [
            {"op": "remove", "path": "members"} if removed_keys(operation, "members") else operation
            for operation in listed
        ]
        if changed != listed:
            call.acted(self.name)
            _with(call, changed)
        return run()


@quirk(
    "remove-by-index-bug",
    who="FusionAuth #2834",
    standard="the values that the filter chooses are removed (RFC 7644 section 3.5.2.2)",
)
class RemoveByIndex(Quirk):
    """Removes the wrong members when a PATCH removes several.

    Their places are looked up first; each removal then shifts the places of those that follow.
    """

    def engine(self, call: Call, run: Run) -> Answer:
        """Remove by place."""
        listed = _patched(call)
        removals = [operation for operation in listed if removed_keys(operation, "members")]
        wanted = {key for operation in removals for key in removed_keys(operation, "members")}
        kept = list(self._members(call)) if len(wanted) > 1 else []
        places = [place for place, item in enumerate(kept) if wanted.intersection(keys_of([item]))]
        if len(places) > 1:
            for place in places:
                if place < len(kept):
                    del kept[place]
            call.acted(self.name)
            others = [operation for operation in listed if operation not in removals]
            _with(call, [{"op": "replace", "path": "members", "value": kept}, *others])
        return run()

    @staticmethod
    def _members(call: Call) -> list[Any]:
        kind = call.resource_type
        document = call.ground.directory.get(kind.name, call.id) if kind and call.id else None
        members = (document or {}).get("members")
        return members if isinstance(members, list) else []


@quirk(
    "duplicate-member-add",
    who="WSO2 #5333, Microsoft's SCIMReferenceCode #10",
    standard="adding what is there already changes nothing (RFC 7644 section 3.5.2.1)",
)
class DuplicateMemberAdd(Quirk):
    """Lists a member twice when a PATCH adds it again."""

    def policy(self, policy: Policy) -> Policy:
        """Allow it."""
        return replace(policy, duplicate_members=True)


@quirk(
    "unknown-member-skipped",
    who="Logfire",
    standard="left open, an error by default here",
)
class UnknownMemberSkipped(Quirk):
    """Silently leaves out members that do not exist."""

    def policy(self, policy: Policy) -> Policy:
        """Skip them."""
        return policy.with_leniency(skip_unknown_members=True, store_unknown_members=False)


@quirk("unknown-member-400", who="others than Logfire", standard="left open, an error by default here")
class UnknownMemberRefused(Quirk):
    """Refuses members that do not exist with 400, even where a service would skip or store them."""

    def policy(self, policy: Policy) -> Policy:
        """Refuse them."""
        return policy.with_leniency(skip_unknown_members=False, store_unknown_members=False)


@quirk(
    "required-display",
    who="Infisical",
    standard="display of a member is optional (RFC 7643 section 4.2)",
)
class RequiredDisplay(Quirk):
    """Refuses members without display with 422 in PUT and PATCH.

    ``on`` names the operations: create, replace, patch.
    """

    on: Op | tuple[Op, ...] = ("replace", "patch")
    status: int = 422

    def request(self, call: Call) -> None:
        """Refuse."""
        kind, request = call.resource_type, call.request
        if (
            call.operation not in several(self.on)
            or kind is None
            or kind.membership is None
            or request is None
        ):
            return
        given = as_list(member(request.body, "members")) if call.operation != "patch" else []
        for operation in _patched(call):
            for value in assigned(operation, "members"):
                given = [*given, *as_list(value)]
        for index, item in enumerate(given):
            if not isinstance(member(item, "display"), str):
                call.acted(self.name)
                raise ScimError(self.status, f"members[{index}].display is required")
