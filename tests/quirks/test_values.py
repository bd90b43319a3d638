"""Values that the schemas allow and services refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import ENTERPRISE, GROUP, USER

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
Seen = tuple[int, str | None]
WORK = {"value": "ada@example.com", "type": "work"}
HOME = {"value": "ada@home.example", "type": "home"}
NAME = {"givenName": "Ada", "familyName": "Lovelace"}


def _seen(answer: httpx.Response) -> Seen:
    return answer.status_code, answer.json().get("scimType") if answer.content else None


def _create(client: httpx.Client, **attributes: Any) -> Seen:
    return _seen(client.post("/Users", json={"schemas": [USER], "userName": "ada", **attributes}))


REFUSED = (400, "invalidValue")
CREATES: list[tuple[Any, dict[str, Any], Seen]] = [
    ("attribute-lengths", {"userName": "x" * 22}, REFUSED),
    ("attribute-lengths", {"displayName": "x" * 81}, REFUSED),
    ("attribute-lengths", {"userName": "x" * 21, "displayName": "x" * 80}, (201, None)),
    (
        {"quirk": "attribute-lengths", "lengths": {"externalId": 3}, "status": 422, "scim_type": ""},
        {"externalId": "four"},
        (422, None),
    ),
    (
        {
            "quirk": "attribute-lengths",
            "lengths": {"title": 9, "Users": {"title": 3}, "Groups": {"title": 1}},
        },
        {"title": "four"},
        REFUSED,
    ),
    ({"quirk": "attribute-lengths", "lengths": {"emails.value": 5}}, {"emails": [WORK]}, REFUSED),
    ("multivalue-refused", {"emails": [WORK, HOME]}, REFUSED),
    ("multivalue-refused", {"emails": [WORK]}, (201, None)),
    ({"quirk": "multivalue-refused", "attributes": "roles"}, {"emails": [WORK, HOME]}, (201, None)),
    ({"quirk": "multivalue-refused", "most": 2}, {"emails": [WORK, HOME]}, (201, None)),
    ("primary-required", {"emails": [WORK]}, REFUSED),
    ("primary-required", {"emails": [{**WORK, "primary": True}, HOME]}, (201, None)),
    ("primary-required", {}, (201, None)),
    ({"quirk": "primary-required", "on": ["replace", "patch"]}, {"emails": [WORK]}, (201, None)),
    ("canonical-values-enforced", {"emails": [{**WORK, "type": "office"}]}, REFUSED),
    ("canonical-values-enforced", {"emails": [{**WORK, "type": "WORK"}]}, (201, None)),
    ("canonical-values-enforced", {"photos": [{"value": "http://x", "type": "own"}]}, (201, None)),
    ("attributes-required", {"displayName": "Ada"}, REFUSED),
    ("attributes-required", {"displayName": "", "name": NAME}, REFUSED),
    ("attributes-required", {"displayName": "Ada", "name": NAME}, (201, None)),
    ({"quirk": "attributes-required", "attributes": f"{ENTERPRISE}:division"}, {}, REFUSED),
    ("attributes-refused", {"photos": [{"value": "http://x"}]}, REFUSED),
    ("attributes-refused", {"groups": [{"value": "x"}]}, REFUSED),
    ("attributes-refused", {"groups": [], "photos": None, "title": "x"}, (201, None)),
    ({"quirk": "attributes-refused", "on": "patch"}, {"photos": [{"value": "http://x"}]}, (201, None)),
    (
        {"quirk": "attributes-refused", "attributes": "*.display", "scim_type": ""},
        {"emails": [{**WORK, "display": "Ada"}]},
        (400, None),
    ),
    (
        {"quirk": "attributes-refused", "attributes": [f"{ENTERPRISE}:manager.value"]},
        {"schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": {"value": "x"}}},
        REFUSED,
    ),
]


@pytest.mark.parametrize(("quirk", "attributes", "wanted"), CREATES, ids=lambda item: str(item)[:60])
def test_creates(both: Both, quirk: Any, attributes: dict[str, Any], wanted: Seen) -> None:
    assert [_create(client, **attributes) for client in both(quirk)] == [(201, None), wanted]


PATCHES: list[tuple[Any, dict[str, Any], Seen]] = [
    ("attribute-lengths", {"op": "replace", "path": "displayName", "value": "x" * 81}, REFUSED),
    ("multivalue-refused", {"op": "add", "path": "emails", "value": [HOME]}, REFUSED),
    ("primary-required", {"op": "replace", "path": "emails", "value": [HOME]}, REFUSED),
    (
        {"quirk": "primary-required", "on": "create", "detail": "x"},
        {"op": "replace", "path": "emails", "value": [HOME]},
        (200, None),
    ),
    (
        "canonical-values-enforced",
        {"op": "replace", "path": 'emails[type eq "work"].type', "value": "office"},
        REFUSED,
    ),
    (
        {"quirk": "attributes-required", "attributes": "title", "on": ["patch"]},
        {"op": "replace", "path": "displayName", "value": "Ada"},
        REFUSED,
    ),
    ("attributes-refused", {"op": "add", "value": {"photos": [{"value": "http://x"}]}}, REFUSED),
    (
        {"quirk": "attributes-refused", "attributes": "emails.display"},
        {"op": "add", "path": 'emails[type eq "work"].display', "value": "x"},
        REFUSED,
    ),
    ("attributes-refused", {"op": "remove", "path": "photos"}, (200, None)),
]


@pytest.mark.parametrize(("quirk", "operation", "wanted"), PATCHES, ids=lambda item: str(item)[:60])
def test_patches(
    both: Both, new_user: Make, patch: Patch, quirk: Any, operation: dict[str, Any], wanted: Seen
) -> None:
    found = []
    for client in both(quirk):
        body = {"emails": [{**WORK, "primary": True}], "displayName": "A."}
        found.append(_seen(patch(client, f"/Users/{new_user(client, 'ada', **body)}", operation)))
    assert found == [(200, None), wanted]


@pytest.mark.parametrize(
    "quirk",
    [
        "attribute-lengths",
        "multivalue-refused",
        "primary-required",
        "canonical-values-enforced",
        {"quirk": "unique-attributes", "attributes": {"Users": ["title", "emails.value"]}},
    ],
    ids=str,
)
def test_what_a_user_has_already_stays(
    tenant: Callable[..., httpx.Client],
    switch: Callable[..., None],
    new_user: Make,
    patch: Patch,
    quirk: Any,
) -> None:
    client = tenant()
    body = {"displayName": "x" * 90, "emails": [{**WORK, "type": "office"}, HOME], "title": "Countess"}
    paths = [f"/Users/{new_user(client, name, **body)}" for name in ("ada", "eva")]
    switch(client, quirk)
    for path in paths:
        answer = patch(client, path, {"op": "replace", "path": "nickName", "value": "A."})
        assert (answer.status_code, answer.json()["nickName"]) == (200, "A.")


def test_names_of_groups_are_unique(both: Both, new_group: Make, patch: Patch) -> None:
    found = []
    for client in both("unique-attributes"):
        new_group(client, "Staff")
        crew = new_group(client, "Crew")
        same = client.post("/Groups", json={"schemas": [GROUP], "displayName": "STAFF"})
        renamed = patch(client, f"/Groups/{crew}", {"op": "replace", "path": "displayName", "value": "Staff"})
        own = client.put(f"/Groups/{crew}", json={"schemas": [GROUP], "displayName": "crew"})
        found.append([_seen(same), _seen(renamed), own.status_code])
    taken = (409, "uniqueness")
    assert found == [[(201, None), (204, None), 200], [taken, taken, 200]]


@pytest.mark.parametrize("path", ["emails.value", "title", f"{ENTERPRISE}:costCenter"])
def test_any_attribute_can_be_unique(both: Both, new_user: Make, path: str) -> None:
    found = []
    for client in both({"quirk": "unique-attributes", "attributes": {"Users": [path]}}):
        body = {"emails": [WORK], "title": "Countess", ENTERPRISE: {"costCenter": "1"}}
        new_user(client, "eva", **body)
        found.append(_create(client, **body))
    assert found == [(201, None), (409, "uniqueness")]


def test_inactive_users_do_not_change(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("deactivated-frozen"):
        path = f"/Users/{new_user(client, 'ada', active=False)}"
        title = {"op": "add", "path": "title", "value": "Countess"}
        active = {"op": "replace", "path": "active", "value": True}
        found.append([patch(client, path, item).status_code for item in (title, active, title)])
    assert found == [[200, 200, 200], [400, 200, 200]]
