"""Sorting and paging by index and by cursor (RFC 7644 sections 3.4.2.3 and 3.4.2.4, RFC 9865)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@pytest.fixture
def seven(scim: httpx.Client, user: Make) -> httpx.Client:
    """Seven users u0..u6; titles b, A, none, b, A, none, b."""
    for number in range(7):
        user(scim, f"u{number}", **({"title": "bA"[number % 3]} if number % 3 < 2 else {}))
    return scim


def names(page: dict[str, Any]) -> list[str]:
    return [entry["userName"] for entry in page["Resources"]]


def test_index_pages(seven: httpx.Client, fails: Fails) -> None:
    """Section 3.4.2.4: the counters are integers and true, the order is stable."""
    whole = names(seven.get("/Users").json())
    assert whole == [f"u{number}" for number in range(7)]
    for start, count in ((1, 3), (4, 3), (7, 3), (8, 3), (1, 0), (0, 2), (-5, 2), (3, -1), (10**17, 1)):
        page = seven.get("/Users", params={"startIndex": start, "count": count}).json()
        first = max(start, 1)
        assert names(page) == whole[first - 1 :][: max(count, 0)]
        assert (page["totalResults"], page["startIndex"]) == (7, first)
        assert page["itemsPerPage"] == len(page["Resources"])
    for query in ({"startIndex": "x"}, {"count": "1.5"}, {"startIndex": "--5"}, {"count": "+-1"}):
        fails(seven.get("/Users", params=query), 400, "invalidValue")


def test_sorting(seven: httpx.Client, fails: Fails) -> None:
    """Section 3.4.2.3: ascending by default, case by caseExact, without value last or, descending, first."""
    ascending = names(seven.get("/Users", params={"sortBy": "TITLE"}).json())
    assert ascending == ["u1", "u4", "u0", "u3", "u6", "u2", "u5"]
    descending = names(seven.get("/Users", params={"sortBy": "title", "sortOrder": "descending"}).json())
    assert descending == ["u2", "u5", "u0", "u3", "u6", "u1", "u4"]
    paged = [
        name
        for start in (1, 4, 7)
        for name in names(
            seven.get("/Users", params={"sortBy": "title", "startIndex": start, "count": 3}).json()
        )
    ]
    assert paged == ascending
    fails(seven.get("/Users", params={"sortBy": "nothing"}), 400, "invalidValue")
    fails(seven.get("/Users", params={"sortBy": "title", "sortOrder": "up"}), 400, "invalidValue")


def test_sorted_pages_follow_changes(seven: httpx.Client, user: Make) -> None:
    """What is kept between pages is never stale."""
    query = {"sortBy": "userName", "filter": "userName pr"}
    assert len(names(seven.get("/Users", params=query).json())) == 7
    first = user(seven, "a-first")
    assert names(seven.get("/Users", params=query).json())[0] == "a-first"
    seven.put(f"/Users/{first['id']}", json={"schemas": first["schemas"], "userName": "z-last"})
    assert names(seven.get("/Users", params=query).json())[-1] == "z-last"
    seven.delete(f"/Users/{first['id']}")
    assert len(names(seven.get("/Users", params=query).json())) == 7


@pytest.mark.parametrize(
    "query",
    [{}, {"filter": "userName pr"}, {"sortBy": "title"}, {"sortBy": "title", "sortOrder": "descending"}],
)
@pytest.mark.parametrize("search", [False, True])
def test_cursor_pages(seven: httpx.Client, query: dict[str, str], search: bool) -> None:
    """RFC 9865 section 2: an empty cursor begins, nextCursor goes on, the last page has none."""

    def page(cursor: str) -> dict[str, Any]:
        if search:
            body = {"schemas": [SEARCH], "cursor": cursor, "count": 3, **query}
            return seven.post("/Users/.search", json=body).json()  # type: ignore[no-any-return]
        return seven.get("/Users", params={"cursor": cursor, "count": 3, **query}).json()  # type: ignore[no-any-return]

    collected: list[str] = []
    cursor, pages = "", 0
    while True:
        answer = page(cursor)
        assert answer["totalResults"] == 7
        assert answer["itemsPerPage"] == len(answer["Resources"])
        collected += names(answer)
        pages += 1
        if "nextCursor" not in answer:
            break
        cursor = answer["nextCursor"]
    assert pages == 3
    assert collected == names(seven.get("/Users", params=query).json())


def test_cursors_when_things_change(seven: httpx.Client, user: Make) -> None:
    """Judgement: what comes and goes meanwhile makes nothing appear twice or be left out."""
    first = seven.get("/Users", params={"cursor": "", "count": 3}).json()
    for entry in first["Resources"]:
        seven.delete(f"/Users/{entry['id']}")
    user(seven, "new")
    rest = seven.get("/Users", params={"cursor": first["nextCursor"], "count": 10})
    assert rest.status_code == 400
    rest = seven.get("/Users", params={"cursor": first["nextCursor"], "count": 3})
    assert names(rest.json()) == ["u3", "u4", "u5"]


def test_cursor_errors(seven: httpx.Client, fails: Fails) -> None:
    """RFC 9865 table 3."""
    cursor = seven.get("/Users", params={"cursor": "", "count": 3}).json()["nextCursor"]
    fails(seven.get("/Users", params={"cursor": "nonsense", "count": 3}), 400, "invalidCursor")
    fails(seven.get("/Users", params={"cursor": cursor, "count": 2}), 400, "invalidCount")
    fails(
        seven.get("/Users", params={"cursor": cursor, "count": 3, "filter": "title pr"}), 400, "invalidCursor"
    )
    fails(seven.get("/Groups", params={"cursor": cursor, "count": 3}), 400, "invalidCursor")
    fails(seven.get("/Users", params={"cursor": "", "count": 100000}), 400, "invalidCount")
    empty = seven.get("/Users", params={"cursor": "", "count": 0}).json()
    assert (empty["totalResults"], empty["Resources"]) == (7, [])


def test_a_service_without_cursors(okta: httpx.Client, user: Make) -> None:
    """Okta's apps page by index; the unknown parameter is ignored."""
    user(okta)
    page = okta.get("/Users", params={"cursor": ""}).json()
    assert page["startIndex"] == 1 and "nextCursor" not in page
