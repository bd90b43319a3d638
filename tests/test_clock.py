"""Durations, times as text, and a clock that can be stopped and moved."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.clock import Clock, format_time, parse_duration

MILLISECONDS = st.integers(946_684_800_000, 4_102_444_800_000)  # the years 2000 to 2100


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("200ms", 0.2),
        ("7s", 7),
        ("40m", 2400),
        ("2h", 7200),
        ("1d", 86400),
        ("1.5s", 1.5),
        ("3", 3),
        (" 7 s ", 7),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    """A number with a unit, seconds without one."""
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("number", [0, 3, 2.5])
def test_durations_as_numbers(number: float) -> None:
    """A number is seconds."""
    assert parse_duration(number) == number


@pytest.mark.parametrize(
    "text",
    ["", "s", "-1s", "1 hour", "1S", "1h30m", "1e3", "1,5s", ".5s", "5.s", "inf", "nan", "1s\n2s", -1, -0.5],
)
def test_what_is_no_duration(text: str | float) -> None:
    """Anything else is an error that shows the right form."""
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), True])
def test_numbers_that_are_no_duration(number: float) -> None:
    """Not a number, without end, or a truth value: none of them is a duration."""
    with pytest.raises(ValueError, match="duration"):
        parse_duration(number)


@given(milliseconds=MILLISECONDS)
def test_text_of_a_time(milliseconds: int) -> None:
    """The text is xsd:dateTime in UTC with milliseconds, exactly, and the frozen clock says the same."""
    expected = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    expected += f".{milliseconds % 1000:03d}Z"
    assert format_time(milliseconds / 1000) == expected
    clock = Clock()
    clock.freeze(milliseconds / 1000)
    assert clock.text() == expected


def test_years_have_four_digits() -> None:
    """Times far away are still xsd:dateTime."""
    assert format_time(-62_135_596_800.0) == "0001-01-01T00:00:00.000Z"


def test_a_clock_shows_the_time() -> None:
    """Unless told otherwise it is the operating system's time."""
    clock = Clock()
    before = time.time()
    assert before <= clock.now() <= time.time()
    assert not clock.frozen
    first = clock.text()
    time.sleep(0.003)
    assert clock.text() > first


def test_a_frozen_clock_stands_still() -> None:
    """Frozen now or at a given time it stays; advancing moves it by exactly that."""
    clock = Clock()
    clock.freeze()
    at = clock.now()
    time.sleep(0.002)
    assert clock.now() == at and clock.frozen
    clock.freeze(1_000_000_000.0)
    assert clock.text() == "2001-09-09T01:46:40.000Z"
    clock.advance(90)
    assert clock.text() == "2001-09-09T01:48:10.000Z"
    clock.release()
    assert not clock.frozen and abs(clock.now() - time.time()) < 0.1


def test_a_running_clock_can_be_advanced() -> None:
    """Advanced without being frozen it runs on, ahead; freezing keeps the lead."""
    clock = Clock()
    clock.advance(3600)
    assert 3599 < clock.now() - time.time() < 3601
    clock.freeze()
    assert 3599 < clock.now() - time.time() < 3601
    clock.release()
    assert abs(clock.now() - time.time()) < 0.1


def test_what_elapses_follows_the_clock_forward_only() -> None:
    """Windows and expiries survive a clock that is set to another year and released again."""
    clock = Clock()
    begin = clock.elapsed()
    clock.freeze(0.0)
    assert clock.elapsed() - begin < 5
    clock.advance(60)
    assert 60 <= clock.elapsed() - begin < 65
    clock.freeze(clock.now() + 3600)
    assert 3660 <= clock.elapsed() - begin < 3665
    clock.release()
    assert 3660 <= clock.elapsed() - begin < 3665
    clock.advance(60)
    assert 3720 <= clock.elapsed() - begin < 3730
