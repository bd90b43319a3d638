"""What can be looked up by a filter, and how much of a list there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Both = Callable[..., list[httpx.Client]]
New = Callable[..., str]


def found(client: httpx.Client, path: str, text: str = "", **query: Any) -> dict[str, Any]:
    answer = client.get(path, params={**({"filter": text} if text else {}), **query})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert isinstance(document, dict)
    return document


def names(document: dict[str, Any]) -> list[str]:
    return [item.get("userName") or item["displayName"] for item in document["Resources"]]


def test_filter_attributes_refuses_others_at_their_endpoint(both: Both, new_user: New) -> None:
    quirk = {
        "quirk": "filter-attributes",
        "resources": {"Users": ["userName", "externalId"]},
        "detail": "no {name} here",
    }
    strict, quirky = both(quirk)
    for client in (strict, quirky):
        new_user(client, "ada", externalId="7", displayName="Ada")
        assert names(found(client, "/Users", 'externalId eq "7"')) == ["ada"]
        assert names(
            found(client, "/Users", 'urn:ietf:params:scim:schemas:core:2.0:User:USERNAME eq "ada"')
        ) == ["ada"]
        # Nothing is said of groups.
        assert names(found(client, "/Groups", 'displayName eq "x"')) == []
    assert names(found(strict, "/Users", 'displayName eq "Ada"')) == ["ada"]
    refused = quirky.get("/Users", params={"filter": 'userName eq "ada" and displayName eq "Ada"'})
    assert refused.status_code == 400 and refused.json()["scimType"] == "invalidFilter"
    assert refused.json()["detail"] == "no displayName here"


def test_filter_attributes_finds_nothing_by_others(both: Both, new_user: New) -> None:
    strict, quirky = both(
        {"quirk": "filter-attributes", "otherwise": "empty"},
        {"quirk": "filter-only-eq", "operators": ["eq", "sw"], "joins": []},
    )
    for client in (strict, quirky):
        new_user(client, "ada", externalId="7")
    assert names(found(strict, "/Users", 'externalId eq "7"')) == ["ada"]
    assert found(quirky, "/Users", 'externalId eq "7"') == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
        "Resources": [],
    }
    # What is not supported at all stays an error, by whatever attribute.
    for text in ('externalId co "7"', 'externalId eq "7" or userName eq "ada"', "externalId eq"):
        assert quirky.get("/Users", params={"filter": text}).status_code == 400, text


def test_filter_attributes_knows_value_paths_and_not(both: Both, new_user: New) -> None:
    _, quirky = both({"quirk": "filter-attributes", "otherwise": "empty"})
    new_user(quirky, "ada", emails=[{"value": "a@x", "type": "work"}])
    assert names(found(quirky, "/Users", 'emails[type eq "work"]')) == []
    assert names(found(quirky, "/Users", 'not (userName eq "bob")')) == ["ada"]


def test_filter_uppercase_too(both: Both, new_group: New, switch: Callable[..., None]) -> None:
    strict, quirky = both("filter-uppercase-too", "case-sensitive-filter")
    for client in (strict, quirky):
        new_group(client, "ADMINS")
        new_group(client, "mixed")
    assert names(found(strict, "/Groups", 'displayName eq "admins"')) == []
    assert names(found(quirky, "/Groups", 'displayName eq "admins"')) == ["ADMINS"]
    assert names(found(quirky, "/Groups", 'displayName eq "mixed"')) == ["mixed"]
    # Only capitals are tried, only with eq, only for this attribute.
    assert names(found(quirky, "/Groups", 'displayName eq "Mixed"')) == []
    assert names(found(quirky, "/Groups", 'displayName sw "admins"')) == []
    assert names(found(quirky, "/Groups", 'externalId eq "admins"')) == []


def test_eq_unpaged(both: Both, new_user: New) -> None:
    strict, quirky = both("eq-unpaged")
    for client in (strict, quirky):
        for name in ("ada", "adam", "bob"):
            new_user(client, name, title="x")
    query: dict[str, Any] = {"startIndex": 2, "count": 1}
    assert names(found(strict, "/Users", 'userName eq "ada"', **query)) == []
    assert names(found(quirky, "/Users", 'userName eq "ada"', **query)) == ["ada"]
    assert len(found(quirky, "/Users", 'title eq "x"', **query)["Resources"]) == 3
    assert names(found(quirky, "/Users", 'userName sw "a"', **query)) == ["adam"]
    assert names(found(quirky, "/Users", **query)) == ["adam"]


def test_eq_unpaged_in_a_search(both: Both, new_user: New) -> None:
    _, quirky = both("eq-unpaged")
    new_user(quirky, "ada")
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName eq "ada"',
        "startIndex": 2,
    }
    assert names(quirky.post("/Users/.search", json=body).json()) == ["ada"]


@pytest.mark.parametrize(
    ("query", "many"), [({}, 3), ({"startIndex": 3, "count": 5}, 1), ({"startIndex": 4}, 0)]
)
def test_list_most(both: Both, new_user: New, query: dict[str, Any], many: int) -> None:
    strict, quirky = both({"quirk": "list-most", "resources": {"Users": 3}})
    for client in (strict, quirky):
        for number in range(5):
            new_user(client, f"user{number}")
    assert len(found(strict, "/Users", **query)["Resources"]) > many
    page = found(quirky, "/Users", **query)
    assert (len(page["Resources"]), page["itemsPerPage"], page["totalResults"]) == (many, many, 5)
    # Those behind can be had by a filter.
    assert names(found(quirky, "/Users", 'userName eq "user4"')) == ["user4"]


@pytest.mark.parametrize(
    ("query", "counters"),
    [
        ({}, (5, 1, 100)),
        ({"count": 2}, (3, 1, 2)),
        ({"startIndex": 3, "count": 2}, (5, 3, 2)),
        ({"startIndex": 4, "count": 2}, (5, 4, 2)),
        ({"startIndex": 1, "count": 5}, (5, 1, 5)),
        ({"startIndex": -3, "count": 4}, (5, 1, 4)),
    ],
)
def test_total_results_so_far(
    both: Both, new_user: New, query: dict[str, Any], counters: tuple[int, int, int]
) -> None:
    strict, quirky = both("total-results-so-far")
    for client in (strict, quirky):
        for number in range(5):
            new_user(client, f"user{number}")
    assert found(strict, "/Users", **query)["totalResults"] == 5
    page = found(quirky, "/Users", **query)
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == counters
    assert page["Resources"] == [
        {**item, "meta": page["Resources"][index]["meta"], "id": page["Resources"][index]["id"]}
        for index, item in enumerate(found(strict, "/Users", **query)["Resources"])
    ]


def test_a_client_that_goes_by_the_counters_sees_everybody(both: Both, new_user: New) -> None:
    _, quirky = both("total-results-so-far")
    for number in range(7):
        new_user(quirky, f"user{number}")
    seen, start = [], 1
    while True:
        page = found(quirky, "/Users", startIndex=start, count=3)
        seen += names(page)
        if page["startIndex"] + page["itemsPerPage"] > page["totalResults"]:
            break
        start += 3
    assert seen == [f"user{number}" for number in range(7)]


def test_excluded_attributes_only(both: Both, new_user: New) -> None:
    strict, quirky = both({"quirk": "excluded-attributes-only", "resources": {"Users": ["title"]}})
    for client in (strict, quirky):
        id = new_user(client, "ada", title="Dr", displayName="Ada")
        for path in ("/Users", f"/Users/{id}"):
            shown = found(client, path, excludedAttributes="title,displayName")
            user = shown["Resources"][0] if "Resources" in shown else shown
            assert "title" not in user
            assert ("displayName" in user) == (client is quirky)
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "excludedAttributes": ["displayName", "TITLE"],
    }
    (user,) = quirky.post("/Users/.search", json=body).json()["Resources"]
    assert "title" not in user and user["displayName"] == "Ada"
