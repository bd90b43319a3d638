"""What services make of the values that they are given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import ENTERPRISE, USER

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
A = {"value": "a@example.com", "type": "work"}
B = {"value": "b@example.com", "type": "home"}
FIRST = {**A, "primary": True}


def _names(document: dict[str, Any]) -> tuple[Any, Any]:
    return document.get("userName"), document.get("nickName")


def test_the_nick_name_mirrors_the_user_name(both: Both, patch: Patch) -> None:
    found = []
    for client in both("mirrored-attributes"):
        made = client.post("/Users", json={"schemas": [USER], "userName": "ada"}).json()
        path = f"/Users/{made['id']}"
        seen = [_names(made)]
        for operation in (
            {"op": "replace", "path": "nickName", "value": "countess"},
            {"op": "replace", "value": {"userName": "lovelace"}},
            {"op": "replace", "value": {"userName": "one", "nickName": "other"}},
            {"op": "remove", "path": "nickName"},
        ):
            seen.append(_names(patch(client, path, operation).json()))
        body = {"schemas": [USER], "userName": "one", "nickName": "third"}
        seen.append(_names(client.put(path, json=body).json()))
        found.append(seen)
    assert found == [
        [
            ("ada", None),
            ("ada", "countess"),
            ("lovelace", "countess"),
            ("one", "other"),
            ("one", None),
            ("one", "third"),
        ],
        [
            ("ada", "ada"),
            ("countess", "countess"),
            ("lovelace", "lovelace"),
            ("one", "one"),
            ("one", "one"),
            ("third", "third"),
        ],
    ]


def test_a_mirrored_name_is_enough_and_must_be_free(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("mirrored-attributes"):
        new_user(client, "eva")
        made = client.post("/Users", json={"schemas": [USER], "nickName": "ada"})
        path = f"/Users/{new_user(client, 'bob')}"
        taken = patch(client, path, {"op": "add", "path": "nickName", "value": "eva"})
        found.append((made.status_code, taken.status_code))
    assert found == [(400, 200), (201, 409)]


@pytest.mark.parametrize(
    ("operation", "strict", "quirky"),
    [
        ({"op": "remove", "path": "emails"}, (200, None), (200, [FIRST])),
        ({"op": "remove", "path": f"{USER}:emails"}, (200, None), (200, [FIRST])),
        ({"op": "remove", "path": 'emails[type eq "home"]'}, (200, [A]), (200, [FIRST])),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, (200, [B]), (400, [FIRST, B])),
        ({"op": "remove", "path": 'emails[type eq "work"].value'}, (200, None), (400, [FIRST, B])),
        ({"op": "remove", "path": 'emails[type eq "work"].display'}, (200, [A, B]), (200, [FIRST, B])),
        ({"op": "remove", "path": "emails[type"}, (400, [A, B]), (400, [FIRST, B])),
        ({"op": "replace", "path": "emails", "value": []}, (200, None), (400, [FIRST, B])),
        ({"op": "replace", "value": {"emails": None}}, (200, None), (400, [FIRST, B])),
        (
            {"op": "replace", "path": "emails", "value": [B]},
            (200, [B]),
            (200, [{**B, "primary": True}]),
        ),
    ],
    ids=str,
)
def test_the_primary_email_stays(
    both: Both,
    new_user: Make,
    patch: Patch,
    operation: dict[str, Any],
    strict: tuple[int, Any],
    quirky: tuple[int, Any],
) -> None:
    found = []
    for client in both("primary-kept"):
        path = f"/Users/{new_user(client, 'ada', emails=[A, B])}"
        status = patch(client, path, operation).status_code
        found.append((status, client.get(path).json().get("emails")))
    if ".value" in str(operation):  # of the value only its type is left
        assert found[0][1] == [{"type": "work"}, B]
        found[0] = found[0][0], None
    assert found == [strict, quirky]


def test_the_primary_email_can_be_another(both: Both, new_user: Make, patch: Patch) -> None:
    for client in both({"quirk": "primary-kept", "status": 409}):
        path = f"/Users/{new_user(client, 'ada', emails=[FIRST])}"
        other = {"op": "add", "path": "emails", "value": [{**B, "primary": True}]}
        gone = {"op": "remove", "path": 'emails[type eq "work"]'}
        assert patch(client, path, other, gone).json()["emails"] == [{**B, "primary": True}]


def test_a_put_does_not_remove_the_primary_email(both: Both, new_user: Make) -> None:
    found = []
    for client in both({"quirk": "primary-kept", "status": 409}):
        path = f"/Users/{new_user(client, 'ada', emails=[A])}"
        found.append(client.put(path, json={"schemas": [USER], "userName": "ada"}).status_code)
        found.append(new_user(client, "eva") != "")
    assert found == [200, True, 409, True]


def test_removing_values_by_a_list_of_them(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("primary-kept", "remove-with-value"):
        path = f"/Users/{new_user(client, 'ada', emails=[A, B])}"
        answers = [
            patch(client, path, {"op": "remove", "path": "emails", "value": [item]}) for item in (B, A)
        ]
        found.append([answer.status_code for answer in answers])
    assert found == [[200, 200], [200, 400]]


@pytest.mark.parametrize("name", ["boss", "BOSS", "boss@example.com"])
def test_a_manager_is_found_by_name(both: Both, new_user: Make, patch: Patch, name: str) -> None:
    for place, client in enumerate(both("manager-by-name")):
        boss = new_user(client, "boss", emails=[{"value": "boss@example.com"}])
        body = {"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": name}, "division": "x"}}
        path = f"/Users/{new_user(client, 'ada', **body)}"
        stored = client.get(path).json()[ENTERPRISE]
        assert (stored["manager"]["value"], stored["division"]) == (boss if place else name, "x")
        other = {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "nobody"}}
        again = {"op": "replace", "path": f"{ENTERPRISE}:manager.value", "value": boss}
        assert patch(client, path, other).json()[ENTERPRISE]["manager"]["value"] == "nobody"
        assert patch(client, path, again).json()[ENTERPRISE]["manager"]["value"] == boss


def test_a_put_changes_what_it_names(both: Both, new_user: Make) -> None:
    for place, client in enumerate(both("put-is-partial")):
        given = {
            "schemas": [USER, ENTERPRISE],
            "title": "x",
            "nickName": "a",
            "emails": [A],
            ENTERPRISE: {"division": "one", "department": "two"},
        }
        path = f"/Users/{new_user(client, 'ada', **given)}"
        body = {
            "schemas": [USER],
            "username": "eva",
            "NickName": None,
            ENTERPRISE.upper(): {"division": "three", "department": None},
        }
        after = client.put(path, json=body).json()
        assert (after["userName"], after.get("nickName"), after[ENTERPRISE]) == (
            "eva",
            None,
            {"division": "three"},
        )
        assert (after.get("title"), after.get("emails")) == (("x", [A]) if place else (None, None))
        assert after["schemas"] == [USER, ENTERPRISE]
        nothing = client.put(path, json={"schemas": [USER], "userName": "eva"}).json()
        assert (ENTERPRISE in nothing) == bool(place)


def test_a_partial_put_keeps_members_and_fails_as_others_do(
    both: Both, new_user: Make, new_group: Make
) -> None:
    found = []
    for client in both("put-is-partial"):
        group = new_group(client, "Staff", new_user(client, "ada"))
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Crew"}
        renamed = client.put(f"/Groups/{group}", json=body).json()
        nobody = client.put("/Groups/nobody", json=body).status_code
        found.append((renamed["displayName"], len(renamed.get("members", [])), nobody))
    assert found == [("Crew", 0, 404), ("Crew", 1, 404)]


def test_deactivating_removes(both: Both, new_user: Make, new_group: Make, patch: Patch) -> None:
    found = []
    for client in both("deactivate-deletes"):
        ada, eva = new_user(client, "ada", active=True), new_user(client, "eva")
        group = new_group(client, "Staff", ada, eva)
        harmless = patch(client, f"/Users/{ada}", {"op": "add", "path": "title", "value": "x"})
        off = patch(client, f"/Users/{ada}", {"op": "replace", "path": "active", "value": False})
        put = client.put(f"/Users/{eva}", json={"schemas": [USER], "userName": "eva", "active": False})
        gone = [client.get(f"/Users/{id}").status_code for id in (ada, eva)]
        members = len(client.get(f"/Groups/{group}").json().get("members", []))
        said = [off.json()["active"], put.json()["active"]]
        found.append(([harmless.status_code, off.status_code, put.status_code], said, gone, members))
        again = client.post("/Users", json={"schemas": [USER], "userName": "ada"}).status_code
        assert again == (409 if gone[0] == 200 else 201)
    assert found == [
        ([200, 200, 200], [False, False], [200, 200], 2),
        ([200, 200, 200], [False, False], [404, 404], 0),
    ]


def test_deactivating_removes_with_204(both: Both, new_user: Make, patch: Patch) -> None:
    _, quirky = both("deactivate-deletes", "patch-204")
    path = f"/Users/{new_user(quirky, 'ada')}"
    assert patch(quirky, path, {"op": "replace", "value": {"active": False}}).status_code == 204
    assert quirky.get(path).status_code == 404
