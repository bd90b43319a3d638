"""What services do with the members of groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
NAMES = ("a", "b", "c", "d")


@pytest.fixture
def each(both: Both, new_user: Make, new_group: Make, patch: Patch) -> Callable[..., list[Any]]:
    """Patch a group of a, b, c and d on both services; returns (status, names of its members) of each.

    Ids in operations stand as ``<a>``.
    """

    def run(quirk: Any, *operations: Any, given: tuple[str, ...] = ()) -> list[Any]:
        found = []
        for client in both(quirk, *given):
            ids = {name: new_user(client, name) for name in NAMES}
            path = f"/Groups/{new_group(client, 'Staff', *ids.values())}"
            answer = patch(client, path, *(_with_ids(operation, ids) for operation in operations))
            by_id = {id: name for name, id in ids.items()}
            members = client.get(path).json().get("members", [])
            names = "".join(by_id.get(member["value"], "?") for member in members)
            found.append((answer.status_code, names))
        return found

    return run


Each = Callable[..., list[Any]]


def _with_ids(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, id in ids.items():
            value = value.replace(f"<{name}>", id)
        return value
    if isinstance(value, dict):
        return {key: _with_ids(inner, ids) for key, inner in value.items()}
    return [_with_ids(inner, ids) for inner in value] if isinstance(value, list) else value


def _remove(name: str) -> dict[str, Any]:
    return {"op": "remove", "path": f'members[value eq "<{name}>"]'}


ALL = {"op": "remove", "path": "members"}
ADD_A = {"op": "add", "path": "members", "value": [{"value": "<a>"}]}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "members", "value": [{"value": "<b>"}]},
        {"op": "Replace", "value": {"members": [{"value": "<b>"}]}},
    ],
)
def test_members_cannot_be_replaced(each: Each, operation: Any) -> None:
    assert each("no-replace-members", operation) == [(204, "b"), (400, "abcd")]
    assert each("no-replace-members", _remove("a"))[1] == (204, "bcd")


def test_members_cannot_all_be_removed(each: Each) -> None:
    assert each("no-remove-all-members", ALL) == [(204, ""), (400, "abcd")]
    assert each("no-remove-all-members", _remove("a"))[1] == (204, "bcd")


def test_a_replace_of_something_else_empties_the_group(each: Each) -> None:
    pathless = {"op": "replace", "value": {"displayName": "Crew"}}
    by_path = {"op": "replace", "path": "displayName", "value": "Crew"}
    quirk = "replace-without-members-empties-group"
    assert each("replace-without-members-empties-group", pathless) == [(204, "abcd"), (204, "")]
    external = {"op": "replace", "path": "externalId", "value": "x"}
    assert each(quirk, external) == [(204, "abcd"), (204, "")]
    assert each(quirk, by_path) == [(204, "abcd"), (204, "abcd")]
    assert each({"quirk": quirk, "spared": []}, by_path)[1] == (204, "")
    with_members = {"op": "replace", "value": {"displayName": "Crew", "members": [{"value": "<a>"}]}}
    assert each(quirk, with_members)[1] == (204, "a")


def test_the_removal_of_one_removes_all(each: Each) -> None:
    assert each("patch-remove-one-removes-all", _remove("a")) == [(204, "bcd"), (204, "")]
    listed = {"op": "remove", "path": "members", "value": [{"value": "<a>"}]}
    found = each("patch-remove-one-removes-all", listed, given=("remove-with-value",))
    assert found == [(204, "bcd"), (204, "")]


def test_removal_by_place_takes_the_wrong_ones(each: Each) -> None:
    both_ways = [(204, "bd"), (204, "bc")]
    assert each("remove-by-index-bug", _remove("a"), _remove("c")) == both_ways
    listed = {"op": "remove", "path": "members", "value": [{"value": "<a>"}, {"value": "<c>"}]}
    assert each("remove-by-index-bug", listed, given=("remove-with-value",)) == both_ways
    assert each("remove-by-index-bug", _remove("c")) == [(204, "abd"), (204, "abd")]


def test_a_member_can_be_there_twice(each: Each) -> None:
    assert each("duplicate-member-add", ADD_A) == [(204, "abcd"), (204, "abcda")]
    assert each("duplicate-member-add", ADD_A, ADD_A)[1] == (204, "abcdaa")
    assert each("duplicate-member-add", ADD_A, _remove("a")) == [(204, "bcd"), (204, "bcd")]


def test_a_member_that_is_there_twice_leaves_as_one(
    both: Both, new_user: Make, new_group: Make, patch: Patch
) -> None:
    _, quirky = both("duplicate-member-add")
    ada, bob = new_user(quirky, "ada"), new_user(quirky, "bob")
    path = f"/Groups/{new_group(quirky, 'Staff', ada, bob)}"
    patch(quirky, path, {"op": "add", "path": "members", "value": [{"value": ada}]})
    assert len(quirky.get(f"/Users/{ada}").json()["groups"]) == 1
    assert patch(quirky, path, {"op": "remove", "path": f'members[value eq "{ada}"]'}).status_code == 204
    assert [member["value"] for member in quirky.get(path).json()["members"]] == [bob]
    assert "groups" not in quirky.get(f"/Users/{ada}").json()
    assert quirky.delete(f"/Users/{bob}").status_code == 204
    assert "members" not in quirky.get(path).json()


UNKNOWN = {"op": "add", "path": "members", "value": [{"value": "nobody"}]}


def test_unknown_members_are_skipped(each: Each) -> None:
    assert each("unknown-member-skipped", UNKNOWN) == [(400, "abcd"), (204, "abcd")]
    found = each("unknown-member-skipped", UNKNOWN, given=("store-unknown-members",))
    assert found == [(204, "abcd?"), (204, "abcd")]


@pytest.mark.parametrize("leniency", ["store-unknown-members", "skip-unknown-members"])
def test_unknown_members_are_400(each: Each, leniency: str) -> None:
    kept = "abcd?" if leniency == "store-unknown-members" else "abcd"
    assert each("unknown-member-400", UNKNOWN, given=(leniency,)) == [(204, kept), (400, "abcd")]


def test_members_need_display(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("required-display"):
        ada = new_user(client, "ada")
        bare = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ada}]}
        named = {**bare, "members": [{"value": ada, "display": "Ada"}]}
        made = client.post("/Groups", json=bare)
        path = f"/Groups/{made.json()['id']}"
        add = {"op": "add", "path": "members", "value": [{"value": ada}]}
        found.append(
            (
                made.status_code,
                client.put(path, json=bare).status_code,
                client.put(path, json=named).status_code,
                patch(client, path, add).status_code,
                patch(client, path, {"op": "replace", "value": {"members": named["members"]}}).status_code,
            )
        )
    assert found == [(201, 200, 200, 204, 204), (201, 422, 200, 422, 204)]


def test_members_need_display_in_a_create_too(both: Both, new_user: Make) -> None:
    statuses = []
    for client in both({"quirk": "required-display", "on": "create", "status": 500}):
        body = {"schemas": [GROUP], "displayName": "Staff", "members": [{"value": new_user(client, "ada")}]}
        statuses.append(client.post("/Groups", json=body).status_code)
    assert statuses == [201, 500]
