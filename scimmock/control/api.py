"""The calls of the control API (JSON over HTTP), for the server and for each tenant."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..errors import FileError, ScimError, UserError, did_you_mean
from ..version import __version__
from .access import check_access
from .errors import ControlError

_MAX_PEOPLE = 1_000_000
_MAX_BODY = 64 * 1024 * 1024


class Host(Protocol):
    """What the control API needs of the server that it controls."""

    admin_token: str
    ready: bool

    def root_url(self, request: Request) -> str: ...
    def info(self) -> dict[str, Any]: ...
    def tenant(self, name: str) -> Any: ...
    def create_tenant(self, name: str, options: TenantOptions) -> Any: ...
    def delete_tenant(self, name: str) -> bool: ...
    def dump(self, tenant: Any) -> dict[str, list[dict[str, Any]]]: ...
    def restore(self, tenant: Any, content: dict[str, Any]) -> None: ...
    def reset(self, tenant: Any) -> None: ...


class TenantOptions(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``PUT tenants/{name}``; everything is optional.  ``fixture`` is one name or several.

    ``faults`` and ``replay`` have no effect yet: only their empty forms are accepted.
    """

    fixture: str | list[str] | None = None
    users: int | None = None
    groups: int | None = None
    seed: int | None = None
    faults: list[Any] = []
    replay: str | None = None


Handler = Callable[[Host, Request], Awaitable[Response]]


async def _health(host: Host, request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(host: Host, request: Request) -> Response:
    if host.ready:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "loading"}, status_code=503)


async def _info(host: Host, request: Request) -> Response:
    return JSONResponse({"version": __version__, **host.info()})


def _described(host: Host, request: Request, tenant: Any) -> dict[str, Any]:
    url = f"{host.root_url(request)}{tenant.prefix}"
    return {
        "name": tenant.name,
        "url": url,
        "base_url": f"{url}{tenant.base_path}",
        "control_url": f"{url}/_scimmock",
        "token": next(iter(tenant.blueprint.tokens.values()), None),
    }


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise ControlError(413, f"the body is larger than {_MAX_BODY} bytes")
    return bytes(body)


async def _put_tenant(host: Host, request: Request) -> Response:
    name = request.path_params["name"]
    body = await _body(request)
    try:
        options = msgspec.json.decode(body or b"{}", type=TenantOptions)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except msgspec.DecodeError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None
    for field in ("users", "groups"):
        if not 0 <= (getattr(options, field) or 0) <= _MAX_PEOPLE:
            raise ControlError(400, f"a number from 0 to {_MAX_PEOPLE} would be right", field)
    for field in ("faults", "replay"):
        if getattr(options, field):
            raise ControlError(400, "this version has none of them yet", field)
    names = [options.fixture] if isinstance(options.fixture, str) else options.fixture or []
    for fixture in names:
        if "/" in fixture or fixture.startswith("."):
            raise ControlError(400, "a fixture is named here, paths are for the command line", "fixture")
    try:
        tenant = host.create_tenant(name, options)
    except FileError as error:
        raise ControlError(
            400, error.message + (f", {error.hint}" if error.hint else ""), "fixture"
        ) from None
    return JSONResponse(_described(host, request, tenant), status_code=201)


def _explained(text: str) -> ControlError:
    message, _, path = text.partition(" - at `$.")
    field = path.rstrip("`") or None
    if "unknown field" in message:
        unknown = message.split("`")[1]
        known = [item.name for item in msgspec.structs.fields(TenantOptions)]
        return ControlError(
            400, f"unknown key, known are {', '.join(known)}", unknown, did_you_mean(unknown, known)
        )
    return ControlError(400, message[:1].lower() + message[1:], field)


async def _delete_tenant(host: Host, request: Request) -> Response:
    if not host.delete_tenant(request.path_params["name"]):
        raise ControlError(404, f"there is no tenant {request.path_params['name']!r}", "name")
    return Response(status_code=204)


