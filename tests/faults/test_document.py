"""Attributes in the JSON of answers, found as SCIM names them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.faults.document import AttributePath, read_document, write_document

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"

BJENSEN: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "id": "1",
    "userName": "bjensen",
    "name": {"givenName": "Barbara", "familyName": "Jensen"},
    "emails": [{"value": "w@example.com", "type": "work"}, {"value": "h@example.com", "type": "home"}],
    ENTERPRISE: {"department": "Sales", "manager": {"value": "9", "displayName": "Boss"}},
}
SMITH: dict[str, Any] = {"schemas": [USER], "id": "2", "userName": "smith"}
LIST: dict[str, Any] = {
    "schemas": [f"{MESSAGES}:ListResponse"],
    "totalResults": 2,
    "itemsPerPage": 2,
    "startIndex": 1,
    "Resources": [BJENSEN, SMITH],
}
ERROR: dict[str, Any] = {"schemas": [f"{MESSAGES}:Error"], "status": "404", "detail": "There is none"}


def found(path: str, document: dict[str, Any]) -> list[Any]:
    return [holder[key] for holder, key in AttributePath.read(path).places(document)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("userName", ["bjensen"]),
        ("USERNAME", ["bjensen"]),
        ("name.givenName", ["Barbara"]),
        ("Name.GIVENNAME", ["Barbara"]),
        ("emails", [BJENSEN["emails"]]),
        ("emails.value", ["w@example.com", "h@example.com"]),
        ('emails[type eq "home"].value', ["h@example.com"]),
        ('emails[TYPE eq "home"]', [{"value": "h@example.com", "type": "home"}]),
        ('emails[type eq "other"].value', []),
        (f"{USER}:userName", ["bjensen"]),
        (f"{USER}:name.familyName", ["Jensen"]),
        (f"{ENTERPRISE}:department", ["Sales"]),
        (f"{ENTERPRISE.upper()}:DEPARTMENT", ["Sales"]),
        (f"{ENTERPRISE}:manager.displayName", ["Boss"]),
        (ENTERPRISE, [BJENSEN[ENTERPRISE]]),
        ("department", []),
        ("userName.value", []),
        ("name.title", []),
        ("emails.type.value", []),
        ("urn:example:other:userName", []),
        ("totalResults", []),
    ],
)
def test_places_in_a_resource(path: str, expected: list[Any]) -> None:
    assert found(path, BJENSEN) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("userName", ["bjensen", "smith"]),
        ("name.givenName", ["Barbara"]),
        ("schemas", [[USER, ENTERPRISE], [USER]]),
        ("totalResults", [2]),
        ("TOTALRESULTS", [2]),
        ("Resources", [LIST["Resources"]]),
        ("Resources.userName", ["bjensen", "smith"]),
        ('Resources[userName eq "smith"].id', ["2"]),
        (f"{MESSAGES}:ListResponse:schemas", [LIST["schemas"]]),
        ("nextCursor", []),
        (f"{ENTERPRISE}:department", ["Sales"]),
    ],
)
def test_places_in_a_list(path: str, expected: list[Any]) -> None:
    assert found(path, LIST) == expected


def test_lists_without_resources_have_no_places_in_them() -> None:
    empty = {"schemas": LIST["schemas"], "totalResults": 0}
    assert found("userName", empty) == []
    assert found("totalResults", empty) == [0]
    assert found("userName", {**empty, "Resources": "none"}) == []


def test_places_in_an_error() -> None:
    assert found("detail", ERROR) == ["There is none"]
    assert found("userName", ERROR) == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "a.",
        ".a",
        "a b",
        "a..b",
        "a[",
        "a[]",
        "a[type eq]",
        "a]b",
        'a[x eq "1"]b',
        'a[x eq "1"].',
        ":a",
        'a[x eq "1"].b.c',
        '[x eq "1"]',
    ],
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError):
        AttributePath.read(path)


@pytest.mark.parametrize(
    ("path", "document", "expected"),
    [
        ("active", SMITH, {**SMITH, "active": False}),
        ("userName", SMITH, SMITH),
        ("USERNAME", SMITH, SMITH),
        ("name.givenName", SMITH, {**SMITH, "name": {"givenName": False}}),
        (f"{USER}:active", SMITH, {**SMITH, "active": False}),
        (f"{ENTERPRISE}:division", SMITH, {**SMITH, ENTERPRISE: {"division": False}}),
        ("active", ERROR, ERROR),
        ("scimType", ERROR, {**ERROR, "scimType": False}),
        ("active", {"access_token": "x"}, {"access_token": "x"}),
        ("totalResults", SMITH, {**SMITH, "totalResults": False}),
        ("startIndex", {"totalResults": 1}, {"totalResults": 1}),
        ('emails[type eq "work"].display', SMITH, SMITH),
        ("userName.x", SMITH, SMITH),
        (ENTERPRISE, {**SMITH, "schemas": [USER, ENTERPRISE]}, None),
    ],
)
def test_adding(path: str, document: dict[str, Any], expected: dict[str, Any] | None) -> None:
    if expected is None:
        expected = {**document, ENTERPRISE: False}
    changed = deepcopy(document)
    assert AttributePath.read(path).add(changed, False) == (1 if expected != document else 0)
    assert changed == expected


def test_adding_to_each_value_and_each_resource() -> None:
    changed = deepcopy(LIST)
    assert AttributePath.read("emails.display").add(changed, "x") == 3
    assert [email["display"] for email in changed["Resources"][0]["emails"]] == ["x", "x"]
    assert AttributePath.read("active").add(changed, True) == 2
    assert all(user["active"] is True for user in changed["Resources"])
    assert "active" not in changed


texts = st.text(st.characters(codec="utf-8"), max_size=8)
documents = st.dictionaries(
    texts,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=5,
)


@given(documents)
def test_reading_and_writing_keep_values_and_order(document: dict[str, Any]) -> None:
    again = read_document(write_document(document))
    assert again == document and again is not None
    assert list(again) == list(document)
    assert json.dumps(again) == json.dumps(document)


@given(documents, st.sampled_from(["userName", "a.b", "Resources.a", f"{ENTERPRISE}:a", 'a[b eq "c"].d']))
def test_any_document_can_be_searched_and_added_to(document: dict[str, Any], path: str) -> None:
    read = AttributePath.read(path)
    for holder, key in read.places(document):
        assert holder[key] is not Ellipsis
    read.add(document, 1)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"1", b'"a"', b"{", b"\xff", b"<html>", b"[" * 100_000, b'{"a":' * 5000]
)
def test_what_is_no_object_is_none(body: bytes) -> None:
    assert read_document(body) is None
