"""What Okta sends and what its conformance suite asserts, on the fixture ``okta``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WIRE = {
    "Accept": "application/scim+json",
    "Accept-Charset": "utf-8",
    "Accept-Encoding": "gzip,deflate",
    "Content-Type": "application/scim+json; charset=utf-8",
    "User-Agent": "Okta SCIM Client 1.0.0",
}
CREATE = {
    "schemas": [USER],
    "userName": "test.user@okta.local",
    "name": {"givenName": "Test", "familyName": "User"},
    "emails": [{"primary": True, "value": "test.user@okta.local", "type": "work"}],
    "displayName": "Test User",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}
Fails = Callable[..., dict[str, Any]]


@pytest.fixture
def idp(okta: httpx.Client) -> httpx.Client:
    """The application as Okta's client calls it."""
    okta.headers.update(WIRE)
    return okta


def patch(client: httpx.Client, path: str, *operations: Any) -> httpx.Response:
    return client.patch(path, json={"schemas": [PATCH_OP], "Operations": list(operations)})


def test_save_of_the_credentials(idp: httpx.Client) -> None:
    page = idp.get("/Users", params={"startIndex": 1, "count": 2}).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (0, 1, 0)
    assert idp.get("/Groups", params={"startIndex": 1, "count": 100}).status_code == 200


def test_provision_update_deactivate(idp: httpx.Client, fails: Fails) -> None:
    """Look-up, POST, GET and PUT of what was read, deactivation without path; a second POST is 409."""
    for query in (
        "filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100",
        "filter=userName+eq+%22test.user%40okta.local%22&startIndex=1&count=100",
        "startIndex=1&count=100&filter=userName%20eq%20%22test.user%40okta.local%22",
    ):
        assert idp.get(f"{idp.base_url}Users?{query}").json()["totalResults"] == 0
    created = idp.post("/Users", json=CREATE)
    assert created.status_code == 201
    body = created.json()
    assert "password" not in body
    assert {name: body[name] for name in CREATE if name not in ("groups", "password")} == {
        name: value for name, value in CREATE.items() if name not in ("groups", "password")
    }
    fails(idp.post("/Users", json=CREATE), 409, "uniqueness")
    path = f"/Users/{body['id']}"
    read = idp.get(path).json()
    written = idp.put(
        path, json={**read, "title": "Tester", "shoeSize": 42, "name": {**read["name"], "formatted": "T U"}}
    )
    assert written.status_code == 200
    assert (written.json()["title"], written.json()["shoeSize"]) == ("Tester", 42)
    again = idp.put(path, json=idp.get(path).json())
    assert again.json() == written.json()
    inactive = patch(idp, path, {"op": "replace", "value": {"active": False}})
    assert inactive.status_code in (200, 204)
    assert idp.get(path).json()["active"] is False
    assert patch(idp, path, {"op": "replace", "value": {"password": "new"}}).is_success
    assert idp.put(path, json={**read, "active": True}).json()["active"] is True


def test_create_after_fewer_mappings(idp: httpx.Client) -> None:
    """Emails without type, no displayName, no locale; an enterprise object that `schemas` does not name."""
    extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    body = {
        "schemas": [USER],
        "userName": "a",
        "emails": [{"value": "a@x.org", "primary": True}],
        extension: {"department": "x"},
    }
    created = idp.post("/Users", json=body)
    assert created.status_code == 201
    assert created.json()[extension] == {"department": "x"}


