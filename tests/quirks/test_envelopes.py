"""What stands around the results of a list."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}


def test_names_around_a_list(both: Both, new_user: Make) -> None:
    lists = []
    for client in both({"quirk": "envelope-keys", "names": {"Resources": "resources", "startIndex": None}}):
        new_user(client, "ada")
        assert "Resources" in client.get("/Schemas").json()
        lists.append((client.get("/Users").json(), client.post("/Users/.search", json=SEARCH).json()))
    (strict, searched), (quirky, quirky_searched) = lists
    usual = {"schemas", "totalResults", "startIndex", "itemsPerPage", "Resources"}
    assert set(strict) == set(searched) == usual
    assert set(quirky) == set(quirky_searched) == (usual - {"Resources", "startIndex"}) | {"resources"}
    assert [user["userName"] for user in quirky["resources"]] == ["ada"]


def test_a_list_keeps_its_list(tenant: Callable[..., httpx.Client]) -> None:
    with pytest.raises(AssertionError, match="the list itself cannot be left out"):
        tenant(quirks=[{"quirk": "envelope-keys", "names": {"Resources": None}}])


def test_totals_or_cursor(both: Both, new_user: Make) -> None:
    found = []
    for client in both("totals-or-cursor"):
        for name in ("ada", "bob", "eve"):
            new_user(client, name)
        first = client.get("/Users", params={"cursor": "", "count": 2}).json()
        last = client.get("/Users", params={"cursor": first["nextCursor"], "count": 2}).json()
        whole = client.get("/Users").json()
        found.append([set(page) - {"schemas", "Resources"} for page in (first, last, whole)])
    strict, quirky = found
    assert strict[0] == {"totalResults", "itemsPerPage", "nextCursor"}
    assert quirky == [{"itemsPerPage", "nextCursor"}, {"itemsPerPage"}, {"totalResults"}]


@pytest.mark.parametrize(("query", "size"), [("", 100), ("?count=7", 7), ("?count=5000", 1000)])
def test_items_per_page_is_the_size_of_a_page(both: Both, new_user: Make, query: str, size: int) -> None:
    sizes = []
    for client in both("items-per-page-size"):
        new_user(client, "ada")
        page = client.get(f"/Users{query}").json()
        assert len(page["Resources"]) == 1
        sizes.append(page["itemsPerPage"])
    assert sizes == [1, size]
