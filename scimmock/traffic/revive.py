"""A recorded exchange as the `Exchange` that it was, so that what works on a journal works on a recording."""

from __future__ import annotations

import json
import math
from typing import Any

from ..clock import parse_time
from .exchange import Exchange, Headers
from .form import body_bytes
from .routes import aim_of

_PADDED = 16  # how many times as long as it is kept here a body may have been sent


def exchange_of(document: dict[str, Any], header: dict[str, Any] | None = None) -> Exchange:
    """Return the exchange that a line of a recording tells of; never raises for one that was read as such.

    Instants on the monotonic clock count from the beginning of the session, as ``t`` does; ``header`` is
    needed only for lines without ``at`` or ``t``.  What the trace does not say is told by method and path.
    A body has the length that it was sent with, where it is whole: that is how a cut one is told.
    """
    request, trace = _object(document.get("request")), _object(document.get("trace"))
    at, t = _instants(document, header or {})
    method, path = _text(request.get("method")), _text(request.get("path"))
    query, sent = _raw(request.get("query")), _headers(request.get("headers"))
    exchange = Exchange(
        at, t, _text(trace.get("tenant")), method, path, query, sent, _text(request.get("http")) or "1.1"
    )
    exchange.t = t
    exchange.n, exchange.connection, exchange.seed = (
        int(_number(place.get(name)))
        for place, name in ((document, "n"), (document, "connection"), (trace, "seed"))
    )
    exchange.request_body, exchange.request_size = _body(request.get("body"))
    _set_answer(exchange, document)
    _set_durations(exchange, _object(document.get("timing")), _object(trace.get("stages")))
    _set_trace(exchange, trace)
    return exchange


def _instants(document: dict[str, Any], header: dict[str, Any]) -> tuple[float, float]:
    """Return when an exchange began: in seconds since 1970, and since the session began."""
    at, started = (_seconds(place.get(name)) for place, name in ((document, "at"), (header, "started")))
    t = document.get("t")
    since = _number(t) if t is not None else max(0.0, at - started) if at and started else 0.0
    return at or started + since, since


def _set_answer(exchange: Exchange, document: dict[str, Any]) -> None:
    response, upstream, error = (document.get(name) for name in ("response", "upstream", "error"))
    if isinstance(response, dict):
        exchange.status = int(_number(response.get("status")))
        exchange.response_headers = _headers(response.get("headers"))
        exchange.response_body, exchange.response_size = _body(response.get("body"))
    if isinstance(upstream, dict):
        body, _ = _body(upstream.get("body"))
        exchange.upstream = int(_number(upstream.get("status"))), _headers(upstream.get("headers")), body
    if isinstance(error, dict):
        exchange.error = {name: _text(value) for name, value in error.items()}


def _set_durations(exchange: Exchange, timing: dict[str, Any], stages: dict[str, Any]) -> None:
    exchange.received = exchange.begin + _number(timing.get("request_ms")) / 1000
    exchange.answered = exchange.received + _number(timing.get("wait_ms")) / 1000
    exchange.end = exchange.answered + _number(timing.get("response_ms")) / 1000
    exchange.matched = exchange.received + _number(stages.get("faults_ms")) / 1000
    exchange.executed = exchange.matched + _number(stages.get("engine_ms")) / 1000


def _set_trace(exchange: Exchange, trace: dict[str, Any]) -> None:
    aim = aim_of(exchange.method, exchange.path)
    if "operation" in trace:
        exchange.operation, exchange.resource, exchange.id = (
            _text(trace.get(name)) or None for name in ("operation", "resource", "id")
        )
    else:
        exchange.operation, exchange.resource, exchange.id = aim.operation, aim.resource, aim.id
    exchange.identity = _text(trace.get("token")) or None
    exchange.quirks = tuple(map(_text, _list(trace.get("quirks"))))
    exchange.rules = rules_in(trace) or None
    exchange.notes = _objects(trace.get("notes")) or None
    if "base_path" in trace or "protocol" in trace:
        exchange.speaks = _text(trace.get("base_path")), _text(trace.get("protocol")) or "2.0"
    before, after = trace.get("before"), trace.get("after")
    exchange.before = before if isinstance(before, dict) else None
    exchange.after = after if isinstance(after, dict) else None


def rules_in(trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fault rules that fired, by the ``rules`` of a trace or the ``rule`` that it has alone."""
    rules = [rule for rule in _objects(trace.get("rules")) if "name" in rule]
    return rules or ([{"name": trace["rule"]}] if isinstance(trace.get("rule"), str) else [])


def _body(form: Any) -> tuple[bytes, int]:
    """Return the bytes of a recorded body and its size; the size is larger only where the body was cut."""
    form = _object(form)
    body, size = bytes_of(form), int(_number(form.get("size")))
    if form.get("cut"):
        return body[: max(0, size - 1)], size
    if "json" in form and len(body) < size <= _PADDED * len(body):
        body = body.ljust(size)  # it was sent with white space, which JSON may have anywhere
    return body, size if size <= len(body) or not body else len(body)


def bytes_of(form: dict[str, Any]) -> bytes:
    """Return the bytes of a recorded body, of one that was written wrongly what can be made of it."""
    try:
        return body_bytes(form)
    except (ValueError, TypeError):  # halves of surrogate pairs, no base64
        text = json.dumps(form["json"]) if "json" in form else _text(form.get("text"))
        return text.encode("utf-8", "replace")
    except RecursionError:
        return b""


def _headers(pairs: Any) -> Headers:
    return [(_raw(name).lower(), _raw(value)) for name, value in pairs_of(pairs)]


def pairs_of(headers: Any) -> list[tuple[str, str]]:
    """Return the recorded headers as pairs of text, without what is no pair."""
    pairs = (pair for pair in _list(headers) if isinstance(pair, list) and len(pair) == 2)
    return [(_text(name), _text(value)) for name, value in pairs]


def _raw(value: Any) -> bytes:
    return _text(value).encode("latin-1", "replace")  # what can be sent at all can be encoded so


def _seconds(value: Any) -> float:
    try:
        return parse_time(value)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _number(value: Any) -> float:
    plain = isinstance(value, int | float) and abs(value) < 1e15  # what is larger is no number of anything
    return value if plain and not math.isnan(value) else 0.0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in _list(value) if isinstance(item, dict)]
