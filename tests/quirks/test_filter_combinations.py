"""Filters that must be for certain attributes together, that must be there, or that look for members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import ENTERPRISE

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
MANAGER = f"{ENTERPRISE}:manager.value"
TOGETHER = {
    "quirk": "filter-combinations",
    "resources": {"Users": ["userName", f"id+{MANAGER}"], "Groups": ["displayName", "id+members"]},
}


def _seen(client: httpx.Client, path: str, text: str) -> tuple[int, Any]:
    """Ask by GET, and by POST to see that it is the same; returns the status and scimType or a number."""
    answer = client.get(path, params={"filter": text})
    searched = client.post(f"{path}/.search", json={"schemas": [SEARCH], "filter": text})
    assert searched.status_code == answer.status_code
    body = answer.json()
    return answer.status_code, body.get("totalResults", body.get("scimType"))


REFUSED = (400, "invalidFilter")
CASES = [
    ("/Users", 'userName eq "ada"', (200, 1)),
    ("/Users", 'USERNAME EQ "ada"', (200, 1)),
    ("/Users", 'urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada"', (200, 1)),
    ("/Users", 'userName ne "ada"', REFUSED),
    ("/Users", "userName pr", REFUSED),
    ("/Users", 'not (userName eq "ada")', REFUSED),
    ("/Users", 'userName eq "ada" or userName eq "eve"', REFUSED),
    ("/Users", 'userName eq "ada" and userName eq "ada"', REFUSED),
    ("/Users", 'id eq "1"', REFUSED),
    ("/Users", f'id eq "1" and {MANAGER} eq "2"', (200, 0)),
    ("/Users", f'{MANAGER} eq "2" and id eq "1"', (200, 0)),
    ("/Users", f'id eq "1" and {MANAGER} eq "2" and userName eq "ada"', REFUSED),
    ("/Users", 'emails[type eq "work"]', REFUSED),
    ("/Groups", 'displayName eq "Staff"', (200, 1)),
    ("/Groups", 'members eq "1"', REFUSED),
    ("/Groups", 'members eq "1" and id eq "1"', (200, 0)),
    ("/Groups", 'members.value eq "1" and id eq "1"', REFUSED),
]


def test_only_some_attributes_are_filtered_by_together(both: Both, new_user: Make, new_group: Make) -> None:
    strict, quirky = both(TOGETHER)
    for client in (strict, quirky):
        new_group(client, "Staff", new_user(client, "ada"))
    for path, text, expected in CASES:
        assert _seen(quirky, path, text) == expected, text
        assert _seen(strict, path, text)[0] == 200, text
    # What is no filter at all is told as ever.
    assert (
        quirky.get("/Users", params={"filter": "userName eq"}).json()["detail"]
        == (strict.get("/Users", params={"filter": "userName eq"}).json()["detail"])
    )
    assert quirky.get("/Users").json()["totalResults"] == 1


def test_an_endpoint_without_combinations_takes_any_filter(both: Both) -> None:
    _, quirky = both("filter-combinations")
    assert _seen(quirky, "/Users", 'userName sw "a"') == (200, 0)
    assert _seen(quirky, "/Groups", 'displayName sw "a"') == REFUSED


def test_lists_need_a_filter(both: Both, new_user: Make) -> None:
    strict, quirky = both("filter-required")
    for client in (strict, quirky):
        new_user(client, "ada")
    for path in ("/Users", "/Groups"):
        assert strict.get(path).status_code == 200
        for answer in (
            quirky.get(path),
            quirky.get(path, params={"filter": ""}),
            quirky.post(f"{path}/.search", json={"schemas": [SEARCH]}),
        ):
            assert (answer.status_code, answer.json()["scimType"]) == (400, "tooMany")
    assert _seen(quirky, "/Users", 'userName eq "ada"') == (200, 1)
    assert quirky.get("/Schemas").status_code == 200


def test_only_named_endpoints_need_a_filter(both: Both) -> None:
    _, quirky = both({"quirk": "filter-required", "resources": "Users"})
    assert [quirky.get(path).status_code for path in ("/Users", "/Groups")] == [400, 200]


@pytest.mark.parametrize("name", ["members", "members.value"])
def test_an_unknown_member_is_not_found(both: Both, new_user: Make, new_group: Make, name: str) -> None:
    strict, quirky = both("filter-unknown-member-404")
    for client in (strict, quirky):
        ada, eve = new_user(client, "ada"), new_user(client, "eve")
        group = new_group(client, "Staff", ada)
        found = 200 if client is strict else 404
        assert _seen(client, "/Groups", f'{name} eq "{ada}"') == (200, 1)
        assert _seen(client, "/Groups", f'{name} eq "{eve}"') == (200, 0)
        assert _seen(client, "/Groups", f'{name} eq "nobody"')[0] == found
        assert _seen(client, "/Groups", f'id eq "{group}" and {name} eq "nobody"')[0] == found
        assert _seen(client, "/Groups", f'id eq "{group}" or {name} eq "nobody"') == (200, 1)
        assert _seen(client, "/Groups", 'displayName eq "nobody"') == (200, 0)
