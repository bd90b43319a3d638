"""The control calls for quirks."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..errors import did_you_mean
from ..faults.errors import RuleError
from ..quirks.quirkset import Chosen, QuirkSet, read_quirks
from .answers import json_answer
from .asked import refuse_parameters
from .errors import ControlError, rule_error
from .host import Call, Host, read_json, tenant_of


async def _list(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    return _listing(tenant_of(host, request).quirks)


async def _replace(host: Host, request: Request) -> Response:
    """Put the quirks of ``{"quirks": [...]}`` in the place of all that are on, or leave all as it is."""
    refuse_parameters(request)
    tenant = tenant_of(host, request)
    body = await read_json(request)
    if not isinstance(body, dict) or set(body) != {"quirks"}:
        strange = next((key for key in body if key != "quirks"), None) if isinstance(body, dict) else None
        near = did_you_mean(strange, ("quirks",)) if strange is not None else None
        wanted = '{"quirks": ["name", {"quirk": "name", ...}]} is wanted'
        raise ControlError(400, wanted, strange or "quirks", near)
    try:
        chosen = read_quirks(body["quirks"], "quirks")
    except RuleError as error:
        raise rule_error(error) from None
    _check_names(tenant, chosen)
    quirks = QuirkSet(chosen)
    try:
        tenant.change_quirks(quirks)
    except RuleError as error:  # there are too many rules
        raise ControlError(400, f"{error.message}, {error.hint}", "quirks") from None
    return _listing(quirks)


def _check_names(tenant: Any, chosen: list[Chosen]) -> None:
    """Raise 409 when the rules that play a quirk have the name of a rule in force."""
    taken = {rule["name"] for rule in tenant.faults.listing() if rule["origin"] != "quirk"}
    for index, item in enumerate(chosen):
        for rule in QuirkSet([item]).rules():
            if rule.name in taken:
                message = f"{item.name!r} is played by a rule {rule.name!r}, a name that is taken"
                raise ControlError(409, f"{message}, remove that rule first", f"quirks[{index}]")


async def _reset(host: Host, request: Request) -> Response:
    """Put those quirks in force again that the tenant started with."""
    refuse_parameters(request)
    tenant = tenant_of(host, request)
    first = tenant.blueprint.quirk_set
    _check_names(tenant, list(first.chosen))
    tenant.change_quirks(first)
    return Response(status_code=204)


def _listing(quirks: QuirkSet) -> Response:
    shown = [{"quirk": item.name, **item.parameters} for item in quirks.chosen]
    return json_answer({"quirks": shown})


CALLS: tuple[Call, ...] = (
    ("GET", "quirks", _list),
    ("PUT", "quirks", _replace),
    ("DELETE", "quirks", _reset),
)
