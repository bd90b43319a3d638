"""Calls about what the directory of a tenant holds."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..errors import ScimError, did_you_mean
from .answers import json_answer
from .asked import parameters_of, read_json
from .errors import ControlError
from .host import Call, Host, tenant_of


async def _get_state(host: Host, request: Request) -> Response:
    return json_answer(host.dump(tenant_of(host, request)))


async def _put_state(host: Host, request: Request) -> Response:
    tenant = tenant_of(host, request)
    content = await read_json(request)
    if not isinstance(content, dict):
        raise ControlError(400, 'a state is an object such as {"Users": [], "Groups": []}')
    strange = next((key for key in content if key not in tenant.endpoints), None)
    if strange is not None:
        near = did_you_mean(strange, tenant.endpoints)
        known = ", ".join(tenant.endpoints)
        raise ControlError(400, f"there is no endpoint {strange!r}, there are {known}", strange, near)
    try:
        host.restore(tenant, content)
    except ScimError as error:
        where, _, what = error.detail.partition(": ")  # "Users[1]: ..."
        field = where if what else where.partition(" ")[0]
        raise ControlError(400, error.detail, field) from None
    counts = {name: len(documents) for name, documents in host.dump(tenant).items()}
    tenant.journal.publish("state", {"state": "restored", "resources": counts})
    return JSONResponse(counts)


async def _delete_state(host: Host, request: Request) -> Response:
    rules = parameters_of(request, ("faults",)).get("faults", "false")
    if rules not in ("true", "false"):
        raise ControlError(400, "true or false would be right", "faults")
    tenant = tenant_of(host, request)
    host.reset(tenant)
    if rules == "true":
        tenant.faults.rewind()
    tenant.journal.publish("state", {"state": "reset"})
    return Response(status_code=204)


CALLS: tuple[Call, ...] = (
    ("GET", "state", _get_state),
    ("PUT", "state", _put_state),
    ("DELETE", "state", _delete_state),
)
