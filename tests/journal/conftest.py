"""Exchanges as the server would have entered them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scimmock.traffic.exchange import Exchange

Make = Callable[..., Exchange]


@pytest.fixture
def made() -> Make:
    """Make an exchange: ``made("create", "Users", status=201, request_body=b"{}")``."""
    return make


_METHODS = {"create": "POST", "patch": "PATCH", "replace": "PUT", "delete": "DELETE", "bulk": "POST"}


def make(operation: str | None = None, resource: str | None = None, **fields: Any) -> Exchange:
    method = fields.pop("method", _METHODS.get(operation or "", "GET"))
    path, query = fields.pop("path", f"/{resource or ''}"), fields.pop("query", b"")
    exchange = Exchange(1000.0, 0.0, "", method, path, query, fields.pop("headers", []), "1.1")
    exchange.operation, exchange.resource, exchange.status = operation, resource, 200
    for name, value in fields.items():
        setattr(exchange, name, value)
    return exchange
