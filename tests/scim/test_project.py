"""attributes and excludedAttributes (RFC 7644 sections 3.4.2.5 and 3.9, RFC 7643 section 7 "returned")."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.errors import ScimError
from scimmock.scim.project import project, read_selection
from scimmock.scim.schema import user_type

USER = user_type()
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ADA: dict[str, Any] = {
    "schemas": [USER.schema.id, ENTERPRISE],
    "id": "1",
    "externalId": "e",
    "userName": "ada",
    "name": {"givenName": "Ada", "familyName": "King"},
    "emails": [{"value": "w", "type": "work"}, {"value": "h"}],
    "meta": {"resourceType": "User", "created": "c"},
    ENTERPRISE: {"department": "Maths", "manager": {"value": "9", "displayName": "X"}},
}
ALWAYS = {"schemas": ADA["schemas"], "id": "1"}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param("userName", {"userName": "ada"}, id="one"),
        pytest.param("USERNAME", {"userName": "ada"}, id="any-case"),
        pytest.param(
            " userName , externalId ", {"userName": "ada", "externalId": "e"}, id="list-with-spaces"
        ),
        pytest.param("id", {}, id="always-returned-only"),
        pytest.param("name.givenName", {"name": {"givenName": "Ada"}}, id="sub-attribute"),
        pytest.param("name,name.givenName", {"name": ADA["name"]}, id="whole-and-part"),
        pytest.param("name.givenName,name", {"name": ADA["name"]}, id="part-and-whole"),
        pytest.param("emails.type", {"emails": [{"type": "work"}]}, id="sub-of-multi-valued"),
        pytest.param("nothing", {}, id="unknown-is-ignored"),
        pytest.param("title", {}, id="absent"),
        pytest.param("meta.created", {"meta": {"created": "c"}}, id="meta-sub"),
        pytest.param(ENTERPRISE, {ENTERPRISE: ADA[ENTERPRISE]}, id="whole-extension"),
        pytest.param(
            f"{ENTERPRISE}:department", {ENTERPRISE: {"department": "Maths"}}, id="extension-attribute"
        ),
        pytest.param(
            f"{ENTERPRISE.upper()}:MANAGER.VALUE",
            {ENTERPRISE: {"manager": {"value": "9"}}},
            id="extension-sub-any-case",
        ),
        pytest.param(f"{USER.schema.id}:userName", {"userName": "ada"}, id="core-urn"),
    ],
)
def test_attributes(attributes: str, expected: dict[str, Any]) -> None:
    """Only what is asked for, and what is always returned."""
    assert project(ADA, USER, read_selection(attributes, None)) == ALWAYS | expected


@pytest.mark.parametrize(
    ("excluded", "gone"),
    [
        pytest.param("name", "name", id="one"),
        pytest.param("NAME", "name", id="any-case"),
        pytest.param("id", None, id="always-returned"),
        pytest.param("schemas", None, id="schemas-are-always-returned"),
        pytest.param("nothing", None, id="unknown"),
        pytest.param(ENTERPRISE, ENTERPRISE, id="extension"),
        pytest.param("meta", "meta", id="meta"),
    ],
)
def test_excluded(excluded: str, gone: str | None) -> None:
    expected = {name: value for name, value in ADA.items() if name != gone}
    assert project(ADA, USER, read_selection(None, excluded)) == expected


def test_excluded_parts() -> None:
    result = project(
        ADA,
        USER,
        read_selection(None, ["name.givenName", f"{ENTERPRISE}:manager.displayName", "emails.type"]),
    )
    assert result["name"] == {"familyName": "King"}
    assert result[ENTERPRISE] == {"department": "Maths", "manager": {"value": "9"}}
    assert result["emails"] == [{"value": "w"}, {"value": "h"}]


def test_both_exclude_each_other() -> None:
    """Section 3.9: the two parameters are mutually exclusive."""
    with pytest.raises(ScimError) as caught:
        read_selection("userName", "name")
    assert (caught.value.status, caught.value.scim_type) == (400, "invalidValue")


@pytest.mark.parametrize("value", [5, {"a": 1}, [1], True])
def test_wrong_parameter(value: Any) -> None:
    with pytest.raises(ScimError):
        read_selection(value, None)


@pytest.mark.parametrize("value", [None, "", ",", [], " "])
def test_an_empty_list_is_no_selection(value: Any) -> None:
    assert not read_selection(value, None)


def test_the_document_is_not_changed() -> None:
    before = repr(ADA)
    project(ADA, USER, read_selection("name.givenName,emails.type", None))
    project(ADA, USER, read_selection(None, "name.givenName,emails.type"))
    assert repr(ADA) == before
