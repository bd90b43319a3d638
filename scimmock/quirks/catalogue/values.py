"""Values that the schemas allow and a service refuses: by length, number, mark, spelling or absence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ...scim.draft import Draft, Write
from ...scim.policy import Policy
from ...scim.schema import ResourceType
from ...scim.validate import invalid_value
from ...scim.values import fold, is_inactive, is_present
from ..asks import given, spelled
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]
Writes = Write | tuple[Write, ...]
_ALL: tuple[Write, ...] = ("create", "replace", "patch")


def _endpoint(kind: ResourceType) -> str:
    return kind.endpoint.strip("/")


def _concerns(resources: Names, kind: ResourceType) -> bool:
    """Whether a quirk that may be limited to some endpoints is for resources of a type."""
    wanted = several(resources)
    return not wanted or _endpoint(kind) in wanted


@quirk(
    "attribute-lengths",
    who="Slack (userName 21, displayName 80), Figma (100, externalId and the names of groups 255)",
    standard="no limit is defined",
)
class AttributeLengths(Quirk):
    """Refuses values that are too long.

    ``lengths`` gives the most characters of attributes, or for an endpoint those of its attributes:
    {externalId: 255, Users: {userName: 100}}.  ``scim_type`` may be "" for none.  A value that a resource
    has already stays.
    """

    lengths: dict[str, int | dict[str, int]] = msgspec.field(
        default_factory=lambda: {"userName": 21, "displayName": 80}
    )
    status: int = 400
    scim_type: str = "invalidValue"

    def policy(self, policy: Policy) -> Policy:
        """Measure."""
        return replace(policy, finish=(*policy.finish, self._measure))

    def _measure(self, draft: Draft) -> None:
        limits = {path: most for path, most in self.lengths.items() if isinstance(most, int)}
        own = self.lengths.get(_endpoint(draft.resource_type))
        for path, most in (limits | (own if isinstance(own, dict) else {})).items():
            for value in draft.values(path):
                if isinstance(value, str) and len(value) > most and draft.has_new(path):
                    detail = f"{path!r} has at most {most} characters"
                    raise ScimError(self.status, detail, self.scim_type or None, about=path)


@quirk(
    "multivalue-refused",
    who="AWS IAM Identity Center (only single values are permitted)",
    standard="a multi-valued attribute has any number of values (RFC 7643 section 2.4)",
)
class MultivalueRefused(Quirk):
    """Refuses more than one value of multi-valued attributes with 400.

    ``most`` is how many values an attribute may have.
    """

    attributes: Names = ("emails", "addresses", "phoneNumbers", "roles")
    most: int = 1

    def policy(self, policy: Policy) -> Policy:
        """Count."""
        return replace(policy, finish=(*policy.finish, self._count))

    def _count(self, draft: Draft) -> None:
        for name in several(self.attributes):
            if len(draft.values(name)) > self.most and draft.has_new(name):
                raise invalid_value(f"{name!r} has at most {self.most} of values", name)


@quirk(
    "primary-required",
    who="AWS IAM Identity Center (the email of a new user), Atlassian (PATCH of emails)",
    standard="primary is optional (RFC 7643 section 2.4)",
)
class PrimaryRequired(Quirk):
    """Refuses values of which none is marked primary with 400 invalidValue.

    ``on`` names the operations: create, replace, patch (of these attributes).  An attribute without
    values is no matter.
    """

    attributes: Names = "emails"
    on: Writes = _ALL
    detail: str | None = None

    def policy(self, policy: Policy) -> Policy:
        """Look for the mark."""
        return replace(policy, finish=(*policy.finish, self._look))

    def _look(self, draft: Draft) -> None:
        if draft.write not in several(self.on):
            return
        for name in several(self.attributes):
            values = draft.values(name)
            marked = any(isinstance(value, dict) and value.get("primary") is True for value in values)
            if values and not marked and (draft.write != "patch" or draft.has_new(name)):
                raise invalid_value(self.detail or f"one of {name!r} is marked primary", f"{name}.primary")


@quirk(
    "canonical-values-enforced",
    who="the draft SCIM interoperability profile",
    standard="canonicalValues are suggestions, others may be used too (RFC 7643 section 7)",
)
class CanonicalValuesEnforced(Quirk):
    """Refuses values that are not among the canonicalValues of their attribute with 400 invalidValue."""

    attributes: Names = ("emails.type", "phoneNumbers.type", "ims.type", "addresses.type")

    def policy(self, policy: Policy) -> Policy:
        """Compare."""
        return replace(policy, finish=(*policy.finish, self._compare))

    def _compare(self, draft: Draft) -> None:
        for path in several(self.attributes):
            name, _, part = path.rpartition(":")[2].partition(".")
            attribute = draft.resource_type.attribute(name)
            leaf = attribute.sub(part) if attribute is not None and part else attribute
            known = {fold(value) for value in leaf.canonical_values} if leaf is not None else set()
            for value in draft.values(path) if known else ():
                if isinstance(value, str) and fold(value) not in known and draft.has_new(path):
                    raise invalid_value(f"{path!r} is one of {', '.join(sorted(known))}", path)


@quirk(
    "attributes-required",
    who="AWS IAM Identity Center (name.givenName, name.familyName, displayName), GitLab (externalId,"
    " emails, name), the IPSIE account lifecycle profile (externalId, emails)",
    standard="only userName is required of users (RFC 7643 section 4.1)",
)
class AttributesRequired(Quirk):
    """Refuses users without certain attributes with 400 invalidValue.

    ``attributes`` are those; ``resources`` the endpoints at which they are wanted, ``on`` the operations:
    create, replace, patch.
    """

    attributes: Names = ("name.givenName", "name.familyName", "displayName")
    resources: Names = "Users"
    on: Writes = ("create", "replace")

    def policy(self, policy: Policy) -> Policy:
        """Look for them."""
        return replace(policy, finish=(*policy.finish, self._look))

    def _look(self, draft: Draft) -> None:
        if draft.write in several(self.on) and _concerns(self.resources, draft.resource_type):
            for path in several(self.attributes):
                if not is_present(draft.values(path)):
                    raise invalid_value(f"{path!r} is required", path)


@quirk(
    "attributes-refused",
    who="AWS IAM Identity Center",
    standard="attributes that the schemas declare can be set, read-only ones are ignored"
    " (RFC 7644 section 3.3)",
)
class AttributesRefused(Quirk):
    """Refuses requests that give values to certain attributes with 400.

    ``attributes`` are names (photos), paths (emails.display), or *.display for a part of any attribute;
    ``resources`` and ``on`` limit it to endpoints and operations (create, replace, patch).  Null and
    empty lists are let in.
    """

    attributes: Names = ("ims", "photos", "x509Certificates", "entitlements", "password", "groups")
    resources: Names = "Users"
    on: Writes = _ALL
    scim_type: str = "invalidValue"

    def request(self, call: Call) -> None:
        """Refuse."""
        kind = call.resource_type
        if kind is None or call.operation not in several(self.on) or not _concerns(self.resources, kind):
            return
        wanted = {spelled(path, kind).lower() for path in several(self.attributes)}
        for path, value in given(call):
            part = path.rpartition(":")[2].partition(".")[2].lower()
            refused = path.lower() in wanted or (part != "" and f"*.{part}" in wanted)
            if refused and is_present(value):
                call.acted(self.name)
                raise ScimError(400, f"{path!r} is not supported", self.scim_type or None, about=path)


@quirk(
    "unique-attributes",
    who="HCP Terraform (the names of groups), Slack (emails: email_taken); Entra expects it of groups",
    standard="userName is unique, other attributes need not be (RFC 7643 section 4)",
)
class UniqueAttributes(Quirk):
    """Refuses values that another resource of the type has with 409 uniqueness.

    ``attributes`` gives for endpoints the paths whose values are unique, without regard to case.
    """

    attributes: dict[str, tuple[str, ...]] = msgspec.field(
        default_factory=lambda: {"Groups": ("displayName",)}
    )

    def policy(self, policy: Policy) -> Policy:
        """Look for others."""
        return replace(policy, finish=(*policy.finish, self._look))

    def _look(self, draft: Draft) -> None:
        kind = draft.resource_type
        for path in self.attributes.get(_endpoint(kind), ()):
            values = draft.values(path) if draft.has_new(path) else []
            for value in values:
                if isinstance(value, str) and any(id != _id_of(draft) for id in holders(draft, path, value)):
                    detail = f"A {kind.name} with {path} {value!r} exists already"
                    raise ScimError(409, detail, "uniqueness", about=path)


def _id_of(draft: Draft) -> Any:
    return draft.old["id"] if draft.old is not None else None


def holders(draft: Draft, path: str, value: str) -> list[str]:
    """Return the ids of the resources of a draft's type that have a value, in order of creation."""
    store, kind = draft.store, draft.resource_type
    name = spelled(path, kind)
    if name in store.indexed(kind.name):
        return list(store.lookup(kind.name, name, value))
    wanted = fold(value)
    return [
        id
        for id, document in store.scan(kind.name)
        for found in Draft("patch", document, None, kind, store).values(path)
        if isinstance(found, str) and fold(found) == wanted
    ]


@quirk(
    "deactivated-frozen",
    who="LaunchDarkly",
    standard="an inactive user is a resource like others (RFC 7643 section 4.1.1)",
)
class DeactivatedFrozen(Quirk):
    """Refuses changes of an inactive user, other than of active, with 400."""

    def policy(self, policy: Policy) -> Policy:
        """Compare with what was there."""
        return replace(policy, finish=(*policy.finish, self._compare))

    def _compare(self, draft: Draft) -> None:
        old, new = draft.old, draft.document
        if old is None or not is_inactive(old):
            return
        names = {*old, *new} - {"active", "id", "meta", "schemas", "password"}
        changed = sorted(name for name in names if old.get(name) != new.get(name))
        if changed:
            detail = "Cannot change properties on deactivated members other than 'active'"
            raise ScimError(400, detail, about=changed[0])
