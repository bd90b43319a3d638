"""The session that docs/show.md shows: an identity provider, a service, and one exchange after the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scimmock.clock import format_time
from scimmock.traffic.form import body_form, compact
from scimmock.traffic.recording import Writer, encode_line, make_header

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BADGE = "urn:example:badge:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
STARTED = 1_795_428_000.0

ANA = {"schemas": [USER], "id": "u-1", "userName": "ana@acme.example", "active": True, "title": "Engineer"}
SALES = {"schemas": [GROUP], "id": "g-1", "displayName": "Sales", "members": [{"value": "u-7"}]}


def make_exchange(
    t: float,
    method: str,
    path: str,
    body: Any = None,
    *,
    status: int = 200,
    answer: Any = None,
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    wait: float = 12.0,
    connection: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """Return an exchange as the addon would record it; ``t`` in seconds, ``wait`` in milliseconds."""
    sent = [["User-Agent", "Okta SCIM Client 1.0.0"], ["Authorization", "Bearer ***"]]
    if body is not None:
        sent.append(["Content-Type", "application/scim+json"])
    response = {
        "status": status,
        "headers": [["Content-Type", "application/scim+json"], *map(list, headers)],
        "body": body_form(b"" if answer is None else compact(answer)),
    }
    return {
        "at": format_time(STARTED + t),
        "t": t,
        "request": {
            "method": method,
            "path": path,
            "query": query,
            "http": "1.1",
            "headers": sent,
            "body": body_form(b"" if body is None else compact(body)),
        },
        "response": response if status else None,
        "timing": {"request_ms": 0.5, "wait_ms": wait, "response_ms": 0.3},
        "connection": connection,
        "error": None,
        **more,
    }


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def example() -> list[dict[str, Any]]:
    """Return the exchanges of the session."""
    bob = {"schemas": [USER], "userName": "bob@acme.example", "active": True}
    moved = {**ANA, "title": "Manager", "active": False}
    reset = {"kind": "reset", "message": "server closed connection"}
    lost = {"status": None, "headers": [], "body": {"size": 0}, "error": reset}
    return [
        make_exchange(
            0.120,
            "GET",
            "/Users",
            query="filter=userName+eq+%22ana%40acme.example%22",
            answer={"schemas": [LIST], "totalResults": 0, "Resources": []},
        ),
        make_exchange(
            0.180,
            "POST",
            "/Users",
            {**{name: ANA[name] for name in ("schemas", "userName", "title")}, "active": "True"},
            status=201,
            answer=ANA,
        ),
        make_exchange(
            0.900,
            "PATCH",
            "/Users/u-1",
            patch(
                {"op": "Replace", "path": "title", "value": "Manager"},
                {"op": "replace", "path": "active", "value": False},
            ),
            answer=moved,
        ),
        make_exchange(1.100, "GET", "/Groups/g-1", answer=SALES, wait=900.0),
        make_exchange(
            1.500, "POST", "/Users", bob, status=429, headers=(("Retry-After", "30"),), connection=2,
            trace={"operation": "create", "resource": "Users", "rule": "throttle"},
        ),
        make_exchange(2.600, "POST", "/Users", bob, status=201, answer={**bob, "id": "u-2"}, connection=2),
        make_exchange(
            3.000,
            "PATCH",
            "/Groups/g-1",
            patch({"op": "add", "path": "members", "value": [{"value": "u-1"}, {"value": "u-2"}]}),
            status=204,
        ),
        make_exchange(3.400, "DELETE", "/Users/u-2", status=502, error=reset, upstream=lost),
        make_exchange(
            5.000, "GET", "/Users/u-2", status=0, wait=30_000.0,
            error={"kind": "client_gone", "message": "Client disconnected."},
        ),
    ]  # fmt: skip


def write_session(path: Path, exchanges: list[dict[str, Any]], **header: Any) -> Path:
    """Write a recording, numbering its exchanges."""
    redaction = {"mode": "pseudonyms", "key": None, "counts": {"secrets": 9, "names": 4}}
    writer = Writer(path, "force")
    about = {"idp": "okta", **header}
    writer.write(
        encode_line(make_header("addon", "https://app.example/scim/v2", STARTED, redaction, **about))
    )
    for number, exchange in enumerate(exchanges, 1):
        writer.write(encode_line({"n": number, **exchange}))
    writer.close()
    return path
