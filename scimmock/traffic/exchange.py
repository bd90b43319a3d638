"""One exchange: what was asked, what was answered, what was done to it, when."""

from __future__ import annotations

from typing import Any

from ..clock import format_time
from .bodies import body_form, masked, masked_query
from .clients import client_of
from .reply import Joined, join
from .secrets import masked_header, names_secret

Headers = list[tuple[bytes, bytes]]


class _Rare:
    """What few exchanges set stands here once for all of them, which makes them cheaper."""

    rules: list[dict[str, Any]] | None = None
    notes: list[dict[str, Any]] | None = None
    error: dict[str, str] | None = None
    upstream: tuple[int, Headers, bytes] | None = None
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    speaks: tuple[str, str] | None = None  # (base path, protocol version) of another face than the usual
    _most: int | None = None  # how many bytes of a joined body are kept


class Exchange(_Rare):
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

    __slots__ = (
        "_answer",
        "answered",
        "at",
        "begin",
        "connection",
        "cost",
        "end",
        "executed",
        "headers",
        "http",
        "id",
        "identity",
        "matched",
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
        "response_headers",
        "response_size",
        "seed",
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
        self.n = self.seed = self.connection = self.status = self.request_size = self.response_size = 0
        self.cost = 0  # of memory, in bytes, as the journal counts it; before that, of the head as it came
        self.t = 0.0
        self.at = at
        self.begin = self.received = self.matched = self.executed = self.answered = self.end = begin
        self.tenant = tenant
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.http = http
        self.request_body = b""
        self._answer: bytes | Joined = b""
        self.response_headers: Headers = []
        self.operation: str | None = None
        self.resource: str | None = None
        self.id: str | None = None
        self.identity: str | None = None
        self.quirks: tuple[str, ...] = ()

    @property
    def response_body(self) -> bytes:
        """The body that was answered; of a large one, what the journal keeps."""
        answer = self._answer
        return answer if isinstance(answer, bytes) else join(answer)[: self._most]

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
        return client_of(dict(self.headers[::-1]).get(b"user-agent", b""))  # the first, if there are more

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
            "timing": self.timing(),
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

    def timing(self) -> dict[str, float]:
        """Return how many milliseconds the request, the wait for the answer and the answer took."""
        return timing(self.begin, self.received, self.answered, self.end)

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
            **(dict(zip(("base_path", "protocol"), self.speaks, strict=True)) if self.speaks else {}),
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


def timing(begin: float, received: float, answered: float, end: float) -> dict[str, float]:
    """Return the ``timing`` of an exchange in milliseconds; the times are in seconds, on one clock."""
    return {  # most are asked for when some of these are the same
        "request_ms": _milliseconds(begin, received) if received > begin else 0.0,
        "wait_ms": _milliseconds(received, answered),
        "response_ms": _milliseconds(answered, end) if end > answered else 0.0,
    }


def _milliseconds(start: float, end: float) -> float:
    return round((end - start) * 1000, 3) if end > start else 0.0


def _response(status: int, headers: Headers, body: bytes, size: int, quotes: bool) -> dict[str, Any]:
    return {
        "status": status,
        "headers": _headers(headers),
        "body": body_form(body, size, quotes and status >= 400),
    }


def _headers(headers: Headers) -> list[list[str]]:
    shown = []
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        hidden = masked_header(name, value)
        shown.append([name, value if hidden is None else hidden])
    return shown