async def _get_state(host: Host, request: Request) -> Response:
    tenant = host.tenant(request.scope["tenant"])
    return Response(msgspec.json.encode(host.dump(tenant)), media_type="application/json")


async def _put_state(host: Host, request: Request) -> Response:
    tenant = host.tenant(request.scope["tenant"])
    try:
        content = msgspec.json.decode(await _body(request))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ControlError(400, 'a state is an object such as {"Users": [], "Groups": []}')
    host.restore(tenant, content)
    return JSONResponse({name: len(documents) for name, documents in host.dump(tenant).items()})


async def _delete_state(host: Host, request: Request) -> Response:
    host.reset(host.tenant(request.scope["tenant"]))
    return Response(status_code=204)


def _journal_filter(request: Request) -> Callable[[Any], bool]:
    """Return the test for the exchanges that the query asks for: operation, resource, status (404 or 4xx)."""
    query = request.query_params
    operation, resource, status = query.get("operation"), query.get("resource"), query.get("status")
    if status is not None and not re.fullmatch(r"[1-5](xx|[0-9]{2})", status):
        raise ControlError(400, "a status is a number such as 404, or a class such as 4xx", "status")

    def wanted(entry: Any) -> bool:
        return (
            (operation is None or entry.operation == operation)
            and (resource is None or entry.resource == resource)
            and (status is None or str(entry.status).startswith(status.rstrip("x")))
        )

    return wanted


async def _get_journal(host: Host, request: Request) -> Response:
    tenant = host.tenant(request.scope["tenant"])
    try:
        since = int(request.query_params.get("since", "0"))
        limit = max(0, int(request.query_params.get("limit", "100")))
    except ValueError:
        raise ControlError(400, "since and limit are whole numbers", "since") from None
    journal = tenant.journal
    wanted = _journal_filter(request)
    entries = [entry for entry in journal.since(since) if wanted(entry)][:limit]
    last = entries[-1].n if entries else since if limit == 0 else max(since, journal.next - 1)
    document = {"exchanges": [entry.as_dict() for entry in entries], "dropped": journal.dropped, "next": last}
    return Response(msgspec.json.encode(document), media_type="application/json")


async def _delete_journal(host: Host, request: Request) -> Response:
    host.tenant(request.scope["tenant"]).journal.clear()
    return Response(status_code=204)


_UNKNOWN = {404: "this call does not exist", 405: "this call does not take this method"}
_OPEN = ("healthz", "readyz")
_CALLS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "healthz", _health),
    ("GET", "readyz", _ready),
    ("GET", "info", _info),
    ("PUT", "tenants/{name}", _put_tenant),
    ("DELETE", "tenants/{name}", _delete_tenant),
    ("GET", "state", _get_state),
    ("PUT", "state", _put_state),
    ("DELETE", "state", _delete_state),
    ("GET", "journal", _get_journal),
    ("DELETE", "journal", _delete_journal),
)


def control_app(host: Host) -> Starlette:
    """Return the ASGI application of the control API for a server."""

    def endpoint(name: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def call(request: Request) -> Response:
            try:
                if name not in _OPEN:
                    check_access(request, host.admin_token)
                return await handler(host, request)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it
            except ControlError as error:
                return JSONResponse(error.document(), status_code=error.status)
            except ScimError as error:
                refused = ControlError(error.status, error.detail)
                return JSONResponse(refused.document(), status_code=error.status)
            except UserError as error:
                return JSONResponse(ControlError(400, str(error)).document(), status_code=400)

        return call

    routes = [
        Route(f"/_scimmock/{path}", endpoint(path, handler), methods=[method])
        for method, path, handler in _CALLS
    ]

    async def unknown(request: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        message = _UNKNOWN.get(status, "an internal error, see the server's log")
        return JSONResponse(ControlError(status, message, request.url.path).document(), status_code=status)

    app = Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown, Exception: unknown})
    app.router.redirect_slashes = False  # a redirect would lead out of the tenant
    return app


__all__ = ["Host", "TenantOptions", "control_app"]
