"""Which operations, paths and attributes a service takes in PATCH."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...scim.lenient import PATCH_OP
from ...scim.schema import ResourceType
from ..asks import (
    attribute_in,
    attributes_of,
    member,
    op_of,
    patched,
    path_of,
    spelled,
    with_operations,
)
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]


def _folded(names: Names) -> frozenset[str]:
    return frozenset(name.lower() for name in several(names))


def _replace(call: Call, listed: list[dict[str, Any]], changed: list[dict[str, Any]], name: str) -> None:
    """Put other operations in the place of those of a PATCH, if they are others."""
    if changed != listed and call.request is not None:
        call.acted(name)
        call.request.body = with_operations(call.request.body, changed)


@quirk(
    "patch-attributes",
    who="AWS IAM Identity Center (groups), HCP Terraform, GitLab (all others are ignored), Cloudflare (none)",
    standard="any attribute that can be written can be patched (RFC 7644 section 3.5.2)",
)
class PatchAttributes(Quirk):
    """Changes only some attributes by PATCH.

    ``resources`` gives them for endpoints: {Groups: [displayName, members, externalId]}; at others all
    can be changed.  ``otherwise`` says what becomes of operations for other attributes: they are
    "refused", with ``status``, or "ignored", keys in a value without path too.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Groups": ("displayName", "members", "externalId")}
    )
    otherwise: Literal["refused", "ignored"] = "refused"
    status: int = 400
    scim_type: str = "invalidPath"

    def request(self, call: Call) -> None:
        """Refuse, or leave out."""
        taken, kind = self.resources.get(call.resource or ""), call.resource_type
        listed = patched(call)
        if taken is None or kind is None or not listed:
            return
        known = _folded(taken)
        if self.otherwise == "refused":
            for name in (name for operation in listed for name in attributes_of(operation)):
                if name not in known and name != "schemas":
                    call.acted(self.name)
                    path = spelled(name, kind)
                    detail = f"{path!r} cannot be changed by PATCH"
                    raise ScimError(self.status, detail, self.scim_type or None, about=path)
            return
        changed = [kept for operation in listed if (kept := _only(operation, known)) is not None]
        # A PATCH must have an operation; this one does nothing.
        _replace(call, listed, changed or [{"op": "replace", "value": {}}], self.name)


def _only(operation: dict[str, Any], known: frozenset[str]) -> dict[str, Any] | None:
    """Return what is left of an operation when other attributes are left out, None for nothing."""
    value = operation.get("value")
    if path_of(operation):
        return operation if attribute_in(path_of(operation)) in known else None
    if not isinstance(value, dict):
        return operation
    kept = {name: inner for name, inner in value.items() if attribute_in(name) in known}
    return {**operation, "value": kept} if kept else None


@quirk(
    "patch-op-aliases",
    who="GitLab (Update)",
    standard="op is add, replace or remove (RFC 7644 section 3.5.2)",
)
class PatchOpAliases(Quirk):
    """Takes other names for the operations of a PATCH.

    ``aliases`` gives for each, in any case, what it stands for.
    """

    aliases: dict[str, Literal["add", "replace", "remove"]] = msgspec.field(
        default_factory=lambda: {"update": "replace"}
    )

    def request(self, call: Call) -> None:
        """Use the names of the standard."""
        meant = {name.lower(): op for name, op in self.aliases.items()}
        listed = patched(call)
        changed = [{**item, "op": meant[op_of(item)]} if op_of(item) in meant else item for item in listed]
        _replace(call, listed, changed, self.name)


@quirk(
    "patch-not-removable",
    who="AWS IAM Identity Center (userName, active), HCP Terraform (of users only externalId can be removed)",
    standard="what is not required can be removed (RFC 7644 section 3.5.2.2)",
)
class PatchNotRemovable(Quirk):
    """Refuses PATCH operations that remove certain attributes.

    ``attributes`` are those; ``only`` names in their stead the only ones that can be removed.
    ``resources`` limits it to endpoints.
    """

    attributes: Names = ("userName", "active")
    only: Names = ()
    resources: Names = "Users"
    scim_type: str = "mutability"

    def request(self, call: Call) -> None:
        """Refuse."""
        kind = call.resource_type
        if kind is None or (several(self.resources) and call.resource not in several(self.resources)):
            return
        for operation in patched(call):
            name = attribute_in(path_of(operation))
            kept = name not in _folded(self.only) if several(self.only) else name in _folded(self.attributes)
            if op_of(operation) == "remove" and name and kept:
                call.acted(self.name)
                path = spelled(name, kind)
                raise ScimError(400, f"{path!r} cannot be removed", self.scim_type or None, about=path)


