"""What a service fills in, keeps or refuses when resources are written, and what it calls a failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import msgspec

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.draft import Draft, Write
from ...scim.policy import Policy
from ...scim.schema import Attribute, ResourceType
from ...scim.values import fold
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]


def _of_endpoint(mapping: dict[str, Any], draft: Draft) -> Any:
    """Return what a mapping says for the endpoint of a draft, None where it says nothing."""
    return mapping.get(draft.resource_type.endpoint.strip("/"))


@quirk(
    "attribute-defaults",
    who="HCP Terraform (active)",
    standard="an attribute that was given no value may have a default (RFC 7643 section 2.4)",
)
class AttributeDefaults(Quirk):
    """Gives attributes that a client leaves out a value.

    ``resources`` gives for endpoints the values by attribute, ``on`` the operations: create, replace,
    patch.
    """

    resources: dict[str, dict[str, Any]] = msgspec.field(default_factory=lambda: {"Users": {"active": True}})
    on: Write | tuple[Write, ...] = "create"

    def policy(self, policy: Policy) -> Policy:
        """Fill in."""
        return replace(policy, finish=(*policy.finish, self._fill))

    def _fill(self, draft: Draft) -> None:
        if draft.write not in several(self.on):
            return
        for path, value in (_of_endpoint(self.resources, draft) or {}).items():
            name = draft.named(path)
            if name is not None and draft.document.get(name) is None:
                draft.document[name] = value


@quirk(
    "unknown-dropped",
    who="Snowflake (new users)",
    standard="left open: attributes that a service does not have may be ignored or refused"
    " (RFC 7644 section 3.3)",
)
class UnknownDropped(Quirk):
    """Leaves out attributes and schemas that the service does not know.

    ``resources`` names the endpoints at which that is so, ``on`` the operations: create, replace.
    """

    resources: Names = "Users"
    on: Literal["create", "replace"] | tuple[Literal["create", "replace"], ...] = "create"

    def request(self, call: Call) -> None:
        """Drop them."""
        kind, request = call.resource_type, call.request
        meant = call.operation in several(self.on) and call.resource in several(self.resources)
        if not meant or kind is None or request is None or not isinstance(request.body, dict):
            return
        known = _known(request.body, kind)
        if known != request.body:
            call.acted(self.name)
            request.body = known


def _known(body: dict[str, Any], kind: ResourceType) -> dict[str, Any]:
    """Return what a resource type has of a body."""
    urns = {kind.schema.id.lower(), *kind.extensions}
    known: dict[str, Any] = {}
    for name, value in body.items():
        lower, extension = name.lower(), kind.extensions.get(name.lower())
        if extension is not None and isinstance(value, dict):
            known[name] = {key: inner for key, inner in value.items() if extension.attribute(key)}
        elif lower == "schemas" and isinstance(value, list):
            known[name] = [urn for urn in value if not isinstance(urn, str) or urn.lower() in urns]
        elif lower in ("schemas", "id", "externalid", "meta"):
            known[name] = value
        elif (attribute := kind.attribute(name)) is not None:
            known[name] = _parts(value, attribute)
    return known


def _parts(value: Any, attribute: Attribute) -> Any:
    """Return what an attribute has of a value."""
    if isinstance(value, list):
        return [_parts(element, attribute) for element in value]
    if not isinstance(value, dict) or not attribute.subs:
        return value
    return {name: inner for name, inner in value.items() if attribute.sub(name) is not None}


@quirk(
    "primary-only",
    who="HCP Terraform (emails)",
    standard="all values of a multi-valued attribute are kept (RFC 7643 section 2.4)",
)
class PrimaryOnly(Quirk):
    """Keeps of several values only the primary one, or the first where none is marked, and marks it."""

    attributes: Names = "emails"

    def policy(self, policy: Policy) -> Policy:
        """Choose."""
        return replace(policy, finish=(*policy.finish, self._choose))

    def _choose(self, draft: Draft) -> None:
        for path in several(self.attributes):
            name = draft.named(path)
            values = draft.values(path) if name is not None else []
            marked = [value for value in values if isinstance(value, dict) and value.get("primary") is True]
            chosen = (marked or values)[:1]
            if name is not None and chosen and isinstance(chosen[0], dict):
                draft.document[name] = [{**chosen[0], "primary": True}]


@quirk(
    "reserved-values",
    who="HCP Terraform (groups cannot be called owners or sso)",
    standard="any value of the right type can be given (RFC 7643 section 2.3)",
)
class ReservedValues(Quirk):
    """Refuses values that the service keeps for itself, in any case.

    ``resources`` gives for endpoints the values by attribute path.
    """

    resources: dict[str, dict[str, tuple[str, ...]]] = msgspec.field(
        default_factory=lambda: {"Groups": {"displayName": ("owners", "sso")}}
    )
    status: int = 409
    scim_type: str = "uniqueness"

    def policy(self, policy: Policy) -> Policy:
        """Compare."""
        return replace(policy, finish=(*policy.finish, self._compare))

    def _compare(self, draft: Draft) -> None:
        for path, reserved in (_of_endpoint(self.resources, draft) or {}).items():
            taken = {fold(value) for value in reserved}
            for value in draft.values(path):
                if isinstance(value, str) and fold(value) in taken and draft.has_new(path):
                    raise ScimError(
                        self.status, f"{path} {value!r} is reserved", self.scim_type or None, about=path
                    )


@quirk(
    "put-keeps",
    who="HCP Terraform (active of users; displayName, externalId and members of groups)",
    standard="a PUT replaces the resource, what it does not name is cleared (RFC 7644 section 3.5.1)",
)
class PutKeeps(Quirk):
    """Keeps certain attributes that a PUT leaves out.

    ``resources`` gives those for endpoints.
    """

    resources: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Users": ("active",), "Groups": ("displayName", "externalId", "members")}
    )

    def request(self, call: Call) -> None:
        """Add them."""
        kind, request = call.resource_type, call.request
        kept = self.resources.get(call.resource or "", ())
        if call.operation != "replace" or kind is None or request is None or not kept:
            return
        stored, body = call.service.store.get(kind.name, call.id), request.body
        if stored is None or not isinstance(body, dict):
            return
        named = {name.lower() for name in body}
        added = {name: stored[name] for name in kept if name in stored and name.lower() not in named}
        if added:
            call.acted(self.name)
            request.body = {**body, **added}


@quirk(
    "create-fails-409",
    who="Snowflake, Salesforce (a user without profile)",
    standard="409 is for conflicts, 400 for what is wrong with a request (RFC 7644 section 3.12)",
)
class CreateFails409(Quirk):
    """Answers 409 to a create that fails for what is in it, where the standard has 400.

    ``resources`` names the endpoints at which that is so.
    """

    resources: Names = "Users"

    def engine(self, call: Call, run: Run) -> Answer:
        """Call it a conflict."""
        try:
            return run()
        except ScimError as error:
            if (
                call.operation != "create"
                or error.status != 400
                or call.resource not in several(self.resources)
            ):
                raise
            call.acted(self.name)
            raise error.worded(status=409) from None


@quirk(
    "delete-idempotent",
    who="HCP Terraform (groups)",
    standard="404 for a resource that does not exist (RFC 7644 section 3.6)",
)
class DeleteIdempotent(Quirk):
    """Answers 204 to a DELETE of what does not exist.

    ``resources`` names the endpoints at which that is so.
    """

    resources: Names = "Groups"

    def engine(self, call: Call, run: Run) -> Answer:
        """There is nothing to be done."""
        try:
            return run()
        except ScimError as error:
            if (
                call.operation != "delete"
                or error.status != 404
                or call.resource not in several(self.resources)
            ):
                raise
        call.acted(self.name)
        name = call.resource_type.name if call.resource_type is not None else None
        return Answer(204, None, type_name=name, id=call.id)
