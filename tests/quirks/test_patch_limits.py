"""PATCH operations for certain attributes only, ignored ones, and short forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Both = Callable[..., list[httpx.Client]]
New = Callable[..., str]
Patch = Callable[..., httpx.Response]

ONLY = {
    "quirk": "patch-operations-only",
    "resources": {
        "Users": {"replace": ["active", "userName"], "add": ["emails"], "remove": ["externalId"]},
        "Groups": {"add": ["members"], "remove": ["members[]"]},
    },
}


@pytest.mark.parametrize(
    ("operation", "taken"),
    [
        ({"op": "replace", "path": "active", "value": False}, True),
        ({"op": "Replace", "value": {"active": False, "userName": "b"}}, True),
        ({"op": "add", "path": "emails", "value": [{"value": "x@y.z"}]}, True),
        ({"op": "add", "path": "active", "value": False}, False),
        ({"op": "replace", "value": {"active": False, "title": "Dr"}}, False),
        ({"op": "replace", "path": "title", "value": "Dr"}, False),
        ({"op": "remove", "path": "externalId"}, True),
        ({"op": "remove", "path": "title"}, False),
        ({"op": "replace", "path": 'emails[type eq "work"].value', "value": "x@y.z"}, False),
    ],
)
def test_patch_operations_only(
    both: Both, new_user: New, patch: Patch, operation: dict[str, Any], taken: bool
) -> None:
    strict, quirky = both(ONLY)
    body = {"title": "Prof", "externalId": "7", "emails": [{"value": "a@b.c", "type": "work"}]}
    path = f"/Users/{new_user(strict, 'ada', **body)}"
    assert patch(strict, path, operation).status_code == 200
    path = f"/Users/{new_user(quirky, 'ada', **body)}"
    before = quirky.get(path).json()
    answer = patch(quirky, path, operation)
    assert answer.status_code == (200 if taken else 400), answer.text
    if not taken:
        assert answer.json()["scimType"] == "invalidPath"
        assert quirky.get(path).json() == before


def test_patch_operations_only_tells_members_from_all_members(
    both: Both, new_user: New, new_group: New, patch: Patch
) -> None:
    _, quirky = both(ONLY)
    ada = new_user(quirky, "ada")
    path = f"/Groups/{new_group(quirky, 'Staff', ada)}"
    assert patch(quirky, path, {"op": "remove", "path": "members"}).status_code == 400
    assert patch(quirky, path, {"op": "replace", "path": "displayName", "value": "x"}).status_code == 400
    assert patch(quirky, path, {"op": "remove", "path": f'members[value eq "{ada}"]'}).status_code == 204
    assert patch(quirky, path, {"op": "add", "path": "members", "value": [{"value": ada}]}).status_code == 204
    # An operation that there is not is wrong in the engine's words.
    assert patch(quirky, path, {"op": "move", "path": "members"}).json()["scimType"] == "invalidSyntax"


def test_patch_operations_only_leaves_other_endpoints_alone(both: Both, new_group: New, patch: Patch) -> None:
    _, quirky = both("patch-operations-only")
    path = f"/Groups/{new_group(quirky, 'Staff')}"
    assert patch(quirky, path, {"op": "add", "path": "displayName", "value": "x"}).status_code == 204


def test_patch_fails_204(both: Both, new_user: New, new_group: New, patch: Patch) -> None:
    strict, quirky = both("patch-fails-204")
    wrong = {"op": "replace", "path": "active", "value": "perhaps"}
    path = f"/Users/{new_user(strict, 'ada')}"
    assert patch(strict, path, wrong).status_code == 400
    path = f"/Users/{new_user(quirky, 'ada', title='Dr')}"
    before = quirky.get(path).json()
    answer = patch(quirky, path, {"op": "replace", "path": "title", "value": "Prof"}, wrong)
    assert (answer.status_code, answer.content) == (204, b"")
    assert quirky.get(path).json() == before
    assert patch(quirky, path, {"op": "replace", "path": "title", "value": "Prof"}).status_code == 200
    # Other errors, other endpoints and other methods are told.
    assert patch(quirky, "/Users/unknown", wrong).status_code == 404
    group = f"/Groups/{new_group(quirky, 'Staff')}"
    assert patch(quirky, group, {"op": "replace", "path": "nope", "value": 1}).status_code == 400
    assert quirky.put(path, json={"schemas": [], "active": "perhaps"}).status_code == 400


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": "emails"},
        {"op": "remove", "path": 'emails[type eq "work"]'},
        {"op": "replace", "path": "emails", "value": []},
        {"op": "replace", "path": "userName", "value": ""},
        {"op": "replace", "value": {"userName": None, "emails": [], "active": ""}},
    ],
)
def test_clears_ignored(both: Both, new_user: New, patch: Patch, operation: dict[str, Any]) -> None:
    strict, quirky = both("clears-ignored")
    body = {"active": True, "emails": [{"value": "a@b.c", "type": "work"}]}
    path = f"/Users/{new_user(strict, 'ada', **body)}"
    before = strict.get(path).json()
    refused = patch(strict, path, operation).status_code == 400
    assert refused or strict.get(path).json() != before
    path = f"/Users/{new_user(quirky, 'ada', **body)}"
    before = quirky.get(path).json()
    assert patch(quirky, path, operation).status_code == 200
    assert quirky.get(path).json() == before


def test_clears_ignored_applies_the_rest(both: Both, new_user: New, patch: Patch) -> None:
    _, quirky = both("clears-ignored")
    path = f"/Users/{new_user(quirky, 'ada', title='Dr', active=True)}"
    answer = patch(quirky, path, {"op": "replace", "value": {"active": None, "title": "Prof"}})
    assert (answer.json()["active"], answer.json()["title"]) == (True, "Prof")
    answer = patch(quirky, path, {"op": "remove", "path": "title"})
    assert "title" not in answer.json()
    # False is no clearing.
    assert patch(quirky, path, {"op": "replace", "path": "active", "value": False}).json()["active"] is False


def test_patch_shorthand(both: Both, new_user: New, new_group: New, patch: Patch) -> None:
    strict, quirky = both("patch-shorthand")
    name = {"givenName": "Ada", "familyName": "King"}
    short = {"op": "replace", "value": {"givenname": "Augusta", "title": "Countess"}}
    named = {"op": "add", "path": "name", "value": name}
    path = f"/Users/{new_user(strict, 'ada')}"
    patch(strict, path, named)
    assert patch(strict, path, short).status_code == 400
    path = f"/Users/{new_user(quirky, 'ada')}"
    patch(quirky, path, named)
    changed = patch(quirky, path, short).json()
    assert (changed["name"], changed["title"]) == ({**name, "givenName": "Augusta"}, "Countess")
    changed = patch(quirky, path, {"op": "replace", "path": "familyName", "value": "Byron"}).json()
    assert changed["name"] == {"givenName": "Augusta", "familyName": "Byron"}
    for client in (strict, quirky):
        ada = new_user(client, "bob")
        group = f"/Groups/{new_group(client, 'Staff')}"
        answer = patch(client, group, {"op": "add", "value": [{"value": ada}]})
        assert answer.status_code == (204 if client is quirky else 400)
    assert [member["value"] for member in quirky.get(group).json()["members"]] == [ada]
