"""What clients send in forms of their own, put into the form of the standard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.scim.lenient import (
    PATCH_OP,
    dotted_urn,
    only_one,
    parsed_list,
    patch_of_1,
    resource_of_1,
    unpacked,
)
from scimmock.scim.schema import Attribute, user_type

USER_TYPE = user_type()
USER = USER_TYPE.schema.id
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OLD = "urn:scim:schemas:core:1.0"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _roles() -> Attribute:
    attribute = USER_TYPE.attribute("roles")
    assert attribute is not None
    return attribute


def test_a_list_of_one_is_its_value() -> None:
    assert [only_one(value) for value in ([1], [1, 2], [], "x", [[1]])] == [1, [1, 2], [], "x", [1]]


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"value": '{"value": "25"}'}, {"value": "25"}),
        ({"value": ' {"VALUE": "25", "displayName": "R", "id": "1"}'}, {"value": "25", "display": "R"}),
        (
            {"primary": True, "value": '{"value": "25", "type": "t"}'},
            {"primary": True, "value": "25", "type": "t"},
        ),
        ({"value": "Admin"}, {"value": "Admin"}),
        ({"value": "{no json"}, {"value": "{no json"}),
        ({"value": "[1]"}, {"value": "[1]"}),
        ({"type": "t"}, {"type": "t"}),
    ],
)
def test_json_in_a_string(value: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert unpacked(_roles(), value) == wanted


@given(JSON)
def test_a_list_in_a_string_is_the_list(value: Any) -> None:
    text = json.dumps(value)
    assert parsed_list(text) == (value if isinstance(value, list) else text)
    assert parsed_list(value) == value or isinstance(value, str)


@given(st.dictionaries(st.sampled_from(["value", "type", "x", "$ref"]), JSON))
def test_other_values_stay(value: dict[str, Any]) -> None:
    before = json.dumps(value)
    unpacked(_roles(), value)
    assert json.dumps(value) == before


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        (f"{ENTERPRISE}.department", f"{ENTERPRISE}:department"),
        (f"{ENTERPRISE.upper()}.manager.value", f"{ENTERPRISE.upper()}:manager.value"),
        (f"{USER}.title", f"{USER}:title"),
        (f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager.value"),
        ("name.givenName", "name.givenName"),
    ],
)
def test_a_dot_behind_a_urn(path: str, wanted: str) -> None:
    assert dotted_urn(path, USER_TYPE) == wanted


def test_urns_of_scim_1() -> None:
    old = {"schemas": [OLD, "urn:x"], "urn:scim:schemas:extension:enterprise:1.0": {"department": "x"}}
    assert resource_of_1(old, USER_TYPE) == {"schemas": [USER, "urn:x"], ENTERPRISE: {"department": "x"}}


def test_a_patch_of_scim_1() -> None:
    body = {
        "schemas": [OLD],
        "id": "1",
        "meta": {"attributes": ["title"]},
        "active": False,
        "members": [{"value": 'a"b', "operation": "Delete"}, {"value": "c"}],
    }
    assert patch_of_1(body) == {
        "schemas": [PATCH_OP],
        "Operations": [
            {"op": "remove", "path": "title"},
            {"op": "replace", "path": "active", "value": False},
            {"op": "remove", "path": 'members[value eq "a\\"b"]'},
            {"op": "add", "path": "members", "value": [{"value": "c"}]},
        ],
    }


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_what_is_no_patch_of_scim_1_stays(body: dict[str, Any]) -> None:
    assert patch_of_1(body) is body
    assert patch_of_1({**body, "schemas": [OLD], "Operations": []})["schemas"] == [OLD]
