"""Exchanges made by hand, and a client whose exchanges are examined."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scimmock.findings.base import Finding
from scimmock.findings.examine import Examiner
from scimmock.scim.schema import group_type, user_type
from scimmock.traffic.exchange import Exchange

OPERATIONS = {
    ("GET", 1): "list",
    ("POST", 1): "create",
    ("GET", 2): "read",
    ("PUT", 2): "replace",
    ("PATCH", 2): "patch",
    ("DELETE", 2): "delete",
}


class Session:
    """Requests in order, one a second unless said otherwise, and what an examiner finds in each."""

    def __init__(self, *profiles: str) -> None:
        self.examiner = Examiner((user_type(), group_type()), frozenset(profiles or ("rfc", "behaviour")))
        self.entries: list[Exchange] = []
        self.time = 1_000_000.0

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: str = "",
        status: int = 200,
        answer: Any = None,
        headers: dict[str, str] | None = None,
        answer_headers: dict[str, str] | None = None,
        after_seconds: float = 1.0,
        **parts: Any,
    ) -> list[Finding]:
        self.time += after_seconds
        sent = {"accept": "application/scim+json", "user-agent": "tests/1", **(headers or {})}
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if raw:
            sent = {"content-type": "application/scim+json", "content-length": str(len(raw)), **sent}
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        exchange = Exchange(self.time, self.time, "", method, path, query.encode(), pairs, "1.1")
        exchange.n = len(self.entries) + 1
        exchange.request_body, exchange.request_size = raw, len(raw)
        exchange.identity, exchange.status = "scimmock", status
        exchange.response_body = b"" if answer is None else json.dumps(answer).encode()
        exchange.response_headers = [
            (name.encode(), value.encode()) for name, value in (answer_headers or {}).items()
        ]
        segments = path.strip("/").split("/")
        exchange.resource = segments[0]
        exchange.id = segments[1] if len(segments) > 1 else None
        exchange.operation = OPERATIONS.get((method, len(segments)))
        if segments[0] == "Bulk":
            exchange.operation = "bulk"
        if segments[-1] == ".search":
            exchange.operation, exchange.id = "search", None
        for name, value in parts.items():
            setattr(exchange, name, value)
        self.entries.append(exchange)
        self.examiner.catch_up(self.entries[-1:], 1)
        return list(self.examiner.of(exchange.n))

    def names(self, *request: Any, **options: Any) -> list[str]:
        return [finding.name for finding in self.send(*request, **options)]


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def examined_by() -> Callable[..., Session]:
    """A session that is examined by other profiles."""
    return Session
