"""The order of results (RFC 7644 section 3.4.2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.errors import ScimError
from scimmock.scim.schema import group_type, user_type
from scimmock.scim.sort import sort_key

USER = user_type()


def order(sort_by: str, *documents: dict[str, Any]) -> list[int]:
    key = sort_key(sort_by, USER, False)
    return sorted(range(len(documents)), key=lambda index: key(documents[index]))


@pytest.mark.parametrize(
    ("sort_by", "documents", "expected"),
    [
        pytest.param(
            "userName",
            [{"userName": "b"}, {"userName": "A"}, {"userName": "C"}],
            [1, 0, 2],
            id="ignores-case",
        ),
        pytest.param("externalId", [{"externalId": "b"}, {"externalId": "A"}], [1, 0], id="caseExact"),
        pytest.param(
            "externalId", [{"externalId": "a"}, {"externalId": "B"}], [1, 0], id="caseExact-upper-first"
        ),
        pytest.param("title", [{}, {"title": "z"}, {"title": None}], [1, 0, 2], id="absent-last"),
        pytest.param(
            "name.familyName",
            [{"name": {"familyName": "b"}}, {"name": {"familyName": "a"}}],
            [1, 0],
            id="sub",
        ),
        pytest.param(
            "emails",
            [
                {"emails": [{"value": "a"}, {"value": "z", "primary": True}]},
                {"emails": [{"value": "m"}, {"value": "b"}]},
            ],
            [1, 0],
            id="primary-else-first-value",
        ),
        pytest.param(
            "emails.value", [{"emails": [{"value": "b"}]}, {"emails": [{"value": "a"}]}], [1, 0], id="value"
        ),
        pytest.param("active", [{"active": True}, {"active": False}], [1, 0], id="booleans"),
        pytest.param(
            "meta.created",
            [
                {"meta": {"created": "2020-01-01T00:30:00+01:00"}},
                {"meta": {"created": "2019-12-31T23:00:00Z"}},
            ],
            [1, 0],
            id="dates-chronological",
        ),
    ],
)
def test_order(sort_by: str, documents: list[dict[str, Any]], expected: list[int]) -> None:
    assert order(sort_by, *documents) == expected


@pytest.mark.parametrize("sort_by", ["shoeSize", "name", "password", USER.schema.id, "urn:x:y:z"])
def test_refused(sort_by: str) -> None:
    with pytest.raises(ScimError) as caught:
        sort_key(sort_by, USER, False)
    assert caught.value.status == 400


def test_attributes_of_other_types_are_absent_in_a_query_over_several() -> None:
    key = sort_key("userName", group_type(), True)
    assert key({"displayName": "x"}) > sort_key("userName", USER, True)({"userName": "zzz"})


@pytest.mark.parametrize(
    "wrong", [5, True, pytest.param(10**400, id="huge"), [], {}, ["x"], [[]], {"value": {}}, "x", None]
)
def test_wrong_data_has_a_place(wrong: Any) -> None:
    """A directory may hold anything; sorting answers."""
    for sort_by in ("userName", "emails", "emails.value", "active", "meta.created"):
        documents = [
            {"userName": value, "emails": value, "active": value, "meta": {"created": value}}
            for value in (wrong, "b")
        ]
        assert len(order(sort_by, *documents)) == 2
