"""What a service fills in, keeps or refuses when resources are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Both = Callable[..., list[httpx.Client]]
New = Callable[..., str]
Patch = Callable[..., httpx.Response]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_attribute_defaults(both: Both, new_user: New) -> None:
    quirk = {"quirk": "attribute-defaults", "resources": {"Users": {"active": True, "title": "Dr"}}}
    strict, quirky = both(quirk)
    shown = strict.get(f"/Users/{new_user(strict, 'ada')}").json()
    assert "active" not in shown and "title" not in shown
    path = f"/Users/{new_user(quirky, 'ada', title='Prof')}"
    shown = quirky.get(path).json()
    assert (shown["active"], shown["title"]) == (True, "Prof")
    assert quirky.get(f"/Users/{new_user(quirky, 'bob', active=False)}").json()["active"] is False
    # A PUT is no create.
    assert "title" not in quirky.put(path, json={"schemas": [USER], "userName": "ada"}).json()


def test_attribute_defaults_in_a_put(both: Both, new_user: New) -> None:
    _, quirky = both({"quirk": "attribute-defaults", "on": ["create", "replace"]})
    path = f"/Users/{new_user(quirky, 'ada', active=False)}"
    assert quirky.put(path, json={"schemas": [USER], "userName": "ada"}).json()["active"] is True


def test_unknown_dropped(both: Both) -> None:
    strict, quirky = both("unknown-dropped")
    body = {
        "schemas": [USER, ENTERPRISE, "urn:example:other"],
        "userName": "ada",
        "externalId": "7",
        "shoeSize": 38,
        "name": {"givenName": "Ada", "petName": "A"},
        "emails": [{"value": "a@x", "colour": "red"}],
        ENTERPRISE: {"department": "Sums", "floor": 3},
        "urn:example:other": {"x": 1},
    }
    assert strict.post("/Users", json=body).status_code == 400
    made = quirky.post("/Users", json=body)
    assert made.status_code == 201, made.text
    shown = {name: value for name, value in made.json().items() if name not in ("id", "meta")}
    assert shown == {
        "schemas": [USER, ENTERPRISE],
        "userName": "ada",
        "externalId": "7",
        "name": {"givenName": "Ada"},
        "emails": [{"value": "a@x"}],
        ENTERPRISE: {"department": "Sums"},
    }
    # Wrong values are still wrong, and a PUT is no create.
    wrong = {"schemas": [USER], "userName": "bob", "active": "perhaps"}
    assert quirky.post("/Users", json=wrong).status_code == 400
    path = f"/Users/{made.json()['id']}"
    assert quirky.put(path, json={"schemas": [USER], "userName": "ada", "shoeSize": 38}).status_code == 400
    assert quirky.post("/Users", json=["no", "object"]).status_code == 400


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([{"value": "a@x"}, {"value": "b@x"}], {"value": "a@x", "primary": True}),
        ([{"value": "a@x"}, {"value": "b@x", "primary": True}], {"value": "b@x", "primary": True}),
        ([{"value": "a@x", "primary": False}], {"value": "a@x", "primary": True}),
    ],
)
def test_primary_only(
    both: Both, new_user: New, patch: Patch, given: list[dict[str, Any]], kept: dict[str, Any]
) -> None:
    strict, quirky = both("primary-only")
    assert strict.get(f"/Users/{new_user(strict, 'ada', emails=given)}").json()["emails"] == given
    path = f"/Users/{new_user(quirky, 'ada', emails=given)}"
    assert quirky.get(path).json()["emails"] == [kept]
    changed = patch(quirky, path, {"op": "replace", "path": "emails", "value": [{"value": "c@x"}]}).json()
    assert changed["emails"] == [{"value": "c@x", "primary": True}]
    assert "emails" not in quirky.get(f"/Users/{new_user(quirky, 'bob')}").json()


def test_reserved_values(both: Both, new_group: New, patch: Patch) -> None:
    strict, quirky = both("reserved-values")
    new_group(strict, "owners")
    for name in ("owners", "SSO"):
        refused = quirky.post("/Groups", json={"schemas": [GROUP], "displayName": name})
        assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")
    path = f"/Groups/{new_group(quirky, 'owners of cats')}"
    assert patch(quirky, path, {"op": "replace", "path": "displayName", "value": "sso"}).status_code == 409
    assert quirky.put(path, json={"schemas": [GROUP], "displayName": "Owners"}).status_code == 409
    assert quirky.get(path).json()["displayName"] == "owners of cats"


def test_put_keeps(both: Both, new_user: New, new_group: New) -> None:
    strict, quirky = both("put-keeps")
    for client in (strict, quirky):
        ada = new_user(client, "ada", active=False, title="Dr")
        group = new_group(client, "Staff", ada, externalId="7")
        user = client.put(f"/Users/{ada}", json={"schemas": [USER], "userName": "ada"}).json()
        assert "title" not in user and ("active" in user) == (client is quirky)
        shown = client.put(f"/Groups/{group}", json={"schemas": [GROUP], "displayName": "Team"}).json()
        assert shown["displayName"] == "Team"
        assert ("members" in shown, "externalId" in shown) == (client is quirky, client is quirky)
    # What is named is replaced, an empty list too.
    body = {"schemas": [GROUP], "members": []}
    shown = quirky.put(f"/Groups/{group}", json=body).json()
    assert "members" not in shown and (shown["displayName"], shown["externalId"]) == ("Team", "7")
    assert quirky.put("/Groups/unknown", json=body).status_code == 404


def test_create_fails_409(both: Both, new_user: New) -> None:
    strict, quirky = both("create-fails-409")
    wrong = {"schemas": [USER], "userName": "ada", "active": "perhaps"}
    assert strict.post("/Users", json=wrong).status_code == 400
    refused = quirky.post("/Users", json=wrong)
    assert (refused.status_code, refused.json()["status"]) == (409, "409")
    assert quirky.get("/Users").json()["totalResults"] == 0
    # Other requests and what is no SCIM at all fail as usual.
    path = f"/Users/{new_user(quirky, 'ada')}"
    assert quirky.put(path, json=wrong).status_code == 400
    assert quirky.post("/Groups", json={"schemas": [GROUP]}).status_code == 400
    assert (
        quirky.post("/Users", content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    )
    assert (
        quirky.post("/Users", json={"schemas": [USER], "userName": "ADA"}).json()["scimType"] == "uniqueness"
    )


def test_delete_idempotent(both: Both, new_group: New) -> None:
    strict, quirky = both("delete-idempotent")
    assert strict.delete("/Groups/unknown").status_code == 404
    path = f"/Groups/{new_group(quirky, 'Staff')}"
    for _ in range(2):
        answer = quirky.delete(path)
        assert (answer.status_code, answer.content) == (204, b"")
    assert quirky.get(path).status_code == 404
    assert quirky.delete("/Users/unknown").status_code == 404
