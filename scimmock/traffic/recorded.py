"""The form in which an exchange of this server goes into a recording: whole, and not yet redacted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..clock import format_time
from .exchange import Exchange
from .form import Decode, Encode, body_form, compact


@dataclass(slots=True)
class Wire:
    """What an exchange does not know of how it stood on the wire.

    ``base`` is the base path, None for that of the recording; ``path`` the raw path below it; ``headers``
    are those of the request as they were spelled, ``added`` what the server put before its own ones.
    """

    path: str
    base: str | None
    headers: Iterable[tuple[bytes, bytes]]
    added: Iterable[tuple[bytes, bytes]]


def recorded(
    exchange: Exchange,
    wire: Wire,
    started: float,
    decode: Decode = json.loads,
    encode: Encode = compact,
) -> dict[str, Any]:
    """Return an exchange as a recording holds it; ``started`` is when that began, ``n`` is left to it."""
    request: dict[str, Any] = {
        "method": exchange.method,
        "path": wire.path,
        "query": exchange.query.decode("latin-1"),
        "http": exchange.http,
        "headers": list(map(_pair, wire.headers)),
        "body": body_form(exchange.request_body, exchange.request_size or None, decode, encode),
    }
    if wire.base is not None:
        request["base"] = wire.base
    document: dict[str, Any] = {
        "n": 0,
        "at": format_time(exchange.at),
        "t": round(max(0.0, exchange.at - started), 6),
        "request": request,
        "response": None,
        "timing": exchange.timing(),
        "connection": exchange.connection,
        "error": exchange.error,
        "trace": _trace(exchange),
    }
    if exchange.status:
        content = exchange.response_body
        if content and exchange.rules is None and not exchange.quirks and exchange.status < 300:
            # What the service itself encodes is what encoding it gives.
            body: dict[str, Any] = {"json": decode(content), "size": len(content)}
        else:
            body = body_form(content, None, decode, encode)
        headers = [*map(_pair, wire.added), *map(_pair, exchange.response_headers)]
        document["response"] = {"status": exchange.status, "headers": headers, "body": body}
    if exchange.upstream is not None:
        status, own, content = exchange.upstream
        body = body_form(content, None, decode, encode)
        document["upstream"] = {"status": status, "headers": list(map(_pair, own)), "body": body}
    return document


def _trace(exchange: Exchange) -> dict[str, Any]:
    trace: dict[str, Any] = {
        "operation": exchange.operation,
        "resource": exchange.resource,
        "id": exchange.id,
        "client": exchange.client,
        "rule": exchange.rule,
        "quirks": list(exchange.quirks),
        "findings": [],
    }
    if exchange.tenant:
        trace["tenant"] = exchange.tenant
    if exchange.rules:
        trace["rules"] = exchange.rules
    if exchange.speaks is not None:
        trace["base_path"], trace["protocol"] = exchange.speaks
    return trace


@lru_cache(maxsize=1024)
def _pair(header: tuple[bytes, bytes]) -> tuple[str, str]:
    """Return a header as text; most come again and again."""
    name, value = header
    return str(name, "latin-1"), str(value, "latin-1")
