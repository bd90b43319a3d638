"""What filters mean on resources (RFC 7644 section 3.4.2.2 table 3), and which look-ups they allow."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.errors import InvalidFilter
from scimmock.scim.filter import parse
from scimmock.scim.match import Semantics, compile_filter
from scimmock.scim.plan import Lookup, plan
from scimmock.scim.schema import group_type, user_type

USER = user_type()
GROUP = group_type()
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BARBARA: dict[str, Any] = {
    "schemas": [USER.schema.id, ENTERPRISE],
    "id": "2819c223",
    "externalId": "Ext-1",
    "userName": "bjensen@Example.com",
    "name": {"givenName": "Barbara", "familyName": "Jensen"},
    "displayName": "Élodie Straße",
    "active": True,
    "emails": [
        {"value": "bjensen@example.com", "type": "work", "primary": True},
        {"value": "babs@jensen.org", "type": "home"},
    ],
    "title": "",
    "x509Certificates": [{"value": "MIIB"}],
    "meta": {
        "resourceType": "User",
        "created": "2010-01-23T04:56:22Z",
        "lastModified": "2011-05-13T04:42:34.5+02:00",
        "version": 'W/"1"',
    },
    ENTERPRISE: {"employeeNumber": "701984", "manager": {"value": "26118915"}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('userName eq "BJENSEN@example.COM"', True, id="eq-ignores-case-unless-caseExact"),
        pytest.param('USERNAME eq "bjensen@example.com"', True, id="attribute-names-ignore-case"),
        pytest.param('externalId eq "ext-1"', False, id="caseExact-compares-exactly"),
        pytest.param('externalId eq "Ext-1"', True, id="caseExact-equal"),
        pytest.param('id eq "2819C223"', False, id="id-is-caseExact"),
        pytest.param(
            'displayName eq "E\u0301LODIE STRASSE"', True, id="unicode-case-folding-and-normal-forms"
        ),
        pytest.param('displayName co "lod"', True, id="co"),
        pytest.param('userName sw "BJ"', True, id="sw"),
        pytest.param('userName ew ".com"', True, id="ew"),
        pytest.param('userName sw "jensen"', False, id="sw-is-the-start"),
        pytest.param('userName co ""', True, id="everything-contains-the-empty-string"),
        pytest.param('userName ne "other"', True, id="ne"),
        pytest.param('userName ne "bjensen@example.com"', False, id="ne-equal"),
        pytest.param('nickName ne "x"', True, id="ne-of-an-absent-attribute-is-not-identical"),
        pytest.param('nickName eq "x"', False, id="eq-of-an-absent-attribute"),
        pytest.param('not (nickName eq "x")', True, id="not-of-an-absent-attribute"),
        pytest.param('userName gt "a"', True, id="gt-lexicographical"),
        pytest.param('userName lt "c"', True, id="lt"),
        pytest.param('userName ge "BJENSEN@EXAMPLE.COM"', True, id="ge-equal-ignores-case"),
        pytest.param('userName le "A"', False, id="le"),
        pytest.param("nickName pr", False, id="pr-absent"),
        pytest.param("title pr", False, id="pr-empty-string-is-empty"),
        pytest.param("name pr", True, id="pr-complex-with-a-non-empty-node"),
        pytest.param("name.middleName pr", False, id="pr-sub-attribute-absent"),
        pytest.param("emails pr", True, id="pr-multi-valued"),
        pytest.param("emails.display pr", False, id="pr-sub-of-multi-valued"),
        pytest.param(f"{ENTERPRISE} pr", True, id="pr-whole-extension"),
        pytest.param('emails.value co "jensen.org"', True, id="any-value-of-a-multi-valued-attribute"),
        pytest.param('emails co "example.com"', True, id="complex-multi-valued-compares-its-value"),
        pytest.param('emails eq "BABS@jensen.org"', True, id="implied-value-eq"),
        pytest.param(
            'emails.type eq "home" and emails.value co "example"', True, id="conditions-on-different-values"
        ),
        pytest.param(
            'emails[type eq "home" and value co "example"]', False, id="value-path-is-one-and-the-same-value"
        ),
        pytest.param('emails[type eq "work" and value co "example"]', True, id="value-path-true"),
        pytest.param("emails[primary eq true]", True, id="value-path-boolean"),
        pytest.param('emails[not (type eq "work")]', True, id="value-path-not"),
        pytest.param('addresses[type eq "work"]', False, id="value-path-absent"),
        pytest.param('not (addresses[type eq "work"])', True, id="not-value-path-absent"),
        pytest.param("active eq true", True, id="boolean-eq"),
        pytest.param("active ne true", False, id="boolean-ne"),
        pytest.param("active eq false", False, id="boolean-eq-false"),
        pytest.param('meta.created eq "2010-01-23T04:56:22.000Z"', True, id="dates-compare-as-moments"),
        pytest.param('meta.lastModified eq "2011-05-13T02:42:34.500Z"', True, id="dates-time-zones"),
        pytest.param(
            'meta.lastModified gt "2011-05-13T03:00:00Z"', False, id="dates-chronological-not-lexical"
        ),
        pytest.param('meta.lastModified gt "2011-05-13T02:00:00Z"', True, id="dates-gt"),
        pytest.param('meta.resourceType eq "User"', True, id="meta-resourceType"),
        pytest.param(f'schemas eq "{ENTERPRISE}"', True, id="schemas-any-value"),
        pytest.param(f'{ENTERPRISE}:employeeNumber eq "701984"', True, id="extension-attribute"),
        pytest.param(f'{ENTERPRISE.upper()}:EMPLOYEENUMBER eq "701984"', True, id="urn-in-any-case"),
        pytest.param(f'{ENTERPRISE}:manager.value eq "26118915"', True, id="extension-sub-attribute"),
        pytest.param(f'{ENTERPRISE}:manager eq "26118915"', True, id="extension-complex-implied-value"),
        pytest.param(f'{USER.schema.id}:name.familyName eq "jensen"', True, id="core-urn"),
        pytest.param("nickName eq null", True, id="eq-null-is-absent"),
        pytest.param("userName ne null", True, id="ne-null-is-present"),
        pytest.param("emails eq null", False, id="multi-valued-eq-null"),
        pytest.param('userName eq "x" or userName sw "bj" and active eq true', True, id="precedence"),
        pytest.param('(userName sw "bj" or active eq true) and title pr', False, id="grouping"),
    ],
)
def test_match(text: str, expected: bool) -> None:
    assert compile_filter(parse(text), USER)(BARBARA) is expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('shoeSize eq "9"', id="unknown-attribute"),
        pytest.param('name.shoe eq "9"', id="unknown-sub-attribute"),
        pytest.param('urn:x:y:attr eq "9"', id="unknown-schema"),
        pytest.param('emails[shoe eq "9"]', id="unknown-in-brackets"),
        pytest.param("active gt true", id="boolean-has-no-order"),
        pytest.param('active eq "true"', id="boolean-against-string"),
        pytest.param('active co "t"', id="boolean-contains"),
        pytest.param('x509Certificates.value gt "a"', id="binary-has-no-order"),
        pytest.param("userName eq 5", id="string-against-number"),
        pytest.param("userName gt null", id="null-has-no-order"),
        pytest.param('name eq "x"', id="complex-without-value"),
        pytest.param('meta.created gt "yesterday"', id="no-date"),
        pytest.param('password eq "secret"', id="never-returned-must-not-leak"),
        pytest.param("password pr", id="never-returned-presence"),
        pytest.param('userName[value eq "x"]', id="brackets-on-a-simple-attribute"),
        pytest.param(f'{USER.schema.id} eq "x"', id="schema-is-no-attribute"),
    ],
)
def test_refused(text: str) -> None:
    """What the schema rules out is invalidFilter (section 3.4.2.2: gt on boolean or binary SHALL fail)."""
    with pytest.raises(InvalidFilter):
        compile_filter(parse(text), USER)


def test_unknown_attributes_of_one_type_are_absent_in_a_query_over_several() -> None:
    """Section 3.4.2.1: an attribute that is not part of a type counts as having no value."""
    lenient = Semantics(unknown_is_absent=True)
    group = {"id": "1", "displayName": "Staff"}
    assert not compile_filter(parse('userName eq "a"'), GROUP, lenient)(group)
    assert compile_filter(parse('displayName eq "staff" or userName eq "a"'), GROUP, lenient)(group)
    assert compile_filter(parse('not (userName eq "a")'), GROUP, lenient)(group)
    assert not compile_filter(parse("active eq true"), GROUP, lenient)(group)
    assert not compile_filter(parse('emails[type eq "work"]'), GROUP, lenient)(group)


def test_boolean_strings_are_a_liberty() -> None:
    lenient = Semantics(boolean_strings=True)
    assert compile_filter(parse('active eq "True"'), USER, lenient)(BARBARA)


@pytest.mark.parametrize("wrong", ["yes", 1, {}, [], ["x", None], [{"value": None}], {"value": 5}, None])
@pytest.mark.parametrize(
    "text",
    ["{} pr", '{} eq "x"', '{} ne "x"', '{} gt "a"', "{} eq null"],
)
@pytest.mark.parametrize(
    "name", ["userName", "emails", "emails.value", "title", "meta.version", f"{ENTERPRISE}:division"]
)
def test_wrong_data_in_a_directory_never_breaks_a_filter(text: str, name: str, wrong: Any) -> None:
    """A mock holds data of wrong types; a filter on it answers something, it does not fail."""
    predicate = compile_filter(parse(text.format(name)), USER)
    for document in (
        {"userName": wrong, "emails": wrong, "title": wrong, "meta": wrong, ENTERPRISE: wrong},
        {ENTERPRISE: {"division": wrong}, "meta": {"version": wrong}},
    ):
        assert predicate(document) in (True, False)


INDEXED = frozenset(("id", "userName", "externalId", "displayName", "emails.value"))


@pytest.mark.parametrize(
    ("text", "lookups"),
    [
        pytest.param('userName eq "a"', (Lookup("userName", "a"),), id="alone"),
        pytest.param('USERNAME eq "a"', (Lookup("userName", "a"),), id="declared-spelling"),
        pytest.param(f'{USER.schema.id}:userName eq "a"', (Lookup("userName", "a"),), id="urn-qualified"),
        pytest.param('active eq true and externalId eq "a"', (Lookup("externalId", "a"),), id="under-and"),
        pytest.param(
            'title pr and (active eq true and id eq "a")', (Lookup("id", "a"),), id="under-nested-and"
        ),
        pytest.param(
            'userName eq "a" or externalId eq "b"',
            (Lookup("userName", "a"), Lookup("externalId", "b")),
            id="under-or",
        ),
        pytest.param('userName eq "a" or title pr', None, id="or-with-an-unindexed-side"),
        pytest.param('emails.value eq "a"', (Lookup("emails.value", "a"),), id="sub-attribute"),
        pytest.param('emails eq "a"', (Lookup("emails.value", "a"),), id="implied-value"),
        pytest.param(
            'emails[type eq "work" and value eq "a"]', (Lookup("emails.value", "a"),), id="in-value-path"
        ),
        pytest.param('emails[type eq "work" or value eq "a"]', None, id="or-in-value-path"),
        pytest.param('not (userName eq "a")', None, id="not"),
        pytest.param('userName ne "a"', None, id="ne"),
        pytest.param('userName sw "a"', None, id="sw"),
        pytest.param("userName eq null", None, id="null"),
        pytest.param('title eq "a"', None, id="not-indexed"),
    ],
)
def test_plan(text: str, lookups: tuple[Lookup, ...] | None) -> None:
    assert plan(parse(text), USER, INDEXED) == lookups


def test_a_disjunction_inside_a_conjunction_is_planned() -> None:
    """An eq is a look-up wherever it stands."""
    found = plan(parse('active eq true and (userName eq "a" or userName eq "b")'), USER, INDEXED)
    assert found == (Lookup("userName", "a"), Lookup("userName", "b"))


def test_a_disjunction_of_indexed_values_in_brackets_is_planned() -> None:
    """An eq is a look-up wherever it stands, inside a valuePath too."""
    found = plan(parse('emails[value eq "a" or value eq "b"]'), USER, INDEXED)
    assert found == (Lookup("emails.value", "a"), Lookup("emails.value", "b"))
