"""One exchange: what was asked, what was answered, what was done to it, when."""

from __future__ import annotations

from typing import Any

from ..clock import format_time
from .bodies import body_form, masked, masked_query
from .clients import client_of
from .reply import Joined
from .secrets import MASK, is_secret_header, names_secret

Headers = list[tuple[bytes, bytes]]


class Exchange:
    """A request and its answer, as cheap to make as possible; `as_dict` gives it its form.

    ``path`` lies below the base, ``query`` is raw, bodies are bytes as sent.  Times: ``at`` in seconds
    since 1970, ``t`` in seconds since the journal began; on the monotonic clock ``begin``, ``received``
    (the whole request), ``matched`` (the faults that come before the engine are done), ``executed``
    (the engine is), ``answered`` (before the first byte of the answer) and ``end``.

    ``status`` 0 means that the client got no answer.  ``upstream`` is what the service answered where
    the client saw something else: (status, headers, body).  ``rules`` tells of each fault rule that
    fired, ``notes`` what limits said; ``before`` and ``after`` are the stored forms of the resource
    that a write was for, never to be changed.
    """

    # What most exchanges never set stands here once for all of them: it makes them cheaper.
    n = 0
    t = 0.0
    cost = 0  # of memory, in bytes, as the journal counts it; before that, of the head as it came
    seed = 0
    connection = 0
    status = 0
    request_body = b""
    request_size = response_size = 0
    operation: str | None = None
    resource: str | None = None
    id: str | None = None
    identity: str | None = None
    rules: list[dict[str, Any]] | None = None
    notes: list[dict[str, Any]] | None = None
    quirks: tuple[str, ...] = ()
    error: dict[str, str] | None = None
    upstream: tuple[int, Headers, bytes] | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    response_headers: Headers = []  # noqa: RUF012  never changed, only replaced
    _answer: bytes | Joined = b""
    _most: int | None = None  # how many bytes of a joined body are kept

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
        self.at = at
        self.begin = self.received = self.matched = self.executed = self.answered = self.end = begin
        self.tenant = tenant
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.http = http

    @property
    def response_body(self) -> bytes:
        """The body that was answered; of a large one, what the journal keeps."""
        answer = self._answer
        return answer if isinstance(answer, bytes) else answer.body()[: self._most]

    @response_body.setter
    def response_body(self, body: bytes) -> None:
        self._answer = body

    def answered_with(self, body: bytes, joined: Joined | None) -> None:
        """Keep the body of the answer, by the pieces that it is joined from where there are such."""
        self._answer = body if joined is None else joined
        self.response_size = len(body)

    def cut(self, most: int) -> None:
        """Keep at most so many bytes of each body; the sizes stay the true ones."""
        self.request_body = self.request_body[:most]
        self._most = most
        if isinstance(self._answer, bytes):
            self._answer = self._answer[:most]

    @property
    def rule(self) -> str | None:
        """The name of the first fault rule that fired."""
        return self.rules[0]["name"] if self.rules else None

    @property
    def client(self) -> str:
        """A short name of the client, by its User-Agent."""
        return next((client_of(value) for name, value in self.headers if name == b"user-agent"), "")

    def as_dict(self) -> dict[str, Any]:
        """Return the exchange in the form of a recording, secrets masked."""
        document: dict[str, Any] = {
            "n": self.n,
            "at": format_time(self.at),
            "t": round(self.t, 6),
            "request": {
                "method": self.method,
                "path": self.path,
                "query": masked_query(self.query.decode("latin-1")),
                "http": self.http,
                "headers": _headers(self.headers),
                "body": body_form(self.request_body, self.request_size),
            },
            "response": None,
            "timing": {
                "request_ms": _milliseconds(self.begin, self.received),
                "wait_ms": _milliseconds(self.received, self.answered),
                "response_ms": _milliseconds(self.answered, self.end),
            },
            "connection": self.connection,
            "error": self.error,
            "trace": self._trace(),
        }
        if self.status:
            document["response"] = _response(
                self.status, self.response_headers, self.response_body, self.response_size, self._quotes()
            )
        if self.upstream is not None:
            status, headers, body = self.upstream
            document["upstream"] = _response(status, headers, body, len(body), self._quotes())
        return document

    def _quotes(self) -> bool:
        """Whether an error may quote a secret: the filter or the path that it is about names one."""
        if self.status < 400 and self.upstream is None:
            return False
        query = self.query.decode("latin-1")
        if masked_query(query) != query:
            return True
        return self.operation in ("search", "patch") and names_secret(self.request_body.decode("latin-1"))

    def _trace(self) -> dict[str, Any]:
        trace: dict[str, Any] = {
            "tenant": self.tenant,
            "operation": self.operation,
            "resource": self.resource,
            "id": self.id,
            "token": self.identity,
            "client": self.client,
            "seed": self.seed,
            "rule": self.rule,
            "rules": self.rules or [],
            "notes": self.notes or [],
            "quirks": list(self.quirks),
            "findings": [],
            "stages": {
                "read_ms": _milliseconds(self.begin, self.received),
                "faults_ms": _milliseconds(self.received, self.matched),
                "engine_ms": _milliseconds(self.matched, self.executed),
                "answer_ms": _milliseconds(self.executed, self.answered),
                "send_ms": _milliseconds(self.answered, self.end),
            },
        }
        if self.before is not None or self.after is not None:
            trace["before"], trace["after"] = masked(self.before), masked(self.after)
        return trace


def _milliseconds(start: float, end: float) -> float:
    return round(max(0.0, end - start) * 1000, 3)


def _response(status: int, headers: Headers, body: bytes, size: int, quotes: bool) -> dict[str, Any]:
    return {
        "status": status,
        "headers": _headers(headers),
        "body": body_form(body, size, quotes and status >= 400),
    }


def _headers(headers: Headers) -> list[list[str]]:
    shown = []
    for name, value in headers:
        text = value.decode("latin-1")
        if is_secret_header(name.decode("latin-1")):
            scheme, space, _ = text.partition(" ")
            text = f"{scheme} {MASK}" if space else MASK
        shown.append([name.decode("latin-1"), text])
    return shown
