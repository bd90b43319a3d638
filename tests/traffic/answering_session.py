"""A session made by hand for replays: people, and answers that broke in every way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.traffic.made_sessions import JSON, Document, body, exchange, header_of, patch, write

BASE = "https://app.example/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def user(id: str, name: str, /, **more: Any) -> Document:
    meta = {"resourceType": "User", "location": f"{BASE}/Users/{id}"}
    return {"schemas": [USER], "id": id, "userName": name, **more, "meta": meta}


def sent(name: str, /, **more: Any) -> Document:
    return {"schemas": [USER], "userName": name, **more}


def listed(*resources: Document) -> Document:
    return {"schemas": [LIST], "totalResults": len(resources), "Resources": list(resources)}


def error(status: int, detail: str) -> Document:
    return {"schemas": [ERROR], "status": str(status), "detail": detail}


def lookup(name: str) -> str:
    return f"filter=userName%20eq%20%22{name}%22"


def broken(
    n: int, path: str, kind: str, status: int | None = None, told: Any = None, **more: Any
) -> Document:
    return exchange(n, "GET", path, status=status, told=told, error={"kind": kind, "message": kind}, **more)


def whole(told: Any) -> Document:
    return {"status": 200, "headers": JSON, "body": body(told)}


KIM = user("u1", "kim@example.com")
HALF = '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:U'


def breaking(first: int) -> list[Document]:
    """Return exchanges that broke, each with an id of its own as the path's last segment."""
    head = [*JSON, ["Content-Length", "400"]]
    cut = {"status": 200, "headers": head, "body": {"text": HALF, "size": len(HALF), "cut": True}}
    made = [
        broken(0, "/Users/reset", "reset"),
        broken(0, "/Users/closed", "closed"),
        broken(0, "/Users/hang", "hang"),
        broken(0, "/Users/truncated", "truncated"),
        broken(0, "/Users/gone", "client_gone", upstream=whole(KIM)),
        broken(0, "/Users/garbage", "garbage"),
        exchange(0, "GET", "/Users/busy", status=503, told=error(503, "busy")),
        # What a proxy saw of a service that reset the connection: the client got a 502 of the proxy's.
        broken(0, "/Users/behind", "reset", 502, upstream={"status": None, "error": {"kind": "reset"}}),
    ]
    made[3]["response"] = cut
    made[6]["response"]["headers"] = [*JSON, ["Retry-After", "7"]]
    for n, document in enumerate(made, first):
        document["n"], document["t"] = n, float(n)
    return made


def life(first: int = 1) -> list[Document]:
    """Return the life of one user, from a look-up in vain to a look-up in vain."""
    name = "kim@example.com"
    change = patch({"op": "replace", "path": "title", "value": "Boss"})
    boss = KIM | {"title": "Boss"}
    return [
        exchange(first, "GET", "/Users", query=lookup(name), told=listed()),
        exchange(first + 1, "POST", "/Users", sent(name, externalId="e1"), 201, KIM | {"externalId": "e1"}),
        exchange(first + 2, "GET", "/Users/u1", told=KIM),
        exchange(first + 3, "PATCH", "/Users/u1", change, 204),
        exchange(first + 4, "GET", "/Users/u1", told=boss),
        exchange(first + 5, "GET", "/Users", query=lookup(name), told=listed(boss)),
        exchange(first + 6, "POST", "/Users", sent(name), 409, error(409, f"{name} is there already")),
        exchange(first + 7, "DELETE", "/Users/u1", status=204),
        exchange(first + 8, "GET", "/Users/u1", status=404, told=error(404, "no u1")),
    ]


def write_session(path: Path, exchanges: list[Document], **header: Any) -> Path:
    """Write a recording."""
    return write(path, header_of(BASE) | header, exchanges)
