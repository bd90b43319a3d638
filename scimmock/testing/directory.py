"""The resources of a tenant in Python: looked at and changed directly, without a trace in the journal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from typing import Any

import msgspec

from ..errors import ScimError, UsageError, did_you_mean
from ..scim.answer import Request
from ..scim.policy import Policy
from ..scim.query import Finder
from ..scim.schema import ResourceType
from ..server.codec import refuse_unstorable
from ..server.tenant import Tenant
from .reach import Access

__all__ = ["Resource", "Resources", "UnknownResource"]

Resource = dict[str, Any]
Key = str | Mapping[str, Any]
_NAMES = ("userName", "displayName", "externalId")  # by which a resource is found beside its id
_AT_ONCE = 100  # resources that are copied before others get the event loop
_LOOKED_AT = 1000  # names among which a near one is looked for
_GIVEN = ("id", "meta")  # what the service itself gives a resource


class UnknownResource(KeyError):
    """There is no such resource."""

    def __str__(self) -> str:
        return str(self.args[0])


class Resources:
    """The resources of one type, as dictionaries that are the caller's own.

    A resource is found by its id, or by its userName, displayName or externalId.  Everything is there, also
    what the service hides from its clients; what is added or changed has to be valid as for a client.
    """

    def __init__(self, access: Access, endpoint: str) -> None:
        self._access = access
        self._endpoint = endpoint

    def __repr__(self) -> str:
        return f"<{len(self)} {self._endpoint}>"

    def __len__(self) -> int:
        return self._access.call(lambda tenant: _settled(tenant).directory.count(self._kind(tenant).name))

    def __iter__(self) -> Iterator[Resource]:
        ids = self._access.call(lambda tenant: [id for id, _ in self._scan(_settled(tenant))])
        for start in range(0, len(ids), _AT_ONCE):
            yield from self._shown(ids[start : start + _AT_ONCE])

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str | Mapping) and self.get(key) is not None

    def __getitem__(self, key: Key) -> Resource:
        """Return a resource; raises UnknownResource, a KeyError."""
        return self._access.call(lambda tenant: self._show(tenant, self._id(_settled(tenant), key)))

    def get(self, key: Key) -> Resource | None:
        """Return a resource, or None."""
        try:
            return self[key]
        except UnknownResource:
            return None

    def find(self, filter: str) -> list[Resource]:
        """Return the resources that a filter of RFC 7644 matches, whatever the service makes of filters.

        Raises InvalidFilter.
        """

        def look(tenant: Tenant) -> list[str]:
            service = _settled(tenant).service
            finder = Finder(tenant.directory, Policy(), service.text_view)
            return finder.matches(self._kind(tenant), filter, False, self._base(tenant))

        return self._shown(self._access.call(look))

    def add(self, resource: Mapping[str, Any] | None = None, /, **attributes: Any) -> Resource:
        """Create a resource and return it: ``add(userName="ann", active=True)``.

        ``resource`` is for attributes that are no Python names, such as extensions.  Members are resources,
        ids or names.  Raises ScimError for what the service would refuse.
        """
        given = _plain({**(resource or {}), **attributes})

        def create(tenant: Tenant) -> Resource:
            kind = self._kind(_settled(tenant))
            body = self._body(tenant, kind, given)
            answer = tenant.service.create(kind, Request(body=body, base=self._base(tenant)))
            assert answer.id is not None
            return self._show(tenant, answer.id)

        return self._access.call(create)

    def update(self, key: Key, resource: Mapping[str, Any] | None = None, /, **attributes: Any) -> Resource:
        """Give attributes of a resource other values, None removes one; returns the resource.

        Raises UnknownResource, and ScimError for what the service would refuse.
        """
        given = _plain({**(resource or {}), **attributes})

        def change(tenant: Tenant) -> Resource:
            id = self._id(_settled(tenant), key)
            kind = self._kind(tenant)
            stored = tenant.directory.get(kind.name, id) or {}
            body = {name: value for name, value in stored.items() if name not in _GIVEN}
            body |= self._body(tenant, kind, given, body["schemas"])
            body = {name: value for name, value in body.items() if value is not None}
            request = Request(body=deepcopy(body), base=self._base(tenant), hidden=True)
            tenant.service.replace(kind, id, request)
            return self._show(tenant, id)

        return self._access.call(change)

    def remove(self, key: Key) -> None:
        """Remove a resource for good, also from its groups; raises UnknownResource."""

        def delete(tenant: Tenant) -> None:
            id = self._id(_settled(tenant), key)
            tenant.directory.delete(self._kind(tenant).name, id, tenant.clock.text())

        self._access.call(delete)

    def clear(self) -> None:
        """Remove all of them."""

        def delete(tenant: Tenant) -> None:
            for id, _ in self._scan(_settled(tenant)):
                tenant.directory.delete(self._kind(tenant).name, id, tenant.clock.text())

        self._access.call(delete)

    # ---- on the server's event loop

    def _kind(self, tenant: Tenant) -> ResourceType:
        kind = tenant.endpoints.get(self._endpoint)
        if kind is None:
            near = did_you_mean(self._endpoint, tenant.endpoints)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(tenant.endpoints)}"
            raise UsageError(f"this service has no endpoint {self._endpoint!r}", hint=hint)
        return kind

    def _scan(self, tenant: Tenant) -> list[tuple[str, Resource]]:
        return list(tenant.directory.scan(self._kind(tenant).name))

    def _base(self, tenant: Tenant) -> str:
        return tenant.base_url(self._access.reach.host.bases.bound.encode())[1]

    def _id(self, tenant: Tenant, key: Key) -> str:
        """Return the id of the resource that a key is for; raises UnknownResource."""
        kind = self._kind(tenant)
        wanted = key if isinstance(key, str) else str(key.get("id"))
        found = _find(tenant, kind, wanted)
        if found is None:
            names = [
                str(document[name])
                for _, document in islice(self._scan(tenant), _LOOKED_AT)
                for name in _NAMES
                if name in document
            ]
            near = did_you_mean(wanted, names)
            hint = f", did you mean {near!r}?" if near else ""
            raise UnknownResource(f"there is no {kind.name} {wanted!r}{hint}")
        return found

    def _show(self, tenant: Tenant, id: str) -> Resource:
        kind = self._kind(tenant)
        document = tenant.directory.get(kind.name, id) or {}
        return deepcopy(tenant.service.text_view(kind, document, self._base(tenant)))

    def _shown(self, ids: Sequence[str]) -> list[Resource]:
        """Return the resources with these ids, without those that are gone meanwhile."""

        def show(tenant: Tenant) -> list[Resource]:
            name = self._kind(tenant).name
            return [self._show(tenant, id) for id in ids if tenant.directory.get(name, id) is not None]

        return self._access.call(show)

    def _body(
        self, tenant: Tenant, kind: ResourceType, given: Resource, schemas: Sequence[str] | None = None
    ) -> Resource:
        """Return what a client would send: with schemas, and with members by their ids."""
        refuse_unstorable(given)
        body = dict(given)
        known = list(schemas or (kind.schema.id,))
        body.setdefault("schemas", known + [urn for urn in given if ":" in urn and urn not in known])
        if kind.membership is not None and isinstance(body.get(kind.membership.name), list):
            name = kind.membership.name
            body[name] = [_member(tenant, member) for member in body[name]]
        return body


def _settled(tenant: Tenant) -> Tenant:
    """Return a tenant in which what fault rules had yet to do, and is due, is done."""
    tenant.faults.settle(looking=True)
    return tenant


def _find(tenant: Tenant, kind: ResourceType, key: str) -> str | None:
    if tenant.directory.get(kind.name, key) is not None:
        return key
    for path in _NAMES:
        if path in tenant.directory.indexed(kind.name):
            for id in tenant.directory.lookup(kind.name, path, key):
                return id
    return None


def _member(tenant: Tenant, member: Any) -> Any:
    """Return a member as a group has it, for a resource, an id or a name."""
    if isinstance(member, dict):
        return {"value": member["id"]} if "id" in member and "value" not in member else member
    if not isinstance(member, str) or tenant.directory.find(member) is not None:
        return {"value": member}
    for kind in tenant.types:
        id = _find(tenant, kind, member)
        if id is not None:
            return {"value": id}
    raise ScimError(400, f"the member {member!r} is nobody in the directory", "invalidValue")


def _plain(given: Resource) -> Resource:
    """Return a copy of what JSON makes of it; raises UsageError where it cannot."""
    try:
        plain: Resource = msgspec.json.decode(msgspec.json.encode(given))
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"a resource has the values of JSON: {error}") from None
    return plain
