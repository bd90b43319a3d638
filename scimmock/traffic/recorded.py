"""The form in which an exchange of this server goes into a recording: whole, and not yet redacted."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from ..clock import format_time
from .clients import client_of
from .exchange import Exchange, timing
from .form import Decode, Encode, body_form

Pairs = Iterable[tuple[bytes, bytes]]


class Facts(NamedTuple):
    """What a recording is made from: an exchange as its answer leaves, and how it stood on the wire.

    All of it are values that `marshal` knows.  ``path`` is the raw one below the base path, ``base`` that,
    None for the one of the recording; ``spelled`` are the headers of the request as they came, ``added``
    those that the server puts before its own ones.  ``is_own``: the body of the answer is JSON as the service
    encodes it, not one of a recorded session, and nothing changed it.  The others are as in `Exchange`.
    """

    path: str
    base: str | None
    spelled: tuple[tuple[bytes, bytes], ...]
    added: tuple[tuple[bytes, bytes], ...]
    method: str
    query: bytes
    http: str
    request_body: bytes
    request_size: int
    status: int
    response_body: bytes
    response_headers: list[tuple[bytes, bytes]]
    at: float
    begin: float
    received: float
    answered: float
    end: float
    connection: int
    error: dict[str, str] | None
    upstream: tuple[int, list[tuple[bytes, bytes]], bytes] | None
    operation: str | None
    resource: str | None
    id: str | None
    tenant: str
    quirks: tuple[str, ...]
    rules: list[dict[str, Any]] | None
    speaks: tuple[str, str] | None
    is_own: bool


def facts(exchange: Exchange, path: str, base: str | None, spelled: Pairs, added: Pairs) -> Facts:
    """Return what is recorded of an exchange."""
    return Facts(
        path,
        base,
        tuple(spelled),
        tuple(added),
        exchange.method,
        exchange.query,
        exchange.http,
        exchange.request_body,
        exchange.request_size,
        exchange.status,
        exchange.response_body,
        exchange.response_headers,
        exchange.at,
        exchange.begin,
        exchange.received,
        exchange.answered,
        exchange.end,
        exchange.connection,
        exchange.error,
        exchange.upstream,
        exchange.operation,
        exchange.resource,
        exchange.id,
        exchange.tenant,
        exchange.quirks,
        exchange.rules,
        exchange.speaks,
        # What is answered from a recorded session has a note on that.
        exchange.status < 300 and exchange.rules is None and not (exchange.quirks or exchange.notes),
    )


def recorded(facts: Facts, started: float, decode: Decode, encode: Encode) -> dict[str, Any]:
    """Return an exchange as a recording holds it; ``started`` is when that began, ``n`` is left to it."""
    pairs, client = _request_head(facts.spelled)
    content, size = facts.request_body, facts.request_size
    request: dict[str, Any] = {
        "method": facts.method,
        "path": facts.path,
        "query": str(facts.query, "latin-1"),
        "http": facts.http,
        "headers": pairs,
        "body": body_form(content, size or None, decode, encode) if content else {"size": size},
    }
    if facts.base is not None:
        request["base"] = facts.base
    response: dict[str, Any] | None = None
    status = facts.status
    if status:
        content = facts.response_body
        if content and facts.is_own:  # encoding it again would give the same
            body: dict[str, Any] = {"json": decode(content), "size": len(content)}
        else:
            body = body_form(content, None, decode, encode)
        headers = [*map(_pair, facts.added), *map(_pair, facts.response_headers)]
        response = {"status": status, "headers": headers, "body": body}
    at = facts.at
    document: dict[str, Any] = {
        "n": 0,
        "at": format_time(at),
        "t": round(at - started, 6) if at > started else 0.0,
        "request": request,
        "response": response,
        "timing": timing(facts.begin, facts.received, facts.answered, facts.end),
        "connection": facts.connection,
        "error": facts.error,
        "trace": _trace(facts, client),
    }
    if facts.upstream is not None:
        status, own, content = facts.upstream
        body = body_form(content, None, decode, encode)
        document["upstream"] = {"status": status, "headers": list(map(_pair, own)), "body": body}
    return document


def _trace(facts: Facts, client: str) -> dict[str, Any]:
    rules = facts.rules
    trace: dict[str, Any] = {
        "operation": facts.operation,
        "resource": facts.resource,
        "id": facts.id,
        "client": client,
        "rule": rules[0]["name"] if rules else None,
        "quirks": list(facts.quirks),
        "findings": [],
    }
    if facts.tenant:
        trace["tenant"] = facts.tenant
    if rules:
        trace["rules"] = rules
    if facts.speaks is not None:
        trace["base_path"], trace["protocol"] = facts.speaks
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
