"""`page_drift`: complete walks through a listing that changes meanwhile."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from .conftest import SEARCH, Target, Targets

TOTAL, COUNT = 12, 4
NAMES = [f"user-{number:02}" for number in range(TOTAL)]


def fill(target: Target) -> Target:
    for name in NAMES:
        target.create(name, title=f"t{NAMES[::-1].index(name):02}", active=int(name[-2:]) % 2 == 0)
    return target


@pytest.fixture
def filled(target: Target) -> Target:
    return fill(target)


def walk(target: Target, query: str = "", count: int = COUNT) -> tuple[list[list[str]], list[int]]:
    """Read pages by index until the total is reached; returns their names and totals."""
    pages: list[list[str]] = []
    totals: list[int] = []
    start = 1
    while not totals or start <= TOTAL:
        answer = target.client.get(f"/Users?startIndex={start}&count={count}&{query}").json()
        assert (answer["startIndex"], answer["itemsPerPage"]) == (start, len(answer.get("Resources", [])))
        pages.append([user["userName"] for user in answer.get("Resources", [])])
        totals.append(answer["totalResults"])
        start += count
    return pages, totals


def by_cursor(target: Target) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = target.client.get("/Users", params={"cursor": cursor, "count": COUNT}).json()
        pages.append([user["userName"] for user in answer.get("Resources", [])])
        assert answer["totalResults"] == TOTAL and answer["itemsPerPage"] == len(pages[-1])
        cursor = answer.get("nextCursor")
    return pages


@pytest.mark.parametrize("rows", [1, 2])
def test_rows_repeat(filled: Target, rows: int) -> None:
    filled.add({"page_drift": "repeat", "rows": rows})
    pages, totals = walk(filled)
    assert pages == [NAMES[0:4], NAMES[4 - rows : 8 - rows], NAMES[8 - rows : 12 - rows]]
    seen = Counter(name for page in pages for name in page)
    assert [name for name, times in seen.items() if times > 1] == NAMES[4 - rows : 4]
    assert totals == [TOTAL] * 3 and filled.hits() == 2
    assert filled.fired() == [
        {"name": "rule", "action": "page_drift", "hit": 2, "seen": 3, "start_index": 9, "rows": 4}
    ]


@pytest.mark.parametrize("rows", [1, 2])
def test_rows_vanish(filled: Target, rows: int) -> None:
    filled.add({"page_drift": "vanish", "rows": rows})
    pages, totals = walk(filled)
    assert pages == [NAMES[0:4], NAMES[4 + rows : 8 + rows], NAMES[8 + rows :]]
    missing = set(NAMES) - {name for page in pages for name in page}
    assert missing == set(NAMES[4 : 4 + rows])
    assert totals == [TOTAL] * 3 and filled.hits() == 2
    assert len(filled.state()["Users"]) == TOTAL


def test_rows_move(filled: Target) -> None:
    filled.add({"page_drift": "move", "rows": 1})
    pages, _ = walk(filled)
    assert pages == [NAMES[0:4], [NAMES[3], *NAMES[5:8]], [NAMES[7], *NAMES[9:12]]]
    seen = Counter(name for page in pages for name in page)
    assert {name for name in NAMES if seen[name] == 0} == {NAMES[4], NAMES[8]}
    assert {name for name in NAMES if seen[name] == 2} == {NAMES[3], NAMES[7]}


def test_every_page_has_an_order_of_its_own(targets: Targets) -> None:
    walks = []
    for _ in range(2):
        target = fill(targets(seed=5))
        target.add({"page_drift": "shuffle"})
        pages, totals = walk(target)
        assert [len(page) for page in pages] == [COUNT] * 3 and totals == [TOTAL] * 3
        assert all(len(set(page)) == COUNT for page in pages)
        walks.append(pages)
    assert walks[0] == walks[1]  # the seed decides
    assert sorted(name for page in walks[0] for name in page) != NAMES
    assert walk(target)[0] != walks[0]


def test_the_total_wobbles(targets: Targets) -> None:
    seen = []
    for _ in range(2):
        target = fill(targets(seed=5))
        target.add({"page_drift": "total", "rows": 3})
        pages, totals = walk(target, count=2)
        assert [name for page in pages for name in page] == NAMES
        assert all(0 < abs(total - TOTAL) <= 3 for total in totals) and len(set(totals)) > 1
        assert target.fired()[0]["total"] == totals[-1] and target.hits() == len(totals)
        seen.append(totals)
    assert seen[0] == seen[1]


def test_an_empty_listing_has_no_negative_total(target: Target) -> None:
    target.add({"page_drift": "total", "rows": 5})
    assert all(target.client.get("/Users").json()["totalResults"] >= 0 for _ in range(10))


def test_a_sorted_and_filtered_listing_drifts_in_its_order(filled: Target) -> None:
    filled.add({"page_drift": "repeat"})
    query = "sortBy=title&filter=active eq true"
    even = [name for name in NAMES if int(name[-2:]) % 2 == 0][::-1]
    assert filled.names(f"startIndex=1&count=3&{query}") == even[:3]
    assert filled.names(f"startIndex=4&count=3&{query}") == even[2:5]
    search = {"schemas": [SEARCH], "startIndex": 4, "count": 3, "sortBy": "title", "filter": "active eq true"}
    answer = filled.client.post("/Users/.search", json=search).json()
    assert [user["userName"] for user in answer["Resources"]] == even[2:5]
    assert answer["totalResults"] == 6 and filled.hits() == 2


def test_the_rows_have_the_attributes_that_are_asked_for(filled: Target) -> None:
    filled.add({"page_drift": "move"})
    answer = filled.client.get("/Users?startIndex=5&count=4&attributes=userName").json()
    assert [user["userName"] for user in answer["Resources"]] == [NAMES[3], *NAMES[5:8]]
    assert all(set(user) == {"schemas", "id", "userName"} for user in answer["Resources"])


@pytest.mark.parametrize(
    ("how", "second"),
    [
        ("repeat", [NAMES[4], *NAMES[4:8]]),
        ("move", [NAMES[4], *NAMES[4:8]]),
        ("vanish", NAMES[5:8]),
    ],
)
def test_by_cursor(filled: Target, how: str, second: list[str]) -> None:
    filled.add({"page_drift": how})
    pages = by_cursor(filled)
    assert pages[0] == NAMES[:4] and pages[1] == second and len(pages) == 3
    assert filled.hits() == 2


def test_by_cursor_in_an_order_of_its_own(filled: Target) -> None:
    filled.add({"page_drift": "shuffle"})
    pages = by_cursor(filled)
    assert [sorted(page) for page in pages] == [NAMES[0:4], NAMES[4:8], NAMES[8:12]]
    assert pages != [NAMES[0:4], NAMES[4:8], NAMES[8:12]]


@pytest.mark.parametrize("query", ["count=0", "startIndex=50", "count=4"])
def test_where_there_is_nothing_to_drift_nothing_is_counted(filled: Target, query: str) -> None:
    filled.add({"page_drift": "repeat"})
    before: Any = filled.client.get(f"/Users?{query}").json()
    filled.control.delete("/faults")
    assert filled.client.get(f"/Users?{query}").json() == before
    assert filled.exchanges(rule="rule") == []


def test_other_requests_do_not_drift(filled: Target) -> None:
    filled.add({"page_drift": "total"})
    id = filled.state()["Users"][0]["id"]
    assert filled.client.get(f"/Users/{id}").json()["userName"] == NAMES[0]
    assert filled.client.get("/Schemas").status_code == 200
    assert filled.hits() == 0
