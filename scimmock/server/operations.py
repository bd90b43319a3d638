"""From a route to the engine: which operation of the service answers which request."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import ScimError
from ..scim.answer import Answer, Request
from ..scim.bulk import Around, run_bulk
from ..scim.engine import Service
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply
from .auth import Identity
from .codec import encode
from .reply import method_reply
from .routes import Route, bulk_route
from .tenant import Tenant


def _list(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    types = (found.resource_type,) if found.resource_type is not None else tenant.types
    return service.list(types, found.resource, request)


def _search(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    types = (found.resource_type,) if found.resource_type is not None else tenant.types
    return service.search(types, found.resource, request)


def _create(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None
    return service.create(found.resource_type, request)


def _read(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return service.read(found.resource_type, found.id, request)


def _replace(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return service.replace(found.resource_type, found.id, request)


def _patch(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return service.patch(found.resource_type, found.id, request)


def _delete(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    assert found.resource_type is not None and found.id is not None
    return service.delete(found.resource_type, found.id, request)


def _discovery(tenant: Tenant, service: Service, found: Route, request: Request) -> Answer:
    return tenant.discovery.answer(f"/{found.resource}", found.id, request)


_OPERATIONS: dict[str, Callable[[Tenant, Service, Route, Request], Answer]] = {
    "list": _list,
    "search": _search,
    "create": _create,
    "read": _read,
    "replace": _replace,
    "patch": _patch,
    "delete": _delete,
    "discovery": _discovery,
}


def operate(
    tenant: Tenant,
    found: Route,
    request: Request,
    identity: Identity,
    service: Service | None = None,
    around: Around | None = None,
) -> Answer:
    """Run the operation that a route names; raises ScimError.

    ``service`` takes the place of the tenant's own, ``around`` wraps the operations of a bulk request.
    """
    if found.me:
        _resolve_me(tenant, found, identity)
    assert found.operation is not None
    service = service or tenant.service
    if found.operation == "bulk":
        return run_bulk(
            service, request.body, lambda path: bulk_route(tenant, path), around, tenant.quirks.refuse
        )
    return _OPERATIONS[found.operation](tenant, service, found, request)


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


def write(
    tenant: Tenant,
    run: Callable[[Route, Request, Identity], Answer],
    found: Route,
    request: Request,
    identity: Identity,
    exchange: Exchange,
) -> Answer:
    """Run a write; the exchange learns what became of the resource that it is for."""
    kind, id = found.resource_type, found.id
    before = tenant.directory.get(kind.name, id) if kind is not None and id is not None else None
    try:
        answer = run(found, request, identity)
    except ScimError:
        if before is not None and kind is not None and id is not None:
            after = tenant.directory.get(kind.name, id)
            if after is not before:  # an error does not mean that nothing was done
                exchange.before, exchange.after = before, after
        raise
    exchange.executed = time.perf_counter()
    exchange.before = before
    if answer.id is not None and answer.type_name is not None:
        exchange.id = answer.id
        exchange.after = tenant.directory.get(answer.type_name, answer.id)
    return answer


TOKEN_METHODS = {"POST": "token"}


def token_reply(tenant: Tenant, method: str, authorization: bytes | None, body: bytes) -> Reply:
    """Answer a request to the token endpoint (RFC 6749 section 3.2)."""
    if method != "POST":
        return method_reply(method, TOKEN_METHODS, tenant.error_reply)
    status, document = tenant.auth.issue(body, authorization)
    reply = Reply(status, encode(document), [(b"cache-control", b"no-store")], b"application/json")
    if status == 401:
        reply.headers.append((b"www-authenticate", b'Basic realm="scimmock"'))
    return reply
