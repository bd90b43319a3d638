"""The counting of limits on a clock, without a server."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.clock import Clock
from scimmock.faults.limits.base import Keyed, Limit, Verdict, nothing, whole_seconds
from scimmock.faults.limits.concurrency import Concurrency
from scimmock.faults.limits.headers import Told, retry_after, tell
from scimmock.faults.limits.token_bucket import TokenBucket
from scimmock.faults.limits.windows import FixedWindow, Quota, SlidingWindow

MIDNIGHT = 1_767_225_600.0  # 2026-01-01T00:00:00Z
BLUR = 1e-5  # seconds, more than what is forgiven to the clock's floats

amounts = st.integers(1, 4)
periods = st.sampled_from([0.25, 1.0, 7.0, 10.1, 60.0, 86_400.0])
# Steps of time: bursts mostly, steps that meet borders, and any.
steps = st.one_of(
    st.just(0.0),
    st.sampled_from([0.0, 0.05, 0.25, 0.5, 1.0, 7.0, 60.0]),
    st.floats(0, 20, allow_nan=False),
)
walks = st.lists(st.tuples(steps, st.sampled_from("aaab")), min_size=10, max_size=60)
starts = st.floats(0, 86_400).map(lambda part: MIDNIGHT + part)


def frozen(at: float = MIDNIGHT + 0.3) -> Clock:
    clock = Clock()
    clock.freeze(at)
    return clock


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    windows: list[type[FixedWindow] | type[SlidingWindow]] = [FixedWindow, Quota, SlidingWindow]
    kind = draw(st.sampled_from([None, *windows]))
    if kind is None:
        return TokenBucket(draw(amounts), draw(amounts), draw(periods))
    return kind(draw(amounts), draw(periods))


@given(limits(), starts, walks)
def test_who_comes_back_after_retry_after_is_let_in(
    limit: Limit, start: float, walk: list[tuple[float, str]]
) -> None:
    clock = frozen(start)
    for step, key in walk:
        clock.advance(step)
        verdict = limit.take(key, clock)
        if not verdict.admitted:
            assert verdict.wait is not None
            seconds = whole_seconds(verdict.wait)
            assert seconds >= 1
            clock.advance(seconds)
            assert limit.take(key, clock).admitted


@given(limits(), starts, walks)
def test_who_comes_back_a_millisecond_before_it_is_time_is_not(
    limit: Limit, start: float, walk: list[tuple[float, str]]
) -> None:
    clock = frozen(start)
    for step, key in walk:
        clock.advance(step)
        verdict = limit.take(key, clock)
        if not verdict.admitted and verdict.wait is not None and verdict.wait > 0.001:
            clock.advance(verdict.wait - 0.001)
            assert not limit.take(key, clock).admitted


@given(limits(), starts, walks)
def test_what_remains_is_what_is_let_in_at_once(
    limit: Limit, start: float, walk: list[tuple[float, str]]
) -> None:
    clock = frozen(start)
    for step, key in walk:
        clock.advance(step)
        limit.take(key, clock)
    clock.advance(0.25)
    first = limit.take("a", clock)
    assert 0 <= first.remaining < first.limit
    for left in range(first.remaining - 1, -1, -1):
        verdict = limit.take("a", clock)
        assert verdict.admitted and verdict.remaining == left
    assert not limit.take("a", clock).admitted


@given(limits(), starts, walks)
def test_all_is_there_again_when_the_limit_resets(
    limit: Limit, start: float, walk: list[tuple[float, str]]
) -> None:
    clock = frozen(start)
    verdict = limit.take("a", clock)
    for step, _ in walk:
        clock.advance(step)
        verdict = limit.take("a", clock)
    assert verdict.resets_in is not None
    clock.advance(whole_seconds(verdict.resets_in))
    assert limit.take("a", clock).remaining == limit.limit - 1


# Each request may be given back, after so many others.
returns = st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=60, max_size=60)


def admitted(
    limit: Limit, start: float, walk: list[tuple[float, str]], late: list[int | None]
) -> list[float]:
    """Return when the requests with the key "a" were let in that were not given back."""
    clock, moments = frozen(start), dict[int, float]()
    due: dict[int, list[tuple[int, Verdict]]] = {}
    for number, (step, key) in enumerate(walk):
        clock.advance(step)
        for earlier, verdict in due.pop(number, ()):
            verdict.undo()
            moments.pop(earlier, None)
        verdict = limit.take(key, clock)
        if not verdict.admitted:
            continue
        after = late[number]
        if after == 0:
            verdict.undo()
            continue
        if key == "a":
            moments[number] = clock.elapsed()
        if after is not None:
            due.setdefault(number + after, []).append((number, verdict))
    return list(moments.values())


@given(amounts, periods, starts, walks, returns)
def test_a_sliding_window_lets_in_no_more_in_any_window(
    most: int, seconds: float, start: float, walk: list[tuple[float, str]], late: list[int | None]
) -> None:
    moments = admitted(SlidingWindow(most, seconds), start, walk, late)
    for place, moment in enumerate(moments):
        assert bisect_left(moments, moment + seconds - BLUR) - place <= most


@given(amounts, amounts, periods, starts, walks, returns)
def test_a_token_bucket_lets_in_its_capacity_and_what_flows_in(
    capacity: int,
    refill: int,
    every: float,
    start: float,
    walk: list[tuple[float, str]],
    late: list[int | None],
) -> None:
    moments = admitted(TokenBucket(capacity, refill, every), start, walk, late)
    for first, begin in enumerate(moments):
        for last, end in enumerate(moments[first:], first):
            assert last - first + 1 <= capacity + refill * (end - begin + BLUR) / every


@given(amounts, periods, starts, walks)
def test_a_fixed_window_lets_in_no_more_before_it_ends(
    most: int, seconds: float, start: float, walk: list[tuple[float, str]]
) -> None:
    moments = admitted(FixedWindow(most, seconds), start, walk, [None] * len(walk))
    while moments:
        window = bisect_left(moments, moments[0] + seconds - BLUR)
        assert window <= most
        moments = moments[window:]


@given(amounts, st.sampled_from([0.25, 1.0, 60.0, 86_400.0]), starts, walks)
def test_a_quota_lets_in_no_more_in_a_window_of_the_calendar(
    most: int, seconds: float, start: float, walk: list[tuple[float, str]]
) -> None:
    clock, counts = frozen(start), dict[int, int]()
    limit = Quota(most, seconds)
    for step, key in walk:
        clock.advance(step)
        if limit.take(key, clock).admitted and key == "a":
            window = int((clock.now() + BLUR / 2) // seconds)
            counts[window] = counts.get(window, 0) + 1
    assert all(count <= most for count in counts.values())


@given(limits(), starts, walks, st.data())
def test_what_is_given_back_counts_for_nothing(
    limit: Limit, start: float, walk: list[tuple[float, str]], data: st.DataObject
) -> None:
    clock = frozen(start)
    for step, key in walk:
        clock.advance(step)
        limit.take(key, clock)
        probe = limit.take("a", clock)
        probe.undo()
        probe.undo()
        again = limit.take("a", clock)
        assert (again.admitted, again.remaining) == (probe.admitted, probe.remaining)
        if data.draw(st.booleans()):
            again.undo()


@pytest.mark.parametrize(
    "make",
    [lambda: FixedWindow(2, 60), lambda: SlidingWindow(2, 60), lambda: TokenBucket(2, 2, 60)],
    ids=["fixed", "sliding", "token_bucket"],
)
def test_giving_back_late_lets_nobody_in_twice(make: Callable[[], Limit]) -> None:
    limit, clock = make(), frozen()
    early = limit.take("", clock)
    clock.advance(600)
    limit.take("", clock)
    limit.take("", clock)
    early.undo()
    assert not limit.take("", clock).admitted


def test_a_fixed_window_begins_with_its_first_request() -> None:
    limit, clock = FixedWindow(2, 60), frozen()
    limit.take("", clock)
    clock.advance(45)
    assert limit.take("", clock).resets_in == pytest.approx(15)
    assert limit.take("", clock).wait == pytest.approx(15)
    clock.advance(15)
    assert limit.take("", clock).resets_in == pytest.approx(60)


def test_a_quota_ends_at_midnight() -> None:
    limit, clock = Quota(1, 86_400), frozen(MIDNIGHT - 90)
    assert limit.take("", clock).resets_in == pytest.approx(90)
    assert limit.take("", clock).wait == pytest.approx(90)
    clock.advance(90)
    assert limit.take("", clock).resets_in == pytest.approx(86_400)


def test_a_quota_holds_a_hair_before_midnight() -> None:
    limit, clock = Quota(1, 86_400), frozen(math.nextafter(MIDNIGHT, 0))
    assert limit.take("", clock).admitted
    assert limit.take("", clock).wait == pytest.approx(86_400)


def test_two_tokens_given_back_late_are_not_more_than_was_missing() -> None:
    limit, clock = TokenBucket(2, 1, 1), frozen()
    early = [limit.take("", clock), limit.take("", clock)]
    clock.advance(1.2)
    limit.take("", clock)
    for verdict in early:
        verdict.undo()
    # As if only the third had come: one token is left, the next takes a second.
    assert limit.take("", clock).remaining == 0
    assert limit.take("", clock).wait == pytest.approx(1)


def test_a_clock_that_is_put_back_opens_and_closes_nothing() -> None:
    clock = frozen()
    kinds: list[Limit] = [FixedWindow(1, 60), Quota(1, 86_400), SlidingWindow(1, 60), TokenBucket(1, 1, 60)]
    for limit in kinds:
        limit.take("", clock)
    waits = [limit.take("", clock).wait for limit in kinds]
    clock.freeze(MIDNIGHT - 1_000_000)
    for limit, wait in zip(kinds, waits, strict=True):
        assert limit.take("", clock).wait == pytest.approx(wait, abs=1e-4)


def test_keys_count_apart() -> None:
    limit, clock = FixedWindow(1, 60), frozen()
    assert limit.take("a", clock).admitted and limit.take("b", clock).admitted
    assert not limit.take("a", clock).admitted


def test_a_sliding_window_is_not_fooled_at_the_border_of_two_windows() -> None:
    limit, clock = SlidingWindow(2, 60), frozen()
    assert limit.take("", clock).admitted
    clock.advance(50)
    assert limit.take("", clock).admitted
    clock.advance(10)
    assert limit.take("", clock).admitted
    assert limit.take("", clock).wait == pytest.approx(50)


@given(st.integers(1, 4), st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=40))
def test_concurrency_counts_what_is_under_way(places: int, events: list[int | None]) -> None:
    limit, clock = Concurrency(places), frozen()
    under_way: list[Verdict] = []
    for event in events:
        if event is None:
            verdict = limit.take("", clock)
            assert verdict.admitted == (len(under_way) < places)
            if verdict.admitted:
                under_way.append(verdict)
                assert verdict.remaining == places - len(under_way)
            else:
                verdict.undo()
        elif event < len(under_way):
            gone = under_way.pop(event)
            gone.undo()
            gone.undo()
    for verdict in under_way:
        verdict.undo()
    assert limit._taken == {}


def test_the_key_that_was_not_used_longest_is_forgotten() -> None:
    kept: Keyed[list[int]] = Keyed(list, 3)
    for key in ("a", "b", "c"):
        kept[key].append(1)
    assert kept["a"] == [1]
    assert kept["d"] == []
    assert len(kept) == 3 and "b" not in kept and kept["a"] == [1]


def test_memory_is_bounded() -> None:
    clock = frozen()
    window, sliding = FixedWindow(1, 60), SlidingWindow(100_000, 60)
    for number in range(10_050):
        window.take(str(number), clock)
        sliding.take(str(number), clock)
    assert len(window._windows) == 10_000
    assert len(sliding._moments) == 10


def told(remaining: int = 3, name: str = "r", resets_in: float | None = 29.5) -> Told:
    period = None if resets_in is None else 60.0
    return Told(Verdict(True, 20, remaining, resets_in, None, nothing), name, period, 1000.25)


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("none", {}),
        ("retry-after", {}),
        (
            "x-ratelimit",
            {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "1030"},
        ),
        (
            "x-ratelimit-relative",
            {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "30"},
        ),
        (
            "x-rate-limit",
            {"x-rate-limit-limit": "20", "x-rate-limit-remaining": "3", "x-rate-limit-reset": "1030"},
        ),
        ("ratelimit", {"ratelimit-limit": "20", "ratelimit-remaining": "3", "ratelimit-reset": "30"}),
        ("ratelimit-policy", {"ratelimit-policy": '"r";q=20;w=60', "ratelimit": '"r";r=3;t=30'}),
    ],
)
def test_header_families(family: str, expected: dict[str, str]) -> None:
    headers: list[tuple[bytes, bytes]] = []
    tell(headers, family, told())
    assert {name.decode(): value.decode() for name, value in headers} == expected


def test_a_limit_without_time_tells_of_no_reset() -> None:
    headers: list[tuple[bytes, bytes]] = []
    tell(headers, "ratelimit", told(resets_in=None))
    tell(headers, "ratelimit-policy", told(resets_in=None))
    assert dict(headers) == {
        b"ratelimit-limit": b"20",
        b"ratelimit-remaining": b"3",
        b"ratelimit-policy": b'"r";q=20;qu="concurrent-requests"',
        b"ratelimit": b'"r";r=3',
    }


@pytest.mark.parametrize("order", [(7, 3), (3, 7)])
def test_of_two_limits_the_tighter_is_told(order: tuple[int, int]) -> None:
    headers: list[tuple[bytes, bytes]] = [(b"etag", b"x")]
    for remaining in order:
        tell(headers, "x-ratelimit", told(remaining))
        tell(headers, "ratelimit-policy", told(remaining, f"r{remaining}"))
    assert [value for name, value in headers if name == b"x-ratelimit-remaining"] == [b"3"]
    assert len([name for name, _ in headers if name == b"x-ratelimit-limit"]) == 1
    assert sorted(value for name, value in headers if name == b"ratelimit") == [
        b'"r3";r=3;t=30',
        b'"r7";r=7;t=30',
    ]
    assert (b"etag", b"x") in headers


@given(st.floats(0, 1e6), starts)
def test_retry_after_is_never_too_early(seconds: float, now: float) -> None:
    name, value = retry_after(seconds, now, "seconds")
    assert name == b"retry-after" and seconds - BLUR <= int(value) < seconds + 1
    moment = parsedate_to_datetime(retry_after(seconds, now, "date")[1].decode()).timestamp()
    assert now + seconds - BLUR <= moment < now + seconds + 1
