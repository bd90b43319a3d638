"""Makers of users and groups for the protocol tests; each takes the client of the directory."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]

_numbers = itertools.count(1)


@pytest.fixture
def user() -> Make:
    """Create a user: ``user(client, "ada", active=True)``."""

    def make(client: httpx.Client, login: str | None = None, **attributes: Any) -> dict[str, Any]:
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": login or f"user{next(_numbers)}",
            **attributes,
        }
        answer = client.post("/Users", json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    return make


@pytest.fixture
def group() -> Make:
    """Create a group of ids: ``group(client, "Staff", user_id, other_id)``."""

    def make(client: httpx.Client, name: str = "Group", *members: str) -> dict[str, Any]:
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": [{"value": id} for id in members],
        }
        answer = client.post("/Groups", json=body)
        assert answer.status_code == 201, answer.text
        created: dict[str, Any] = answer.json()
        return created

    return make


@pytest.fixture
def patch() -> Callable[..., httpx.Response]:
    """Send a PATCH: ``patch(client, "/Users/1", {"op": ...}, ...)``."""

    def send(client: httpx.Client, path: str, *operations: Any, **options: Any) -> httpx.Response:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return client.patch(path, json=body, **options)

    return send


@pytest.fixture
def fails() -> Callable[..., dict[str, Any]]:
    """Check that an answer is a SCIM error (RFC 7644 section 3.12) and return it."""

    def check(answer: httpx.Response, status: int, scim_type: str | None = None) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"].startswith("application/scim+json")
        error: dict[str, Any] = answer.json()
        assert error["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert error["status"] == str(status)
        assert error.get("scimType") == scim_type
        assert error["detail"]
        return error

    return check
