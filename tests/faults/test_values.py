"""The kinds of values in rules: durations, distributions of them, shares of a body."""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scimmock.faults.values import Delay, Duration, Part, convert, describe_kind

shares = st.floats(0, 1)
seconds = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("200ms", 0.2), ("7s", 7), ("40m", 2400), ("2h", 7200), ("1d", 86400), (3, 3), (0.5, 0.5), (" 2 s ", 2)],
)
def test_a_duration(text: Any, expected: float) -> None:
    assert Duration.read(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "value",
    ["", "7x", "-1s", -1, True, None, [], {}, math.nan, math.inf, 10**400, "9" * 400 + "d", "1s 2s"],
)
def test_no_duration(value: Any) -> None:
    with pytest.raises(ValueError):
        Duration.read(value)


@pytest.mark.parametrize(
    ("form", "share", "expected"),
    [
        ("200ms", 0.9, 0.2),
        (2, 0.1, 2),
        ({"uniform": ["1s", "2s"]}, 0.25, 1.25),
        ({"normal": {"mean": "1s", "sd": "200ms"}}, 0.5, 1.0),
        ({"normal": {"mean": "1s", "sd": "10s"}}, 0.1, 0.0),
        ({"lognormal": {"median": "200ms", "sigma": 0.4}}, 0.5, 0.2),
        ({"lognormal": {"median": "1s", "sigma": 1}}, NormalDist().cdf(1), math.e),
        ({"percentiles": {"50": "100ms", "99": "2s"}}, 0.5, 0.1),
        ({"percentiles": {50: "100ms", 99: "2s"}}, 0.99, 2),
        ({"percentiles": {"p50": "100ms", "p99": "2s"}}, 1.0, 2),
        ({"percentiles": {"50": "100ms", "99": "2s"}}, 0.0, 0.05),
        ({"percentiles": {"0": "1s", "100": "3s"}}, 0.5, 2),
        ({"percentiles": {"90": "1s"}}, 0.2, 1),
    ],
)
def test_a_delay_is_a_quantile_of_its_distribution(form: Any, share: float, expected: float) -> None:
    assert Delay.read(form).at(share) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "a delay is one of"),
        ({"uniform": [1, 2], "normal": {}}, "a delay is one of"),
        ([1, 2], "a delay is one of"),
        (True, "a duration such as"),
        ({"unifrom": [1, 2]}, "did you mean 'uniform'"),
        ({"gamma": 1}, "a delay is one of"),
        ({"uniform": ["2s", "1s"]}, "from the shorter"),
        ({"uniform": ["2s"]}, "two durations"),
        ({"uniform": ["2s", "x"]}, "'x' is not a duration"),
        ({"normal": {"mean": "1s"}}, "normal has mean and sd"),
        ({"lognormal": {"median": "1s", "sigma": True}}, "sigma is a number"),
        ({"lognormal": {"median": "1s", "sigma": 11}}, "sigma is a number"),
        ({"percentiles": {}}, "durations by percentile"),
        ({"percentiles": {"101": "1s"}}, "no percentile"),
        ({"percentiles": {"fast": "1s"}}, "no percentile"),
        ({"percentiles": {"50": "2s", "90": "1s"}}, "grow"),
    ],
)
def test_no_delay(form: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Delay.read(form)


distributions = st.one_of(
    st.builds(lambda value: {"uniform": sorted(value)}, st.tuples(seconds, seconds)),
    st.builds(lambda mean, sd: {"normal": {"mean": mean, "sd": sd}}, seconds, seconds),
    st.builds(
        lambda median, sigma: {"lognormal": {"median": median, "sigma": sigma}}, seconds, st.floats(0, 10)
    ),
    st.builds(
        lambda percents, values: {"percentiles": dict(zip(sorted(percents), sorted(values), strict=False))},
        st.sets(st.integers(0, 100), min_size=1, max_size=6),
        st.lists(seconds, min_size=6, max_size=6),
    ),
    seconds,
)


@given(distributions, st.lists(shares, min_size=2, max_size=6))
def test_a_delay_grows_with_the_draw_and_stays_in_its_bounds(form: Any, draws: list[float]) -> None:
    delay = Delay.read(form)
    times = [delay.at(share) for share in sorted(draws)]
    for earlier, later in pairwise(times):
        assert earlier <= later * (1 + 1e-9) + 1e-9
    assert all(time >= 0 and math.isfinite(time) for time in times)
    if delay.longest is not None:
        assert times[-1] <= delay.longest * (1 + 1e-9)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=5), st.sets(st.integers(0, 100), min_size=5))
def test_percentiles_go_through_their_points(values: list[int], percents: set[int]) -> None:
    points = dict(zip(sorted(percents), sorted(values), strict=False))
    delay = Delay.read({"percentiles": points})
    for percent, value in points.items():
        assert delay.at(percent / 100) == pytest.approx(value, abs=1e-6)


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        (100, 600, 100),
        (100, 60, 60),
        (0, 60, 0),
        (10**400, 60, 60),
        (0.5, 601, 300),
        ("50%", 601, 300),
        ("12.5%", 800, 100),
        (0.29, 100, 29),
        (1.0, 60, 60),
        ("0%", 60, 0),
    ],
)
def test_a_part(value: Any, size: int, expected: int) -> None:
    assert Part.read(value).of(size) == expected


@pytest.mark.parametrize("value", [-1, -0.1, 1.01, 100.0, "101%", "nan%", "x%", "50", True, None, math.nan])
def test_no_part(value: Any) -> None:
    with pytest.raises(ValueError):
        Part.read(value)


@given(st.integers(0, 100), st.integers(1, 100_000))
def test_a_share_in_percent_is_rounded_down_exactly(percent: int, size: int) -> None:
    assert Part.read(f"{percent}%").of(size) == size * percent // 100
    assert Part.read(percent / 100).of(size) == size * percent // 100


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 10_000))
def test_a_larger_share_is_not_less(one: float, other: float, size: int) -> None:
    assume(one <= other)
    assert 0 <= Part.read(one).of(size) <= Part.read(other).of(size) <= size


def test_an_error_tells_where_it_is() -> None:
    class Shape(msgspec.Struct):
        wait: Delay

    with pytest.raises(msgspec.ValidationError, match=r"uniform has two durations.*\$\.wait"):
        convert({"wait": {"uniform": 3}}, Shape)


@pytest.mark.parametrize("kind", [Duration, Delay, Part])
def test_each_kind_has_a_json_schema(kind: type) -> None:
    assert describe_kind(kind)["anyOf"]
