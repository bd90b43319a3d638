"""How many operations a PATCH may have, what a count of none means, and answers that say nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.faults.errors import RuleError
from scimmock.quirks.quirkset import read_quirk

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
NEW: dict[str, Any] = {"op": "replace", "path": "displayName", "value": "New"}


def test_a_patch_has_only_so_many_operations(
    both: Both, new_user: Make, new_group: Make, patch: Patch
) -> None:
    limits = {"quirk": "patch-most-operations", "resources": {"Users": 3, "Groups": 1}}
    strict, quirky = both(limits)
    for client in (strict, quirky):
        user, group = f"/Users/{new_user(client, 'ada')}", f"/Groups/{new_group(client, 'Staff')}"
        taken = client is strict
        assert patch(client, user, *[NEW] * 3).is_success
        assert patch(client, user, *[NEW | {"value": "Newer"}] * 4).is_success is taken
        assert patch(client, group, NEW).is_success
        refused = patch(client, group, *[NEW] * 2)
        assert refused.is_success if taken else refused.status_code == 400
        assert client.get(user).json()["displayName"] == ("Newer" if client is strict else "New")


def test_a_count_below_one_is_the_default(both: Both, new_user: Make) -> None:
    strict, quirky = both("count-zero-default")
    for client in (strict, quirky):
        for name in ("ada", "eve"):
            new_user(client, name)
    for count in ("0", "-1", "-200"):
        assert strict.get("/Users", params={"count": count}).json().get("Resources", []) == []
        assert len(quirky.get("/Users", params={"count": count}).json()["Resources"]) == 2
    assert len(quirky.get("/Users", params={"count": "1"}).json()["Resources"]) == 1
    assert quirky.get("/Users", params={"count": "-"}).status_code == 400


@given(st.integers(max_value=0))
def test_a_limit_of_operations_is_at_least_one(most: int) -> None:
    with pytest.raises(RuleError, match="resources"):
        read_quirk({"quirk": "patch-most-operations", "resources": {"Users": most}}, "quirks")


def test_writes_are_answered_with_an_empty_object(both: Both, new_user: Make, patch: Patch) -> None:
    strict, quirky = both("empty-object-answers")
    for client, emptied in ((strict, False), (quirky, True)):
        path = f"/Users/{new_user(client, 'ada')}"
        changed = patch(client, path, NEW)
        assert changed.status_code == 200
        assert (changed.json() == {}) is emptied
        assert client.get(path).json()["displayName"] == "New"
        assert patch(client, "/Users/nobody", NEW).json()["status"] == "404"
        gone = client.delete(path)
        assert (gone.status_code, gone.content) == ((200, b"{}") if emptied else (204, b""))
        assert client.get(path).status_code == 404


def test_operations_that_are_answered_so_can_be_chosen(both: Both, new_user: Make) -> None:
    _, quirky = both({"quirk": "empty-object-answers", "operations": "create"})
    created = quirky.post(
        "/Users", json={"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}
    )
    assert (created.status_code, created.json()) == (200, {})
    id = quirky.get("/Users").json()["Resources"][0]["id"]
    assert quirky.delete(f"/Users/{id}").status_code == 204
