"""The fewest exchanges that still show a difference, beside all that can be tried by brute force."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scimmock.playback.minimize import Minimizer, needs_of, related

Test = Callable[[list[int]], bool]


@st.composite
def _needs(draw: st.DrawFn) -> list[set[int]]:
    """What each of some exchanges needs of those before it."""
    count = draw(st.integers(1, 9))
    return [
        set(draw(st.lists(st.integers(0, place - 1), max_size=2))) if place else set()
        for place in range(count)
    ]


def brute(needs: list[set[int]], must: int, test: Test) -> int:
    """The size of the smallest set with ``must`` that is closed and passes the test."""
    places = range(len(needs))
    for size in range(1, len(needs) + 1):
        for chosen in combinations(places, size):
            some = set(chosen)
            if must in some and all(needs[place] <= some for place in some) and test(sorted(some)):
                return size
    raise AssertionError("nothing passes")


@given(_needs(), st.data())
def test_the_smallest_set_is_found(needs: list[set[int]], data: st.DataObject) -> None:
    must = len(needs) - 1
    wanted = set(data.draw(st.lists(st.sampled_from(range(len(needs))), max_size=4)))

    def test(chosen: list[int]) -> bool:
        return wanted <= set(chosen)

    minimizer = Minimizer(needs, test)
    left = minimizer.reduce(range(len(needs)), {must})
    assert test(left) and must in left
    assert all(needs[place] <= set(left) for place in left)
    assert len(left) == brute(needs, must, test)


@given(_needs(), st.data())
def test_what_is_left_cannot_be_made_smaller_by_one(needs: list[set[int]], data: st.DataObject) -> None:
    """Whatever the test is: one that does not go by single exchanges too."""
    must = len(needs) - 1
    sets = st.frozensets(st.sampled_from(range(len(needs))))
    passing = data.draw(st.sets(sets, max_size=30)) | {frozenset(range(len(needs)))}
    minimizer = Minimizer(needs, lambda chosen: frozenset(chosen) in passing)
    left = set(minimizer.reduce(range(len(needs)), {must}))
    assert frozenset(left) in passing
    for place in left:
        fewer = left - {place}
        if must in fewer and all(needs[other] <= fewer for other in fewer):
            assert frozenset(fewer) not in passing


def test_no_set_is_tried_twice() -> None:
    tried: list[list[int]] = []

    def test(chosen: list[int]) -> bool:
        tried.append(chosen)
        return {3, 250} <= set(chosen)

    minimizer = Minimizer([set() for _ in range(500)], test)
    assert minimizer.reduce(range(500), {499}) == [3, 250, 499]
    assert len(tried) == len({tuple(one) for one in tried}) == minimizer.tests < 100


def exchange(method: str, path: str, sent: Any = None, status: int = 200, told: Any = None) -> dict[str, Any]:
    def body(value: Any) -> dict[str, Any]:
        return {"json": value, "size": 2} if value is not None else {"size": 0}

    request = {"method": method, "path": path, "query": "", "headers": [], "body": body(sent)}
    return {"request": request, "response": {"status": status, "headers": [], "body": body(told)}}


SESSION = [
    exchange("POST", "/Users", {"userName": "a"}, 201, {"id": "u1", "userName": "a"}),
    exchange("POST", "/Users", {"userName": "b"}, 503),  # lost, as the list shows
    exchange("GET", "/Users", None, 200, {"Resources": [{"id": "u2", "userName": "B"}]}),
    exchange("POST", "/Groups", {"displayName": "g", "members": [{"value": "u1"}]}, 201, {"id": "g1"}),
    exchange("PUT", "/Users/u2", {"userName": "b"}, 200, {"id": "u2", "userName": "b"}),
    exchange("GET", "/Users/u2", None, 200, {"id": "u2", "userName": "b"}),
]


def test_an_exchange_needs_who_made_its_resource() -> None:
    assert needs_of(SESSION, references=False) == [set(), set(), set(), set(), {1}, {1}]
    assert needs_of(SESSION, references=True) == [set(), set(), set(), {0}, {1}, {1}]


def test_related_writes() -> None:
    assert related(SESSION, 5) == {1, 4}
    assert related(SESSION, 3) == set()
