"""Lists where there is nothing, objects where there are lists, values taken from other attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import USER

Both = Callable[..., list[httpx.Client]]
Make = Callable[..., str]
Patch = Callable[..., httpx.Response]
WORK = {"value": "ada@example.com", "type": "work"}
HOME = {"value": "ada@home.example", "type": "home"}


def test_empty_lists_are_shown(both: Both, new_user: Make, new_group: Make) -> None:
    found = []
    for client in both("empty-lists-emitted"):
        user, group = f"/Users/{new_user(client, 'ada')}", f"/Groups/{new_group(client, 'Staff')}"
        documents = [client.get(path).json() for path in (user, group)]
        documents += [client.get(path).json()["Resources"][0] for path in ("/Users", "/Groups")]
        found.append([(item.get("groups"), item.get("members")) for item in documents])
    assert found == [[(None, None)] * 4, [([], None), (None, [])] * 2]


def test_what_has_values_stays(both: Both, new_user: Make, new_group: Make) -> None:
    _, quirky = both("empty-lists-emitted")
    ada = new_user(quirky, "ada")
    group = new_group(quirky, "Staff", ada)
    assert [item["value"] for item in quirky.get(f"/Groups/{group}").json()["members"]] == [ada]
    assert [item["value"] for item in quirky.get(f"/Users/{ada}").json()["groups"]] == [group]


@pytest.mark.parametrize("query", [{"excludedAttributes": "members"}, {"attributes": "displayName"}])
def test_nothing_is_added_to_what_a_client_chooses(
    both: Both, new_user: Make, new_group: Make, query: dict[str, str]
) -> None:
    _, quirky = both("empty-lists-emitted")
    group = new_group(quirky, "Staff", new_user(quirky, "ada"))
    chosen = [quirky.get(f"/Groups/{group}", params=query).json()]
    chosen += quirky.get("/Groups", params=query).json()["Resources"]
    searched = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
    searched |= {name: value.split(",") for name, value in query.items()}
    chosen += quirky.post("/Groups/.search", json=searched).json()["Resources"]
    assert len(chosen) == 3 and all("members" not in item for item in chosen)
    assert len(quirky.get(f"/Groups/{group}").json()["members"]) == 1


def test_a_list_is_shown_and_taken_as_an_object(both: Both, patch: Patch) -> None:
    body = {"schemas": [USER], "userName": "ada", "emails": WORK}
    strict, quirky = both("object-for-list")
    assert strict.post("/Users", json=body).status_code == 400
    made = quirky.post("/Users", json=body)
    assert made.status_code == 201 and made.json()["emails"] == WORK
    path = f"/Users/{made.json()['id']}"
    put = quirky.put(path, json={**body, "emails": [HOME, WORK]})
    assert put.status_code == 200 and put.json()["emails"] == HOME
    found = quirky.get("/Users", params={"filter": f'emails.value eq "{WORK["value"]}"'}).json()
    assert found["totalResults"] == 1


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "replace", "path": "emails", "value": HOME}, HOME),
        ({"op": "replace", "value": {"emails": HOME}}, HOME),
        ({"op": "replace", "path": 'emails[type eq "work"]', "value": HOME}, HOME),
        (
            {"op": "replace", "path": "emails.value", "value": "b@example.com"},
            {**WORK, "value": "b@example.com"},
        ),
        ({"op": "remove", "path": "emails"}, None),
        ({"op": "replace", "path": "name", "value": {"givenName": "Ada"}}, WORK),
    ],
)
def test_a_patch_takes_an_object_for_a_list(
    both: Both, new_user: Make, patch: Patch, operation: dict[str, Any], expected: Any
) -> None:
    _, quirky = both("object-for-list")
    path = f"/Users/{new_user(quirky, 'ada', emails=[WORK])}"
    answer = patch(quirky, path, operation)
    assert answer.status_code == 200, answer.text
    assert answer.json().get("emails") == expected


def test_an_empty_attribute_takes_the_value_of_another(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("attribute-fallbacks"):
        own, none = new_user(client, "ada", displayName="Ada"), new_user(client, "eva")
        path = f"/Users/{own}"
        found.append(
            [
                client.get(path).json().get("displayName"),
                client.get(f"/Users/{none}").json().get("displayName"),
                patch(client, path, {"op": "remove", "path": "displayName"}).json().get("displayName"),
                client.put(path, json={"schemas": [USER], "userName": "a2"}).json().get("displayName"),
            ]
        )
    assert found == [["Ada", None, None, None], ["Ada", "eva", "ada", "a2"]]
