"""Bulk (RFC 7644 section 3.7)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]


def bulk(client: httpx.Client, *operations: Any, **options: Any) -> list[dict[str, Any]]:
    answer = client.post("/Bulk", json={"schemas": [REQUEST], "Operations": list(operations), **options})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]
    return list(body["Operations"])


def new_user(name: str, bulk_id: str | None = None, **attributes: Any) -> dict[str, Any]:
    data = {"schemas": [USER], "userName": name, **attributes}
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id or name, "data": data}


def new_group(name: str, *members: str) -> dict[str, Any]:
    data = {"schemas": [GROUP], "displayName": name, "members": [{"value": f"bulkId:{m}"} for m in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": name, "data": data}


def statuses(results: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in results]


def test_every_method(scim: httpx.Client, user: Make) -> None:
    """Section 3.7.3: status, location, version, bulkId for each operation, in the order of the request."""
    one, two, three = user(scim, "one"), user(scim, "two"), user(scim, "three")
    results = bulk(
        scim,
        new_user("four"),
        {
            "method": "PUT",
            "path": f"/Users/{one['id']}",
            "data": {"schemas": [USER], "userName": "uno"},
            "version": one["meta"]["version"],
        },
        {
            "method": "patch",
            "path": f"/Users/{two['id']}",
            "data": {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "title", "value": "x"}],
            },
        },
        {"method": "DELETE", "path": f"/Users/{three['id']}"},
        {"method": "DELETE", "path": f"/Users/{one['id']}", "version": one["meta"]["version"]},
    )
    assert statuses(results) == ["201", "200", "200", "204", "412"]
    assert [result["method"] for result in results] == ["POST", "PUT", "PATCH", "DELETE", "DELETE"]
    assert results[0]["bulkId"] == "four"
    for result in results[:3]:
        now = scim.get(result["location"]).json()
        assert (result["location"], result["version"]) == (now["meta"]["location"], now["meta"]["version"])
        assert "response" not in result
    assert results[4]["location"] == one["meta"]["location"]
    assert results[4]["response"]["status"] == "412"


@pytest.mark.parametrize("backward", [True, False])
def test_references(scim: httpx.Client, backward: bool) -> None:
    """Section 3.7.2: bulkId references to earlier and to later operations, in members and extensions."""
    operations = [
        new_user("boss"),
        new_user("ada", **{ENTERPRISE: {"manager": {"value": "bulkId:boss"}}}),
        new_group("Inner", "ada", "boss"),
        new_group("Outer", "Inner"),
    ]
    results = bulk(scim, *(operations if backward else operations[::-1]))
    assert statuses(results) == ["201"] * 4
    by_id = {result["bulkId"]: scim.get(result["location"]).json() for result in results}
    assert by_id["ada"][ENTERPRISE]["manager"]["value"] == by_id["boss"]["id"]
    assert [member["value"] for member in by_id["Inner"]["members"]] == [
        by_id["ada"]["id"],
        by_id["boss"]["id"],
    ]
    assert by_id["Outer"]["members"][0]["value"] == by_id["Inner"]["id"]
    assert {entry["type"] for entry in by_id["ada"]["groups"]} == {"direct", "indirect"}


def test_references_in_paths_and_patches(scim: httpx.Client, group: Make) -> None:
    """Section 3.7.2: a path may name a resource that the request creates."""
    staff = group(scim, "Staff")
    add = {"op": "add", "path": "members", "value": [{"value": "bulkId:ada"}]}
    results = bulk(
        scim,
        {
            "method": "PATCH",
            "path": f"/Groups/{staff['id']}",
            "data": {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [add]},
        },
        {
            "method": "PUT",
            "path": "/Users/bulkId:ada",
            "data": {"schemas": [USER], "userName": "ada", "title": "Dr"},
        },
        new_user("ada"),
    )
    assert statuses(results) == ["204", "200", "201"]
    ada = scim.get(results[2]["location"]).json()
    assert ada["title"] == "Dr"
    assert ada["groups"][0]["value"] == staff["id"]


def test_circles(scim: httpx.Client) -> None:
    """Section 3.7.1: circular references are resolved."""
    results = bulk(
        scim, new_group("A", "B", "ada"), new_group("B", "C"), new_group("C", "A"), new_user("ada")
    )
    assert statuses(results) == ["201"] * 4
    documents = [scim.get(result["location"]).json() for result in results]
    ids = {document.get("displayName"): document["id"] for document in documents}
    assert [member["value"] for member in documents[0]["members"]] == [ids["B"], documents[3]["id"]]
    assert [result["version"] for result in results[:3]] == [
        document["meta"]["version"] for document in documents[:3]
    ]


def test_a_circle_that_cannot_be_is_undone(scim: httpx.Client, user: Make) -> None:
    """Section 3.7.1: 409 for the operations of the circle, and nothing of it stays."""
    user(scim, "taken")
    manager = {ENTERPRISE: {"manager": {"value": "bulkId:b"}}}
    results = bulk(
        scim,
        new_user("fresh", "a", **manager),
        new_user("taken", "b", **{ENTERPRISE: {"manager": {"value": "bulkId:a"}}}),
    )
    assert statuses(results) == ["409", "409"]
    assert scim.get("/Users").json()["totalResults"] == 1


def test_failures_stand_beside_successes(scim: httpx.Client) -> None:
    """Section 3.7.3: an error has the response, the others are done all the same."""
    results = bulk(
        scim,
        new_user("ada"),
        new_user("ada", "second"),
        {"method": "POST", "path": "/Users", "data": {"schemas": [USER], "userName": "no-bulk-id"}},
        {"method": "GET", "path": "/Users"},
        {"method": "DELETE", "path": "/Users/nobody"},
        {"method": "POST", "path": "/Robots", "bulkId": "r", "data": {}},
        {"method": "PUT", "path": "/Users", "data": {}},
        new_group("Lost", "nowhere"),
        new_group("Self", "Self"),
        new_group("After-a-failure", "second"),
        "nonsense",
        new_user("bob"),
    )
    assert statuses(results) == [
        "201",
        "409",
        "400",
        "400",
        "404",
        "404",
        "400",
        "409",
        "201",
        "409",
        "400",
        "201",
    ]
    for result in results:
        if result["status"] != "201":
            assert result["response"]["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
            assert result["response"]["status"] == result["status"]
    assert results[1]["response"]["scimType"] == "uniqueness"
    (group,) = scim.get("/Groups").json()["Resources"]
    assert group["members"][0]["value"] == group["id"], "what refers to itself is a circle of one (3.7.1)"


def test_fail_on_errors(scim: httpx.Client) -> None:
    """Section 3.7.3: after that many errors the service stops; what was done stays."""
    results = bulk(
        scim,
        new_user("a"),
        new_user("a", "b"),
        new_user("c"),
        new_user("a", "d"),
        new_user("e"),
        failOnErrors=2,
    )
    assert statuses(results) == ["201", "409", "201", "409"]
    assert scim.get("/Users").json()["totalResults"] == 2
    stopped = bulk(scim, new_group("G", "z"), new_user("a", "x"), new_user("z"), failOnErrors=1)
    assert statuses(stopped) == ["409"]


def test_limits(scim: httpx.Client, fails: Fails) -> None:
    """Section 3.7.4: 413 past maxOperations and maxPayloadSize, and nothing is done."""
    many = [new_user(f"u{number}") for number in range(1001)]
    fails(scim.post("/Bulk", json={"schemas": [REQUEST], "Operations": many}), 413)
    large = {"schemas": [REQUEST], "Operations": [new_user("big", title="x" * 1_048_576)]}
    assert "1048576" in fails(scim.post("/Bulk", json=large), 413)["detail"]
    assert scim.get("/Users").json()["totalResults"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"schemas": [REQUEST]},
        {"schemas": [REQUEST], "Operations": []},
        {"schemas": [REQUEST], "Operations": {}},
        {"schemas": ["urn:x"], "Operations": [new_user("a")]},
        {"schemas": [REQUEST], "Operations": [{}], "failOnErrors": 0},
        {"schemas": [REQUEST], "Operations": [{}], "failOnErrors": "1"},
    ],
)
def test_wrong_messages(scim: httpx.Client, body: Any) -> None:
    assert scim.post("/Bulk", json=body).status_code == 400


def test_a_long_chain_of_references(scim: httpx.Client) -> None:
    """As many operations as are allowed, each waiting for the next, are all done."""
    count = 1000
    operations = [new_group(f"g{n}", *([f"g{n + 1}"] if n < count - 1 else [])) for n in range(count)]
    results = bulk(scim, *operations)
    assert set(statuses(results)) == {"201"}
    assert json.dumps(results).count('"bulkId"') == count
