"""What a call of the control API asks for: its body and its parameters, with errors that name them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from starlette.requests import Request

from ..errors import did_you_mean
from .errors import ControlError

_MAX_BODY = 64 * 1024 * 1024


async def read_body(request: Request) -> bytes:
    """Return the body; raises 413 beyond 64 MB."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise ControlError(413, f"the body is larger than {_MAX_BODY} bytes")
    return bytes(body)


async def read_json(request: Request) -> Any:
    """Return what the body decodes to; raises 400."""
    try:
        return msgspec.json.decode(await read_body(request))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ControlError(400, f"the body is not JSON: {error}") from None


def parameters_of(request: Request, known: Collection[str]) -> dict[str, str]:
    """Return the query parameters; raises 400 for an unknown one and for one that stands twice."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            listed = ", ".join(known)
            raise ControlError(400, f"unknown parameter, known are {listed}", name, did_you_mean(name, known))
        if name in found:
            raise ControlError(400, "the parameter stands twice", name)
        found[name] = value
    return found


def number_of(parameters: dict[str, str], name: str, default: int) -> int:
    """Return a parameter that is a whole number from 0; raises 400."""
    text = parameters.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ControlError(400, "a whole number from 0 would be right", name)
    return int(text)


def refuse_parameters(request: Request) -> None:
    """Raise 400 for a query parameter of a call that takes none: it would be ignored in silence."""
    name = next(iter(request.query_params), None)
    if name is not None:
        raise ControlError(400, "unknown parameter, this call takes none", name)
