"""Calls about what the directory of a tenant holds."""

from __future__ import annotations

from typing import Any

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
    return JSONResponse(restore(host, tenant_of(host, request), await read_json(request)))


async def _delete_state(host: Host, request: Request) -> Response:
    rules = parameters_of(request, ("faults",)).get("faults", "false")
    if rules not in ("true", "false"):
        raise ControlError(400, "true or false would be right", "faults")
    reset(host, tenant_of(host, request), rules == "true")
    return Response(status_code=204)


def restore(host: Host, tenant: Any, content: Any) -> dict[str, int]:
    """Replace the directory of a tenant by a dump; returns how many resources of each kind there are.

    Raises ControlError, and leaves the directory as it was.
    """
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
    return counts


def reset(host: Host, tenant: Any, with_rules: bool = False) -> None:
    """Put the directory of a tenant back to what its fixture made it, and its rules to uncounted ones."""
    host.reset(tenant)
    if with_rules:
        tenant.faults.rewind()
    tenant.journal.publish("state", {"state": "reset"})


CALLS: tuple[Call, ...] = (
    ("GET", "state", _get_state),
    ("PUT", "state", _put_state),
    ("DELETE", "state", _delete_state),
)
