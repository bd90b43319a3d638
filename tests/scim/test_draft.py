"""What services of their own see of a resource before it is stored."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.scim.draft import Draft, values_at
from scimmock.scim.ports import Store
from scimmock.scim.schema import user_type

USER = user_type()
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DOCUMENT: dict[str, Any] = {
    "userName": "ada",
    "name": {"givenName": "Ada"},
    "emails": [{"value": "a@x", "type": "work"}, {"value": "b@x"}, "odd"],
    ENTERPRISE: {"division": "one", "manager": {"value": "1"}},
}

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def _draft(document: dict[str, Any], old: dict[str, Any] | None) -> Draft:
    return Draft("create" if old is None else "patch", document, old, USER, cast(Store, None))


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("userName", ["ada"]),
        ("USERNAME", ["ada"]),
        ("name.givenName", ["Ada"]),
        ("name.familyName", []),
        ("emails", [{"value": "a@x", "type": "work"}, {"value": "b@x"}, "odd"]),
        ("emails.type", ["work"]),
        (f"{ENTERPRISE}:division", ["one"]),
        (f"{ENTERPRISE}:manager.value", ["1"]),
        ("division", ["one"]),
        (ENTERPRISE, []),
        ("nonsense", []),
    ],
)
def test_values_at_a_path(path: str, values: list[Any]) -> None:
    assert list(values_at(DOCUMENT, path, USER)) == values
    assert _draft(DOCUMENT, None).values(path) == values


def test_what_is_new() -> None:
    changed = {**DOCUMENT, "emails": [{"value": "a@x"}]}
    assert _draft(changed, DOCUMENT).has_new("emails.value")
    assert not _draft(changed, DOCUMENT).has_new("userName")
    assert _draft(changed, None).has_new("userName")
    assert (_draft(changed, None).named("username"), _draft(changed, None).named("x")) == ("userName", None)


@given(
    st.dictionaries(st.sampled_from(["userName", "name", "emails", "meta", ENTERPRISE]), json, max_size=5),
    st.sampled_from(["userName", "name.givenName", "emails.value", f"{ENTERPRISE}:manager.value", "x.y"]),
)
def test_any_document_can_be_looked_at(document: dict[str, Any], path: str) -> None:
    assert None not in list(values_at(document, path, USER))
    assert not _draft(document, document).has_new(path)
