"""From a client's document to the stored form (RFC 7643 sections 2 and 3)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from scimmock.errors import ScimError
from scimmock.scim.policy import Leniency
from scimmock.scim.schema import user_type
from scimmock.scim.validate import check_required, normalise_resource

USER = user_type()
CORE = USER.schema.id
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
STRICT = Leniency()


def normalised(leniency: Leniency = STRICT, **attributes: Any) -> dict[str, Any]:
    body = {"schemas": [CORE], "userName": "ada", **attributes}
    before = copy.deepcopy(body)
    result = normalise_resource(USER, body, leniency)
    assert body == before
    return result


@pytest.mark.parametrize(
    ("given", "name", "stored"),
    [
        pytest.param({"NICKNAME": "A"}, "nickName", "A", id="declared-spelling"),
        pytest.param({"name": {"GIVENNAME": "A"}}, "name", {"givenName": "A"}, id="declared-spelling-of-sub"),
        pytest.param({"nickName": None}, "nickName", None, id="null-is-unassigned"),
        pytest.param({"emails": []}, "emails", None, id="empty-list-is-unassigned"),
        pytest.param({"emails": [{}]}, "emails", None, id="list-of-nothing-is-unassigned"),
        pytest.param({"name": {"givenName": None}}, "name", None, id="complex-of-nothing-is-unassigned"),
        pytest.param({"id": "7"}, "id", None, id="read-only-is-ignored"),
        pytest.param({"meta": {"version": "x"}}, "meta", None, id="meta-is-ignored"),
        pytest.param({"groups": [{"value": "g"}]}, "groups", None, id="groups-are-ignored"),
        pytest.param({"groups": "nonsense"}, "groups", None, id="read-only-is-ignored-whatever-it-is"),
        pytest.param({"nickName": ""}, "nickName", "", id="empty-string-is-a-value"),
        pytest.param(
            {"emails": [{"value": "a", "type": "work"}, {"value": "A", "type": "work"}]},
            "emails",
            [{"value": "a", "type": "work"}],
            id="the-same-pair-of-value-and-type-once",
        ),
        pytest.param(
            {"emails": [{"value": "a", "type": "work"}, {"value": "a", "type": "home"}]},
            "emails",
            [{"value": "a", "type": "work"}, {"value": "a", "type": "home"}],
            id="one-value-of-two-types",
        ),
        pytest.param({ENTERPRISE: {"DEPARTMENT": "x"}}, ENTERPRISE, {"department": "x"}, id="extension"),
        pytest.param(
            {ENTERPRISE.upper(): {"department": "x"}}, ENTERPRISE, {"department": "x"}, id="urn-in-any-case"
        ),
        pytest.param({ENTERPRISE: {}}, ENTERPRISE, None, id="empty-extension"),
        pytest.param(
            {ENTERPRISE: {"manager": {"value": "9", "displayName": "X"}}},
            ENTERPRISE,
            {"manager": {"value": "9"}},
            id="read-only-sub-attribute-is-ignored",
        ),
    ],
)
def test_stored_form(given: dict[str, Any], name: str, stored: Any) -> None:
    assert normalised(**given).get(name) == stored


def test_unknown_schemas_go_and_unknown_attributes_stay() -> None:
    lenient = Leniency(unknown_schemas=True, store_unknown_attributes=True)
    stored = normalised(lenient, schemas=[CORE, "urn:x", ENTERPRISE], **{"urn:x": {"colour": "blue"}})
    assert stored["schemas"] == [CORE, ENTERPRISE]
    assert stored["urn:x"] == {"colour": "blue"}
    kept = normalised(Leniency(store_unknown_attributes=True), schemas=[CORE, "urn:x"])
    assert kept["schemas"] == [CORE, "urn:x"]


def test_schemas_name_what_is_there() -> None:
    """RFC 7643 section 3: `schemas` lists the namespaces in use, the base schema among them."""
    assert normalised(**{ENTERPRISE: {"department": "x"}})["schemas"] == [CORE, ENTERPRISE]
    assert normalised(schemas=[ENTERPRISE, CORE])["schemas"][0] == CORE
    assert normalised(schemas=[CORE.upper()])["schemas"] == [CORE]


@pytest.mark.parametrize(
    ("given", "scim_type"),
    [
        pytest.param({"shoeSize": 9}, "invalidSyntax", id="unknown-attribute"),
        pytest.param({"name": {"shoe": 9}}, "invalidSyntax", id="unknown-sub-attribute"),
        pytest.param({"urn:x:y": {"a": 1}}, "invalidSyntax", id="unknown-extension"),
        pytest.param({ENTERPRISE: {"shoe": 9}}, "invalidSyntax", id="unknown-in-extension"),
        pytest.param({"nickName": 5}, "invalidValue", id="number-for-string"),
        pytest.param({"active": "true"}, "invalidValue", id="string-for-boolean"),
        pytest.param({"active": 1}, "invalidValue", id="number-for-boolean"),
        pytest.param({"name": "Ada"}, "invalidValue", id="string-for-complex"),
        pytest.param({"name": [{"givenName": "A"}]}, "invalidValue", id="list-for-single"),
        pytest.param({"emails": {"value": "a"}}, "invalidValue", id="object-for-list"),
        pytest.param({"emails": ["a"]}, "invalidValue", id="string-for-value"),
        pytest.param({"emails": [{"value": 5}]}, "invalidValue", id="number-in-value"),
        pytest.param({ENTERPRISE: "x"}, "invalidValue", id="string-for-extension"),
        pytest.param({"x509Certificates": [{"value": "!!"}]}, "invalidValue", id="no-base64"),
        pytest.param({"schemas": []}, "invalidSyntax", id="no-schemas"),
        pytest.param({"schemas": None}, "invalidSyntax", id="null-schemas"),
        pytest.param({"schemas": CORE}, "invalidValue", id="schemas-is-a-list"),
        pytest.param({"schemas": [CORE, "urn:x:y"]}, "invalidValue", id="unknown-schema"),
        pytest.param({"schemas": [ENTERPRISE]}, "invalidValue", id="base-schema-missing"),
        pytest.param({"schemas": [5]}, "invalidValue", id="schema-is-a-string"),
        pytest.param({"username": "eve"}, "invalidSyntax", id="one-attribute-in-two-spellings"),
        pytest.param(
            {"emails": [{"value": "a", "primary": True}, {"value": "b", "primary": True}]},
            "invalidValue",
            id="two-primaries",
        ),
    ],
)
def test_refused(given: dict[str, Any], scim_type: str) -> None:
    with pytest.raises(ScimError) as caught:
        normalised(**given)
    assert (caught.value.status, caught.value.scim_type) == (400, scim_type)


@pytest.mark.parametrize("body", [None, [], "x", 5, True])
def test_a_resource_is_an_object(body: Any) -> None:
    with pytest.raises(ScimError) as caught:
        normalise_resource(USER, body, STRICT)
    assert caught.value.scim_type == "invalidSyntax"


@pytest.mark.parametrize("user_name", [None, ""])
def test_required_attributes(user_name: Any) -> None:
    """RFC 7643 section 4.1.1: userName is required and not empty."""
    document = normalise_resource(USER, {"schemas": [CORE], "userName": user_name}, STRICT)
    with pytest.raises(ScimError) as caught:
        check_required(USER, document)
    assert caught.value.scim_type == "invalidValue"


@pytest.mark.parametrize(
    "emails",
    [
        [{"value": "a", "type": {}}, {"value": "b", "type": []}],
        [{"value": {}, "type": 5}, 5, None, "x", [1]],
        {"value": "a"},
        "a",
        [[{"value": "a"}], {"value": ["a"]}, {"type": None}],
    ],
)
def test_wrong_data_is_kept_by_a_lenient_service(emails: Any) -> None:
    """store-wrong-types takes whatever comes, never fails."""
    lenient = Leniency(store_wrong_types=True, store_unknown_attributes=True)
    kept = normalised(lenient, emails=emails)["emails"]
    assert kept == emails or kept == [email for email in emails if email is not None] or len(kept) == 2
