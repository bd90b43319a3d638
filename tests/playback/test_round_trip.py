"""Whatever a client does at one service: at another one nothing differs but what is broken there."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimmock.outgoing.target import Target
from scimmock.outgoing.timeline import RealTimeline
from scimmock.playback.player import Options
from scimmock.playback.run import Outcome, Plan, Replay
from scimmock.playback.survey import survey
from scimmock.server.options import ServeOptions
from scimmock.server.run import Ready
from tests.in_process import serving
from tests.playback.sessions import STEPS, Client, Recorder, Session

_numbers = itertools.count(1)
_HEADERS = {"Authorization": "Bearer scimmock", "Accept": "application/scim+json"}

_steps = st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=25).map(
    lambda steps: ["create_user", "create_user", "create_group", *steps]
)


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    with serving(ServeOptions(port=0, users=0, groups=0)) as (_, ready):
        yield ready


class Place:
    """A directory of its own, with other ids than every other one."""

    def __init__(self, ready: Ready, fixture: str, faults: list[dict[str, Any]] | None = None) -> None:
        self._control = f"{ready.local_url}/_scimmock/tenants/t{next(_numbers)}"
        self._http = httpx.Client(trust_env=False, timeout=20)
        options = {"fixture": fixture, "users": 0, "groups": 0, "seed": next(_numbers)}
        answer = self._http.put(self._control, json=options | ({"faults": faults} if faults else {}))
        assert answer.status_code == 201, answer.text
        self.base_url: str = answer.json()["base_url"]

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.delete(self._control)
        self._http.close()

    def recorded(self, steps: list[str], random_: random.Random) -> Session:
        """Do the steps here, and return what was said."""
        with httpx.Client(base_url=self.base_url, headers=_HEADERS, trust_env=False, timeout=20) as http:
            recorder = Recorder(http)
            client = Client(recorder)
            for step in steps:
                client.do(step, random_)
        return recorder.session

    def replayed(self, session: Session, **plan: Any) -> Outcome:
        """Play a session here."""
        target = Target(self.base_url)
        try:
            timeline = RealTimeline(threading.Event())
            options = Plan(lambda one: True, options=Options("Bearer scimmock"), **plan)
            return Replay(session, survey(session, lambda one: True), target, timeline, options).run()
        finally:
            target.close()


def told(outcome: Outcome) -> list[tuple[Any, ...]]:
    """What differs, to be read in a failed test."""
    return [
        (played.n, played.method, played.path, played.cause, played.like, played.differences)
        for played in [*outcome.differing, *outcome.closing]
    ]


@pytest.mark.parametrize("fixture", ["rfc", "okta", "entra"])
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps, chance=st.randoms(use_true_random=False))
def test_nothing_differs_at_a_fresh_service(
    ready: Ready, fixture: str, steps: list[str], chance: random.Random
) -> None:
    with Place(ready, fixture) as here, Place(ready, fixture) as there:
        session = here.recorded(steps, chance)
        outcome = there.replayed(session)
    assert told(outcome) == []
    assert len(outcome.lines) == len(session.exchanges)


# The operations inside a bulk request would meet the rule too.
_single_steps = _steps.map(lambda steps: [step for step in steps if step != "bulk"])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=_single_steps,
    chance=st.randoms(use_true_random=False),
    which=st.integers(0, 100),
    do=st.sampled_from([{"status": 500}, {"lost_response": "reset"}, {"status": 409}]),
)
def test_a_fault_is_the_one_cause(
    ready: Ready, steps: list[str], chance: random.Random, which: int, do: dict[str, Any]
) -> None:
    with Place(ready, "rfc") as here:
        session = here.recorded(steps, chance)
    writes = [
        one
        for one in session.exchanges
        if one["trace"]["operation"] in ("create", "replace", "patch", "delete")
        and one["response"]["status"] < 300
    ]
    hit = writes[which % len(writes)]
    trace = hit["trace"]
    match = {"operation": trace["operation"], "resource": trace["resource"]}
    before = [
        one
        for one in session.exchanges[: hit["n"] - 1]
        if (one["trace"]["operation"], one["trace"]["resource"]) == tuple(match.values())
    ]
    rule = {"name": "broken", "match": match, "when": {"after": len(before), "times": 1}, "do": do}
    with Place(ready, "rfc", [rule]) as there:
        outcome = there.replayed(session)
    causes = [played.n for played in outcome.differing if played.is_cause]
    assert causes == [hit["n"]], told(outcome)
    assert all(played.cause == hit["n"] for played in outcome.closing), told(outcome)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_single_steps, chance=st.randoms(use_true_random=False), which=st.integers(0, 100))
def test_a_write_that_is_lost_without_a_word_is_found(
    ready: Ready, steps: list[str], chance: random.Random, which: int
) -> None:
    with Place(ready, "rfc") as here:
        session = here.recorded([*steps, "patch"], chance)
    patches = [one for one in session.exchanges if one["trace"]["operation"] == "patch"]
    patches = [one for one in patches if one["trace"]["resource"] == "Users"]
    if not patches or patches[which % len(patches)]["response"]["status"] >= 300:
        return  # the rule would wait for one that is carried out
    place = which % len(patches)
    hit = patches[place]
    rule = {
        "name": "lost",
        "match": {"operation": "patch", "resource": "Users"},
        "when": {"after": place, "times": 1},
        "do": {"lost_write": True},
    }
    with Place(ready, "rfc", [rule]) as there:
        outcome = there.replayed(session)
    later = [one for one in session.exchanges[hit["n"] :] if one["trace"]["id"] == hit["trace"]["id"]]
    changed = _changes(session.exchanges[: hit["n"] - 1], hit)
    seen = [one for one in later if one["trace"]["operation"] in ("read", "delete", "replace", "patch")]
    if changed and not seen:
        assert [played.aim.id for played in outcome.closing] == [hit["trace"]["id"]], told(outcome)
    if not changed:
        assert told(outcome) == []


def _changes(before: list[dict[str, Any]], patch: dict[str, Any]) -> bool:
    """Whether a patch gave a title that was not there."""
    title = patch["request"]["body"]["json"]["Operations"][0]["value"]
    known = None
    for one in before:
        told = (one["response"]["body"] or {}).get("json") or {}
        for document in [told, *(told.get("Resources") or [])]:
            if document.get("id") == patch["trace"]["id"]:
                known = document.get("title")
    return bool(title != known)
