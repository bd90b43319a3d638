"""One exchange: what was asked, what was answered, what was done to it, when."""

from __future__ import annotations

import base64
import json
from typing import Any

from ..clock import format_time

Headers = list[tuple[bytes, bytes]]

_SECRET_HEADERS = frozenset(
    (b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key")
)
_SECRET_NAMES = ("password", "access_token", "client_secret")
MASK = "***"


class Exchange:
    """A request and its answer, as cheap to make as possible; `as_dict` gives it its form.

    ``path`` lies below the base, ``query`` is raw, bodies are bytes as sent.  Times: ``at`` in seconds
    since 1970, ``t`` in seconds since the journal began, ``begin`` and ``end`` on the monotonic clock.
    """

    __slots__ = (
        "at",
        "begin",
        "client",
        "connection",
        "end",
        "error",
        "findings",
        "headers",
        "http",
        "id",
        "identity",
        "method",
        "n",
        "operation",
        "path",
        "query",
        "quirks",
        "request_body",
        "request_size",
        "resource",
        "response_body",
        "response_headers",
        "response_size",
        "rule",
        "status",
        "t",
        "tenant",
    )

    def __init__(
        self,
        at: float,
        begin: float,
        tenant: str,
        method: str,
        path: str,
        query: bytes,
        headers: Headers,
        http: str,
    ) -> None:
        self.n = 0
        self.at = at
        self.t = 0.0
        self.begin = begin
        self.end = begin
        self.tenant = tenant
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.http = http
        self.request_body = b""
        self.request_size = 0
        self.status = 0
        self.response_headers: Headers = []
        self.response_body = b""
        self.response_size = 0
        self.connection = 0
        self.operation: str | None = None
        self.resource: str | None = None
        self.id: str | None = None
        self.identity: str | None = None
        self.rule: str | None = None
        self.client: str | None = None
        self.quirks: tuple[str, ...] = ()
        self.findings: tuple[Any, ...] = ()
        self.error: dict[str, str] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the exchange in the form of a recording, secrets in headers masked."""
        response = None
        if self.status:
            response = {
                "status": self.status,
                "headers": _headers(self.response_headers),
                "body": _body(self.response_body, self.response_size),
            }
        return {
            "n": self.n,
            "at": format_time(self.at),
            "t": round(self.t, 6),
            "request": {
                "method": self.method,
                "path": self.path,
                "query": self.query.decode("latin-1"),
                "http": self.http,
                "headers": _headers(self.headers),
                "body": _body(self.request_body, self.request_size),
            },
            "response": response,
            "timing": {"wait_ms": round((self.end - self.begin) * 1000, 3)},
            "connection": self.connection,
            "error": self.error,
            "trace": {
                "tenant": self.tenant,
                "operation": self.operation,
                "resource": self.resource,
                "id": self.id,
                "token": self.identity,
                "rule": self.rule,
                "quirks": list(self.quirks),
                "findings": list(self.findings),
            },
        }


def _headers(headers: Headers) -> list[list[str]]:
    shown = []
    for name, value in headers:
        text = value.decode("latin-1")
        if name.lower() in _SECRET_HEADERS:
            scheme, space, _ = text.partition(" ")
            text = f"{scheme} {MASK}" if space else MASK
        shown.append([name.decode("latin-1"), text])
    return shown


def _reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("duplicate key")
    return result


def _body(body: bytes, size: int) -> dict[str, Any]:
    """Return ``json`` where encoding it again gives the same document, else ``text`` or ``base64``."""
    if not body:
        return {"size": size}
    if len(body) < size:
        text = body.decode("utf-8", "replace")
        return {"text": MASK if _tells_secrets(text) else text, "size": size, "cut": True}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode(), "size": size}
    try:
        document = json.loads(text, object_pairs_hook=_reject_duplicates, parse_float=_exact_float)
    except (ValueError, RecursionError):
        return {"text": MASK if _tells_secrets(text) else text, "size": size}
    if _tells_secrets(text):
        document = _masked(document)
    return {"json": document, "size": size}


def _tells_secrets(text: str) -> bool:
    lower = text.lower()
    return any(name in lower for name in _SECRET_NAMES)


def _masked(value: Any) -> Any:
    """Return a document with its passwords masked, also where a PATCH names one by path."""
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    path = value.get("path")
    secret = isinstance(path, str) and path.lower().rpartition(":")[2] == "password"
    return {
        name: MASK
        if name.lower() in _SECRET_NAMES or (secret and name.lower() == "value")
        else _masked(inner)
        for name, inner in value.items()
    }


def _exact_float(text: str) -> float:
    if repr(float(text)) != text:
        raise ValueError("the number would change its form")
    return float(text)
