"""Sends what a client says, and tells what came back, whatever that is: `httpx` is known here only.

No redirect is followed: it is an answer, and another host would get the token.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from ..clock import format_time
from ..errors import UnreachableError, UsageError
from ..hosts import is_loopback
from ..traffic.form import body_form
from ..traffic.routes import aim_of
from .template import MISSING, Rendered

__all__ = ["Answer", "Speaker", "Wire", "encoded", "headers_of"]

_NO_CONNECTION = "no connection in time"
_LARGEST = 64 << 20  # bytes of an answer that are read
_CONTENT_TYPES = {"2.0": "application/scim+json", "1.1": "application/json"}


@dataclass(slots=True)
class Answer:
    """What came back: ``status`` is None and ``error`` says why ("timeout", "reset", ...) where nothing did.

    ``json`` is `MISSING` where the body is no JSON.  ``exchange`` is the document of the contract's
    section 6.
    """

    status: int | None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    json: Any = MISSING
    error: str | None = None
    message: str = ""
    milliseconds: float = 0.0
    exchange: dict[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """Return the value of a header, whatever the case of its name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


class Speaker(Protocol):
    """Who brings a request to the target."""

    def send(self, rendered: Rendered) -> Answer:
        """Return the answer; never raises for what the target does."""


def encoded(body: Any) -> bytes:
    """Return a body as it is sent: JSON without spaces, letters as they are."""
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # halves of surrogate pairs
        return json.dumps(body, separators=(",", ":")).encode()


def headers_of(rendered: Rendered, protocol: str, authorization: str | None) -> list[tuple[str, str]]:
    """Return the headers of a request, but for Host and Content-Length.

    A body has a media type, also where the dialect does not say which.
    """
    headers = [("Authorization", authorization)] if authorization is not None else []
    headers += rendered.headers
    if rendered.body is not None and all(name.lower() != "content-type" for name, _ in headers):
        headers.append(("Content-Type", _CONTENT_TYPES.get(protocol, _CONTENT_TYPES["2.0"])))
    return headers


