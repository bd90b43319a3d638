"""Calls about the clock, of which the server has one for all tenants."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..clock import Clock, parse_duration
from ..errors import did_you_mean
from ..scim.values import parse_date_time
from .asked import read_json
from .errors import ControlError
from .host import Call, Host

_KEYS = ("freeze", "advance", "release")
_LATEST = 253_370_764_800.0  # 9999-01-01: what is counted from it still has a date


async def _get_clock(host: Host, request: Request) -> Response:
    return JSONResponse(shown(host.clock))


async def _post_clock(host: Host, request: Request) -> Response:
    change(host.clock, await read_json(request))
    return JSONResponse(shown(host.clock))


def shown(clock: Clock) -> dict[str, Any]:
    """Return what the clock shows."""
    return {"now": clock.text(), "frozen": clock.frozen, "elapsed": round(clock.elapsed(), 3)}


def change(clock: Clock, asked: Any) -> None:
    """Do what a document such as ``{"advance": "40m"}`` asks for; raises ControlError."""
    if not isinstance(asked, dict):
        raise ControlError(400, 'an object such as {"advance": "40m"} would be right')
    for key in asked:
        if key not in _KEYS:
            raise ControlError(
                400, f"unknown key, known are {', '.join(_KEYS)}", key, did_you_mean(key, _KEYS)
            )
    if len(asked) != 1:
        raise ControlError(400, f"exactly one of {', '.join(_KEYS)} would be right")
    ((key, value),) = asked.items()
    _ACTIONS[key](clock, value)


def _freeze(clock: Clock, value: Any) -> None:
    if value is True:
        clock.freeze()
        return
    moment = parse_date_time(value) if isinstance(value, str) else None
    if moment is None or not 0 <= moment.timestamp() <= _LATEST:
        raise ControlError(
            400, "a time such as 2026-01-31T09:30:00Z, or true for now, would be right", "freeze"
        )
    clock.freeze(moment.timestamp())


def _advance(clock: Clock, value: Any) -> None:
    try:
        if not isinstance(value, str | int | float):
            raise ValueError("a duration such as 40m, or a number of seconds, would be right")
        seconds = parse_duration(value)
    except ValueError as error:
        raise ControlError(400, f"{error}; the clock goes forward only", "advance") from None
    if clock.now() + seconds > _LATEST:
        raise ControlError(400, "the clock ends with the year 9999", "advance")
    clock.advance(seconds)


def _release(clock: Clock, value: Any) -> None:
    if value is not True:
        raise ControlError(400, "true would be right", "release")
    clock.release()


_ACTIONS = {"freeze": _freeze, "advance": _advance, "release": _release}

CALLS: tuple[Call, ...] = (("GET", "clock", _get_clock), ("POST", "clock", _post_clock))
