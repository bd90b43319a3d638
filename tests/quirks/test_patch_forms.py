"""Operations, paths and attributes that services take in PATCH, or do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.quirks.asks import operations, with_operations

from ..conftest import PATCH_OP

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
Seen = tuple[int, str | None, dict[str, Any]]
WORK = {"value": "ada@example.com", "type": "work"}
HOME = {"value": "ada@home.example", "type": "home"}
NAME = {"givenName": "Ada", "familyName": "L."}
BEFORE = {"displayName": "A.", "active": True, "emails": [WORK], "externalId": "1"}
NEW = {"op": "replace", "path": "displayName", "value": "Ada"}


def _op(op: str, path: str, value: Any = None) -> dict[str, Any]:
    return {"op": op, "path": path} if value is None else {"op": op, "path": path, "value": value}


@pytest.fixture
def each(both: Both, new_user: Make, patch: Patch) -> Callable[..., list[Seen]]:
    """Patch a user on both services; returns (status, scimType, user afterwards) of each."""

    def run(quirk: Any, *listed: Any, given: tuple[str, ...] = (), **also: Any) -> list[Seen]:
        found = []
        for client in both(quirk, *given):
            path = f"/Users/{new_user(client, 'ada', **BEFORE, **also)}"
            answer = patch(client, path, *listed)
            error = answer.json().get("scimType") if answer.status_code >= 400 else None
            found.append((answer.status_code, error, client.get(path).json()))
        return found

    return run


Each = Callable[..., list[Seen]]


def _outcomes(found: list[Seen]) -> list[tuple[int, str | None]]:
    return [(status, error) for status, error, _ in found]


ONLY = {"quirk": "patch-attributes", "resources": {"Users": ["active", "emails"]}}
REFUSED: list[tuple[Any, list[Any], tuple[int, str | None]]] = [
    (ONLY, [NEW], (400, "invalidPath")),
    (ONLY, [{"op": "replace", "value": {"active": False, "title": "x"}}], (400, "invalidPath")),
    (ONLY, [_op("replace", 'emails[type eq "work"].value', "b@x")], (200, None)),
    ({**ONLY, "status": 403, "scim_type": ""}, [_op("remove", "externalId")], (403, None)),
    ({**ONLY, "resources": {"Users": []}}, [NEW], (400, "invalidPath")),
    ("patch-attributes", [NEW], (200, None)),
    ("patch-not-removable", [_op("remove", "active")], (400, "mutability")),
    ("patch-not-removable", [_op("remove", "externalId")], (200, None)),
    ({"quirk": "patch-not-removable", "resources": "Groups"}, [_op("remove", "active")], (200, None)),
    (
        {"quirk": "patch-not-removable", "only": "externalId", "scim_type": ""},
        [_op("remove", "emails")],
        (400, None),
    ),
    ({"quirk": "patch-not-removable", "only": "externalId"}, [_op("remove", "externalId")], (200, None)),
    (
        "patch-once",
        [_op("replace", "active", False), {"op": "replace", "value": {"active": True}}],
        (400, "invalidSyntax"),
    ),
    ("patch-once", [NEW, NEW], (200, None)),
    ({"quirk": "patch-once", "attributes": []}, [NEW, NEW], (400, "invalidSyntax")),
    (
        {"quirk": "patch-once", "attributes": []},
        [
            _op("add", 'emails[type eq "work"].display', "x"),
            _op("replace", 'emails[type eq "work"].value', "b@x"),
            NEW,
        ],
        (200, None),
    ),
    (
        "patch-element-target-refused",
        [_op("remove", 'emails[type eq "work"]')],
        (400, "invalidPath"),
    ),
    (
        "patch-element-target-refused",
        [_op("replace", 'emails[type eq "work"].value', "b@x")],
        (200, None),
    ),
    (
        {"quirk": "patch-element-target-refused", "except_for": "emails"},
        [_op("remove", 'emails[type eq "work"]')],
        (200, None),
    ),
    ("patch-array-required", [_op("add", "emails", HOME)], (400, "invalidValue")),
    ("patch-array-required", [{"op": "add", "value": {"emails": HOME}}], (400, "invalidValue")),
    ("patch-array-required", [_op("add", "emails", [HOME])], (200, None)),
    ("patch-array-required", [_op("replace", 'emails[type eq "work"]', HOME), NEW], (200, None)),
]


@pytest.mark.parametrize(("quirk", "listed", "wanted"), REFUSED, ids=lambda item: str(item)[:70])
def test_refused(each: Each, quirk: Any, listed: list[Any], wanted: tuple[int, str | None]) -> None:
    found = each(quirk, *listed)
    assert _outcomes(found) == [(200, None), wanted]
    if wanted[0] != 200:
        assert {name: found[1][2][name] for name in BEFORE} == BEFORE


def test_groups_take_three_attributes(both: Both, new_group: Make, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both("patch-attributes", "drop-unknown-attributes"):
        group, ada = new_group(client, "Staff"), new_user(client, "ada")
        for operation in (
            _op("add", "members", [{"value": ada}]),
            _op("replace", "displayName", "Crew"),
            {"op": "replace", "value": {"externalId": "1", "description": "x"}},
        ):
            found.append(patch(client, f"/Groups/{group}", operation).status_code)
    assert found == [204, 204, 204, 204, 204, 400]


def test_other_attributes_are_ignored(each: Each) -> None:
    quirk = {**ONLY, "otherwise": "ignored"}
    found = each(quirk, NEW, {"op": "replace", "value": {"active": False, "externalId": "2"}})
    assert [(user["displayName"], user["active"], user["externalId"]) for _, _, user in found] == [
        ("Ada", False, "2"),
        ("A.", False, "1"),
    ]
    found = each(quirk, NEW)
    assert _outcomes(found) == [(200, None), (200, None)]
    assert [user["displayName"] for _, _, user in found] == ["Ada", "A."]


def test_operations_in_a_string_are_seen_too(both: Both, new_user: Make, switch: Callable[..., None]) -> None:
    found = []
    for client in both({**ONLY, "otherwise": "ignored"}, "json-strings"):
        path = f"/Users/{new_user(client, 'ada', **BEFORE)}"
        listed = json.dumps([NEW, {"op": "replace", "path": "active", "value": False}])
        user = client.patch(path, json={"schemas": [PATCH_OP], "Operations": listed}).json()
        found.append((user["displayName"], user["active"]))
    assert found == [("Ada", False), ("A.", False)]


def test_other_names_of_operations(each: Each) -> None:
    update = {"op": "Update", "path": "displayName", "value": "Ada"}
    found = each("patch-op-aliases", update)
    assert _outcomes(found) == [(400, "invalidSyntax"), (200, None)]
    assert found[1][2]["displayName"] == "Ada"
    gone = each({"quirk": "patch-op-aliases", "aliases": {"DELETE": "remove"}}, _op("delete", "externalId"))
    assert [user.get("externalId") for _, _, user in gone] == ["1", None]
    assert _outcomes(each({"quirk": "patch-op-aliases", "aliases": {}}, update))[1] == (400, "invalidSyntax")


@pytest.mark.parametrize(
    "operation",
    [
        _op("add", "emails", [HOME]),
        _op("Add", "Emails", HOME),
        {"op": "add", "value": {"emails": [HOME], "title": "x"}},
        {"op": "add", "value": {"emails": [HOME]}},
    ],
    ids=str,
)
def test_an_add_replaces(each: Each, operation: dict[str, Any]) -> None:
    strict, quirky = each("patch-add-replaces", operation, roles=[{"value": "a"}])
    assert (strict[2]["emails"], quirky[2]["emails"]) == ([WORK, HOME], [HOME])
    assert [user.get("title") for _, _, user in (strict, quirky)] == [
        "x" if "title" in str(operation) else None
    ] * 2


def test_an_add_of_something_else_adds(each: Each) -> None:
    for operation in (
        _op("add", "roles", [{"value": "b"}]),
        _op("add", 'emails[type eq "work"].display', "x"),
        _op("add", "emails.display", "x"),
    ):
        strict, quirky = each("patch-add-replaces", operation, roles=[{"value": "a"}])
        assert [len(strict[2][name]) for name in ("roles", "emails")] == [
            len(quirky[2][name]) for name in ("roles", "emails")
        ]


def test_a_filter_matches_one_value(each: Each) -> None:
    values = [{"value": "a", "type": "work"}, {"value": "b", "type": "work"}]
    both_values = _op("replace", 'roles[type eq "work"].display', "x")
    found = each("patch-filter-one-match", both_values, roles=values)
    assert _outcomes(found) == [(200, None), (400, "invalidFilter")]
    spared = {"quirk": "patch-filter-one-match", "except_for": "roles"}
    assert _outcomes(each(spared, both_values, roles=values)) == [(200, None), (200, None)]
    one = _op("replace", 'roles[value eq "a"].display', "x")
    assert _outcomes(each("patch-filter-one-match", one, roles=values)) == [(200, None), (200, None)]


def test_a_complex_attribute_is_replaced_whole(both: Both, patch: Patch) -> None:
    found = []
    for client in both("patch-replace-whole"):
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada", "name": NAME}
        path = f"/Users/{client.post('/Users', json=body).json()['id']}"
        added = patch(client, path, _op("add", "name", {"middleName": "K."})).json()["name"]
        replaced = patch(client, path, _op("replace", "name", {"givenName": "Eva"})).json()["name"]
        found.append((added, replaced))
    merged = {**NAME, "middleName": "K."}
    assert found == [(merged, {**merged, "givenName": "Eva"}), (merged, {"givenName": "Eva"})]


def test_a_bare_operation(both: Both, new_user: Make) -> None:
    found = []
    for client in both("patch-bare-operation"):
        path = f"/Users/{new_user(client, 'ada')}"
        bare = {"schemas": ["urn:scim:schemas:core:2.0:Group"], "op": "add", "path": "title", "value": "x"}
        answer = client.patch(path, json=bare)
        found.append((answer.status_code, client.get(path).json().get("title")))
        assert client.patch(path, json={"schemas": [PATCH_OP], "Operations": []}).status_code == 400
    assert found == [(400, None), (200, "x")]


def test_a_path_is_required_with_another_scim_type(each: Each) -> None:
    quirk = {"quirk": "patch-path-required", "scim_type": "invalidSyntax"}
    found = each(quirk, {"op": "replace", "value": {"title": "x"}})
    assert _outcomes(found) == [(200, None), (400, "invalidSyntax")]


@given(st.lists(st.dictionaries(st.sampled_from(["op", "path", "value"]), st.text(max_size=3)), max_size=3))
def test_operations_keep_their_form(listed: list[dict[str, Any]]) -> None:
    for form in (listed, json.dumps(listed)):
        body = {"schemas": [PATCH_OP], "Operations": form}
        assert operations(body) == listed
        again = with_operations(body, listed)
        assert operations(again) == listed and type(again["Operations"]) is type(form)
