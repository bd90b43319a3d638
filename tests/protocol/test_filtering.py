"""Filters over HTTP (RFC 7644 section 3.4.2.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]


@pytest.fixture
def people(scim: httpx.Client, user: Make) -> httpx.Client:
    """Three people with distinct attributes."""
    user(
        scim,
        "Ada",
        externalId="X1",
        title="Dr",
        active=True,
        displayName="Ada King",
        emails=[{"value": "ada@x.org", "type": "work"}, {"value": "bob@x.org", "type": "other"}],
        **{ENTERPRISE: {"employeeNumber": "7"}},
    )
    user(scim, "bob", externalId="x1", active=False, emails=[{"value": "bob@x.org", "type": "work"}])
    user(scim, "cy", displayName="Cy")
    return scim


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('userName eq "ADA"', "Ada"),
        ('externalId eq "x1"', "bob"),
        ('userName eq "ada" or userName eq "cy"', "Ada cy"),
        ('userName eq "cy" or userName eq "ada"', "Ada cy"),
        ('userName eq "ada" or userName eq "ada"', "Ada"),
        ('userName eq "bob" and active eq true', ""),
        ('emails[type eq "work" and value eq "bob@x.org"]', "bob"),
        ('emails.type eq "work" and emails.value eq "bob@x.org"', "Ada bob"),
        ("title pr and active eq true", "Ada"),
        ("not (title pr)", "bob cy"),
        ('userName sw "a" or userName sw "b" and active eq true', "Ada"),
        (f'{ENTERPRISE}:employeeNumber eq "7"', "Ada"),
        (f'{USER}:displayName co "k"', "Ada"),
        ('meta.resourceType eq "User" and meta.created gt "2001-01-01T00:00:00Z"', "Ada bob cy"),
        (f'schemas eq "{ENTERPRISE}"', "Ada"),
        ('id eq "nobody"', ""),
        ("active eq null", "cy"),
        ('displayName ne "cy"', "Ada bob"),
        ('userName gt "b"', "bob cy"),
    ],
)
def test_found(people: httpx.Client, text: str, names: str) -> None:
    for answer in (
        people.get("/Users", params={"filter": text}),
        people.post(
            "/Users/.search",
            json={"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": text},
        ),
    ):
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
        assert [entry["userName"] for entry in page["Resources"]] == names.split()
        assert page["totalResults"] == page["itemsPerPage"] == len(names.split())


def test_the_same_shape_with_other_strings(people: httpx.Client) -> None:
    """Compiled filters are shared by shape: each still looks for its own strings."""

    def found(text: str) -> list[str]:
        answer = people.get("/Users", params={"filter": text}).json()
        return [entry["userName"] for entry in answer["Resources"]]

    for one, other in (
        ('"Ada"', '"bob"'),
        ('"b\\u006fb"', '"\\u0041da"'),
        ('"Ada"', '"x\\" or userName pr or userName eq \\""'),
    ):
        assert found(f"userName eq {one} and not (userName eq {other})") == found(f"userName eq {one}")
    assert found('userName eq "bob" or displayName eq "cy"') == ["bob", "cy"]
    assert found('userName eq "cy" or displayName eq "bob"') == ["cy"]


def test_after_a_date_of_the_same_shape_is_wrong(people: httpx.Client, fails: Fails) -> None:
    """Only the string differs, still each is judged on its own."""
    assert (
        people.get("/Users", params={"filter": 'meta.created gt "2001-01-01T00:00:00Z"'}).status_code == 200
    )
    fails(people.get("/Users", params={"filter": 'meta.created gt "never"'}), 400, "invalidFilter")
    assert (
        people.get("/Users", params={"filter": 'meta.created lt "2001-01-01T00:00:00Z"'}).json()[
            "totalResults"
        ]
        == 0
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "userName",
        'userName eq "a',
        "nothing pr",
        "active gt true",
        'userName eq "a" and',
        "(" * 60,
        "a eq " + "1" * 4999,
        'password eq "x"',
        "x" * 9000 + " pr",
        'userName eq "\\ud800"',
        'emails[type eq "work"',
        "\x00",
    ],
)
def test_invalid(people: httpx.Client, fails: Fails, text: str) -> None:
    """400 invalidFilter, never a 500, and the server goes on."""
    error = fails(people.get("/Users", params={"filter": text}), 400, "invalidFilter")
    assert "Traceback" not in error["detail"]
    assert people.get("/Users").status_code == 200


def test_filters_follow_changes(people: httpx.Client) -> None:
    """Indexes tell what is, not what was."""

    def count(text: str) -> int:
        return int(people.get("/Users", params={"filter": text}).json()["totalResults"])

    bob = people.get("/Users", params={"filter": 'userName eq "bob"'}).json()["Resources"][0]
    body = {"schemas": [USER], "userName": "robert", "emails": [{"value": "new@x.org"}]}
    people.put(f"/Users/{bob['id']}", json=body)
    assert count('userName eq "bob"') == count('externalId eq "x1"') == 0
    assert count('userName eq "Robert"') == count('emails eq "new@x.org"') == 1
    assert count('emails.value eq "bob@x.org"') == 1
    people.delete(f"/Users/{bob['id']}")
    assert (
        count('userName eq "robert"') == count('emails eq "new@x.org"') == count(f'id eq "{bob["id"]}"') == 0
    )


@pytest.mark.parametrize(
    "encoded", ['userName+eq+"Ada"', "userName%20eq%20%22Ada%22", 'userName eq%20"%41da"']
)
def test_encodings(people: httpx.Client, encoded: str) -> None:
    """Spaces come as plus or %20."""
    answer = people.get(f"{people.base_url}Users?count=1&filter={encoded}&startIndex=1")
    assert answer.json()["totalResults"] == 1