class Wire:
    """A connection to a target.  ``timeout`` is how many seconds an answer may take as a whole.

    ``sent`` counts requests, ``rate`` is the most of them in a second, None for as many as can be.
    ``now`` gives the time that recordings show, in seconds since 1970.  Raises UsageError where the URL
    is none.
    """

    def __init__(
        self,
        base_url: str,
        authorization: str | None = None,
        *,
        protocol: str = "2.0",
        timeout: float = 30.0,
        rate: float | None = None,
        connections: int = 1,
        client: str | None = None,
        now: Callable[[], float] = time.time,
        started: float | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.sent = 0
        self._authorization = authorization
        self._protocol = protocol
        self._timeout = timeout
        self._now = now
        self._started = now() if started is None else started
        self._client = client
        self._pace = _Pace(rate)
        try:
            parts = urlsplit(self.base_url)
            self._url = httpx.URL(self.base_url)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except (ValueError, httpx.InvalidURL):
            is_url = False
        if not is_url or parts.query or parts.fragment:
            hint = "http://127.0.0.1:8080/scim/v2 would be one"
            raise UsageError(f"{base_url!r} is no URL of a SCIM service", hint=hint)
        self._path = parts.path
        limits = httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60
        )
        # On this machine a test server's certificate is its own; elsewhere it is checked.
        verify = not is_loopback(parts.hostname or "")
        self._http = httpx.Client(
            verify=verify, timeout=timeout, limits=limits, follow_redirects=False, trust_env=not verify
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, rendered: Rendered) -> Answer:
        """Return what came back.

        Raises UnreachableError when there is no connection for the very first request.
        """
        content = encoded(rendered.body) if rendered.body is not None else None
        headers = headers_of(rendered, self._protocol, self._authorization)
        request = httpx.Request(
            rendered.method,
            self._url,
            headers=[(name.encode("utf-8"), value.encode("utf-8")) for name, value in headers],
            content=content,
            # The target goes out as it was rendered: a URL would be put into another spelling.
            extensions={
                "target": (self._path + rendered.target).encode("ascii", "backslashreplace"),
                "timeout": httpx.Timeout(self._timeout).as_dict(),
            },
        )
        self._pace.wait()
        at, begun = self._now(), time.perf_counter()
        answer = self._received(request, begun)
        answer.milliseconds = (time.perf_counter() - begun) * 1000
        self.sent += 1
        if self.sent == 1 and (answer.error == "refused" or answer.message == _NO_CONNECTION):
            hint = "is the server running?"
            raise UnreachableError(f"{self.base_url} does not answer: {answer.message}", hint=hint)
        answer.exchange = self._exchange(rendered, request, content, answer, at)
        return answer

    def _received(self, request: httpx.Request, begun: float) -> Answer:
        response = None
        try:
            response = self._http.send(request, stream=True)
            chunks, size = [], 0
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > _LARGEST:
                    return Answer(None, error="truncated", message=f"the answer has over {_LARGEST} bytes")
                if time.perf_counter() - begun > self._timeout:
                    raise httpx.ReadTimeout("the answer does not come to its end")
        except httpx.ConnectTimeout:
            return Answer(None, error="timeout", message=_NO_CONNECTION)
        except httpx.TimeoutException as error:
            return Answer(None, error="timeout", message=str(error) or "no answer in time")
        except httpx.ConnectError as error:
            return Answer(None, error="refused", message=str(error))
        except httpx.DecodingError:
            assert response is not None
            return Answer(response.status_code, _pairs(response), b"", message="it cannot be decompressed")
        except httpx.RemoteProtocolError as error:
            kind = "truncated" if response is not None else "closed"
            return Answer(None, error=kind, message=str(error))
        except httpx.HTTPError as error:
            return Answer(None, error="reset", message=str(error) or type(error).__name__)
        except (httpx.InvalidURL, ValueError) as error:
            return Answer(None, error="malformed", message=str(error))
        finally:
            if response is not None:
                response.close()
        body = b"".join(chunks)
        return Answer(response.status_code, _pairs(response), body, _decoded(body))

    def _exchange(
        self,
        rendered: Rendered,
        request: httpx.Request,
        content: bytes | None,
        answer: Answer,
        at: float,
    ) -> dict[str, Any]:
        path, _, query = rendered.target.partition("?")
        aim = aim_of(rendered.method, path)
        response: dict[str, Any] | None = None
        if answer.status is not None:
            response = {
                "status": answer.status,
                "headers": [list(pair) for pair in answer.headers],
                "body": body_form(answer.body),
            }
        sent = [
            [str(name, "utf-8", "replace"), str(value, "utf-8", "replace")]
            for name, value in request.headers.raw
        ]
        return {
            "at": format_time(at),
            "t": round(max(0.0, at - self._started), 3),
            "request": {
                "method": rendered.method,
                "path": path,
                "query": query,
                "http": "1.1",
                "headers": sent,
                "body": body_form(content or b""),
            },
            "response": response,
            "timing": {"request_ms": 0.0, "wait_ms": round(answer.milliseconds, 3), "response_ms": 0.0},
            "error": {"kind": answer.error, "message": answer.message} if answer.error else None,
            "trace": {
                "operation": aim.operation,
                "resource": aim.resource,
                "id": aim.id,
                "client": self._client,
                "rule": None,
                "quirks": [],
                "findings": [],
            },
        }


class _Pace:
    """Lets no more than so many requests pass in a second."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1.0 / rate if rate else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        if not self._gap:
            return
        with self._lock:
            now = time.monotonic()
            at = max(now, self._next)
            self._next = at + self._gap
        if at > now:
            time.sleep(at - now)


def _pairs(response: httpx.Response) -> list[tuple[str, str]]:
    raw = response.headers.raw
    return [(str(name, "latin-1"), str(value, "utf-8", "replace")) for name, value in raw]


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return MISSING