@quirk(
    "patch-once",
    who="AWS IAM Identity Center (userName, active), the draft SCIM interoperability profile (any path)",
    standard="operations are applied one after the other (RFC 7644 section 3.5.2)",
)
class PatchOnce(Quirk):
    """Refuses a PATCH with several operations for one attribute.

    ``attributes`` are those of which there may be one; without any, no path may stand twice (one with
    another filter is another).
    """

    attributes: Names = ("userName", "active")
    scim_type: str = "invalidSyntax"

    def request(self, call: Call) -> None:
        """Refuse."""
        kind, wanted = call.resource_type, _folded(self.attributes)
        if kind is None:
            return
        counted: Counter[str] = Counter()
        for operation in patched(call):
            names = attributes_of(operation) if wanted else _paths(operation, kind)
            counted.update(name for name in dict.fromkeys(names) if not wanted or name in wanted)
        twice = [name for name, count in counted.items() if count > 1]
        if twice:
            call.acted(self.name)
            about = spelled(twice[0], kind)
            detail = f"{about!r} stands in more than one operation"
            raise ScimError(400, detail, self.scim_type or None, about=about)


def _paths(operation: dict[str, Any], kind: ResourceType) -> list[str]:
    path, value = path_of(operation), operation.get("value")
    if path:
        name, bracket, rest = path.partition("[")
        return [f"{spelled(name, kind)}{bracket}{rest}".lower()]
    return [spelled(name, kind).lower() for name in value] if isinstance(value, dict) else []


@quirk(
    "patch-add-replaces",
    who="HCP Terraform",
    standard="an add to a multi-valued attribute adds values (RFC 7644 section 3.5.2.1)",
)
class PatchAddReplaces(Quirk):
    """Takes an add to certain multi-valued attributes for a replace of all their values."""

    attributes: Names = "emails"

    def request(self, call: Call) -> None:
        """Turn them into replaces."""
        listed, wanted = patched(call), _folded(self.attributes)
        changed: list[dict[str, Any]] = []
        for operation in listed:
            path, value = path_of(operation), operation.get("value")
            if op_of(operation) != "add":
                changed.append(operation)
            elif path:
                whole = "[" not in path and attribute_in(path) in wanted and attribute_in(path) == _last(path)
                changed.append({**operation, "op": "replace"} if whole else operation)
            else:
                changed += _divided(operation, value, wanted)
        _replace(call, listed, changed, self.name)


def _last(path: str) -> str:
    return path.rpartition(":")[2].strip().lower()


def _divided(operation: dict[str, Any], value: Any, wanted: frozenset[str]) -> list[dict[str, Any]]:
    """Return an add without path as a replace of some attributes and an add of the others."""
    if not isinstance(value, dict) or not any(_last(name) in wanted for name in value):
        return [operation]
    replaced = {name: inner for name, inner in value.items() if _last(name) in wanted}
    added = {name: inner for name, inner in value.items() if _last(name) not in wanted}
    parts = [{**operation, "op": "replace", "value": replaced}]
    return [*parts, {**operation, "value": added}] if added else parts


@quirk(
    "patch-bare-operation",
    who="Oracle's health IAM (older)",
    standard="a PATCH is a PatchOp message with Operations (RFC 7644 section 3.5.2)",
)
class PatchBareOperation(Quirk):
    """Takes a PATCH whose body is one operation, without Operations around it."""

    def request(self, call: Call) -> None:
        """Put Operations around it."""
        request = call.request
        if call.operation != "patch" or request is None or not isinstance(request.body, dict):
            return
        if member(request.body, "operations") is None and member(request.body, "op") is not None:
            bare = {name: value for name, value in request.body.items() if name.lower() != "schemas"}
            call.acted(self.name)
            request.body = {"schemas": [PATCH_OP], "Operations": [bare]}
