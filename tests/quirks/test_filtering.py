"""What services do with filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Ask = Callable[..., list[Any]]
PEOPLE = {"ada": "Countess", "bob": "Builder", "cy": "Builder"}


@pytest.fixture
def ask(both: Both, new_user: Make) -> Ask:
    """Ask both services; returns of each the userNames found, or the scimType of the error."""

    def run(quirk: Any, text: str, search: bool = False) -> list[Any]:
        found: list[Any] = []
        for client in both(quirk):
            for name, title in PEOPLE.items():
                new_user(client, name, title=title, active=name != "cy")
            found.append(_found(_asked(client, text, search)))
        return found

    return run


def _asked(client: httpx.Client, text: str, search: bool) -> httpx.Response:
    if not search:
        return client.get("/Users", params={"filter": text})
    schemas = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]
    return client.post("/Users/.search", json={"schemas": schemas, "filter": text})


def _found(answer: httpx.Response) -> Any:
    body = answer.json()
    if answer.status_code != 200:
        return body.get("scimType")
    assert body["totalResults"] == len(body["Resources"])
    return "".join(user["userName"] for user in body["Resources"])


@pytest.mark.parametrize("search", [False, True])
def test_values_have_case(ask: Ask, search: bool) -> None:
    assert ask("case-sensitive-filter", 'userName eq "ADA"', search) == ["ada", ""]
    assert ask("case-sensitive-filter", 'userName eq "ada"', search) == ["ada", "ada"]


@pytest.mark.parametrize(
    ("text", "strict", "quirky"),
    [
        ('title eq "builder"', "bobcy", ""),
        ('title sw "Build"', "bobcy", "bobcy"),
        ('title co "BUILD"', "bobcy", ""),
        ('title ne "builder"', "ada", "adabobcy"),
        ('USERNAME eq "ada"', "ada", "ada"),
        ('userName eq "ADA" or userName eq "bob"', "adabob", "bob"),
    ],
)
def test_values_of_any_attribute_have_case(ask: Ask, text: str, strict: str, quirky: str) -> None:
    assert ask("case-sensitive-filter", text) == [strict, quirky]


def test_names_have_case(ask: Ask) -> None:
    quirk = {"quirk": "case-sensitive-filter", "values": False, "names": True}
    assert ask(quirk, 'username eq "ADA"') == ["ada", "invalidFilter"]
    assert ask(quirk, 'userName eq "ADA"') == ["ada", "ada"]
    assert ask(quirk, 'emails[Type eq "work"]') == ["", "invalidFilter"]
    assert ask(quirk, "name.givenname pr") == ["", "invalidFilter"]
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    assert ask(quirk, f"{urn}:department pr") == ["", ""]


@pytest.mark.parametrize("search", [False, True])
def test_filters_are_ignored(ask: Ask, search: bool) -> None:
    assert ask("ignores-filter", 'userName eq "nobody"', search) == ["", "adabobcy"]
    assert ask("ignores-filter", "this is no filter", search) == ["invalidFilter", "adabobcy"]


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ('userName eq "ada" and active eq true', "ada"),
        ('userName sw "a"', "ada"),
        ("userName pr", "adabobcy"),
        ("this is no filter", "invalidFilter"),
        ('nonsense eq "x"', "invalidFilter"),
    ],
)
def test_unsupported_filters_find_nothing(ask: Ask, text: str, strict: str) -> None:
    assert ask("filter-unsupported-empty", text) == [strict, ""]


def test_supported_filters_still_find(ask: Ask) -> None:
    assert ask("filter-unsupported-empty", 'userName eq "ADA"') == ["ada", "ada"]
    by_name = {"quirk": "filter-unsupported-empty", "attributes": "userName"}
    assert ask(by_name, 'userName eq "ada"') == ["ada", "ada"]
    assert ask(by_name, 'title eq "Builder"') == ["bobcy", ""]


def test_and_or_without_precedence(ask: Ask) -> None:
    text = 'userName eq "ada" or title eq "Builder" and active eq false'
    assert ask("filter-and-or-flat", text) == ["adacy", "cy"]
    grouped = 'userName eq "ada" or (title eq "Builder" and active eq false)'
    assert ask("filter-and-or-flat", grouped) == ["adacy", "adacy"]
    assert ask("filter-and-or-flat", 'title eq "Builder" and active eq false or userName eq "ada"') == [
        "adacy",
        "adacy",
    ]


@pytest.mark.parametrize(
    ("text", "strict", "aws", "atlassian"),
    [
        ('userName eq "ada"', "ada", "ada", "ada"),
        ('userName eq "ada" and title eq "Countess"', "ada", "ada", "invalidFilter"),
        ('userName eq "ada" or userName eq "bob"', "adabob", "invalidFilter", "invalidFilter"),
        ('not (userName eq "ada")', "bobcy", "invalidFilter", "invalidFilter"),
        ('userName sw "a"', "ada", "invalidFilter", "invalidFilter"),
        ('title eq "Builder"', "bobcy", "bobcy", "invalidFilter"),
        ('emails[type eq "work"]', "", "invalidFilter", "invalidFilter"),
        ("userName pr", "adabobcy", "invalidFilter", "invalidFilter"),
    ],
)
def test_only_eq(ask: Ask, text: str, strict: str, aws: str, atlassian: str) -> None:
    assert ask("filter-only-eq", text) == [strict, aws]
    quirk = {"quirk": "filter-only-eq", "joins": [], "attributes": ["userName", "externalId"]}
    assert ask(quirk, text) == [strict, atlassian]


def test_only_eq_and_sub_attributes(ask: Ask) -> None:
    quirk = {"quirk": "filter-only-eq", "attributes": ["emails.value"], "joins": ["[]"]}
    assert ask(quirk, 'emails[value eq "x"]') == ["", ""]
    assert ask(quirk, 'emails[type eq "work"]') == ["", "invalidFilter"]


def test_patch_paths_keep_their_filters(
    both: Both, new_user: Make, patch: Callable[..., httpx.Response]
) -> None:
    for client in both("filter-only-eq"):
        emails = [{"value": "a@example.com", "type": "work"}]
        id = new_user(client, "ada", emails=emails)
        operation = {"op": "replace", "path": 'emails[type sw "wo"].value', "value": "b@example.com"}
        assert patch(client, f"/Users/{id}", operation).json()["emails"][0]["value"] == "b@example.com"


@pytest.mark.parametrize("first", [True, False])
def test_what_is_refused_can_be_empty_instead(tenant: Any, switch: Any, first: bool) -> None:
    client = tenant()
    quirks = ["filter-only-eq", "filter-unsupported-empty"]
    switch(client, *(quirks if first else quirks[::-1]))
    answer = client.get("/Users", params={"filter": 'userName sw "a"'})
    assert (answer.status_code, answer.json()["totalResults"]) == (200, 0)
