"""Exchanges to redact, as a recorder would have them."""

from __future__ import annotations

from typing import Any

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ID = "2819c223-7f76-453a-919d-413861904646"


def exchange(
    method: str = "GET",
    path: str = "/Users",
    query: str = "",
    body: Any = None,
    status: int = 200,
    answer: Any = None,
    headers: list[list[str]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return an exchange; bodies are JSON documents or texts."""
    return {
        "n": 1,
        "at": "2026-11-23T10:00:00.123Z",
        "t": 0.1,
        "request": {
            "method": method,
            "path": path,
            "query": query,
            "http": "1.1",
            "headers": headers or [],
            "body": _form(body),
        },
        "response": {"status": status, "headers": [], "body": _form(answer)} if status else None,
        "timing": {"request_ms": 0.1, "wait_ms": 1.0, "response_ms": 0.1},
        "connection": 1,
        "error": None,
        "trace": {"operation": "list", "resource": path.split("/")[1], "id": None, "client": "okta"},
        **more,
    }


def _form(body: Any) -> dict[str, Any]:
    if body is None:
        return {"size": 0}
    return {"text" if isinstance(body, str) else "json": body, "size": 1}


def error(detail: str, scim_type: str | None = None, status: int = 409) -> dict[str, Any]:
    """Return a SCIM error."""
    return {"schemas": [ERROR], "status": str(status), "scimType": scim_type, "detail": detail}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a PATCH."""
    return {"schemas": [PATCH_OP], "Operations": list(operations)}
