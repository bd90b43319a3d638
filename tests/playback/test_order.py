"""In which order exchanges began, which overlapped, and when each is sent."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import UsageError
from scimmock.outgoing.timeline import RealTimeline
from scimmock.playback.order import Step, ordered, step_of, with_overlaps
from scimmock.playback.pace import Pace
from scimmock.traffic.pace import parse_pace


def exchange(n: int, t: float, milliseconds: float, connection: int = 0) -> dict[str, Any]:
    return {
        "n": n,
        "t": t,
        "timing": {"request_ms": milliseconds, "wait_ms": 0.0, "response_ms": 0.0},
        "connection": connection,
        "request": {"method": "GET", "path": "/Users", "http": "1.1"},
    }


def test_exchanges_stand_in_the_order_in_which_they_ended() -> None:
    late = [exchange(1, 0.5, 10), exchange(2, 0.0, 900), exchange(3, 0.2, 800)]
    assert [step.n for step in ordered(late)] == [2, 3, 1]


@given(st.lists(st.floats(0, 100), max_size=600, unique=True))
def test_none_is_lost(times: list[float]) -> None:
    numbers = {time: n for n, time in enumerate(sorted(times), 1)}
    exchanges = [exchange(numbers[time], time, 1) for time in times]
    found = [step.n for step in ordered(exchanges)]
    assert sorted(found) == sorted(numbers.values())
    if len(times) <= 256:
        assert found == sorted(found)
    assert [one for one, _, _ in with_overlaps(ordered(exchanges))] == list(ordered(exchanges))


def test_the_writes_that_an_exchange_overlapped() -> None:
    """A write is named both where it began before and where it began after the other one."""
    session = [
        exchange(n, begin, wait) | {"request": {"method": method, "path": "/Users"}, "connection": connection}
        for n, method, begin, wait, connection in [
            (1, "POST", 0.0, 500, 1),
            (2, "GET", 0.4, 600, 2),
            (3, "GET", 0.6, 100, 3),
            (4, "POST", 0.9, 50, 4),
            (5, "GET", 1.5, 100, 2),
            (6, "GET", 0.95, 10, 4),
        ]
    ]
    found = {step.n: [one.n for one in writes] for step, _, writes in with_overlaps(ordered(session))}
    assert found == {1: [], 2: [1, 4], 3: [], 4: [], 5: [], 6: []}


@pytest.mark.parametrize(
    "one, other, followed",
    [
        ((0.0, 100), (0.2, 1), True),
        ((0.0, 300), (0.2, 1), False),
        ((0.0, 201.5), (0.2, 1), True),  # rounded times
        ((0.0, 300, 7), (0.2, 1, 7), True),  # a connection has one at a time
        ((0.0, 300, 7), (0.2, 1, 8), False),
    ],
)
def test_what_overlapped(one: tuple[Any, ...], other: tuple[Any, ...], followed: bool) -> None:
    assert step_of(exchange(2, *other)).followed(step_of(exchange(1, *one))) is followed


def test_streams_of_one_http_2_connection_overlap() -> None:
    one, other = exchange(1, 0.0, 300, 7), exchange(2, 0.2, 1, 7)
    other["request"]["http"] = "2"
    assert not step_of(other).followed(step_of(one))


def test_a_strange_recording_has_steps_too() -> None:
    step = step_of({"request": {}, "t": "soon", "timing": {"wait_ms": None}})
    assert (step.n, step.begin, step.end) == (0, 0.0, 0.0)


# ---- pace


def test_a_clock_that_was_set_back() -> None:
    """In the order of a recording; the third one overlapped the second by the clock that was set back."""
    begins = [(1, 100.0, 101.0), (2, 101.5, 102.0), (3, 40.0, 41.0), (4, 40.5, 41.5), (5, None, None)]
    session: list[dict[str, Any]] = [
        {"n": n, "request": {}, "t": begin, "timing": {"wait_ms": 1000 * ((end or 0) - (begin or 0))}}
        for n, begin, end in begins
    ]
    steps = list(ordered(session))
    assert [step.n for step in steps] == [1, 2, 3, 4, 5]
    assert [step.begin for step in steps] == [100.0, 101.5, 102.0, 102.5, 103.5]
    # What stands anywhere in the file, with its number, is sorted.
    assert [step.n for step in ordered([session[1], session[0]])] == [1, 2]


@pytest.mark.parametrize("text, factor", [("original", 1.0), ("max", None), ("10x", 10.0), ("0.5x", 0.5)])
def test_paces(text: str, factor: float | None) -> None:
    assert parse_pace(text) == factor


@pytest.mark.parametrize("text", ["fast", "10", "0x", "-1x", "x", "infx", "nanx"])
def test_what_is_no_pace(text: str) -> None:
    with pytest.raises(UsageError, match="--pace"):
        parse_pace(text)


class Waiting(threading.Event):
    """Time that passes when somebody waits for it."""

    now = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0.0
        return False


def sent(factor: float | None, longest: float | None, begins: list[float]) -> list[float]:
    """When exchanges are sent that began so, each of which took no time."""
    stop = Waiting()
    pace = Pace(factor, longest, stop=stop, clock=lambda: stop.now)
    times = []
    for begin in begins:
        pace.wait(Step({}, begin, begin))
        times.append(round(stop.now, 6))
    return times


def test_recorded_distances_are_kept() -> None:
    assert sent(1.0, None, [5.0, 6.0, 8.5]) == [0.0, 1.0, 3.5]
    assert sent(10.0, None, [5.0, 6.0, 8.5]) == [0.0, 0.1, 0.35]
    assert sent(1.0, 0.5, [0.0, 1000.0, 1000.2]) == [0.0, 0.5, 0.7]
    assert sent(None, None, [0.0, 1000.0]) == [0.0, 0.0]


def test_at_full_speed_the_clock_of_a_scimmock_passes_over_pauses() -> None:
    leaps: list[float] = []
    timeline = RealTimeline(threading.Event(), lambda seconds: leaps.append(round(seconds, 6)) is None)
    pace = Pace(None, 100.0, timeline)
    for begin, end in [(0.0, 1.0), (1.01, 2.0), (3.0, 9.0), (5.0, 5.5), (1000.0, 1000.1)]:
        pace.wait(Step({}, begin, end))
    assert leaps == [1.0, 100.0]
