"""PATCH operations that a service takes for certain attributes only, ignores, or takes in short forms."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer, Request
from ..asks import attribute_in, attributes_of, op_of, patched, path_of, with_operations
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]
Op = Literal["add", "replace", "remove"]
# Operations that change nothing: a PATCH must have one.
_NOTHING: list[dict[str, Any]] = [{"op": "replace", "value": {}}]


def _put(call: Call, listed: list[dict[str, Any]], changed: list[dict[str, Any]], name: str) -> None:
    """Put other operations in the place of those of a PATCH, if they are others."""
    if changed != listed and call.request is not None:
        call.acted(name)
        call.request.body = with_operations(call.request.body, changed or _NOTHING)


@quirk(
    "patch-operations-only",
    who="HCP Terraform, Snowflake (users by replace only)",
    standard="add, replace and remove are for any attribute that can be written (RFC 7644 section 3.5.2)",
)
class PatchOperationsOnly(Quirk):
    """Refuses PATCH operations other than certain ones with 400.

    ``resources`` gives for endpoints the operations that there are, and for each the attributes that it
    is for: {Groups: {add: [members], remove: ["members[]"]}}; `members[]` stands for a path with a
    filter, `*` for any.  At other endpoints everything is possible.
    """

    resources: dict[str, dict[Op, tuple[str, ...]]] = msgspec.field(
        default_factory=lambda: {"Users": {"replace": ("*",)}}
    )
    scim_type: str = "invalidPath"

    def engine(self, call: Call, run: Run) -> Answer:
        """Refuse before anything is changed."""
        known = self.resources.get(call.resource or "")
        for operation in patched(call) if known is not None else ():
            op = op_of(operation)
            taken = {name.lower() for name in (known or {}).get(op, ())}  # type: ignore[call-overload]
            if op not in ("add", "replace", "remove") or "*" in taken:
                continue  # the engine says what is wrong with an unknown one
            filtered = "[" in path_of(operation)
            names = [f"{name}[]" if filtered else name for name in attributes_of(operation)]
            others = [name for name in names if name not in taken]
            if others or not taken:
                call.acted(self.name)
                what = others[0].removesuffix("[]") if others else "anything"
                detail = f"PATCH does not {op} {what!r} here"
                raise ScimError(400, detail, self.scim_type or None, about=what)
        return run()


@quirk(
    "patch-fails-204",
    who="Snowflake (users)",
    standard="what cannot be applied is an error (RFC 7644 section 3.5.2)",
)
class PatchFails204(Quirk):
    """Answers 204 to a PATCH that the standard answers with 400, and changes nothing.

    ``resources`` names the endpoints at which that is so.
    """

    resources: Names = "Users"

    def engine(self, call: Call, run: Run) -> Answer:
        """Say nothing of what went wrong; a resource that is not there is still an error."""
        try:
            return run()
        except ScimError as error:
            meant = call.operation == "patch" and call.resource in several(self.resources)
            if not meant or error.status != 400 or call.request is None:
                raise
        call.acted(self.name)
        found: Answer = call.service.read(
            call.resource_type, call.id, Request(if_match=call.request.if_match)
        )
        return Answer(204, None, found.location, found.etag, found.type_name, found.id)


@quirk(
    "clears-ignored",
    who="HCP Terraform (userName, emails and active of users)",
    standard="a remove of a required attribute is an error (RFC 7644 section 3.5.2.2)",
)
class ClearsIgnored(Quirk):
    """Ignores PATCH operations that would clear certain attributes: removes, null, empty text and lists.

    ``resources`` gives those attributes for endpoints.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Users": ("userName", "emails", "active")}
    )

    def request(self, call: Call) -> None:
        """Leave them out."""
        kept = {name.lower() for name in self.resources.get(call.resource or "", ())}
        listed = patched(call) if kept else []
        changed = [left for operation in listed if (left := _without_clears(operation, kept)) is not None]
        _put(call, listed, changed, self.name)


def _without_clears(operation: dict[str, Any], kept: set[str]) -> dict[str, Any] | None:
    """Return what an operation does other than clearing, None for nothing."""
    path, value = path_of(operation), operation.get("value")
    if path:
        clears = op_of(operation) == "remove" or value in (None, "", [])
        return None if clears and attribute_in(path) in kept else operation
    if not isinstance(value, dict):
        return operation
    left = {
        name: inner
        for name, inner in value.items()
        if attribute_in(name) not in kept or inner not in (None, "", [])
    }
    if left == value:
        return operation
    return {**operation, "value": left} if left else None


@quirk(
    "patch-shorthand",
    who="Snowflake (givenName in a value without path; a list without path is for members)",
    standard="a value without path is an object with attributes under their own names"
    " (RFC 7644 section 3.5.2.1)",
)
class PatchShorthand(Quirk):
    """Takes short forms in PATCH: parts of a name by themselves, and a list without path.

    ``names`` gives for each short name the path that it stands for; ``lists`` is the attribute that a
    list without path is for, "" for none.
    """

    names: dict[str, str] = msgspec.field(
        default_factory=lambda: {"givenName": "name.givenName", "familyName": "name.familyName"}
    )
    lists: str = "members"

    def request(self, call: Call) -> None:
        """Write them out."""
        meant = {name.lower(): path for name, path in self.names.items()}
        listed = patched(call)
        changed: list[dict[str, Any]] = []
        for operation in listed:
            changed += self._written(operation, meant)
        _put(call, listed, changed, self.name)

    def _written(self, operation: dict[str, Any], meant: dict[str, str]) -> list[dict[str, Any]]:
        path, value = path_of(operation), operation.get("value")
        if path:
            return [{**operation, "path": meant.get(path.lower(), path)}]
        if isinstance(value, list) and self.lists:
            return [{**operation, "path": self.lists}]
        if not isinstance(value, dict):
            return [operation]
        short = {name: inner for name, inner in value.items() if name.lower() in meant}
        rest = {name: inner for name, inner in value.items() if name not in short}
        written = [
            {**operation, "path": meant[name.lower()], "value": inner} for name, inner in short.items()
        ]
        return [*([{**operation, "value": rest}] if rest or not short else []), *written]
