"""One exchange: what was asked, what was answered, what was done to it, when."""

from __future__ import annotations

from typing import Any

from ..clock import format_time
from .bodies import MASK, body_form

Headers = list[tuple[bytes, bytes]]

_SECRET_HEADERS = frozenset(
    (b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key")
)


class Exchange:
    """A request and its answer, as cheap to make as possible; `as_dict` gives it its form.

    ``path`` lies below the base, ``query`` is raw, bodies are bytes as sent.  Times: ``at`` in seconds
    since 1970, ``t`` in seconds since the journal began; on the monotonic clock ``begin``, ``received``
    (the whole request), ``answered`` (before the first byte of the answer) and ``end``.
    """

    __slots__ = (
        "answered",
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
        "received",
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
        self.begin = self.received = self.answered = self.end = begin
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
                "body": body_form(self.response_body, self.response_size),
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
                "body": body_form(self.request_body, self.request_size),
            },
            "response": response,
            "timing": {
                "request_ms": round((self.received - self.begin) * 1000, 3),
                "wait_ms": round((self.answered - self.received) * 1000, 3),
                "response_ms": round((self.end - self.answered) * 1000, 3),
            },
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
