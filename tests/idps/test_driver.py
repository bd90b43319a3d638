"""How intents are played, and what is done about each kind of answer."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.idps.driver import Halted, Interrupted
from scimmock.idps.events import Deviated, Finished, LeftOut, Quarantined, Retried, Sent
from scimmock.idps.job import Job, load_client
from scimmock.idps.teams import TeamTasks
from scimmock.idps.template import Rendered
from scimmock.idps.users import UserTasks
from scimmock.idps.wire import Answer
from scimmock.outgoing.timeline import DryTimeline
from tests.idps.made_dialect import Client, Listener, broken, dialect, empty, found, ok, refused

REACTIONS: dict[str, dict[str, Any]] = {
    "retry": {"on": ["503", "reset", "timeout"], "do": "retry"},
    "wait": {"on": ["429"], "do": "wait"},
    "later": {"on": ["5xx"], "do": "next-cycle", "shown": "It will be tried again"},
    "quarantine": {"on": ["401"], "do": "quarantine", "shown": "Quarantined", "why": "refused"},
    "none": {"to": "find-user", "on": ["404"], "do": "none"},
    "adopt": {"to": ["create-user", "create-group"], "on": ["409"], "do": "adopt"},
    "recreate": {"to": "update-user", "on": ["404"], "do": "recreate"},
    "skip": {"to": "delete-user", "on": ["404"], "do": "skip"},
}


def test_what_is_not_there_is_created_and_linked() -> None:
    client = Client(dialect(), found(), ok({"id": "7"}, 201))
    ada = client.person(title="Engineer")
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.said == [
        ("GET", "/Users?filter=userName%20eq%20%22ada%40example.com%22", None),
        ("POST", "/Users", {"userName": "ada@example.com", "title": "Engineer"}),
    ]
    assert ada.link == "7"
    assert list(client.intention.made_users) == ["7"]
    assert ada.pending == {}


def test_what_is_there_is_linked_and_told_what_differs() -> None:
    there = {"id": "7", "userName": "ada@example.com", "title": "Trainee"}
    client = Client(dialect(), found(there), ok(there), empty())
    ada = client.person(title="Engineer")
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.methods == ["GET", "GET", "PATCH"]
    assert client.target.said[-1][2] == {
        "Operations": [{"op": "replace", "path": "title", "value": "Engineer"}]
    }
    assert not client.intention.made_users


def test_a_patch_that_would_say_nothing_is_not_sent() -> None:
    there = {"id": "7", "userName": "ADA@example.com", "title": "Engineer"}
    client = Client(dialect(), found(there), ok(there))
    assert UserTasks(client.playing).user("s", client.person(title="Engineer")) == "done"
    assert client.target.methods == ["GET", "GET"]


def test_several_that_match_fail_the_object() -> None:
    client = Client(dialect(), found({"id": "1"}, {"id": "2"}))
    assert UserTasks(client.playing).user("s", client.person()) == "failed"
    (told,) = client.listener.of(Deviated)
    assert (told.what, told.final, told.standard) == ("several-found", True, True)


def test_a_reaction_of_none_counts_as_nothing_found() -> None:
    client = Client(dialect(REACTIONS["none"]), refused(404), ok({"id": "7"}, 201))
    assert UserTasks(client.playing).user("s", client.person()) == "done"
    assert client.listener.of(Deviated) == []


@pytest.mark.parametrize("answer", [broken("timeout"), refused(503), broken("truncated")])
def test_a_request_is_sent_again(answer: Any) -> None:
    client = Client(dialect(REACTIONS["retry"]), answer, found(), ok({"id": "7"}, 201))
    assert UserTasks(client.playing).user("s", client.person()) == "done"
    assert client.target.methods == ["GET", "GET", "POST"]
    assert [(told.attempt, told.seconds) for told in client.listener.of(Retried)] == [(1, 1.0)]


def test_it_is_sent_as_often_as_the_dialect_says_and_then_fails() -> None:
    retry = {"attempts": 4, "after": ["2s", "9s"], "confidence": "documented"}
    client = Client(dialect(REACTIONS["retry"], retry=retry), broken())
    begun = client.timeline.now()
    assert UserTasks(client.playing).user("s", client.person()) == "failed"
    assert client.target.methods == ["GET"] * 4
    assert client.timeline.now() - begun == 2 + 9 + 9
    assert [told.final for told in client.listener.of(Deviated)] == [False, False, False, True]


def test_retry_after_is_waited_for() -> None:
    client = Client(
        dialect(REACTIONS["wait"]), refused(429, "slow", ("Retry-After", "30")), found(), ok({"id": "7"}, 201)
    )
    begun = client.timeline.now()
    assert UserTasks(client.playing).user("s", client.person()) == "done"
    assert client.timeline.now() - begun == 30


def test_a_service_that_never_stops_throttling_ends_it() -> None:
    client = Client(dialect(REACTIONS["wait"]), refused(429))
    assert UserTasks(client.playing).user("s", client.person()) == "failed"
    assert len(client.target.said) < 20


def test_what_is_for_the_next_cycle_stays_pending() -> None:
    client = Client(dialect(REACTIONS["later"]), refused(500, "ouch"))
    ada = client.person(link="7", title="Engineer")
    client.intention.change(ada, {"title": "Manager"})
    assert UserTasks(client.playing).user("s", ada) == "later"
    assert ada.pending == {"title": ("Engineer", "Manager")}
    (told,) = client.listener.of(Deviated)
    assert (told.reaction, told.shown, told.detail, told.final) == (
        "next-cycle",
        "It will be tried again",
        "ouch",
        False,
    )


def test_what_fails_is_not_pending_any_more() -> None:
    client = Client(dialect(), refused(400))
    ada = client.person(link="7", title="Engineer")
    client.intention.change(ada, {"title": "Manager"})
    assert UserTasks(client.playing).user("s", ada) == "failed"
    assert ada.pending == {}


def test_what_exists_is_adopted() -> None:
    client = Client(
        dialect(REACTIONS["adopt"]), found(), refused(409), found({"id": "9", "userName": "ada@example.com"})
    )
    ada = client.person()
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.methods == ["GET", "POST", "GET"]
    assert ada.link == "9"


def test_what_exists_and_is_not_found_fails() -> None:
    client = Client(dialect(REACTIONS["adopt"]), found(), refused(409), found())
    assert UserTasks(client.playing).user("s", client.person()) == "failed"
    assert [told.what for told in client.listener.of(Deviated)] == ["409", "not-found"]


def test_what_is_gone_is_made_again() -> None:
    client = Client(dialect(REACTIONS["recreate"]), refused(404), found(), ok({"id": "8"}, 201))
    ada = client.person(link="7")
    client.intention.change(ada, {"title": "Manager"})
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.methods == ["PATCH", "GET", "POST"]
    assert ada.link == "8"


def test_what_is_gone_again_and_again_fails() -> None:
    there = {"id": "7", "userName": "x"}
    client = Client(dialect(REACTIONS["recreate"]), refused(404), found(there), ok(there), refused(404))
    ada = client.person(link="7")
    client.intention.change(ada, {"title": "Manager"})
    assert UserTasks(client.playing).user("s", ada) == "failed"


def test_a_delete_of_what_is_gone_is_well() -> None:
    client = Client(dialect(REACTIONS["skip"]), refused(404))
    ada = client.person(link="7")
    client.intention.delete(ada)
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert ada.link is None


def test_quarantine_stops_the_job() -> None:
    client = Client(dialect(REACTIONS["quarantine"]), refused(401))
    with pytest.raises(Halted):
        UserTasks(client.playing).user("s", client.person())
    (told,) = client.listener.of(Quarantined)
    assert (told.request, told.what, told.shown, told.refused) == ("find-user", "401", "Quarantined", False)
    with pytest.raises(Halted):
        UserTasks(client.playing).user("s", client.person("eve"))
    assert len(client.target.said) == 1


def test_somebody_can_end_it() -> None:
    client = Client(dialect(), found())
    client.driver.stop.set()
    with pytest.raises(Interrupted):
        UserTasks(client.playing).user("s", client.person())
    assert client.target.said == []


def test_members_are_told_in_chunks_or_one_by_one() -> None:
    client = Client(dialect(), empty())
    people = [client.person(f"p{number}", link=f"u{number}") for number in range(5)]
    team = client.team(people, link="g")
    assert TeamTasks(client.playing).members("s", team) == "done"
    assert [body["add"] for _, _, body in client.target.said] == [["u0", "u1"], ["u2", "u3"], ["u4"]]
    client.intention.leave(team, ["p1", "p3"])
    client.target.said.clear()
    assert TeamTasks(client.playing).members("s", team) == "done"
    assert [body for _, _, body in client.target.said] == ["u1", "u3"]
    assert (team.joined, team.left) == ([], [])


def test_members_without_an_account_are_told_when_they_have_one() -> None:
    client = Client(dialect(), empty())
    team = client.team([client.person("a", link="1"), client.person("b")], link="g")
    TeamTasks(client.playing).members("s", team)
    assert team.joined == ["b"]
    client.intention.people["b"].link = "2"
    TeamTasks(client.playing).members("s", team)
    assert [body["add"] for _, _, body in client.target.said] == [["1"], ["2"]]


def test_whose_account_is_gone_is_not_taken_out_of_a_group() -> None:
    client = Client(dialect(), empty())
    ada = client.person(link="1")
    team = client.team([ada], link="g")
    team.joined = []
    client.intention.delete(ada)
    ada.link = None
    assert TeamTasks(client.playing).members("s", team) == "done"
    assert client.target.said == []
    assert team.left == []


def test_what_cannot_be_said_is_left_out() -> None:
    gaps = ["How a manager is set is not known.", "What is sent for groups with another name is not known."]
    client = Client(dialect(), empty(), gaps=gaps)
    boss, ada = client.person("boss", link="1"), client.person(link="2")
    client.intention.set_manager(ada, boss.key)
    client.intention.change(ada, {"department": "Sales"})
    assert UserTasks(client.playing).manager("s", ada) == "skipped"
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.said == []
    told = client.listener.of(LeftOut)
    assert [(one.intent, one.why) for one in told] == [
        ("set-manager", gaps[0]),
        ("change-department", "the dialect does not send department"),
    ]
    assert ada.unsent == {"manager", "department"}
    assert ada.pending == {}


def test_who_cannot_be_switched_off_is_deleted() -> None:
    client = Client(dialect(), empty())
    ada = client.person(link="7")
    client.intention.set_active(ada, False)
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.methods == ["DELETE"]
    assert ada.link is None


def test_who_comes_back_gets_a_new_account() -> None:
    client = Client(dialect(), found(), ok({"id": "8"}, 201))
    ada = client.person()
    client.intention.set_active(ada, False)
    assert UserTasks(client.playing).user("s", ada) == "done"
    client.intention.set_active(ada, True)
    assert UserTasks(client.playing).user("s", ada) == "done"
    assert client.target.methods == ["GET", "POST"]


def test_what_is_not_verified_is_played_only_when_it_is_allowed() -> None:
    guess = {
        "requests": {
            "create-user": {"method": "POST", "path": "/Users", "link": True, "confidence": "unverified"}
        }
    }
    client = Client(dialect(**guess), found())
    ada = client.person()
    assert UserTasks(client.playing).user("s", ada) == "skipped"
    assert client.target.said == []
    assert client.listener.of(LeftOut)[0].why == "not verified (create-user), --allow-unverified plays it"
    brave = Client(dialect(**guess), found(), ok({"id": "7"}, 201), allow_unverified=True)
    assert UserTasks(brave.playing).user("s", brave.person()) == "done"


@pytest.mark.parametrize(
    ("answers", "asked", "listed"),
    [
        ([found({"id": "1"}, {"id": "2"}, total=3), found({"id": "3"}, total=3)], ["1", "3"], 3),
        ([found({"id": "1"}, total=9), found(total=9)], ["1", "2"], 1),
        ([found(total=9)], ["1"], 0),
        ([ok({"Resources": "none"})], ["1"], 0),
        ([ok({"totalResults": "2", "Resources": [{"id": "1"}]})], ["1"], 1),
    ],
)
def test_pages_are_read_until_no_more_comes(answers: list[Any], asked: list[str], listed: int) -> None:
    client = Client(dialect(), *answers)
    assert client.playing.alone("s", "import-users") == ("done", listed)
    assert [target.rpartition("=")[2] for _, target, _ in client.target.said] == asked


@pytest.mark.parametrize(
    "answer",
    [
        ok([]),
        ok("text"),
        ok(None),
        ok({"Resources": [None, 7, {"id": []}, {}]}),
        ok({"id": ""}, 201),
        refused(418),
        refused(302),
        broken("malformed"),
        empty(200),
    ],
)
def test_no_answer_ends_the_driver(answer: Any) -> None:
    client = Client(dialect(), answer)
    ada = client.person(link=None)
    assert UserTasks(client.playing).user("s", ada) in ("done", "failed")
    assert len(client.listener.of(Sent)) == len(client.target.said)


def test_random_values_come_from_the_seed_and_the_object() -> None:
    from scimmock.idps.contexts import Chance

    one, other = Chance(1), Chance(1)
    other.values("eve")
    assert one.values("ada") == other.values("ada")
    assert one.values("ada") != Chance(2).values("ada")
    assert len({one.values("ada")["guid"] for _ in range(5)}) == 5


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "Resources",
                    "totalResults",
                    "userName",
                    "members",
                    "meta",
                    "emails",
                    "active",
                    "detail",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 201, 204, 302, 400, 404, 409, 412, 429, 500, 503])


@pytest.mark.parametrize("name", ["okta", "okta@scim11", "entra", "authentik", "keycloak", "jumpcloud"])
@settings(max_examples=25, deadline=None)
@given(answers=st.lists(st.tuples(STATUSES, JSON), min_size=1, max_size=12))
def test_a_service_may_answer_whatever_it_likes(name: str, answers: list[tuple[int, Any]]) -> None:
    replies = itertools.cycle(answers)

    class Wild:
        def send(self, rendered: Rendered) -> Answer:
            status, document = next(replies)
            answer = Answer(status, [("Retry-After", "1")], repr(document).encode(), document)
            answer.exchange = {"request": {"method": rendered.method, "path": rendered.target}}
            return answer

    listener = Listener()
    job = Job(load_client(name), Wild(), listener, DryTimeline(), users=3, groups=2, allow_unverified=True)
    assert job.play(["test-connection", "import", "onboard", "group-push", "lifecycle", "offboard"])
    assert listener.of(Finished)


def test_answers_that_are_nested_deep_fail_the_object() -> None:
    deep: Any = {"id": "7"}
    for _ in range(3000):
        deep = {"id": "7", "x": deep}
    client = Client(
        dialect(
            requests={
                "update-user": {
                    "method": "PUT",
                    "path": "/Users/${user.id}",
                    "body": {"$merge": ["${found}"]},
                }
            },
            intents={"update-user": ["read-user", "update-user"]},
        ),
        Answer(200, body=b"{}", json=deep),
    )
    ada = client.person(link="7")
    client.intention.change(ada, {"title": "x"})
    assert UserTasks(client.playing).user("s", ada) in ("done", "failed")
