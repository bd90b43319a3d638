"""The control calls for fault rules."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..errors import FileError, did_you_mean
from ..faults.errors import RuleError
from ..faults.files import load_faults, packs
from ..faults.rule import Rule
from ..faults.ruleset import RuleSet
from .answers import json_answer
from .asked import parameters_of, read_json, refuse_parameters
from .errors import ControlError, rule_error
from .host import Call, Host, tenant_of

_WANTED = 'a rule, {"faults": [...]} or {"pack": "name"} is wanted'


async def _list(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    return json_answer({"faults": tenant_of(host, request).faults.listing()})


async def _add(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    tenant = tenant_of(host, request)
    return json_answer({"faults": add(tenant, await read_json(request))}, 201)


async def _change(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    body = await read_json(request)
    if not isinstance(body, dict) or set(body) != {"enabled"} or not isinstance(body["enabled"], bool):
        strange = next((key for key in body if key != "enabled"), None) if isinstance(body, dict) else None
        near = did_you_mean(strange, ("enabled",)) if strange is not None else None
        wanted = '{"enabled": true} or {"enabled": false} is wanted'
        raise ControlError(400, wanted, strange or "enabled", near)
    return json_answer(switch(tenant_of(host, request), request.path_params["name"], body["enabled"]))


async def _remove(host: Host, request: Request) -> Response:
    refuse_parameters(request)
    remove(tenant_of(host, request), request.path_params["name"])
    return Response(status_code=204)


async def _clear(host: Host, request: Request) -> Response:
    everything = parameters_of(request, ("all",)).get("all", "false")
    if everything not in ("true", "false"):
        raise ControlError(400, "true or false would be right", "all")
    clear(tenant_of(host, request), everything == "true")
    return Response(status_code=204)


# ---- what the calls do, for whoever makes them


def add(tenant: Any, body: Any) -> list[dict[str, Any]]:
    """Add a rule, the rules of ``{"faults": [...]}``, or those of a ``{"pack": name}``: all or none.

    Returns them as they are listed; raises ControlError.
    """
    if not isinstance(body, dict):
        listed = ' (a list of rules stands in {"faults": [...]})' if isinstance(body, list) else ""
        raise ControlError(400, f"{_WANTED}{listed}")
    try:
        return announced(tenant, _added(tenant.faults, body))
    except RuleError as error:
        raise rule_error(error) from None


def announced(tenant: Any, rules: list[Rule]) -> list[dict[str, Any]]:
    """Tell those who look on of rules that were added, and return them as they are listed."""
    stored = [_stored(tenant.faults, rule) for rule in rules]
    tenant.journal.publish("fault", {"change": "added", "rules": stored})
    return stored


def switch(tenant: Any, name: str, enabled: bool) -> dict[str, Any]:
    """Switch a rule on or off and return it as it is listed; raises 404."""
    check_name(tenant.faults, name)
    rule = tenant.faults.enable(name, enabled)
    stored = _stored(tenant.faults, rule)
    change = "enabled" if rule.enabled else "disabled"
    tenant.journal.publish("fault", {"change": change, "rules": [stored]})
    return stored


def remove(tenant: Any, name: str) -> None:
    """Remove a rule; raises 404."""
    check_name(tenant.faults, name)
    tenant.faults.remove(name)
    tenant.journal.publish("fault", {"change": "removed", "rules": [{"name": name}]})


def clear(tenant: Any, everything: bool = False) -> None:
    """Remove all rules but those of the fixture and of quirks, or these too."""
    tenant.faults.clear(everything)
    tenant.journal.publish("fault", {"change": "cleared", "rules": tenant.faults.listing()})


def _added(rules: RuleSet, body: dict[str, Any]) -> list[Rule]:
    """Put the rules of a body in force and return them; raises RuleError and ControlError."""
    holder = next((key for key in ("pack", "faults") if key in body), None)
    if holder is None:
        # Who misspells "faults" means no rule.
        strange = next((key for key in body if did_you_mean(key, ("faults", "pack"))), None)
        if strange is not None and "do" not in body:
            near = did_you_mean(strange, ("faults", "pack"))
            raise ControlError(400, f"unknown key {strange!r}", strange, near)
        return rules.add_one(body, "control")
    extra = next((key for key in body if key != holder), None)
    if extra is not None:
        raise ControlError(400, f"beside {holder!r} stands nothing else", extra)
    if holder == "faults":
        return rules.add(body["faults"], "faults", "control")
    added = _of_pack(body["pack"])
    rules.put(added)
    return added


def _of_pack(name: Any) -> list[Rule]:
    if not isinstance(name, str):
        raise ControlError(400, f"the name of a pack is wanted, packs are {', '.join(packs())}", "pack")
    if name not in packs():
        raise RuleError.unknown("pack", "pack", name, packs())
    try:
        # By its path: a file of that name in the working directory is none of the caller's business.
        found = load_faults(str(packs()[name].path))
    except FileError as error:
        raise ControlError(400, str(error), "pack") from None
    for rule in found:
        rule.source = "control"
    return found


def check_name(rules: RuleSet, name: str) -> None:
    """Raise 404 unless there is a rule of that name; one whose time to live has ended is there no more."""
    known = [rule["name"] for rule in rules.listing()]
    if name not in known:
        raise ControlError(404, f"there is no rule {name!r}", "name", did_you_mean(name, known))


def _stored(rules: RuleSet, rule: Rule) -> dict[str, Any]:
    return rule.as_dict(rules.clock.elapsed())


CALLS: tuple[Call, ...] = (
    ("GET", "faults", _list),
    ("POST", "faults", _add),
    ("DELETE", "faults", _clear),
    ("PATCH", "faults/{name}", _change),
    ("DELETE", "faults/{name}", _remove),
)
