"""How resources come and go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def _total(client: httpx.Client, **query: Any) -> int:
    return int(client.get("/Users", params=query).json()["totalResults"])


def test_a_deleted_user_stays_inactive(both: Both, new_user: Make, new_group: Make, patch: Patch) -> None:
    found = []
    for client in both("delete-is-soft"):
        id = new_user(client, "ada", active=True)
        group = new_group(client, "Staff", id)
        deleted = client.delete(f"/Users/{id}")
        after = client.get(f"/Users/{id}")
        found.append(
            (
                deleted.status_code,
                deleted.content,
                after.status_code,
                after.json().get("active"),
                after.json().get("userName"),
                _total(client, filter='userName eq "ada"'),
                client.post("/Users", json={"schemas": [USER], "userName": "ada"}).status_code,
                len(client.get(f"/Groups/{group}").json().get("members", [])),
            )
        )
    assert found == [
        (204, b"", 404, None, None, 0, 201, 0),
        (204, b"", 200, False, "ada", 1, 409, 1),
    ]


def test_a_deleted_user_comes_back(both: Both, new_user: Make, patch: Patch) -> None:
    _, quirky = both("delete-is-soft")
    path = f"/Users/{new_user(quirky, 'ada')}"
    version = quirky.get(path).headers["etag"]
    assert [quirky.delete(path).status_code for _ in range(2)] == [204, 204]
    assert quirky.get(path).headers["etag"] != version
    assert quirky.get(path).json()["active"] is False
    assert patch(quirky, path, {"op": "replace", "path": "active", "value": True}).json()["active"] is True


def test_a_deleted_group_is_gone(both: Both, new_group: Make) -> None:
    for client in both("delete-is-soft"):
        path = f"/Groups/{new_group(client, 'Staff')}"
        assert (client.delete(path).status_code, client.get(path).status_code) == (204, 404)


OFF = {"op": "replace", "path": "active", "value": False}


def test_inactive_users_are_hidden(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("deactivated-hidden"):
        path = f"/Users/{new_user(client, 'ada', active=True)}"
        new_user(client, "bob")
        off = patch(client, path, OFF).status_code
        rename = {"op": "replace", "path": "displayName", "value": "Ada"}
        found.append(
            (
                off,
                client.get(path).status_code,
                _total(client),
                _total(client, filter='userName eq "ada"'),
                _total(client, sortBy="userName"),
                len(client.get("/Users", params={"cursor": ""}).json()["Resources"]),
                len(client.get("/Users", params={"startIndex": 1, "count": 5}).json()["Resources"]),
                patch(client, path, rename).status_code,
                client.put(path, json={"schemas": [USER], "userName": "ada", "active": False}).status_code,
                client.post("/Users", json={"schemas": [USER], "userName": "ada"}).status_code,
                client.delete(path).status_code,
            )
        )
    assert found == [
        (200, 200, 2, 1, 2, 2, 2, 200, 200, 409, 204),
        (200, 404, 1, 0, 1, 1, 1, 404, 404, 409, 404),
    ]


@pytest.mark.parametrize("way", ["put", "path", "pathless", "text"])
def test_hidden_users_come_back(both: Both, new_user: Make, patch: Patch, way: str) -> None:
    _, quirky = both("deactivated-hidden", "boolean-strings")
    path = f"/Users/{new_user(quirky, 'ada', active=False)}"
    assert quirky.get(path).status_code == 404
    if way == "put":
        answer = quirky.put(path, json={"schemas": [USER], "userName": "ada", "active": True})
    else:
        operations = {
            "path": {"op": "replace", "path": "active", "value": True},
            "pathless": {"op": "Replace", "value": {"Active": True}},
            "text": {"op": "replace", "path": "active", "value": "True"},
        }
        answer = patch(quirky, path, operations[way])
    assert (answer.status_code, answer.json()["active"]) == (200, True)
    assert quirky.get(path).status_code == 200


def test_a_patch_that_hides_answers_204(tenant: Callable[..., Any], switch: Any, patch: Patch) -> None:
    client = tenant()
    switch(client, "deactivated-hidden", {"quirk": "delete-is-soft"})
    id = client.post("/Users", json={"schemas": [USER], "userName": "ada"}).json()["id"]
    assert client.delete(f"/Users/{id}").status_code == 204
    assert client.get(f"/Users/{id}").status_code == 404


def test_a_create_can_update(both: Both, new_user: Make) -> None:
    found = []
    for client in both("post-upsert-200"):
        id = new_user(client, "ada", title="Countess")
        again = client.post("/Users", json={"schemas": [USER], "userName": "ADA", "displayName": "Ada"})
        after = client.get(f"/Users/{id}").json()
        same = again.json().get("id") == id
        found.append((again.status_code, same, after.get("displayName"), after.get("title"), _total(client)))
    assert found == [(409, False, None, "Countess", 1), (200, True, "Ada", None, 1)]


def test_a_create_can_update_inside_bulk(both: Both, new_user: Make) -> None:
    found = []
    for client in both("post-upsert-200"):
        id = new_user(client, "ada")
        member = {"value": "bulkId:u"}
        operations = [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": "u",
                "data": {"schemas": [USER], "userName": "ada"},
            },
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"schemas": [GROUP], "displayName": "Staff", "members": [member]},
            },
        ]
        schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
        answer = client.post("/Bulk", json={"schemas": schemas, "Operations": operations}).json()
        groups = client.get(f"/Users/{id}").json().get("groups", [])
        found.append(([item["status"] for item in answer["Operations"]], len(groups)))
    assert found == [(["409", "409"], 0), (["200", "201"], 1)]
