"""The life of a user (RFC 7644 sections 3.3, 3.4.1, 3.5.1, 3.6; RFC 7643 section 3)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]


def body(**attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": "ada", **attributes}


def test_create(scim: httpx.Client) -> None:
    """Section 3.3: 201, Location equal to meta.location, the whole resource, meta complete."""
    answer = scim.post("/Users", json=body(id="mine", meta={"created": "x"}, emails=[{"value": "a@x.org"}]))
    assert answer.status_code == 201
    created = answer.json()
    assert created["id"] not in ("mine", "")
    assert created["userName"] == "ada"
    meta = created["meta"]
    assert meta["resourceType"] == "User"
    assert meta["created"] == meta["lastModified"]
    assert meta["location"] == answer.headers["location"] == f"{scim.base_url}Users/{created['id']}"
    assert answer.headers["etag"] == meta["version"]
    assert answer.headers["content-type"].startswith("application/scim+json")
    assert scim.get(meta["location"]).json() == created


def test_names_in_any_case(scim: httpx.Client) -> None:
    """RFC 7643 section 2.1: attribute names ignore case."""
    created = scim.post(
        "/Users", json={"SCHEMAS": [USER], "USERNAME": "ada", "Name": {"GIVENNAME": "A"}}
    ).json()
    assert (created["userName"], created["name"]) == ("ada", {"givenName": "A"})


@pytest.mark.parametrize("taken", ["ada", "ADA"])
def test_user_names_are_unique(scim: httpx.Client, user: Make, fails: Fails, taken: str) -> None:
    """Section 3.3: 409 uniqueness; userName ignores case."""
    user(scim, "ada")
    other = user(scim, "other")
    fails(scim.post("/Users", json=body(userName=taken)), 409, "uniqueness")
    fails(scim.put(f"/Users/{other['id']}", json=body(userName=taken)), 409, "uniqueness")
    assert scim.get("/Users").json()["totalResults"] == 2
    assert scim.get(f"/Users/{other['id']}").json() == other


def test_a_user_may_change_the_case_of_its_own_name(scim: httpx.Client, user: Make) -> None:
    ada = user(scim, "ada")
    assert scim.put(f"/Users/{ada['id']}", json=body(userName="ADA")).json()["userName"] == "ADA"


def test_a_freed_name_can_be_taken_and_gets_a_new_id(scim: httpx.Client, user: Make) -> None:
    """RFC 7643 section 3.1: an id is never used again."""
    ids = set()
    for _ in range(3):
        ada = user(scim, "ada")
        ids.add(ada["id"])
        assert scim.delete(f"/Users/{ada['id']}").status_code == 204
    assert len(ids) == 3


def test_the_password_is_never_returned(scim: httpx.Client, patch: Callable[..., httpx.Response]) -> None:
    """RFC 7643 section 4.1.1: returned never, however one asks."""
    created = scim.post("/Users", json=body(password="secret")).json()
    path = f"/Users/{created['id']}"
    patched = patch(scim, path, {"op": "replace", "path": "password", "value": "secret2"})
    assert patched.status_code == 200
    assert patched.json()["meta"]["version"] != created["meta"]["version"]
    everything = [
        created,
        patched.json(),
        scim.get(path).json(),
        scim.get(path, params={"attributes": "password"}).json(),
        scim.get("/Users").json(),
        scim.put(path, json=body(password="x")).json(),
        scim.get(path, params={"excludedAttributes": "title"}).json(),
    ]
    assert "password" not in str(everything) and "secret" not in str(everything)


def test_put_replaces(scim: httpx.Client, user: Make) -> None:
    """Section 3.5.1: what is not sent is gone, read-only attributes are ignored, created stays."""
    ada = user(scim, "ada", nickName="A", **{ENTERPRISE: {"department": "x"}})
    time.sleep(0.003)
    answer = scim.put(
        f"/Users/{ada['id']}", json=body(id="other", title="Dr", meta={"created": "1999-01-01T00:00:00Z"})
    )
    new = answer.json()
    assert answer.status_code == 200
    assert (new["id"], new["title"]) == (ada["id"], "Dr")
    assert "nickName" not in new and ENTERPRISE not in new
    assert new["schemas"] == [USER]
    assert new["meta"]["created"] == ada["meta"]["created"] < new["meta"]["lastModified"]
    assert new["meta"]["version"] != ada["meta"]["version"] == ada["meta"]["version"]


def test_put_of_the_same_keeps_the_version(scim: httpx.Client, user: Make) -> None:
    """A resource that did not change keeps version and lastModified."""
    ada = user(
        scim, "ada", name={"givenName": "A"}, emails=[{"value": "a"}], **{ENTERPRISE: {"department": "x"}}
    )
    time.sleep(0.003)
    assert scim.put(f"/Users/{ada['id']}", json=ada).json() == ada


@pytest.mark.parametrize(
    ("document", "scim_type"),
    [
        pytest.param({"schemas": [USER]}, "invalidValue", id="userName-missing"),
        pytest.param({"userName": "a"}, "invalidSyntax", id="schemas-missing"),
        pytest.param(
            {"schemas": [USER], "userName": "a", "shoe": 1}, "invalidSyntax", id="unknown-attribute"
        ),
        pytest.param({"schemas": [USER], "userName": "a", "active": "yes"}, "invalidValue", id="wrong-type"),
        pytest.param([], "invalidSyntax", id="no-object"),
    ],
)
def test_what_is_refused(scim: httpx.Client, fails: Fails, user: Make, document: Any, scim_type: str) -> None:
    """Strict: unknown attributes and wrong types are 400, and nothing is stored."""
    ada = user(scim, "ada")
    fails(scim.post("/Users", json=document), 400, scim_type)
    fails(scim.put(f"/Users/{ada['id']}", json=document), 400, scim_type)
    assert scim.get("/Users").json()["Resources"] == [ada]


def test_delete(scim: httpx.Client, user: Make, fails: Fails) -> None:
    """Section 3.6: 204 without body, then 404 for everything."""
    ada = user(scim, "ada")
    path = f"/Users/{ada['id']}"
    answer = scim.delete(path)
    assert (answer.status_code, answer.content) == (204, b"")
    fails(scim.get(path), 404)
    fails(scim.delete(path), 404)
    fails(scim.put(path, json=body()), 404)
    assert scim.get("/Users", params={"filter": 'userName eq "ada"'}).json()["totalResults"] == 0


def test_the_manager_is_addressed(scim: httpx.Client, user: Make) -> None:
    """RFC 7643 section 4.3: $ref leads to the manager; displayName there is optional and read-only."""
    boss = user(scim, "boss", displayName="The Boss")
    ada = user(scim, "ada", **{ENTERPRISE: {"manager": {"value": boss["id"], "displayName": "Forged"}}})
    manager = ada[ENTERPRISE]["manager"]
    assert (manager["value"], manager["$ref"]) == (boss["id"], boss["meta"]["location"])
    assert manager.get("displayName") in (None, "The Boss")


@pytest.mark.parametrize(
    "id", ["nobody", "..", "%2e%2e", "a%2Fb", "%00", "ä", "010101001010101011001010101011", " "]
)
def test_unknown_ids(scim: httpx.Client, fails: Fails, id: str) -> None:
    """404 with the Error schema for any text."""
    fails(scim.get(f"{scim.base_url}Users/{id}x"), 404)


@pytest.mark.parametrize(
    "name", ["O'Malley", "بابل", "e\u0301", "😀", 'q"uo\\te', "a+b&c=d%20", "x" * 1000, "\u2028\ud7ff"]
)
def test_hard_names(scim: httpx.Client, user: Make, name: str) -> None:
    """Any text survives storage, representation and filters."""
    created = user(scim, name, displayName=name)
    assert created["userName"] == created["displayName"] == name
    found = scim.get("/Users", params={"filter": f"userName eq {json.dumps(name)}"}).json()
    assert [entry["id"] for entry in found["Resources"]] == [created["id"]]


@pytest.mark.parametrize("number", ["1" * 19, "1" * 30, "-" + "9" * 400, "1e308", "0.1", "1E400", "1" * 5000])
def test_numbers_of_any_size(okta: httpx.Client, user: Make, number: str) -> None:
    """A lenient service keeps unknown attributes as they came, or refuses; it never breaks the directory."""
    text = f'{{"schemas":["{USER}"],"userName":"ada","shoe":{number}}}'
    answer = okta.post("/Users", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code in (201, 400), answer.text
    listed = okta.get("/Users")
    assert listed.status_code == 200
    assert listed.json()["totalResults"] == (1 if answer.status_code == 201 else 0)
    for query in ({"filter": "shoe eq 5"}, {"sortBy": "shoe"}):
        assert okta.get("/Users", params=query).status_code in (200, 400)
    assert okta.get(str(okta.base_url)[:-1], params={"sortBy": "shoe"}).status_code == 200
    assert okta.get(str(okta.base_url)[:-1], params={"filter": "shoe gt 5"}).status_code == 200


def test_what_was_shown_can_be_sent_back(scim: httpx.Client) -> None:
    """A PUT of a resource as a GET gave it changes nothing, addresses of others included."""
    boss = scim.post("/Users", json=body(userName="boss")).json()["id"]
    extended = {"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": boss}, "department": "x"}}
    id = scim.post("/Users", json={**body(userName="ada"), **extended}).json()["id"]
    shown = scim.get(f"/Users/{id}")
    assert shown.json()[ENTERPRISE]["manager"]["$ref"].endswith(f"/Users/{boss}")
    again = scim.put(f"/Users/{id}", json=shown.json())
    assert again.json() == shown.json() and again.headers["etag"] == shown.headers["etag"]
