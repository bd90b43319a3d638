"""How many members of a group one PATCH may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]


def add(*ids: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": id} for id in ids]}


def remove(id: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "{id}"]'}


RENAME = {"op": "replace", "path": "displayName", "value": "Crew"}


@pytest.mark.parametrize(
    ("operations", "taken"),
    [
        (lambda ids: [add(ids[2], ids[3])], True),
        (lambda ids: [add(ids[2], ids[3], ids[4])], False),
        (lambda ids: [add(ids[2]), add(ids[3])], False),
        (lambda ids: [remove(ids[0])], True),
        (lambda ids: [remove(ids[0]), remove(ids[1])], False),
        (lambda ids: [add(ids[2]), remove(ids[0])], False),
        (lambda ids: [add(ids[2]), RENAME], False),
        (lambda ids: [remove(ids[0]), RENAME], False),
        (
            lambda ids: [{"op": "add", "value": {"members": [{"value": ids[2]}], "displayName": "Crew"}}],
            False,
        ),
        (lambda ids: [RENAME], True),
    ],
    ids=[
        "add",
        "too-many",
        "two-operations",
        "remove",
        "remove-two",
        "both",
        "add-and-rename",
        "remove-and-rename",
        "together-in-a-value",
        "rename",
    ],
)
def test_members_are_changed_apart(
    both: Both,
    new_user: Make,
    new_group: Make,
    patch: Patch,
    operations: Callable[[list[str]], list[dict[str, Any]]],
    taken: bool,
) -> None:
    statuses = []
    for client in both({"quirk": "patch-members-apart", "added": 2, "removed": 1}):
        ids = [new_user(client, name) for name in ("ada", "bob", "eve", "dan", "joe")]
        group = new_group(client, "Staff", ids[0], ids[1])
        before = client.get(f"/Groups/{group}").json()
        answer = patch(client, f"/Groups/{group}", *operations(ids))
        statuses.append(answer.status_code < 300)
        if answer.status_code == 400:
            assert client.get(f"/Groups/{group}").json() == before
    assert statuses == [True, taken]


def test_users_have_no_members(both: Both, new_user: Make, patch: Patch) -> None:
    for client in both("patch-members-apart"):
        operation = {"op": "add", "path": "title", "value": "Countess"}
        assert patch(client, f"/Users/{new_user(client, 'ada')}", operation).status_code == 200
