"""The control calls for quirks."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..faults.errors import RuleError
from ..quirks.quirkset import QuirkSet, read_quirks
from .errors import ControlError, rule_error
from .host import Call, Host, read_json, tenant_of


async def _list(host: Host, request: Request) -> Response:
    return _listing(tenant_of(host, request).quirks)


async def _replace(host: Host, request: Request) -> Response:
    """Put the quirks of ``{"quirks": [...]}`` in the place of all that are on, or leave all as it is."""
    tenant = tenant_of(host, request)
    body = await read_json(request)
    if not isinstance(body, dict) or set(body) != {"quirks"}:
        raise ControlError(400, '{"quirks": ["name", {"quirk": "name", ...}]} is wanted', "quirks")
    try:
        chosen = QuirkSet(read_quirks(body["quirks"], "quirks"))
        tenant.change_quirks(chosen)
    except RuleError as error:
        raise rule_error(error) from None
    return _listing(chosen)


async def _reset(host: Host, request: Request) -> Response:
    tenant = tenant_of(host, request)
    tenant.change_quirks(tenant.blueprint.quirk_set)
    return Response(status_code=204)


def _listing(quirks: QuirkSet) -> Response:
    shown = [{"quirk": item.name, **item.parameters} for item in quirks.chosen]
    return Response(msgspec.json.encode({"quirks": shown}), media_type="application/json")


CALLS: tuple[Call, ...] = (
    ("GET", "quirks", _list),
    ("PUT", "quirks", _replace),
    ("DELETE", "quirks", _reset),
)
