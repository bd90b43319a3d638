"""From a route to the engine: which operation of the service answers which request."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ScimError
from ..scim.answer import Answer, Request
from ..scim.bulk import run_bulk
from .auth import Identity
from .routes import Route, bulk_route
from .tenants import Tenant


def _list(tenant: Tenant, found: Route, request: Request) -> Answer:
    types = (found.resource_type,) if found.resource_type is not None else tenant.types
    return tenant.service.list(types, found.resource, request)


def _search(tenant: Tenant, found: Route, request: Request) -> Answer:
    types = (found.resource_type,) if found.resource_type is not None else tenant.types
    return tenant.service.search(types, found.resource, request)


def _create(tenant: Tenant, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None
    return tenant.service.create(found.resource_type, request)


def _read(tenant: Tenant, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return tenant.service.read(found.resource_type, found.id, request)


def _replace(tenant: Tenant, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return tenant.service.replace(found.resource_type, found.id, request)


def _patch(tenant: Tenant, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return tenant.service.patch(found.resource_type, found.id, request)


def _delete(tenant: Tenant, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return tenant.service.delete(found.resource_type, found.id, request)


def _bulk(tenant: Tenant, found: Route, request: Request) -> Answer:
    return run_bulk(tenant.service, request.body, lambda path: bulk_route(tenant, path))


def _discovery(tenant: Tenant, found: Route, request: Request) -> Answer:
    return tenant.discovery.answer(f"/{found.resource}", found.id, request)


_OPERATIONS: dict[str, Callable[[Tenant, Route, Request], Answer]] = {
    "list": _list,
    "search": _search,
    "create": _create,
    "read": _read,
    "replace": _replace,
    "patch": _patch,
    "delete": _delete,
    "bulk": _bulk,
    "discovery": _discovery,
}


def operate(tenant: Tenant, found: Route, request: Request, identity: Identity) -> Answer:
    """Run the operation that a route names; raises ScimError."""
    if found.me:
        _resolve_me(tenant, found, identity)
    assert found.operation is not None
    return _OPERATIONS[found.operation](tenant, found, request)


def _resolve_me(tenant: Tenant, found: Route, identity: Identity) -> None:
    """Make ``/Me`` the user of the credential (RFC 7644 section 3.11), 501 where there is none."""
    if identity.user is None:
        raise ScimError(501, "the credential stands for no user, /Me is not supported for it")
    user = tenant.find_user(identity.user)
    if found.operation == "create":
        if user is not None:
            raise ScimError(409, f"the user {identity.user!r} exists already", "uniqueness")
        found.resource_type = next(kind for kind in tenant.types if kind.attribute("userName"))
        return
    if user is None:
        raise ScimError(404, f"there is no user {identity.user!r} behind the credential")
    found.resource_type, found.id = user
