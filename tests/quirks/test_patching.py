"""PATCH requests that services refuse or do not carry out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
NAME = {"op": "replace", "path": "displayName", "value": "Ada"}
WORK = [{"value": "ada@example.com", "type": "work"}]


@pytest.fixture
def each(both: Both, new_user: Make, patch: Patch) -> Callable[..., list[tuple[Any, ...]]]:
    """Patch a user on both services; returns (status, detail or scimType, displayName, active) of each."""

    def run(quirk: Any, *operations: Any, given: tuple[str, ...] = ()) -> list[tuple[Any, ...]]:
        found = []
        for client in both(quirk, *given):
            path = f"/Users/{new_user(client, 'ada', displayName='A.', active=True, emails=WORK)}"
            answer = patch(client, path, *operations)
            error = answer.json().get("scimType") if answer.status_code >= 400 else None
            after = client.get(path).json()
            found.append((answer.status_code, error, after.get("displayName"), after.get("active")))
        return found

    return run


Each = Callable[..., list[tuple[Any, ...]]]


def test_ignored_with_204(each: Each) -> None:
    assert each("patch-ignored-204", NAME) == [(200, None, "Ada", True), (204, None, "A.", True)]


def test_ignored_for_some_attributes(each: Each) -> None:
    quirk = {"quirk": "patch-ignored-204", "attributes": ["active"]}
    active = {"op": "replace", "value": {"active": False}}
    assert each(quirk, active) == [(200, None, "A.", False), (204, None, "A.", True)]
    assert each(quirk, NAME) == [(200, None, "Ada", True), (200, None, "Ada", True)]


def test_ignored_where_the_standard_refuses(each: Each) -> None:
    quirk = {"quirk": "patch-ignored-204", "when": "refused"}
    wrong = {"op": "replace", "path": "nonsense", "value": 1}
    assert each(quirk, NAME, wrong) == [(400, "invalidPath", "A.", True), (204, None, "A.", True)]
    assert each(quirk, NAME) == [(200, None, "Ada", True), (200, None, "Ada", True)]


def test_ignored_is_still_404_for_nobody(both: Both, patch: Patch) -> None:
    assert [patch(client, "/Users/x", NAME).status_code for client in both("patch-ignored-204")] == [404, 404]


def test_path_required(each: Each) -> None:
    pathless = {"op": "replace", "value": {"displayName": "Ada"}}
    found = each("patch-path-required", pathless)
    assert found == [(200, None, "Ada", True), (400, "invalidPath", "A.", True)]
    assert each("patch-path-required", NAME)[1] == (200, None, "Ada", True)


def test_path_required_as_aws_has_it(each: Each) -> None:
    quirk = {"quirk": "patch-path-required", "single_attribute": True}
    one = {"op": "replace", "value": {"displayName": "Ada"}}
    two = {"op": "replace", "value": {"displayName": "Ada", "active": False}}
    assert each(quirk, one) == [(200, None, "Ada", True), (200, None, "Ada", True)]
    assert each(quirk, two) == [(200, None, "Ada", False), (400, None, "A.", True)]


def test_only_active_can_be_patched(each: Each) -> None:
    off = {"op": "replace", "path": "active", "value": False}
    on = {"op": "replace", "path": "active", "value": True}
    assert each("patch-active-only", off) == [(200, None, "A.", False), (200, None, "A.", False)]
    assert each("patch-active-only", {"op": "replace", "value": {"active": False}})[1][0] == 200
    assert each("patch-active-only", on) == [(200, None, "A.", True), (400, None, "A.", True)]
    assert each("patch-active-only", off, NAME) == [(200, None, "Ada", False), (400, None, "A.", True)]
    assert each({"quirk": "patch-active-only", "reactivates": True}, on)[1][0] == 200


def test_at_most_100_membership_changes(both: Both, new_group: Make, patch: Patch) -> None:
    strict, quirky = both("patch-max-ops", "store-unknown-members")
    found = []
    for client in (strict, quirky):
        path = f"/Groups/{new_group(client, 'Staff')}"
        members = [{"value": f"id-{number}"} for number in range(101)]
        fits = patch(client, path, {"op": "add", "path": "members", "value": members[:100]}).status_code
        removals = [{"op": "remove", "path": f'members[value eq "id-{n}"]'} for n in range(101)]
        found.append(
            (
                fits,
                patch(client, path, {"op": "add", "path": "members", "value": members}).status_code,
                patch(client, path, {"op": "replace", "value": {"members": members}}).status_code,
                patch(client, path, *removals).status_code,
            )
        )
    assert found == [(204, 204, 204, 204), (204, 400, 400, 400)]


def test_at_most_100_operations(each: Each) -> None:
    quirk = {"quirk": "patch-max-ops", "count": "operations"}
    assert [row[0] for row in each(quirk, *[NAME] * 100)] == [200, 200]
    assert [row[0] for row in each(quirk, *[NAME] * 101)] == [200, 400]


def test_value_paths_are_not_supported(each: Each) -> None:
    change = {"op": "replace", "path": 'emails[type eq "work"].value', "value": "eva@example.com"}
    assert each("valuepath-unsupported", change) == [
        (200, None, "A.", True),
        (400, "invalidPath", "A.", True),
    ]
    assert each("valuepath-unsupported", NAME)[1] == (200, None, "Ada", True)


def test_value_paths_are_not_supported_but_for_members(
    both: Both, new_user: Make, new_group: Make, patch: Patch
) -> None:
    for given, status in (({}, 400), ({"members_pass": True}, 204)):
        _, quirky = both({"quirk": "valuepath-unsupported", **given})
        ada = new_user(quirky, "ada")
        operation = {"op": "remove", "path": f'members[value eq "{ada}"]'}
        assert patch(quirky, f"/Groups/{new_group(quirky, 'Staff', ada)}", operation).status_code == status


def test_no_match_is_an_error(each: Each) -> None:
    change = {"op": "add", "path": 'emails[type eq "home"].value', "value": "eva@example.com"}
    found = each("valuepath-no-match-error", change, given=("value-path-creates",))
    assert [row[:2] for row in found] == [(200, None), (400, "noTarget")]


@pytest.mark.parametrize("op", ["Replace", "REPLACE"])
def test_operations_have_case(each: Each, op: str) -> None:
    assert each("case-sensitive-op", {**NAME, "op": op}) == [
        (200, None, "Ada", True),
        (400, "invalidSyntax", "A.", True),
    ]
    assert each("case-sensitive-op", NAME)[1] == (200, None, "Ada", True)
