"""Attribute notation (RFC 7644 section 3.10) and PATCH paths (section 3.5.2 figure 7)."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.errors import ScimError
from scimmock.scim.patch_path import parse_patch_path
from scimmock.scim.path import resolve
from scimmock.scim.policy import Leniency, Policy
from scimmock.scim.schema import group_type, user_type

USER = user_type()
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
STRICT = Policy()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("userName", (None, "userName", None), id="simple"),
        pytest.param("USERname", (None, "userName", None), id="any-case"),
        pytest.param("name.givenName", (None, "name", "givenName"), id="sub-attribute"),
        pytest.param("NAME.GIVENNAME", (None, "name", "givenName"), id="sub-attribute-any-case"),
        pytest.param("externalId", (None, "externalId", None), id="common"),
        pytest.param("meta.created", (None, "meta", "created"), id="common-sub-attribute"),
        pytest.param(f"{USER.schema.id}:name.givenName", (None, "name", "givenName"), id="core-urn"),
        pytest.param(f"{USER.schema.id.upper()}:userName", (None, "userName", None), id="core-urn-any-case"),
        pytest.param(f"{ENTERPRISE}:manager.value", (ENTERPRISE, "manager", "value"), id="extension"),
        pytest.param(
            f"{ENTERPRISE.lower()}:DEPARTMENT", (ENTERPRISE, "department", None), id="extension-any-case"
        ),
        pytest.param(ENTERPRISE, (ENTERPRISE, None, None), id="whole-extension"),
        pytest.param(USER.schema.id, (None, None, None), id="whole-core"),
    ],
)
def test_resolve(path: str, expected: tuple[Any, ...]) -> None:
    target = resolve(path, USER)
    names = (target.extension, *(item and item.name for item in (target.attribute, target.sub)))
    assert target.declared
    assert names == expected


@pytest.mark.parametrize(
    "path", ["nothing", "name.nothing", "urn:x:y:attr", f"{ENTERPRISE}:nothing", "userName.x"]
)
def test_what_no_schema_declares(path: str) -> None:
    assert not resolve(path, USER).declared


def test_extension_attribute_names_do_not_hide_core_names() -> None:
    """displayName is the core attribute although manager has one of that name."""
    target = resolve("displayName", USER)
    assert target.extension is None and target.declared


@pytest.mark.parametrize(
    ("text", "sub", "selects"),
    [
        pytest.param('emails[type eq "work"]', None, [True, False], id="value-path"),
        pytest.param('emails[type eq "work"].value', "value", [True, False], id="with-sub-attribute"),
        pytest.param('EMAILS[TYPE EQ "Home"].VALUE', "value", [False, True], id="any-case"),
        pytest.param(f'{USER.schema.id}:emails[type eq "work"].value', "value", [True, False], id="urn"),
        pytest.param('emails[value ew "]"]', None, [False, True], id="bracket-in-a-string"),
        pytest.param(
            'emails[type eq "a].x[" or type eq "home"].value', "value", [False, True], id="syntax-in-a-string"
        ),
        pytest.param("emails[not (primary pr)]", None, [False, True], id="not"),
    ],
)
def test_value_path(text: str, sub: str | None, selects: list[bool]) -> None:
    emails = [{"value": "a", "type": "work", "primary": True}, {"value": "b]", "type": "home"}]
    path = parse_patch_path(text, USER, STRICT)
    assert path.predicate is not None
    assert [path.predicate(email) for email in emails] == selects
    assert (path.target.sub.name if path.target.sub else None) == sub


@pytest.mark.parametrize(
    ("text", "scim_type"),
    [
        pytest.param("shoeSize", "invalidPath", id="unknown-attribute"),
        pytest.param("name.shoe", "invalidPath", id="unknown-sub-attribute"),
        pytest.param("urn:a:b:c", "invalidPath", id="unknown-schema"),
        pytest.param("user name", "invalidPath", id="space"),
        pytest.param("/userName", "invalidPath", id="json-pointer"),
        pytest.param("emails[0]", "invalidFilter", id="array-index"),
        pytest.param("emails[]", "invalidFilter", id="empty-brackets"),
        pytest.param("emails[type eq]", "invalidFilter", id="bad-filter"),
        pytest.param('emails[shoe eq "x"]', "invalidFilter", id="unknown-in-filter"),
        pytest.param('emails[type eq "work"].shoe', "invalidPath", id="unknown-after-brackets"),
        pytest.param('emails[type eq "work"]value', "invalidPath", id="no-dot"),
        pytest.param('emails[type eq "work"', "invalidPath", id="unclosed"),
        pytest.param('name[givenName eq "x"]', "invalidPath", id="brackets-on-single-valued"),
        pytest.param('userName[value eq "x"]', "invalidPath", id="brackets-on-simple"),
        pytest.param(".", "invalidPath", id="dot"),
        pytest.param("emails.value.x", "invalidPath", id="too-deep"),
    ],
)
def test_bad_paths(text: str, scim_type: str) -> None:
    """Section 3.12: invalidPath for the path, invalidFilter for what stands in brackets."""
    with pytest.raises(ScimError) as caught:
        parse_patch_path(text, USER, STRICT)
    assert (caught.value.status, caught.value.scim_type) == (400, scim_type)


def test_lenient_services_take_unknown_paths() -> None:
    lenient = Policy(leniency=Leniency(store_unknown_attributes=True))
    path = parse_patch_path("urn:x:y:shoe.size", USER, lenient)
    assert not path.target.declared
    assert path.target.extension == "urn:x:y"


def test_the_key_of_a_member_is_found() -> None:
    path = parse_patch_path('members[value eq "42"]', group_type(), STRICT)
    assert path.key == "42"
    assert parse_patch_path('members[value eq "42" or value eq "43"]', group_type(), STRICT).key is None
