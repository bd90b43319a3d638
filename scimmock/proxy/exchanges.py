"""A flow of mitmproxy as an exchange in the form of a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from mitmproxy import http

from ..clock import format_time
from ..quickjson import decode, encode
from ..traffic.clients import client_of
from ..traffic.form import body_form
from ..traffic.routes import Aim, aim_of, base_of, below
from .bodies import Tee, form_of, header
from .failures import Failure

Pairs = Sequence[tuple[bytes, bytes]]

_VERSIONS = {"HTTP/2.0": "2", "HTTP/3": "3"}  # as ASGI names them


class Told(Protocol):
    """What fault rules did to a flow; see `scimmock.proxy.faults`."""

    def rules_of(self, flow: http.HTTPFlow) -> list[dict[str, Any]]: ...

    def told(self, flow: http.HTTPFlow) -> dict[str, Any] | None: ...


@dataclass(slots=True)
class Seen:
    """What is known of a flow beside the flow itself.

    ``connection`` counts the connections of clients from 1, ``headers`` are those of the answer where they
    were changed before it was recorded, ``request`` and ``response`` keep streamed
    bodies, ``rules`` and ``told`` are what fault rules or a replay did, ``notes`` what is to be said of that,
    ``failure`` what ended the flow.
    """

    connection: int = 0
    headers: Pairs | None = None
    request: Tee | None = None
    response: Tee | None = None
    rules: list[dict[str, Any]] = field(default_factory=list)
    told: dict[str, Any] | None = None
    notes: list[dict[str, Any]] = field(default_factory=list)
    failure: Failure | None = None


def document_of(
    flow: http.HTTPFlow, seen: Seen, base: str = "", started: float = 0.0, most: int = 10_000_000
) -> dict[str, Any]:
    """Return the exchange of a flow, as the upstream spoke it.

    ``base`` is the base path of the recording, ``started`` when it began in seconds since 1970; of a body
    with more than ``most`` bytes the beginning is kept.
    """
    request = flow.request
    path, _, query = request.data.path.partition(b"?")
    where, aim = _place(request.method, path.decode("latin-1"), base)
    response, error, upstream = _answer(flow, seen, most)
    rules = seen.rules
    document: dict[str, Any] = {
        "n": 0,
        "at": format_time(request.timestamp_start),
        "t": round(request.timestamp_start - started, 6),
        "request": {
            "method": request.method,
            **where,
            "query": query.decode("latin-1"),
            "http": _VERSIONS.get(request.http_version, request.http_version.removeprefix("HTTP/")),
            "headers": _request_headers(request),
            "body": form_of(request, seen.request, most),
        },
        "response": response,
        "timing": _timing(flow),
        "connection": seen.connection,
        "error": error,
        "trace": {
            "operation": aim.operation,
            "resource": aim.resource,
            "id": aim.id or _created(aim, response or upstream),
            "client": client_of(header(request, b"user-agent").encode("latin-1")),
            "rule": rules[0].get("name") if rules else None,
            **({"rules": rules} if rules else {}),
            **({"notes": seen.notes} if seen.notes else {}),
            "quirks": [],
            "findings": [],
        },
    }
    if upstream is not None:
        document["upstream"] = upstream
    return document


def minimal_document(flow: http.HTTPFlow, seen: Seen, started: float, why: str) -> dict[str, Any]:
    """Return what can be said of a flow whose exchange cannot be told: that there was one, and its status."""
    answer = _bare(flow.response.status_code) if flow.response else None
    return {
        "n": 0,
        "at": format_time(flow.timestamp_start),
        "t": round(flow.timestamp_start - started, 6),
        "request": {
            "method": flow.request.method,
            "path": "/",
            "query": "",
            "http": "1.1",
            "headers": [],
            "body": {"size": 0},
        },
        "response": answer,
        "timing": {},
        "connection": seen.connection,
        "error": {"kind": "incomplete", "message": why},
        "trace": {"operation": None, "resource": None, "id": None, "client": "", "rule": None},
    }


def plain_path(path: bytes) -> str:
    """Return a path without its escapes, as rules match it; an escaped slash stays one."""
    text = path.decode("latin-1")
    if "%" not in text:
        return text
    try:
        parts = [unquote(part, errors="strict") for part in text.split("/")]
    except UnicodeDecodeError:
        return text
    return "/".join(part.replace("/", "%2F") for part in parts)


def _place(method: str, path: str, base: str) -> tuple[dict[str, str], Aim]:
    """Return where a request lies, seen from the base path of the recording, and what it is for."""
    rest = below(path, base) if base else None
    if rest is not None:
        return {"path": rest}, aim_of(method, rest)
    other = base_of(path)
    if other is not None:
        rest = below(path, other) or "/"
        return ({"path": rest} if other == base else {"path": rest, "base": other}), aim_of(method, rest)
    aim = aim_of(method, path)
    where = {"path": path, "base": ""} if base else {"path": path}
    return where, aim if aim.operation == "token" else Aim()


def _answer(
    flow: http.HTTPFlow, seen: Seen, most: int
) -> tuple[dict[str, Any] | None, dict[str, str] | None, dict[str, Any] | None]:
    """Return what the client got, what went wrong, and what the upstream did where that is another thing."""
    told, failure = seen.told, seen.failure
    got = _message(flow, seen, most)
    if told is not None and (told.get("error") or told.get("upstream")):
        error = told.get("error")
        met = got if failure is None and not (error and _is_killed(flow)) else None
        return met, error, _told_upstream(told.get("upstream"))
    if failure is None:
        return got, None, None
    if failure.side == "client":
        return None, failure.error, got
    if failure.side == "proxy":
        answered = _bare(failure.status) if failure.status else None
        return answered, failure.error, got
    if failure.status is None:  # it broke off while it was streamed: the client saw the same
        return got, failure.error, None
    said = got or {"status": None, "headers": [], "body": {"size": 0}}
    if got is not None:  # mitmproxy threw away what had come of the body
        said = got | {"body": {"size": 0}}
    return _bare(failure.status), failure.error, said | {"error": failure.error}


def _created(aim: Aim, answer: dict[str, Any] | None) -> str | None:
    """Return the id of a resource that a request has made."""
    if aim.operation != "create" or answer is None or answer["status"] != 201:
        return None
    body = answer["body"].get("json")
    made = body.get("id") if isinstance(body, dict) else None
    return made if isinstance(made, str) else None


def _is_killed(flow: http.HTTPFlow) -> bool:
    return flow.error is not None and flow.error.msg == flow.error.KILLED_MESSAGE


def _message(flow: http.HTTPFlow, seen: Seen, most: int) -> dict[str, Any] | None:
    response = flow.response
    if response is None:
        return None
    return {
        "status": response.status_code,
        "headers": _pairs(response.headers.fields if seen.headers is None else seen.headers),
        "body": form_of(response, seen.response, most),
    }


def _bare(status: int) -> dict[str, Any]:
    """Return an answer by its status alone; what mitmproxy writes beside it says nothing of the service."""
    return {"status": status, "headers": [], "body": {"size": 0}}


def _told_upstream(said: tuple[int, Pairs, bytes] | None) -> dict[str, Any] | None:
    if said is None:
        return None
    status, headers, body = said
    return {"status": status, "headers": _pairs(headers), "body": body_form(body, None, decode, encode)}


def _request_headers(request: http.Request) -> list[list[str]]:
    """Return the headers of a request; HTTP/2 has the host in a field of its own."""
    pairs = _pairs(request.headers.fields)
    if request.authority and not header(request, b"host"):
        return [["host", request.authority], *pairs]
    return pairs


def _pairs(fields: Pairs) -> list[list[str]]:
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in fields]


def _timing(flow: http.HTTPFlow) -> dict[str, float]:
    """Return milliseconds: how long the request took to come, the wait, and how long the answer took."""
    request, response = flow.request, flow.response
    sent = request.timestamp_end or request.timestamp_start
    last = flow.error.timestamp if flow.error else sent
    begun = response.timestamp_start if response else last
    ended = (response.timestamp_end or last) if response else last
    return {
        "request_ms": _milliseconds(request.timestamp_start, sent),
        "wait_ms": _milliseconds(sent, begun),
        "response_ms": _milliseconds(begun, ended),
    }


def _milliseconds(start: float, end: float) -> float:
    return round(max(0.0, end - start) * 1000, 3)
