"""When rules fire: the schedule against a plain model of what it says."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.faults.call import Call
from scimmock.faults.errors import RuleError
from scimmock.faults.rule import read_rule
from scimmock.faults.values import convert
from scimmock.faults.when import Schedule, When, check_when, key_of
from scimmock.traffic.exchange import Exchange


def call(
    id: str | None = None, token: str | None = None, tenant: str = "", agent: str = "", query: str = ""
) -> Call:
    headers = [(b"user-agent", agent.encode())] if agent else []
    exchange = Exchange(0.0, 0.0, tenant, "GET", "/Users", query.encode(), headers, "1.1")
    exchange.identity = token
    return Call(exchange, cast(Any, None), "GET", "/Users", "read", "Users", id)


def schedule(
    name: str = "rule", seed: int = 1, begin: float = 0.0, now: Callable[[], float] = float, **when: Any
) -> Schedule:
    return Schedule(convert(when, When), seed, name, begin, now)


def fired(rule: Schedule, count: int, *calls: Call) -> list[bool]:
    """Send requests and return for each whether it was hit."""
    result = []
    for number in range(count):
        turn = rule.take(calls[number % len(calls)] if calls else call("1"))
        if turn is not None:
            turn.hit()
        result.append(turn is not None)
    return result


def indices(hits: list[bool]) -> list[int]:
    """Return the numbers of the requests that were hit, from 1."""
    return [number for number, hit in enumerate(hits, 1) if hit]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"after": 5}, [6, 7, 8]),
        ({"first": 2}, [1, 2]),
        ({"times": 2}, [1, 2]),
        ({"after": 2, "times": 3}, [3, 4, 5]),
        ({"every": 3}, [3, 6]),
        ({"after": 1, "every": 3}, [4, 7]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"probability": 0}, []),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_the_requests_that_are_hit(when: dict[str, Any], expected: list[int]) -> None:
    rule = schedule(**when)
    assert indices(fired(rule, 8)) == expected
    assert (rule.hits, rule.seen) == (len(expected), 8)
    most = when.get("times") or when.get("first")
    assert rule.left == (None if most is None else most - len(expected))


probabilities = st.sampled_from([0.0, 1.0]) | st.floats(1e-9, 1)
whens = st.fixed_dictionaries(
    {},
    optional={
        "after": st.integers(0, 12),
        "times": st.integers(1, 12),
        "every": st.integers(1, 5),
        "probability": probabilities,
    },
)


@given(whens, st.integers(0, 60), st.integers())
def test_counts_follow_from_what_the_schedule_says(when: dict[str, Any], count: int, seed: int) -> None:
    rule = schedule(seed=seed, **when)
    hits = indices(fired(rule, count))
    possible = [n for n in range(1, count + 1) if n > when.get("after", 0)]
    possible = [n for n in possible if (n - when.get("after", 0)) % when.get("every", 1) == 0]
    assert set(hits) <= set(possible)
    assert len(hits) <= when.get("times", count)
    if "probability" not in when:
        assert hits == possible[: when.get("times", count)]
    assert rule.hits == len(hits) and rule.seen == count


@given(st.integers(), probabilities, st.integers(0, 9), st.integers(1, 4))
def test_draws_do_not_depend_on_the_rest_of_the_schedule(
    seed: int, probability: float, after: int, every: int
) -> None:
    plain = indices(fired(schedule(seed=seed, probability=probability), 30))
    assert indices(fired(schedule(seed=seed, probability=probability), 30)) == plain
    other = schedule(seed=seed, probability=probability, after=after, every=every)
    assert indices(fired(other, after + 30 * every)) == [after + number * every for number in plain]


@given(st.integers(), probabilities, probabilities)
def test_a_higher_probability_hits_earlier(seed: int, one: float, other: float) -> None:
    low, high = sorted((one, other))
    few = indices(fired(schedule(seed=seed, probability=low), 60))
    many = indices(fired(schedule(seed=seed, probability=high), 60))
    assert len(many) >= len(few)
    assert all(early <= late for early, late in zip(many, few, strict=False))


@given(st.integers(), st.floats(0.01, 1))
def test_the_draw_that_is_told_is_below_the_probability(seed: int, probability: float) -> None:
    rule = schedule(seed=seed, probability=probability)
    turns = [turn for _ in range(60) if (turn := rule.take(call("1"))) is not None]
    assert all(turn.draw is not None and 0 <= turn.draw < probability for turn in turns)


def test_seeds_names_and_keys_draw_apart() -> None:
    def hits(seed: int = 1, name: str = "rule", token: str = "a") -> list[int]:
        rule = schedule(name, seed, probability=0.5, per="token")
        return indices(fired(rule, 64, call("1", token=token)))

    assert len({tuple(hits()), tuple(hits(seed=2)), tuple(hits(name="other")), tuple(hits(token="b"))}) == 4


@pytest.mark.parametrize("probability", [0.05, 0.5, 0.9])
def test_the_share_of_hits_is_the_probability_and_hits_come_in_no_pattern(probability: float) -> None:
    hits = indices(fired(schedule(probability=probability), 4000))
    assert abs(len(hits) / 4000 - probability) < 0.03
    # After a hit the next request is hit as often as any other.
    follow = sum(later == earlier + 1 for earlier, later in pairwise(hits))
    assert abs(follow / len(hits) - probability) < 0.08


@given(st.lists(st.sampled_from("abc"), max_size=60), whens)
def test_keys_count_apart(tokens: list[str], when: dict[str, Any]) -> None:
    """Interleaved with others, each key sees what it would see alone."""
    together = schedule(per="token", **when)
    seen: dict[str, list[bool]] = {}
    for token in tokens:
        turn = together.take(call("1", token=token))
        if turn is not None:
            turn.hit()
        seen.setdefault(token, []).append(turn is not None)
    for token, hits in seen.items():
        alone = schedule(per="token", **when)
        assert fired(alone, len(hits), call("1", token=token)) == hits
    assert together.seen == len(tokens)
    assert together.hits == sum(map(sum, seen.values()))


@pytest.mark.parametrize(
    ("per", "one", "same", "other"),
    [
        ("token", call(token="a"), call("9", token="a"), call(token="b")),
        ("tenant", call(tenant="a"), call("9", tenant="a"), call(tenant="b")),
        ("client", call(agent="okta/1"), call("9", agent="okta/1"), call(agent="curl/8")),
        ("resource", call("1"), call("1", token="b"), call("2")),
        ("resource", call(query="filter=a"), call(query="filter=a&count=1"), call(query="filter=b")),
    ],
)
def test_what_a_key_is(per: str, one: Call, same: Call, other: Call) -> None:
    assert key_of(per, one) == key_of(per, same) != key_of(per, other)
    rule = schedule(per=per, first=1)
    for number, expected in ((one, True), (same, False), (other, True), (other, False)):
        assert fired(rule, 1, number) == [expected]


def test_keys_are_forgotten_when_there_are_too_many() -> None:
    rule = schedule(per="resource", first=1)
    assert all(fired(rule, 1, call(str(number))) == [True] for number in range(10_001))
    assert fired(rule, 1, call("10000")) == [False]
    assert fired(rule, 1, call("0")) == [True]


@given(st.floats(0, 100), st.lists(st.floats(0, 300), max_size=20))
def test_between_is_a_window_since_the_start(begin: float, moments: list[float]) -> None:
    now = [0.0]
    rule = schedule(begin=begin, now=lambda: now[0], between=["10s", "40s"])
    for now[0] in moments:
        inside = 10 <= now[0] - begin < 40
        assert (rule.take(call("1")) is not None) is inside
    assert rule.seen == len(moments)


def test_what_falls_outside_the_window_is_not_counted_as_a_hit() -> None:
    now = [0.0]
    rule = schedule(now=lambda: now[0], between=[10, 40], first=2)
    assert fired(rule, 5) == [False] * 5
    now[0] = 20.0
    assert fired(rule, 5) == [True, True, False, False, False]


def test_a_rule_lives_as_long_as_its_ttl_from_when_it_was_given() -> None:
    rule = schedule(begin=0.0, now=lambda: 100.0, ttl="5s")
    assert rule.ends == 105.0
    assert [rule.is_over(now) for now in (100.0, 104.9, 105.0, 200.0)] == [False, False, True, True]
    assert not schedule().is_over(1e9)


def test_a_turn_that_is_not_taken_is_not_counted() -> None:
    rule = schedule(first=1)
    for _ in range(3):
        turn = rule.take(call("1"))
        assert turn is not None and turn.next_hit == 1
    assert (rule.hits, rule.seen, rule.left) == (0, 3, 1)
    turn = rule.take(call("1"))
    assert turn is not None and turn.hit() == 1
    assert rule.take(call("1")) is None


def test_a_request_that_asks_for_a_rule_gets_it_and_is_counted() -> None:
    rule = schedule(first=1)
    assert fired(rule, 2) == [True, False]
    turn = rule.turn_at_once()
    assert turn.hit() == 2
    assert rule.left == 0


@given(st.integers(), st.text(min_size=1, max_size=5), st.integers(1, 30))
def test_shares_come_from_the_seed_and_the_request(seed: int, label: str, count: int) -> None:
    def drawn(seed: int, label: str) -> list[float]:
        rule, found = schedule(seed=seed), []
        for _ in range(count):
            turn = rule.take(call("1"))
            assert turn is not None
            found.append(turn.share(label))
        return found

    first = drawn(seed, label)
    assert first == drawn(seed, label)
    assert all(0 <= share <= 1 for share in first)
    assert len(set(first)) == count
    assert not set(first) & set(drawn(seed + 1, label))
    assert not set(first) & set(drawn(seed, f"{label}2"))


@pytest.mark.parametrize(
    ("when", "path", "said"),
    [
        ({"first": 1, "times": 2}, "r.when.first", "'times'"),
        ({"first": 1, "after": 2}, "r.when.first", "'after'"),
        ({"between": ["40s", "10s"]}, "r.when.between", "before"),
        ({"between": ["10s", "10s"]}, "r.when.between", "before"),
        ({"between": ["10s"]}, "r.when.between", "length"),
        ({"probability": 1.1}, "r.when.probability", "<= 1"),
        ({"probability": True}, "r.when.probability", "another type"),
        ({"every": 0}, "r.when.every", ">= 1"),
        ({"after": -1}, "r.when.after", ">= 0"),
        ({"times": "x"}, "r.when.times", "another type"),
        ({"ttl": "soon"}, "r.when.ttl", "duration"),
        ({"per": "user"}, "r.when.per", "user"),
    ],
)
def test_a_wrong_when_says_where_and_what(when: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule({"do": {"status": 503}, "when": when}, "r", "rule", "control")
    assert caught.value.path == path
    assert said in f"{caught.value.message} {caught.value.hint}"


def test_a_key_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(RuleError) as caught:
        read_rule({"do": {"status": 503}, "when": {"time": 3}}, "faults[2]", "rule", "control")
    assert (caught.value.path, caught.value.suggestion) == ("faults[2].when.time", "times")


def test_a_good_when_passes() -> None:
    check_when(convert({"after": 2, "times": 3, "per": "token", "between": [0, "1h"]}, When), "")
