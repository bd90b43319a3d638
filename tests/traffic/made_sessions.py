"""Sessions to convert: a real one with a tenant of the shared server, and exchanges made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from scimmock.traffic.recording import encode_line, make_header

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
JSON = [["Content-Type", "application/scim+json"]]
AT = 1_790_000_000.0

Document = dict[str, Any]


def header_of(base_url: str = "https://app.example/scim/v2") -> Document:
    return make_header("server", base_url, AT, fixture="rfc", seed=1, users=0, groups=0)


def exchange(
    n: int,
    method: str,
    path: str,
    sent: Any = None,
    status: int | None = 200,
    told: Any = None,
    query: str = "",
    **more: Any,
) -> Document:
    """Return an exchange as recorders write it; documents become bodies, status None is no answer."""
    headers = more.pop("headers", JSON if sent is not None else [])
    answer: Document | None = {"status": status, "headers": JSON, "body": body(told)}
    return {
        "n": n,
        "at": f"2026-09-21T14:13:{20 + n:02d}.123Z",
        "t": n + 0.123456,
        "request": {
            "method": method,
            "path": path,
            "query": query,
            "http": "1.1",
            "headers": headers,
            "body": body(sent),
        },
        "response": answer if status is not None else None,
        "timing": {"request_ms": 0.4, "wait_ms": 12.0, "response_ms": 0.25},
        "connection": 1,
        "error": None,
        "trace": {"operation": None, "resource": None, "id": None, "rule": None},
        **more,
    }


def body(document: Any) -> Document:
    if document is None:
        return {"size": 0}
    return {"json": document, "size": len(json.dumps(document, ensure_ascii=False).encode())}


def write(path: Path, header: Document, exchanges: Iterable[Document]) -> Path:
    path.write_bytes(encode_line(header) + b"".join(map(encode_line, exchanges)))
    return path


def patch(*operations: Document) -> Document:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def provision(client: httpx.Client) -> None:
    """Do what an identity provider does: look up, create, patch, group, refuse, deactivate, delete."""

    def found(name: str) -> str:
        answer = client.get("/Users", params={"filter": f'userName eq "{name}"'})
        return str(answer.json()["Resources"][0]["id"]) if answer.json()["totalResults"] else ""

    client.get("/ServiceProviderConfig")
    ids = []
    for name in ("ada@example.com", "o'hara@example.com", "zoë $HOME `x`"):
        assert not found(name)
        user = {"schemas": [USER], "userName": name, "displayName": f"{name}\n\\{{0}}", "active": True}
        answer = client.post("/Users", json=user)
        assert answer.status_code == 201
        ids.append(answer.json()["id"])
    assert client.post("/Users", json={"schemas": [USER], "userName": "ADA@example.com"}).status_code == 409
    ada = found("ada@example.com")
    etag = client.get(f"/Users/{ada}").headers["ETag"]
    change = patch({"op": "replace", "path": "name.familyName", "value": 'Love"lace'})
    assert client.patch(f"/Users/{ada}", json=change, headers={"If-Match": etag}).status_code == 200
    assert client.patch(f"/Users/{ada}", json=change, headers={"If-Match": 'W/"no"'}).status_code == 412
    members = [{"value": id} for id in ids]
    group = {"schemas": [GROUP], "displayName": "Engineering", "members": members}
    answer = client.post("/Groups", json=group)
    where = f"/Groups/{answer.json()['id']}"
    client.get("/Groups", params={"filter": f'members.value eq "{ids[1]}"', "excludedAttributes": "members"})
    gone = patch({"op": "remove", "path": f'members[value eq "{ids[1]}"]'})
    assert client.patch(where, json=gone).is_success
    assert client.put(f"/Users/{ids[1]}", json={"schemas": [USER], "userName": "ohara"}).status_code == 200
    off = patch({"op": "replace", "value": {"active": False}})
    assert client.patch(f"/Users/{ids[2]}", json=off).status_code == 200
    assert client.delete(f"/Users/{ids[2]}").status_code == 204
    assert client.get(f"/Users/{ids[2]}").status_code == 404
    assert client.get("/Users", params={"filter": "userName eq"}).status_code == 400


def recorded(client: httpx.Client) -> tuple[Document, list[Document]]:
    """Return the header and the exchanges of what a tenant's journal has."""
    base_url = str(client.base_url).rstrip("/")
    address = base_url.replace("/scim/v2", "/_scimmock") + "/journal"
    exchanges = httpx.get(address, params={"limit": 1000}, verify=False).json()["exchanges"]
    for item in exchanges:
        item.pop("summary")
    return header_of(base_url), exchanges
