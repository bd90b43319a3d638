"""What services make of the names and keys that they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def test_the_external_id_is_the_id(both: Both) -> None:
    found = []
    for client in both("id-is-external-id"):
        body = {"schemas": [USER], "userName": "ada", "externalId": "a/b & c"}
        made = client.post("/Users", json=body)
        id = made.json()["id"]
        location = made.headers["location"]
        taken = client.post("/Users", json={**body, "userName": "eva"}).status_code
        found.append((id == "a/b & c", client.get(location).json()["id"] == id, taken))
    assert found == [(False, True, 201), (True, True, 409)]


def test_without_external_id_an_id_is_issued(both: Both, new_user: Make) -> None:
    _, quirky = both("id-is-external-id")
    assert new_user(quirky, "ada") and new_user(quirky, "eva", externalId=".search") != ".search"
    _, quirky = both({"quirk": "id-is-external-id", "attribute": "userName"})
    assert new_user(quirky, "ada") == "ada"


def test_the_id_of_a_group_follows_its_name(
    both: Both, new_user: Make, new_group: Make, patch: Patch
) -> None:
    for place, client in enumerate(both("id-mutable")):
        ada = new_user(client, "ada")
        group = new_group(client, "Staff", ada)
        outer = new_group(client, "Company", group)
        answer = client.patch(
            f"/Groups/{group}",
            params={"attributes": "displayName"},
            json={
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": "displayName", "value": "Crew"}],
            },
        )
        now = "Crew" if place else group
        assert (answer.status_code, answer.json()["id"]) == (200, now)
        assert client.get(f"/Groups/{group}").status_code == (404 if place else 200)
        assert client.get(f"/Groups/{now}").json()["members"][0]["value"] == ada
        assert [item["value"] for item in client.get(f"/Groups/{outer}").json()["members"]] == [now]
        assert {item["value"] for item in client.get(f"/Users/{ada}").json()["groups"]} == {now, outer}
        change = {"op": "add", "path": "externalId", "value": "x"}
        assert patch(client, f"/Groups/{now}", change).status_code == 204
        assert client.get(f"/Groups/{now}").json()["externalId"] == "x"


def test_the_id_of_a_user_follows_its_external_id(both: Both, new_user: Make) -> None:
    for place, client in enumerate(both("id-mutable")):
        id = new_user(client, "ada", externalId="one")
        body = {"schemas": [USER], "userName": "ada", "externalId": "two", "title": "x"}
        answer = client.put(f"/Users/{id}", json=body)
        now = "two" if place else id
        assert (answer.status_code, answer.json()["id"]) == (200, now)
        assert answer.headers["location"].endswith(f"/Users/{now}")
        assert client.get("/Users", params={"filter": 'userName eq "ada"'}).json()["totalResults"] == 1
        assert client.put(f"/Users/{now}", json={**body, "title": "y"}).json()["id"] == now


def test_the_id_does_not_move_onto_another(both: Both, new_user: Make) -> None:
    _, quirky = both("id-mutable", "id-is-external-id")
    new_user(quirky, "ada", externalId="one")
    other = new_user(quirky, "eva", externalId="two")
    body = {"schemas": [USER], "userName": "eva", "externalId": "one"}
    assert quirky.put(f"/Users/{other}", json=body).json()["id"] == "two"


def test_names_that_differ_in_case(both: Both, new_user: Make) -> None:
    found = []
    for client in both("duplicate-username-case"):
        new_user(client, "alice")
        statuses = [
            client.post("/Users", json={"schemas": [USER], "userName": name}).status_code
            for name in ("Alice", "alice")
        ]
        matches = client.get("/Users", params={"filter": 'userName eq "ALICE"'}).json()["totalResults"]
        found.append((statuses, matches))
    assert found == [([409, 409], 1), ([201, 409], 2)]


@pytest.mark.parametrize(
    ("given", "stored"),
    [({}, "Ada.B_example.com"), ({"username": "lowercase"}, "ada.b@example.com")],
)
def test_user_names_are_rewritten(both: Both, patch: Patch, given: dict[str, Any], stored: str) -> None:
    for client, wanted in zip(
        both({"quirk": "username-normalized", **given}), ("Ada.B@example.com", stored), strict=True
    ):
        body = {"schemas": [USER], "username": "Ada.B@example.com"}
        made = client.post("/Users", json=body).json()
        path = f"/Users/{made['id']}"
        assert made["userName"] == wanted
        assert client.put(path, json=body).json()["userName"] == wanted
        for operation in (
            {"op": "replace", "path": "userName", "value": "Ada.B@example.com"},
            {"op": "Replace", "path": f"{USER}:userName", "value": "Ada.B@example.com"},
            {"op": "replace", "value": {"userName": "Ada.B@example.com"}},
        ):
            assert patch(client, path, operation).json()["userName"] == wanted


def test_phones_are_rewritten(both: Both, patch: Patch) -> None:
    for client, wanted in zip(
        both({"quirk": "username-normalized", "username": "kept", "phone": "digits"}),
        ("tel:+1-555 5555", "+15555555"),
        strict=True,
    ):
        phones = [{"value": "tel:+1-555 5555", "type": "work"}]
        body = {"schemas": [USER], "userName": "a@b", "phoneNumbers": phones}
        made = client.post("/Users", json=body).json()
        assert (made["userName"], made["phoneNumbers"][0]["value"]) == ("a@b", wanted)
        operation = {
            "op": "replace",
            "path": 'phoneNumbers[type eq "work"].value',
            "value": "tel:+1-555 5555",
        }
        changed = patch(client, f"/Users/{made['id']}", operation).json()
        assert changed["phoneNumbers"] == [{"value": wanted, "type": "work"}]


def test_only_the_first_value_is_kept(both: Both, patch: Patch) -> None:
    emails = [{"value": "a@example.com", "type": "work"}, {"value": "b@example.com", "type": "home"}]
    found = []
    for client in both("single-valued-multivalue"):
        body = {"schemas": [USER], "userName": "ada", "emails": emails}
        made = client.post("/Users", json=body).json()
        path = f"/Users/{made['id']}"
        replaced = client.put(path, json=body).json()
        add = {"op": "add", "path": "emails", "value": [{"value": "c@example.com", "type": "other"}]}
        patched = patch(client, path, add).json()
        found.append([len(document["emails"]) for document in (made, replaced, patched)])
        assert made["emails"][0]["value"] == "a@example.com"
    assert found == [[2, 2, 3], [1, 1, 1]]


def test_as_many_values_are_kept_as_it_says(both: Both) -> None:
    phones = [{"value": str(number), "type": "other"} for number in range(4)]
    _, quirky = both({"quirk": "single-valued-multivalue", "attributes": "phoneNumbers", "most": 2})
    emails = [{"value": f"{name}@example.com"} for name in "abc"]
    body = {"schemas": [USER], "userName": "ada", "phoneNumbers": phones, "emails": emails}
    made = quirky.post("/Users", json=body).json()
    assert (len(made["phoneNumbers"]), len(made["emails"])) == (2, 3)


def test_each_attribute_keeps_its_own_number(both: Both) -> None:
    found = []
    for client in both({"quirk": "single-valued-multivalue", "most": {"emails": 2, "photos": 1}}):
        body = {
            "schemas": [USER],
            "userName": "ada",
            "emails": [{"value": f"{name}@example.com"} for name in "abc"],
            "photos": [{"value": f"http://x/{name}"} for name in "ab"],
            "roles": [{"value": name} for name in "ab"],
        }
        made = client.post("/Users", json=body).json()
        found.append([len(made[name]) for name in ("emails", "photos", "roles")])
    assert found == [[3, 2, 2], [2, 1, 2]]
