"""The control calls for fault rules."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..errors import FileError
from ..faults.errors import RuleError
from ..faults.files import load_faults, packs
from .errors import ControlError, rule_error
from .host import Call, Host, read_json


async def _list(host: Host, request: Request) -> Response:
    return _json({"faults": host.tenant(request.scope["tenant"]).faults.listing()})


async def _add(host: Host, request: Request) -> Response:
    """Add a rule, the rules of ``{"faults": [...]}``, or those of a ``{"pack": name}``: all or none."""
    rules = host.tenant(request.scope["tenant"]).faults
    body = await read_json(request)
    if not isinstance(body, dict):
        raise ControlError(400, 'a rule, {"faults": [...]} or {"pack": "name"} is wanted')
    try:
        if "pack" in body:
            added = _pack(body)
            rules.put(added)
        elif "faults" in body:
            extra = next((key for key in body if key != "faults"), None)
            if extra is not None:
                raise ControlError(400, "beside 'faults' stands nothing else", extra)
            added = rules.add(body["faults"], "faults", "control")
        else:
            added = rules.add_one(body, "control")
    except RuleError as error:
        raise rule_error(error) from None
    names = {rule.name for rule in added}
    stored = [rule for rule in rules.listing() if rule["name"] in names]
    return _json({"faults": stored}, 201)


def _pack(body: dict[str, Any]) -> list[Any]:
    name = body["pack"]
    if not isinstance(name, str) or name not in packs() or len(body) > 1:
        known = ", ".join(packs())
        unknown = RuleError.unknown("pack", "pack", str(name), packs()) if len(body) == 1 else None
        if unknown is not None:
            raise unknown
        raise ControlError(400, f"beside 'pack' stands nothing else, packs are {known}", "pack")
    try:
        return load_faults(name)
    except FileError as error:
        raise ControlError(400, str(error), "pack") from None


async def _change(host: Host, request: Request) -> Response:
    rules, name = host.tenant(request.scope["tenant"]).faults, request.path_params["name"]
    body = await read_json(request)
    if not isinstance(body, dict) or set(body) != {"enabled"} or not isinstance(body["enabled"], bool):
        raise ControlError(400, '{"enabled": true} or {"enabled": false} is wanted', "enabled")
    rule = rules.enable(name, body["enabled"])
    if rule is None:
        raise _missing(host, request, name)
    return _json(rule.as_dict(rules.clock.elapsed()))


async def _remove(host: Host, request: Request) -> Response:
    name = request.path_params["name"]
    if not host.tenant(request.scope["tenant"]).faults.remove(name):
        raise _missing(host, request, name)
    return Response(status_code=204)


async def _clear(host: Host, request: Request) -> Response:
    everything = request.query_params.get("all", "false").lower()
    if everything not in ("true", "false"):
        raise ControlError(400, "all is true or false", "all")
    host.tenant(request.scope["tenant"]).faults.clear(everything == "true")
    return Response(status_code=204)


def _missing(host: Host, request: Request, name: str) -> ControlError:
    known = [rule.name for rule in host.tenant(request.scope["tenant"]).faults.rules]
    near = RuleError.unknown("name", "rule", name, known or ["none"]).suggestion
    return ControlError(404, f"there is no rule {name!r}", "name", near)


def _json(document: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(document), status_code=status, media_type="application/json")


CALLS: tuple[Call, ...] = (
    ("GET", "faults", _list),
    ("POST", "faults", _add),
    ("DELETE", "faults", _clear),
    ("PATCH", "faults/{name}", _change),
    ("DELETE", "faults/{name}", _remove),
)
