"""Sends what a client says to a target, and keeps each exchange as a recording has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from ..clock import format_time
from ..outgoing.target import Answer, Target
from ..traffic.form import body_form, encoded
from ..traffic.routes import aim_of
from .template import Rendered

__all__ = ["Answer", "Speaker", "Wire", "encoded", "headers_of"]

_CONTENT_TYPES = {"2.0": "application/scim+json", "1.1": "application/json"}


class Speaker(Protocol):
    """Who brings a request to the target."""

    def send(self, rendered: Rendered) -> Answer:
        """Return the answer; never raises for what the target does."""


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
        self.target = Target(base_url, timeout=timeout, connections=connections)
        self.base_url = self.target.base_url
        self._authorization = authorization
        self._protocol = protocol
        self._now = now
        self._started = now() if started is None else started
        self._client = client
        self._pace = _Pace(rate)

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return self.target.sent

    def close(self) -> None:
        """Close the connections."""
        self.target.close()

    def send(self, rendered: Rendered) -> Answer:
        """Return what came back.

        Raises UnreachableError when there is no connection for the very first request.
        """
        content = encoded(rendered.body) if rendered.body is not None else None
        headers = headers_of(rendered, self._protocol, self._authorization)
        self._pace.wait()
        at = self._now()
        target = self.target.path + rendered.target
        answer = self.target.send(rendered.method, target, headers, content)
        answer.exchange = self._exchange(rendered, content, answer, at)
        return answer

    def _exchange(
        self,
        rendered: Rendered,
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
        return {
            "at": format_time(at),
            "t": round(max(0.0, at - self._started), 3),
            "request": {
                "method": rendered.method,
                "path": path,
                "query": query,
                "http": "1.1",
                "headers": [list(pair) for pair in answer.sent],
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