def test_group_push(idp: httpx.Client) -> None:
    """Look-up, POST, membership removals then one add, rename with the id inside, full push, delete."""
    ids = [
        idp.post("/Users", json={**CREATE, "userName": f"u{n}", "externalId": f"00u{n}"}).json()["id"]
        for n in range(3)
    ]
    query = {"filter": 'displayName eq "Team"', "startIndex": 1, "count": 100}
    assert idp.get("/Groups", params=query).json()["totalResults"] == 0
    members = [{"value": ids[0], "display": "u0"}]
    created = idp.post("/Groups", json={"schemas": [GROUP], "displayName": "Team", "members": members})
    assert created.status_code == 201
    path = f"/Groups/{created.json()['id']}"
    assert idp.get("/Groups", params=query).json()["totalResults"] == 1

    def now() -> list[str]:
        return [member["value"] for member in idp.get(path).json().get("members", [])]

    assert patch(
        idp,
        path,
        {"op": "remove", "path": f'members[value eq "{ids[0]}"]'},
        {
            "op": "add",
            "path": "members",
            "value": [{"value": ids[1], "display": "u1"}, {"value": ids[2], "display": "u2"}],
        },
    ).is_success
    assert now() == ids[1:]
    assert patch(
        idp, path, {"op": "replace", "value": {"id": created.json()["id"], "displayName": "New"}}
    ).is_success
    assert idp.get(path).json()["displayName"] == "New"
    assert now() == ids[1:]
    assert patch(idp, path, {"op": "replace", "path": "members", "value": [{"value": ids[0]}]}).is_success
    assert now() == ids[:1]
    assert patch(idp, path, {"op": "replace", "value": {"members": [{"value": ids[1]}]}}).is_success
    assert now() == ids[1:2]
    assert patch(idp, path, {"op": "replace", "path": "members", "value": []}).is_success
    assert now() == []
    whole = {
        "schemas": [GROUP],
        "id": created.json()["id"],
        "displayName": "New",
        "members": [{"value": ids[2], "display": None}],
    }
    assert idp.put(path, json=whole).status_code == 200
    assert now() == ids[2:]
    assert idp.delete(path).status_code == 204
    assert "groups" not in idp.get(f"/Users/{ids[2]}").json()


def test_import(tenant: Callable[..., httpx.Client]) -> None:
    """Pages of 100 until totalResults; integers; everybody once, with the externalId of Okta."""
    client = tenant(fixture="okta", users=230, groups=3)
    seen: list[str] = []
    start = 1
    while True:
        page = client.get("/Users", params={"startIndex": start, "count": 100}).json()
        assert all(type(page[name]) is int for name in ("totalResults", "startIndex", "itemsPerPage"))
        seen += [entry["id"] for entry in page["Resources"]]
        assert all(
            len(entry["externalId"]) == 20 and entry["externalId"][:3] == "00u" for entry in page["Resources"]
        )
        start += 100
        if start > page["totalResults"]:
            break
    assert len(seen) == len(set(seen)) == 230


def test_the_published_suite(tenant: Callable[..., httpx.Client], fails: Fails) -> None:
    """What Okta's SCIM 2.0 test asserts, in its order (it posts application/json)."""
    client = tenant(fixture="okta", users=5, groups=2)
    client.headers["User-Agent"] = "OKTA SCIM Integration"
    first = client.get("/Users", params={"count": 1, "startIndex": 1})
    page = first.json()
    assert first.status_code == 200
    assert page["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    assert all(isinstance(page[name], int) for name in ("totalResults", "startIndex", "itemsPerPage"))
    known = page["Resources"][0]
    assert known["id"] and known["userName"] and known["active"] in (True, False)
    assert known["name"]["familyName"] and known["name"]["givenName"] and known["emails"][0]["value"]
    assert client.get(f"/Users/{known['id']}").status_code == 200
    assert client.get("/Users", params={"filter": 'userName eq "nobody@x.org"'}).json()["totalResults"] == 0
    for unknown in ("010101001010101011001010101011", "00919288221112222"):
        fails(client.get(f"/Users/{unknown}"), 404)
    body = {**CREATE, "userName": "runscope.user@x.org"}
    created = client.post("/Users", json=body, headers={"Content-Type": "application/json"})
    assert created.status_code == 201
    assert created.json()["active"] is True
    assert created.json()["name"] == CREATE["name"]
    assert created.json()["userName"] == body["userName"]
    fails(client.post("/Users", json=body, headers={"Content-Type": "application/json"}), 409, "uniqueness")
    upper = client.get("/Users", params={"filter": f'userName eq "{body["userName"].upper()}"'})
    assert (upper.status_code, upper.json()["totalResults"]) == (200, 1)
    assert client.get("/Groups").status_code == 200
    with httpx.Client(base_url=client.base_url) as stranger:
        fails(stranger.get("/Users"), 401)
