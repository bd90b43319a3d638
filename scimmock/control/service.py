"""Calls about the server itself and its tenants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import FileError, did_you_mean
from ..faults.errors import RuleError
from ..faults.rule import Rule
from ..version import __version__
from .asked import read_body, refuse_parameters
from .errors import ControlError, rule_error
from .host import Call, Host, TenantOptions, tenant_of

_MAX_PEOPLE = 1_000_000


async def _health(host: Host, request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _ready(host: Host, request: Request) -> Response:
    if host.ready:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "loading"}, status_code=503)


async def _info(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    tenant = tenant_of(host, request)
    return JSONResponse({"version": __version__, **host.info(tenant), "faults": len(tenant.faults.listing())})


def described(root_url: str, tenant: Any) -> dict[str, Any]:
    """Return where a tenant is to be found, and its token."""
    url = f"{root_url}{tenant.prefix}"
    also = {face.blueprint.layers.behaviour.name: f"{url}{face.base_path}" for face in tenant.faces}
    return {
        "name": tenant.name,
        "url": url,
        "base_url": f"{url}{tenant.base_path}",
        **({"also": also} if also else {}),
        "control_url": f"{url}/_scimmock",
        "token": next(iter(tenant.blueprint.tokens.values()), None),
    }


async def _put_tenant(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    body = await read_body(request)
    try:
        options = msgspec.json.decode(body or b"{}", type=TenantOptions)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except msgspec.DecodeError as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None
    for field, given in (("fixture", options.fixture), ("also", options.also)):
        for name in [given] if isinstance(given, str) else given or []:
            if "/" in name or name.startswith("."):
                raise ControlError(400, "a fixture is named here, paths are for the command line", field)
    try:
        tenant = create(host, request.path_params["name"], options)
    except FileError as error:
        raise ControlError(
            400, error.message + (f", {error.hint}" if error.hint else ""), "fixture"
        ) from None
    except RuleError as error:
        raise rule_error(error) from None
    return JSONResponse(described(host.root_url(request), tenant), status_code=201)


def options_of(given: dict[str, Any]) -> TenantOptions:
    """Return the options of a tenant as a document has them; raises ControlError."""
    try:
        return msgspec.convert(given, TenantOptions)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None


def create(
    host: Host, name: str, options: TenantOptions, people: Sequence[Path] = (), rules: Sequence[Rule] = ()
) -> Any:
    """Make a tenant and return it, or none; raises ControlError, FileError, RuleError and ScimError.

    ``people`` are files and ``rules`` fault rules, which come beside those of the options.
    """
    for field in ("users", "groups"):
        if not 0 <= (getattr(options, field) or 0) <= _MAX_PEOPLE:
            raise ControlError(400, f"a number from 0 to {_MAX_PEOPLE} would be right", field)
    return host.create_tenant(name, options, people, rules)


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
    refuse_parameters(request)
    if not host.delete_tenant(request.path_params["name"]):
        raise ControlError(404, f"there is no tenant {request.path_params['name']!r}", "name")
    return Response(status_code=204)


CALLS: tuple[Call, ...] = (
    ("GET", "healthz", _health),
    ("GET", "readyz", _ready),
    ("GET", "info", _info),
    ("PUT", "tenants/{name}", _put_tenant),
    ("DELETE", "tenants/{name}", _delete_tenant),
)
