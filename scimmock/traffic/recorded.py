"""The form in which an exchange of this server goes into a recording: whole, and not yet redacted."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ..clock import format_time
from .clients import client_of
from .exchange import Exchange
from .form import Decode, Encode, body_form, compact

# What an exchange does not know of how it stood on the wire: the raw path below the base path; that, None
# for the one of the recording; the headers of the request as they were spelled; and what the server put
# before its own ones.
Wire = tuple[str, str | None, Iterable[tuple[bytes, bytes]], Iterable[tuple[bytes, bytes]]]


def recorded(
    exchange: Exchange,
    wire: Wire,
    started: float,
    decode: Decode = json.loads,
    encode: Encode = compact,
) -> dict[str, Any]:
    """Return an exchange as a recording holds it; ``started`` is when that began, ``n`` is left to it."""
    path, base, spelled, added = wire
    pairs, client = _request_head(tuple(spelled))
    content, size = exchange.request_body, exchange.request_size
    request: dict[str, Any] = {
        "method": exchange.method,
        "path": path,
        "query": str(exchange.query, "latin-1"),
        "http": exchange.http,
        "headers": pairs,
        "body": body_form(content, size or None, decode, encode) if content else {"size": size},
    }
    if base is not None:
        request["base"] = base
    response: dict[str, Any] | None = None
    if exchange.status:
        content = exchange.response_body
        if content and exchange.rules is None and not exchange.quirks and exchange.status < 300:
            # What the service itself encodes is what encoding it gives.
            body: dict[str, Any] = {"json": decode(content), "size": len(content)}
        else:
            body = body_form(content, None, decode, encode)
        headers = [*map(_pair, added), *map(_pair, exchange.response_headers)]
        response = {"status": exchange.status, "headers": headers, "body": body}
    at = exchange.at
    document: dict[str, Any] = {
        "n": 0,
        "at": format_time(at),
        "t": round(at - started, 6) if at > started else 0.0,
        "request": request,
        "response": response,
        "timing": exchange.timing(),
        "connection": exchange.connection,
        "error": exchange.error,
        "trace": _trace(exchange, client),
    }
    if exchange.upstream is not None:
        status, own, content = exchange.upstream
        body = body_form(content, None, decode, encode)
        document["upstream"] = {"status": status, "headers": list(map(_pair, own)), "body": body}
    return document


def _trace(exchange: Exchange, client: str) -> dict[str, Any]:
    rules = exchange.rules
    trace: dict[str, Any] = {
        "operation": exchange.operation,
        "resource": exchange.resource,
        "id": exchange.id,
        "client": client,
        "rule": exchange.rule if rules else None,
        "quirks": list(exchange.quirks),
        "findings": [],
    }
    if exchange.tenant:
        trace["tenant"] = exchange.tenant
    if rules:
        trace["rules"] = rules
    if exchange.speaks is not None:
        trace["base_path"], trace["protocol"] = exchange.speaks
    return trace


@lru_cache(maxsize=512)
def _request_head(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the headers of a request as text, and whom the first User-Agent tells of."""
    agents = (value for name, value in headers if name.lower() == b"user-agent")
    return tuple(map(_pair, headers)), client_of(next(agents, b""))


@lru_cache(maxsize=1024)
def _pair(header: tuple[bytes, bytes]) -> tuple[str, str]:
    """Return a header as text; most come again and again."""
    name, value = header
    return str(name, "latin-1"), str(value, "latin-1")
