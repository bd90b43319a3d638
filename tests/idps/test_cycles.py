"""Scenarios and their cycles: in which order the target is told, and when what failed is tried again."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.errors import UsageError
from scimmock.fixture import load_fixture, shipped_names
from scimmock.idps.changes import Company
from scimmock.idps.cycles import Cycles, Run
from scimmock.idps.events import Deviated, Finished, Retried, Settled, Started
from scimmock.idps.intention import Intention
from scimmock.idps.scenario import StepSpec, in_order, load_scenario, scenario_names
from scimmock.idps.speech import Speech
from scimmock.idps.staff import Applicants
from tests.idps.made_dialect import Client, dialect, empty, found, ok, refused

NAMES = [
    "full-sync",
    "group-push",
    "import",
    "incremental-sync",
    "lifecycle",
    "membership",
    "offboard",
    "onboard",
    "temporary-access",
    "test-connection",
    "update",
]


def test_the_scenarios_that_there_are() -> None:
    assert scenario_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_step_does_one_thing(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.title and scenario.steps
    for step in scenario.steps:
        done = [part for part in (step.play, step.change, step.push, step.wait) if part is not None]
        assert len(done) == 1, step


def test_what_comes_before_is_played_once() -> None:
    assert in_order(["offboard", "membership", "onboard"]) == [
        "test-connection",
        "onboard",
        "offboard",
        "group-push",
        "membership",
    ]


def test_a_scenario_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="did you mean 'onboard'"):
        load_scenario("onbord")


LATER = {"on": ["5xx"], "do": "next-cycle"}
RETRY = {"after": ["6h", "12h", "24h"], "give_up": "28d", "confidence": "documented"}
CYCLE = {"every": "40m", "order": ["users", "groups"], "confidence": "documented"}


def run(client: Client, **options: Any) -> Run:
    company = Company(client.intention, Applicants(1), 1)
    cycles = options.pop("cycles", Cycles())
    return Run(client.driver, client.playing, company, cycles, **options)


def push(job: Run, what: str = "pending", *only: str) -> None:
    job._push("s", StepSpec(push=what, only=only))  # type: ignore[arg-type]


def test_users_come_before_groups_and_members() -> None:
    client = Client(dialect(cycle=CYCLE), found(), ok({"id": "1"}, 201), ok({"id": "g"}, 201), empty())
    client.team([client.person()])
    push(run(client))
    assert [told.intent for told in client.listener.of(Started)] == ["users", "groups", "members"]
    assert client.target.methods == ["GET", "POST", "POST", "PATCH"]
    assert [told.key for told in client.listener.of(Settled)] == ["ada", "t1", "t1"]


def test_what_failed_is_tried_again_in_later_cycles() -> None:
    client = Client(dialect(LATER, retry=RETRY), refused(500), refused(500), found(), ok({"id": "1"}, 201))
    begun, ada = client.timeline.now(), client.person()
    push(run(client))
    assert ada.link == "1"
    assert client.timeline.now() - begun == 12 * 3600
    assert [(told.seconds, told.cycle) for told in client.listener.of(Retried)] == [(21600, 2), (21600, 3)]
    assert [told.cycle for told in client.listener.of(Started)] == [1, 2, 3]


def test_only_so_many_cycles_are_tried_and_the_next_push_goes_on() -> None:
    client = Client(dialect(LATER, retry=RETRY), refused(500))
    client.person()
    job = run(client, cycles=Cycles(most=2))
    push(job)
    assert len(client.target.said) == 2
    assert job.waiting == 1
    push(job)  # 12 hours have not passed: it is not its turn in the first cycle
    assert len(client.target.said) == 3


def test_who_is_given_up_is_not_tried_again() -> None:
    client = Client(dialect(LATER, retry={**RETRY, "give_up": "7h"}), refused(500))
    client.person()
    job = run(client, cycles=Cycles(most=9))
    push(job)
    push(job)
    assert len(client.target.said) == 2
    assert job.waiting == 0


def test_who_failed_for_good_is_not_tried_again() -> None:
    client = Client(dialect(), refused(400))
    client.person()
    job = run(client)
    push(job)
    push(job)
    assert len(client.target.said) == 1
    assert client.listener.of(Deviated)[0].final


def test_a_shortened_cycle_takes_less_time_and_back_off_shrinks_with_it() -> None:
    client = Client(dialect(LATER, retry=RETRY), refused(500), found(), ok({"id": "1"}, 201))
    begun, ada = client.timeline.now(), client.person()
    push(run(client, cycles=Cycles(every=2400, shortened=1)))
    assert ada.link == "1"
    assert client.timeline.now() - begun == pytest.approx(21600 / 2400)


def test_a_time_of_a_scenario_is_one_cycle_where_it_has_to_be_waited_for() -> None:
    month = 30 * 86400.0
    assert Cycles(leaps=True).leap(month) == month
    assert Cycles(every=600).leap(month) == 600
    assert Cycles(every=600, shortened=2).leap(month) == 2
    assert Cycles(every=600, shortened=2, leaps=True).leap(month) == 2


def test_everybody_is_looked_at_again_in_a_full_push() -> None:
    there = {"id": "1", "userName": "ada@example.com"}
    client = Client(dialect(), found(there), ok(there))
    client.person(link="1")
    job = run(client)
    push(job)
    assert client.target.said == []
    push(job, "all", "users")
    assert client.target.methods == ["GET", "GET"]


def test_many_are_told_at_once() -> None:
    client = Client(dialect(), found({"id": "1", "userName": "x"}))
    for number in range(40):
        client.person(f"p{number}")
    push(run(client, concurrency=8), "pending", "users")
    assert len(client.listener.of(Settled)) == 40


def test_nobody_is_wanted_before_the_first_push() -> None:
    client = Client(dialect(), found(), ok({"id": "1"}, 201))
    ada = client.person()
    ada.assigned = False
    job = run(client)
    assert not ada.entitled
    push(job)
    assert ada.entitled


# ---- what a dialect can say


@pytest.mark.parametrize("name", [name for name in shipped_names() if load_fixture(name).file.client])
def test_why_an_intent_is_left_out_is_told_in_words(name: str) -> None:
    fixture = load_fixture(name)
    assert fixture.file.client is not None
    speech = Speech(fixture.file.client, fixture.file.gaps or ())
    from scimmock.idps.speech import _WORDS

    for intent in _WORDS:
        if speech.plan(intent) is None:  # type: ignore[arg-type]
            why = speech.why_not(intent)  # type: ignore[arg-type]
            assert why in (fixture.file.gaps or ()) or "no requests" in why or "not verified" in why


def test_the_gap_that_is_about_it_is_told() -> None:
    fixture = load_fixture("onelogin")
    assert fixture.file.client is not None
    speech = Speech(fixture.file.client, fixture.file.gaps or ())
    assert speech.why_not("add-members").startswith("The body of a PATCH of a group is not known")
    assert speech.why_not("deactivate-user").startswith("How a user is deactivated is not known")
    assert speech.why_not("set-manager") == "the dialect has no requests for it"


def test_what_an_intent_tells() -> None:
    client = load_fixture("entra").file.client
    assert client is not None
    speech = Speech(client)
    assert {"title", "department", "email", "name.givenName"} <= speech.conveys("update-user")
    assert "manager" not in speech.conveys("update-user")
    assert "members" in speech.conveys("add-members")
    assert "all-members" not in speech.conveys("add-members")
    keycloak = load_fixture("keycloak").file.client
    assert keycloak is not None
    assert "all-members" in Speech(keycloak).conveys("add-members")


def test_a_test_of_the_connection_is_played_up_to_what_is_not_verified() -> None:
    client = load_fixture("jumpcloud").file.client
    assert client is not None
    assert Speech(client).plan("test-connection") == ["list-users", "list-groups"]
    whole = Speech(client, (), True).plan("test-connection")
    assert whole is not None and len(whole) == 4


def test_a_run_that_is_over_says_what_it_counted() -> None:
    from scimmock.idps.job import Job, load_client
    from tests.idps.made_dialect import Listener, Target

    listener = Listener()
    target = Target(found())
    client = Client(dialect())
    job = Job(load_client("entra"), target, listener, client.timeline, users=0, groups=0)
    assert job.play(["test-connection"])
    (told,) = listener.of(Finished)
    assert told.counts["requests"] == 2 and not told.interrupted
    assert isinstance(job.intention, Intention)
