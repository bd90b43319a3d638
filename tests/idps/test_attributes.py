"""Where attributes stand in a SCIM user, and when two values are the same."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.idps.attributes import found_values, is_active, is_same, member_ids, text_of

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("name", "document", "values"),
    [
        ("email", {"emails": [{"value": "a", "type": "home"}, {"value": "b", "type": "Work"}]}, ["b"]),
        ("email", {"emails": [{"value": "a"}]}, ["a"]),
        ("email", {"emails": ["a"]}, ["a"]),
        ("email", {"emails": None}, []),
        ("mobile", {"phoneNumbers": [{"value": "1", "type": "work"}]}, []),
        ("department", {ENTERPRISE: {"department": "Sales"}}, ["Sales"]),
        ("department", {"urn:scim:schemas:extension:enterprise:1.0": {"department": "Sales"}}, ["Sales"]),
        ("manager", {ENTERPRISE: {"manager": "m1"}}, ["m1"]),
        ("manager", {ENTERPRISE: {"manager": [{"value": "m1"}]}}, ["m1"]),
        ("manager", {ENTERPRISE: {"manager": {"managerId": "m1"}}}, ["m1"]),
        ("name.givenName", {"Name": {"givenname": "Ada"}}, ["Ada"]),
        ("address.locality", {"addresses": [{"locality": "Bath"}]}, ["Bath"]),
        ("title", {"title": ""}, []),
    ],
)
def test_values_are_found_where_services_put_them(
    name: str, document: dict[str, Any], values: list[Any]
) -> None:
    assert found_values(document, name) == values


@pytest.mark.parametrize(
    ("name", "wanted", "found", "same"),
    [
        ("userName", "ADA", "ada", True),
        ("externalId", "ADA", "ada", False),
        ("phone", "tel:+44-20-7946", "+44 20 7946", True),
        ("employeeNumber", "7", 7, True),
        ("active", True, "True", True),
        ("displayName", "Straße", "STRASSE", True),
        ("displayName", "Ada", "Eva", False),
    ],
)
def test_case_counts_where_the_schema_says_so(name: str, wanted: Any, found: Any, same: bool) -> None:
    assert is_same(name, wanted, found) is same


def test_an_account_that_does_not_say_can_be_used() -> None:
    assert is_active({}) and is_active({"active": None}) and not is_active({"Active": "FALSE"})


@pytest.mark.parametrize(
    ("document", "ids"),
    [
        ({"members": [{"value": "a"}, {"Value": 7}, "c", {"display": "D"}, None]}, ["a", "7", "c"]),
        ({"Members": []}, []),
        ({"members": None}, None),
        ({}, None),
    ],
)
def test_members_are_known_by_their_ids(document: dict[str, Any], ids: list[str] | None) -> None:
    assert member_ids(document) == ids


def test_values_have_words() -> None:
    assert [text_of(value) for value in ("a", "", None, True, 7)] == [
        '"a"',
        "nothing",
        "nothing",
        "true",
        "7",
    ]
