"""attributes, POST /.search and queries at the root (RFC 7644 sections 3.4.2.1, 3.4.2.5, 3.4.3, 3.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def search(client: httpx.Client, path: str, **parameters: Any) -> httpx.Response:
    return client.post(path, json={"schemas": [SEARCH], **parameters})


def test_attributes_on_every_operation_that_answers(
    scim: httpx.Client, user: Make, patch: Callable[..., httpx.Response]
) -> None:
    """Section 3.9: any operation that returns a resource honours `attributes`."""
    ada = user(scim, "ada", name={"givenName": "A", "familyName": "K"}, title="Dr")
    path, query = f"/Users/{ada['id']}", {"attributes": "name.givenName,USERNAME"}
    wanted = {"schemas": ada["schemas"], "id": ada["id"], "userName": "ada", "name": {"givenName": "A"}}
    whole = {"schemas": ada["schemas"], "userName": "ada", "name": ada["name"]}
    assert scim.get(path, params=query).json() == wanted
    assert scim.put(path, json=whole, params=query).json() == wanted
    assert patch(scim, path, {"op": "add", "path": "title", "value": "x"}, params=query).json() == wanted
    assert scim.get("/Users", params=query).json()["Resources"] == [wanted]
    body = search(scim, "/Users/.search", attributes=["name.givenName", "userName"]).json()
    assert body["Resources"] == [wanted]
    assert "name" not in scim.get(path, params={"excludedAttributes": "name"}).json()
    other = scim.post("/Users", json={**whole, "userName": "bob"}, params={"attributes": "id"})
    assert other.json().keys() == {"schemas", "id"}


def test_mutually_exclusive(scim: httpx.Client, user: Make, fails: Fails) -> None:
    """Section 3.9; what fails for its parameters is not done."""
    both = {"attributes": "id", "excludedAttributes": "name"}
    ada = user(scim, "ada")
    fails(scim.get("/Users", params=both), 400, "invalidValue")
    fails(scim.get(f"/Users/{ada['id']}", params=both), 400, "invalidValue")
    fails(
        scim.post("/Users", params=both, json={"schemas": ada["schemas"], "userName": "bob"}),
        400,
        "invalidValue",
    )
    assert scim.get("/Users").json()["totalResults"] == 1


def test_root(scim: httpx.Client, user: Make, group: Make) -> None:
    """Section 3.4.2.1: the root covers all types; attributes that a type lacks count as absent."""
    ada = user(scim, "ada", displayName="Twin")
    staff = group(scim, "Twin", ada["id"])
    root = str(scim.base_url)[:-1]

    def found(**query: Any) -> set[str]:
        listed = scim.get(root, params=query).json()
        searched = search(scim, f"{root}/.search", **query).json()
        assert listed == searched
        assert listed["schemas"] == [LIST]
        return {entry["id"] for entry in listed["Resources"]}

    both = {ada["id"], staff["id"]}
    assert found() == both
    assert found(filter='displayName eq "twin"') == both
    assert found(filter='userName eq "ada"') == {ada["id"]}
    assert found(filter='meta.resourceType eq "Group"') == {staff["id"]}
    assert found(filter=f'userName eq "ada" or members.value eq "{ada["id"]}"') == both
    assert found(sortBy="userName", sortOrder="descending", count=1) == {staff["id"]}
    assert found(filter="nothing pr") == set()
    assert found(filter='userName eq "ada" and meta.created gt "2001-01-01T00:00:00Z"') == {ada["id"]}
    cursor = scim.get(root, params={"cursor": "", "count": 1}).json()
    last = scim.get(root, params={"cursor": cursor["nextCursor"], "count": 1}).json()
    assert {page["Resources"][0]["id"] for page in (cursor, last)} == both


@pytest.mark.parametrize(
    ("body", "scim_type"),
    [
        ({}, "invalidSyntax"),
        ([], "invalidSyntax"),
        ({"schemas": ["urn:x"]}, "invalidSyntax"),
        ({"schemas": [SEARCH], "filter": "x"}, "invalidFilter"),
        ({"schemas": [SEARCH], "filter": 5}, "invalidFilter"),
        ({"schemas": [SEARCH], "count": "x"}, "invalidValue"),
        ({"schemas": [SEARCH], "count": {}}, "invalidValue"),
        ({"schemas": [SEARCH], "sortBy": 5}, "invalidValue"),
        ({"schemas": [SEARCH], "attributes": 5}, "invalidValue"),
        ({"schemas": [SEARCH], "attributes": [5]}, "invalidValue"),
        ({"schemas": [SEARCH], "cursor": 5}, "invalidCursor"),
        ({"schemas": [SEARCH], "sortBy": "userName", "sortOrder": 1}, "invalidValue"),
    ],
)
def test_wrong_searches(scim: httpx.Client, fails: Fails, body: Any, scim_type: str) -> None:
    """Section 3.4.3: the SearchRequest message."""
    for path in ("/Users/.search", "/.search"):
        fails(scim.post(path, json=body), 400, scim_type)


def test_search_is_a_post(scim: httpx.Client, fails: Fails) -> None:
    answer = scim.get("/Users/.search")
    fails(answer, 405)
    assert "POST" in answer.headers["allow"]


def test_paging_of_a_search(scim: httpx.Client, user: Make) -> None:
    for _ in range(5):
        user(scim)
    page = search(scim, "/Users/.search", startIndex=2, count=2, sortBy="userName").json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (5, 2, 2)
