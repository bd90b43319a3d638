"""Which of several rules fire on a real server, and when they begin and end."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import USER, Target, Targets


def fired(target: Target) -> list[str]:
    return [rule["name"] for rule in target.fired()]


def test_of_one_stage_the_first_rule_wins(target: Target) -> None:
    target.add({"status": 500}, name="first", when={"every": 2})
    target.add({"status": 503}, name="second")
    assert [target.client.get("/Users").status_code for _ in range(4)] == [503, 500, 503, 500]
    assert (target.rule("first")["seen"], target.rule("second")["seen"]) == (4, 2)
    assert (target.hits("first"), target.hits("second")) == (2, 2)


def test_with_continue_the_next_one_acts_as_well(target: Target) -> None:
    target.add({"set_attribute": "title", "value": "one"}, name="a", **{"continue": True})
    target.add({"set_attribute": "nickName", "value": "two"}, name="b")
    target.add({"set_attribute": "userType", "value": "three"}, name="c")
    created = target.create("bjensen")
    shown = (created.get("title"), created.get("nickName"), created.get("userType"))
    assert shown == ("one", "two", None) and target.hits("c") == 0
    assert "title" not in target.stored(created["id"])


def test_an_answer_that_wins_leaves_a_lost_answer_unfired(target: Target) -> None:
    target.add({"status": 503}, name="early")
    target.add({"lost_response": 500}, name="late")
    assert target.client.get("/Users").status_code == 503
    assert (target.hits("early"), target.rule("late")["seen"]) == (1, 0)


@pytest.mark.parametrize("goes_on", [False, True])
def test_two_state_rules_nest_only_with_continue(target: Target, goes_on: bool) -> None:
    target.add({"lost_response": 502}, name="outer", **{"continue": goes_on})
    target.add({"lost_write": True}, name="inner")
    answer = target.client.post("/Users", json={"schemas": [USER], "userName": "bjensen"})
    assert answer.status_code == 502
    assert len(target.state()["Users"]) == (0 if goes_on else 1)
    assert fired(target) == (["outer", "inner"] if goes_on else ["outer"])
    assert (target.hits("outer"), target.hits("inner")) == (1, int(goes_on))


def test_stages_follow_each_other_whatever_the_order_of_the_rules(target: Target) -> None:
    target.add({"wrong_content_type": "text/html"}, name="body")
    target.add({"lost_write": True}, name="state")
    target.add({"delay": 0.01}, name="time")
    answer = target.client.post("/Users", json={"schemas": [USER], "userName": "bjensen"})
    assert (answer.status_code, answer.headers["content-type"]) == (201, "text/html")
    assert target.state()["Users"] == [] and fired(target) == ["time", "state", "body"]


def test_on_and_off(target: Target) -> None:
    target.add({"status": 503})
    assert target.client.get("/Users").status_code == 503
    assert target.control.patch("/faults/rule", json={"enabled": False}).json()["enabled"] is False
    assert target.client.get("/Users").status_code == 200
    assert (target.rule()["seen"], target.rule()["enabled"]) == (1, False)
    target.control.patch("/faults/rule", json={"enabled": True})
    assert target.client.get("/Users").status_code == 503 and target.hits() == 2


def test_a_rule_ends_with_its_time_to_live(target: Target) -> None:
    target.freeze()
    target.add({"status": 503}, when={"ttl": "40m"})
    target.advance("39m")
    assert target.client.get("/Users").status_code == 503
    assert target.rule()["expires_in"] == pytest.approx(60, abs=1)
    target.advance("2m")
    assert target.client.get("/Users").status_code == 200
    assert target.control.get("/faults").json()["faults"] == []


def test_between_two_moments(targets: Targets) -> None:
    target = targets()
    target.freeze()
    target.add({"status": 503}, when={"between": ["10m", "20m"], "times": 2})
    seen = []
    for _ in range(4):
        seen.append(target.client.get("/Users").status_code)
        target.advance("7m")
    assert seen == [200, 200, 503, 200] and (target.hits(), target.rule()["left"]) == (1, 1)


def test_tenants_have_rules_and_counts_of_their_own(targets: Targets) -> None:
    one, other = targets(), targets()
    one.add({"status": 503}, when={"first": 1})
    assert other.client.get("/Users").status_code == 200
    assert other.control.get("/faults").json()["faults"] == []
    other.add({"status": 500}, when={"first": 1})
    assert [one.client.get("/Users").status_code for _ in range(2)] == [503, 200]
    assert [other.client.get("/Users").status_code for _ in range(2)] == [500, 200]
    assert one.hits() == other.hits() == 1


def test_rules_never_meet_the_control_api(target: Target) -> None:
    target.add({"reset": True})
    assert target.control.get("/state").status_code == 200
    assert target.control.get("/faults").status_code == 200 and target.rule()["seen"] == 0


def test_a_draw_is_in_the_trace_and_the_same_for_the_same_seed(targets: Targets) -> None:
    seen: list[Any] = []
    for _ in range(2):
        target = targets(seed=11)
        target.add({"status": 503}, when={"probability": 0.4})
        statuses = [target.client.get("/Users").status_code for _ in range(30)]
        traces = [exchange["trace"]["rules"] for exchange in target.exchanges(rule="rule")]
        assert all(0 <= rules[0]["draw"] < 0.4 == rules[0]["probability"] for rules in traces)
        assert target.hits() == statuses.count(503) == len(traces)
        seen.append((statuses, traces))
    assert seen[0] == seen[1] and 0 < seen[0][0].count(503) < 30
