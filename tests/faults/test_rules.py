"""Rules: how they are read, and which of several fire."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.clock import Clock
from scimmock.faults.base import Stage, actions, describe
from scimmock.faults.call import Call, Pending
from scimmock.faults.errors import RuleError
from scimmock.faults.rule import Rule, read_rule, read_rules
from scimmock.faults.ruleset import MAX_RULES, RuleSet
from scimmock.traffic.exchange import Exchange

TYPES = {"Users": "User", "Groups": "Group"}


def call(method: str = "GET", resource: str = "Users", operation: str = "list", token: str = "a") -> Call:
    exchange = Exchange(0.0, 0.0, "", method, f"/{resource}", b"", [], "1.1")
    exchange.identity = token
    return Call(exchange, cast(Any, None), method, f"/{resource}", operation, resource, None)


def ruleset(*rules: dict[str, Any], seed: int = 1, clock: Clock | None = None) -> RuleSet:
    made = RuleSet(seed, clock or Clock(), TYPES)
    made.add(list(rules), "faults", "control")
    return made


def fire(rules: RuleSet, made: Call | None = None, stage: Stage = Stage.ANSWER) -> list[str]:
    """Return the names of the rules of a stage that fire for one request, as the server asks for them."""
    made = made or call()
    candidates = rules.candidates(made.method, made.operation, made.resource)
    if candidates is None or candidates.none_has_its_turn(made.path):
        return []
    return [fired.rule.name for fired in rules.turns(candidates.by_stage[stage], made)]


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    made.freeze(1_767_225_600.0)
    yield made


# ---- reading


@pytest.mark.parametrize(
    ("rule", "path", "suggestion"),
    [
        ({}, "f", None),
        ({"do": {}}, "f.do", None),
        ({"do": 503}, "f.do", None),
        ({"do": {"statsu": 503}}, "f.do.statsu", "status"),
        ({"do": {"status": 503, "reset": True}}, "f.do", None),
        ({"do": {"status": 99}}, "f.do.status", None),
        ({"do": {"status": 429, "retry_aftr": 3}}, "f.do.retry_aftr", "retry_after"),
        ({"do": {"status": 503, "shape": "htm"}}, "f.do.shape", "html"),
        ({"do": {"sequence": [503, "poss"]}}, "f.do.sequence[1]", None),
        ({"do": {"sequence": []}}, "f.do.sequence", None),
        ({"do": {"delay": "soon"}}, "f.do.delay", None),
        ({"do": {"status": 503}, "matsh": {}}, "f.matsh", "match"),
        ({"do": {"status": 503}, "name": "a b"}, "f.name", None),
        ({"do": {"status": 503}, "name": ""}, "f.name", None),
        ({"do": {"status": 503}, "enabled": "yes"}, "f.enabled", None),
        ({"do": {"status": 503}, "when": {"evry": 2}}, "f.when.evry", "every"),
        ({"do": {"truncate": 1.5}}, "f.do.truncate", None),
        ({"do": {"drip": 0}}, "f.do.drip", None),
        ({"do": {"garbage": 0}}, "f.do.garbage", None),
        ({"do": {"wrong_length": 0}}, "f.do.wrong_length", None),
        ({"do": {"bad_chunk": False}}, "f.do.bad_chunk", None),
        ({"do": {"keepalive_close": 0}}, "f.do.keepalive_close", None),
        ({"do": {"malformed_json": "broken"}}, "f.do.malformed_json", None),
        ({"do": {"wrong_content_type": "a\r\nb: c"}}, "f.do.wrong_content_type", None),
        ({"do": {"drop_attribute": []}}, "f.do.drop_attribute", None),
        ({"do": {"drop_attribute": ["id", "a b"]}}, "f.do.drop_attribute[1]", None),
        ({"do": {"rename_attribute": "id", "to": "id"}}, "f.do.to", None),
        ({"do": {"rename_attribute": 'emails[type eq "a"]', "to": "x"}}, "f.do.rename_attribute", None),
        ({"do": {"set_attribute": "id"}}, "f.do", None),
        ({"do": {"change_type": "id", "to": "text"}}, "f.do.to", None),
        ({"do": {"duplicate_key": "a["}}, "f.do.duplicate_key", None),
    ],
)
def test_a_wrong_rule_says_where_and_what_was_meant(
    rule: dict[str, Any], path: str, suggestion: str | None
) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule(rule, "f", "rule", "control")
    assert (caught.value.path, caught.value.suggestion) == (path, suggestion)
    assert caught.value.message
    if suggestion:
        assert caught.value.advice == f"did you mean {suggestion!r}?"


def test_rules_without_a_name_get_one_that_is_free() -> None:
    given = [{"do": {"status": 503}}, {"name": "rule-1", "do": {"status": 503}}, {"do": {"status": 503}}]
    rules = read_rules(given, "faults", "control")
    assert len({rule.name for rule in rules}) == 3
    assert rules[1].name == "rule-1"
    assert [rule.name for rule in read_rules(given, "faults", "control")] == [rule.name for rule in rules]


def test_a_name_is_given_once() -> None:
    twice = [{"name": "a", "do": {"status": 503}}] * 2
    with pytest.raises(RuleError, match=r"faults\[1\]\.name.*taken"):
        read_rules(twice, "faults", "control")
    rules = ruleset(twice[0])
    with pytest.raises(RuleError, match="taken"):
        rules.add([twice[0]], "faults", "control")


def test_of_a_list_with_one_wrong_rule_nothing_is_used() -> None:
    rules = ruleset({"name": "a", "do": {"status": 503}})
    with pytest.raises(RuleError, match=r"faults\[1\]"):
        rules.add([{"do": {"status": 503}}, {"do": {"status": 1}}], "faults", "control")
    assert [rule.name for rule in rules.rules] == ["a"]


def test_there_are_not_too_many_rules() -> None:
    rules = ruleset(*({"do": {"status": 503}} for _ in range(MAX_RULES)))
    with pytest.raises(RuleError, match="at most"):
        rules.add_one({"do": {"status": 503}}, "control")


def test_no_parameter_bears_the_name_of_an_action() -> None:
    for name, kind in actions().items():
        told = describe(kind)
        assert not set(told["parameters"]) & set(actions()), name
        assert told["does"].endswith((".", ":")) and len(told["does"]) > 10, name


# ---- which of them fire


def test_the_first_rule_that_fires_wins() -> None:
    rules = ruleset(
        {"name": "a", "when": {"every": 2}, "do": {"status": 500}},
        {"name": "b", "do": {"status": 503}},
        {"name": "c", "do": {"status": 504}},
    )
    assert [fire(rules) for _ in range(4)] == [["b"], ["a"], ["b"], ["a"]]
    assert [rule["hits"] for rule in rules.listing()] == [2, 2, 0]
    # What another rule has answered was not seen by the rules behind it.
    assert [rule["seen"] for rule in rules.listing()] == [4, 2, 0]


def test_with_continue_later_rules_fire_too() -> None:
    rules = ruleset(
        {"name": "a", "continue": True, "do": {"delay": 0}},
        {"name": "b", "do": {"delay": 0}},
        {"name": "c", "do": {"delay": 0}},
    )
    assert fire(rules, stage=Stage.TIME) == ["a", "b"]


def test_stages_do_not_keep_each_other_from_firing() -> None:
    rules = ruleset(
        {"name": "wait", "do": {"delay": 0}},
        {"name": "fail", "do": {"status": 503}},
        {"name": "cut", "do": {"truncate": 0.5}},
    )
    assert [fire(rules, stage=stage) for stage in (Stage.TIME, Stage.ANSWER, Stage.WIRE)] == [
        ["wait"],
        ["fail"],
        ["cut"],
    ]


def test_a_tentative_rule_is_counted_when_it_acts() -> None:
    rules = ruleset({"name": "a", "when": {"first": 1}, "do": {"drop_attribute": "x"}})
    for _ in range(3):
        (fired,) = rules.turns(rules.rules, call())
        assert not fired.counted
    assert rules.listing()[0]["left"] == 1
    fired.count(places=1)
    fired.count(more=2)
    assert (rules.listing()[0]["hits"], rules.listing()[0]["left"]) == (1, 0)
    assert fired.call.exchange.rules == [
        {"name": "a", "action": "drop_attribute", "hit": 1, "seen": 3, "places": 1, "more": 2}
    ]
    assert list(rules.turns(rules.rules, call())) == []


def test_the_trace_tells_draw_and_key() -> None:
    rules = ruleset({"name": "a", "when": {"probability": 1, "per": "token"}, "do": {"status": 503}})
    made = call(token="t")
    assert fire(rules, made) == ["a"]
    (trace,) = made.exchange.rules or []
    assert trace["key"] == "t" and trace["probability"] == 1 and 0 <= trace["draw"] < 1


@pytest.mark.parametrize(
    ("match", "fitting"),
    [
        ({"resource": "Users"}, call()),
        ({"resource": "User"}, call()),
        ({"method": "POST"}, call("POST", operation="create")),
        ({"path": "/Gr*"}, call(resource="Groups")),
    ],
)
def test_other_requests_are_not_counted(match: dict[str, Any], fitting: Call) -> None:
    rules = ruleset({"name": "a", "match": match, "do": {"status": 503}})
    others = [call("DELETE", "Devices", "delete"), call("PUT", "Schemas", "replace")]
    for other in others:
        assert fire(rules, other) == []
    assert fire(rules, fitting) == ["a"]
    assert rules.listing()[0]["seen"] == 1


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "after": st.integers(0, 4),
                "times": st.integers(1, 4),
                "every": st.integers(1, 3),
                "probability": st.sampled_from([0.3, 0.7]),
            },
        ),
        min_size=1,
        max_size=3,
    ),
    st.lists(st.sampled_from(["Users", "Groups"]), max_size=25),
)
def test_unrelated_requests_and_the_short_way_change_nothing(
    whens: list[dict[str, Any]], resources: list[str]
) -> None:
    """Whether a request goes by the rules that wait, or is led through them, the same rules fire."""
    specs: list[dict[str, Any]] = [
        {"name": f"r{number}", "match": {"resource": "Users"}, "when": when, "do": {"status": 503}}
        for number, when in enumerate(whens)
    ]
    short, long, alone = ruleset(*specs), ruleset(*specs), ruleset(*specs)
    for resource in resources:
        made = call(resource=resource)
        candidates = long.candidates(made.method, made.operation, made.resource)
        led = []
        if candidates is not None:
            led = [fired.rule.name for fired in long.turns(candidates.by_stage[Stage.ANSWER], made)]
        assert fire(short, made) == led
        if resource == "Users":
            assert fire(alone, made) == led
    hits = [[rule.schedule.hits for rule in rules.rules] for rules in (short, long, alone)]
    assert hits[0] == hits[1] == hits[2]


# ---- what changes them


def test_a_rule_that_is_switched_off_does_not_count() -> None:
    rules = ruleset({"name": "a", "do": {"status": 503}})
    rules.enable("a", False)
    assert fire(rules) == [] and rules.listing()[0]["seen"] == 0
    assert not rules.active
    rules.enable("a", True)
    assert fire(rules) == ["a"]
    assert rules.enable("b", True) is None


def test_rules_come_and_go() -> None:
    rules = ruleset({"name": "a", "do": {"status": 503}})
    rules.add_one({"name": "b", "do": {"status": 500}}, "fixture")
    assert fire(rules) == ["a"]
    assert rules.remove("a") and not rules.remove("a")
    assert fire(rules) == ["b"]
    rules.clear()
    assert fire(rules) == ["b"]
    rules.clear(everything=True)
    assert fire(rules) == [] and not rules.active


def test_a_rule_ends_with_its_ttl_and_is_gone_from_the_list(clock: Clock) -> None:
    rules = ruleset({"name": "a", "when": {"ttl": "5s"}, "do": {"status": 503}}, clock=clock)
    assert fire(rules) == ["a"]
    assert rules.listing()[0]["expires_in"] == pytest.approx(5, abs=0.01)
    clock.advance(5)
    assert rules.listing() == [] and fire(rules) == []
    rules.add_one({"name": "a", "do": {"status": 503}}, "control")


def test_between_follows_the_clock_of_the_server(clock: Clock) -> None:
    rules = ruleset({"name": "a", "when": {"between": ["10s", "20s"]}, "do": {"status": 503}}, clock=clock)
    seen = []
    for _ in range(5):
        seen.append(fire(rules))
        clock.advance(5.5)
    assert seen == [[], [], ["a"], ["a"], []]


def test_a_fresh_rule_has_counted_nothing() -> None:
    rule: Rule = read_rule({"do": {"sequence": [503, "pass"]}}, "f", "a", "fixture")
    rules = RuleSet(1, Clock(), TYPES)
    rules.put([rule])
    assert fire(rules) == ["a"]
    fresh = rule.fresh()
    assert (fresh.schedule.hits, fresh.source, fresh.action is rule.action) == (0, "fixture", False)


def test_a_rule_is_listed_as_it_was_given() -> None:
    spec = {
        "match": {"method": "POST"},
        "when": {"after": 2, "times": 3},
        "do": {"delay": {"uniform": ["1s", "2s"]}},
    }
    rules = ruleset({"name": "a", **spec})
    (shown,) = rules.listing()
    assert msgspec.json.decode(msgspec.json.encode(shown)) == {
        "name": "a",
        **spec,
        "enabled": True,
        "origin": "control",
        "hits": 0,
        "seen": 0,
        "left": 3,
    }


def test_what_is_due_happens_before_the_next_request() -> None:
    rules, done = ruleset({"name": "late", "do": {"reset": True}}), []
    due = [False]
    rules.schedule(Pending("late", lambda: due[0], lambda: done.append(1)))
    rules.settle()
    assert done == []
    due[0] = True
    rules.settle()
    rules.settle()
    assert done == [1]


def test_what_a_rule_has_yet_to_do_goes_with_it() -> None:
    rules, done = ruleset({"name": "late", "do": {"reset": True}}), []
    rules.schedule(Pending("late", lambda: True, lambda: done.append(1)))
    rules.remove("late")
    rules.settle()
    assert done == [] and not rules.active


def test_the_first_answer_is_taken() -> None:
    rules = ruleset(
        {"name": "a", "continue": True, "do": {"sequence": ["pass"]}}, {"name": "b", "do": {"reset": True}}
    )
    made = call()
    reply = asyncio.run(rules.before(rules.rules, made))
    assert reply is not None and reply.delivery is not None and reply.delivery.end == "reset"
    assert [rule["name"] for rule in made.exchange.rules or []] == ["a", "b"]
