"""In which order a session is played, and that it answers itself as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.traffic.answering.asked import Asked, asked_in, decoded
from scimmock.traffic.answering.nearest import Miss
from scimmock.traffic.answering.player import ORDERS, Found, Order, Player
from scimmock.traffic.answering.replayer import Given, Replayer
from scimmock.traffic.answering.session import Session, read_session
from scimmock.traffic.form import body_bytes
from scimmock.traffic.recording import open_recording
from scimmock.traffic.redact.redactor import Redactor
from tests.recordings.make import RECORDINGS
from tests.traffic.answering_session import BASE, KIM, error, life, listed, lookup, sent, user
from tests.traffic.made_sessions import Document, exchange, header_of, patch

GET = Asked("GET", "/Users/u1")


def session(*exchanges: Document) -> Session:
    return Session(header_of(BASE), exchanges)


def player(*exchanges: Document, order: Order = "per-resource") -> Player:
    made = session(*exchanges)
    return Player(made, made.parts[None], order)


def n_of(found: Found | Miss) -> int | None:
    return found.step.n if isinstance(found, Found) else None


def same_as_recorded(given: Given | Miss, recorded: Document) -> None:
    """The answer is the recorded one, or it breaks where there was none."""
    assert isinstance(given, Given), (recorded["n"], given)
    assert given.found.step.n == recorded["n"]
    told = recorded["response"]
    if told is None:
        assert given.reply.status == 0 and given.reply.delivery is not None
        return
    assert (given.reply.status, given.reply.body) == (told["status"], body_bytes(told["body"]))


@pytest.mark.parametrize("path", sorted(RECORDINGS.glob("*/*.jsonl")), ids=lambda path: path.stem)
def test_shipped_sessions_answer_themselves(path: Path) -> None:
    made = read_session(path)
    replayer = Replayer(made)
    for step in made.parts[None].steps:
        same_as_recorded(replayer.answer(made.asked(step), made.base_url), made.exchange(step))
    assert (replayer.counts.again, replayer.counts.missed, replayer.counts.unplayed) == (0, 0, [])


@pytest.mark.parametrize("idp", ["authentik", "entra", "jumpcloud", "okta", "onelogin"])
def test_redacted_sessions_answer_those_who_have_other_names(idp: str) -> None:
    """A session whose people became others is played by who has the names from before, and reads them."""
    (path, *_) = sorted((RECORDINGS / idp).glob("*lifecycle.jsonl"))
    recording = open_recording(path)
    redactor = Redactor("pseudonyms", b"the key of somebody else")
    header = redactor.header(recording.header)
    before = list(recording)
    replayer = Replayer(Session(header, [redactor.exchange(json.loads(json.dumps(one))) for one in before]))
    assert redactor.counts["userName"] > 10
    for recorded in before:
        same_as_recorded(replayer.answer(asked_in(recorded), recording.header["base_url"]), recorded)


NAMES = st.sampled_from(("ann", "bob", "cy"))


@st.composite
def sessions(draw: st.DrawFn) -> list[Document]:
    """A session of a small service that is kept in mind while it is made up."""
    there: dict[str, str] = {}
    found: list[Document] = []
    for n in range(1, draw(st.integers(1, 14)) + 1):
        name, title = draw(NAMES), draw(st.sampled_from("xyz"))
        id = there.get(name)
        what = draw(st.sampled_from(("look", "make", "read", "change", "drop", "lose")))
        if what == "look":
            told = listed(user(id, name)) if id else listed()
            found.append(exchange(n, "GET", "/Users", query=lookup(name), told=told))
        elif what == "make" and id is None:
            there[name] = f"{name}-{n}"
            made = user(there[name], name, title=title)
            found.append(exchange(n, "POST", "/Users", sent(name, title=title), 201, made))
        elif what == "make":
            found.append(exchange(n, "POST", "/Users", sent(name, title=title), 409, error(409, name)))
        elif what == "lose":
            lost = {"kind": "reset", "message": ""}
            found.append(exchange(n, "GET", f"/Users/{id or name}", status=None, error=lost))
        elif what == "change":
            change = patch({"op": "replace", "path": "title", "value": title})
            found.append(exchange(n, "PATCH", f"/Users/{id or name}", change, 204 if id else 404))
        elif what == "drop":
            there.pop(name, None)
            found.append(exchange(n, "DELETE", f"/Users/{id or name}", status=204 if id else 404))
        else:
            told = user(id, name) if id else error(404, name)
            found.append(exchange(n, "GET", f"/Users/{id or name}", status=200 if id else 404, told=told))
    return found


@settings(max_examples=60)
@given(sessions(), st.sampled_from(ORDERS))
def test_made_up_sessions_answer_themselves(exchanges: list[Document], order: Order) -> None:
    replayer = Replayer(session(*exchanges), order=order)
    for recorded in exchanges:
        same_as_recorded(replayer.answer(asked_in(recorded), BASE), recorded)


@settings(max_examples=60)
@given(sessions())
def test_and_those_of_other_people(exchanges: list[Document]) -> None:
    """With other names and titles, each one for one, the same exchanges are played in the same order."""
    made = Player(session(*exchanges), session(*exchanges).parts[None])
    for recorded in exchanges:
        text = json.dumps(recorded["request"])
        for name in ("ann", "bob", "cy"):
            text = text.replace(f'"{name}"', f'"other {name}"').replace(
                f"%22{name}%22", f"%22other%20{name}%22"
            )
        other = recorded | {"request": json.loads(text)}
        found = made.play(asked_in(other))
        assert n_of(found) is not None, (recorded, found)


def reads(*titles: str | None) -> list[Document]:
    """Reads of one user with a change before each title but the first."""
    found: list[Document] = []
    for title in titles:
        if found:
            change = patch({"op": "replace", "path": "title", "value": title or "none"})
            found.append(exchange(len(found) + 1, "PATCH", "/Users/u1", change, 204))
        found.append(exchange(len(found) + 1, "GET", "/Users/u1", told=KIM | {"title": title}))
    return found


def test_a_read_stays_between_the_changes_that_were_made() -> None:
    made = player(*reads("a", "b", "c"))
    change = Asked("PATCH", "/Users/u1", body=patch({"op": "replace", "path": "title", "value": "b"}))
    assert [n_of(made.play(asked)) for asked in (GET, GET, change, GET, GET)] == [1, 1, 2, 3, 3]
    assert made.counts.again == 2 and made.counts.unplayed == [4, 5]
    made.reset()
    assert n_of(made.play(GET)) == 1


def test_what_a_change_made_old_is_not_answered_any_more() -> None:
    made = player(*reads("a", "b"))
    change = Asked("PATCH", "/Users/u1", body=patch({"op": "replace", "path": "title", "value": "b"}))
    assert [n_of(made.play(asked)) for asked in (change, GET)] == [2, 3]


def test_resources_have_their_own_order() -> None:
    two = [exchange(n, "GET", f"/Users/u{n}", told=KIM) for n in (1, 2, 3)]
    made = player(*two)
    assert [n_of(made.play(Asked("GET", f"/Users/u{n}"))) for n in (3, 1, 2)] == [3, 1, 2]


def test_strict_plays_the_next_exchange_or_none() -> None:
    made = player(*life(), order="strict")
    missed = made.play(GET)
    assert isinstance(missed, Miss) and missed.n == 1 and missed.differs[0] == "exchange 1 comes next"
    assert n_of(made.play(Asked("GET", "/Users", lookup("kim@example.com")))) == 1
    again = made.play(Asked("GET", "/Users", lookup("kim@example.com")))
    assert isinstance(again, Miss) and again.n == 2


def test_any_plays_what_fits() -> None:
    made = player(*reads("a", "b"), order="any")
    change = Asked("PATCH", "/Users/u1", body=patch({"op": "replace", "path": "title", "value": "b"}))
    assert [n_of(made.play(asked)) for asked in (GET, GET, GET, change, change)] == [1, 3, 3, 2, 2]


def test_exchanges_are_in_the_order_in_which_they_began() -> None:
    late = exchange(1, "GET", "/Users/u1", told=KIM) | {"t": 5.0}
    early = exchange(2, "GET", "/Users/u1", told=KIM) | {"t": 4.0}
    made = player(late, early)
    assert [n_of(made.play(GET)) for _ in range(2)] == [2, 1]


def test_a_condition_chooses_among_what_fits() -> None:
    plain = exchange(1, "GET", "/Users/u1", told=KIM)
    unchanged = exchange(2, "GET", "/Users/u1", status=304, headers=[["If-None-Match", 'W/"1"']])
    made = player(plain, unchanged)
    assert n_of(made.play(Asked("GET", "/Users/u1", headers={"if-none-match": 'W/"1"'}))) == 2
    assert n_of(made.play(GET)) == 1


def test_an_id_that_was_not_there_stands_for_another() -> None:
    made = player(
        exchange(1, "GET", "/Users/nobody", status=404, told=error(404, "nobody")),
        exchange(2, "GET", "/Users/u1", told=KIM),
    )
    assert n_of(made.play(Asked("GET", "/Users/no-one"))) == 1
    assert n_of(made.play(Asked("GET", "/Users/third"))) is None, "one for one"
    assert n_of(made.play(Asked("GET", "/Users/u1"))) == 2


def test_who_was_looked_up_in_vain_may_be_somebody_else() -> None:
    """Whom a client makes after that tells; somebody who is there is known."""
    found = user("u1", "ann")
    made = [
        exchange(1, "GET", "/Users", query=lookup("ann"), told=listed()),
        exchange(2, "POST", "/Users", sent("ann"), 201, found),
        exchange(3, "GET", "/Users", query=lookup("bob"), told=listed()),
        exchange(4, "POST", "/Users", sent("bob", title="T"), 201, user("u2", "bob", title="T")),
        exchange(5, "GET", "/Users", query=lookup("bob"), told=listed(user("u2", "bob"))),
    ]
    look, make = Asked("GET", "/Users", lookup("cy")), Asked("POST", "/Users", body=sent("cy", title="S"))
    one = player(*made)
    assert [n_of(one.play(asked)) for asked in (look, make, look)] == [1, 4, 5]
    assert one.ties.live(("username",), "ann") is None and one.ties.live(("username",), "bob") == "cy"
    other = player(exchange(1, "GET", "/Users", query=lookup("ann"), told=listed(found)), *made[1:])
    assert [n_of(other.play(asked)) for asked in (look, make)] == [1, None]
    assert other.ties.live(("username",), "ann") == "cy", "nothing is forgotten for nothing"
    exact = player(*made)
    assert n_of(exact.play(Asked("GET", "/Users", lookup("ann")))) == 1
    assert n_of(exact.play(Asked("POST", "/Users", body=sent("ann", title="S")))) is None


def test_a_tenant_plays_its_own_part() -> None:
    """What was recorded below the path of a tenant is for that one; another tenant has what is for all."""
    one = exchange(1, "GET", "/Users/u1", told=KIM)
    other = exchange(2, "GET", "/Users/u1", told=KIM)
    other["request"]["base"] = "/t/acme/scim/v2"
    made = session(one, other)
    for base, n in (("/scim/v2", 1), ("/t/acme/scim/v2", 2), ("/t/else/scim/v2", 1)):
        found = Replayer(made, base).answer(GET, "http://x/scim/v2")
        assert isinstance(found, Given) and found.found.step.n == n


@pytest.mark.parametrize(("factor", "wait"), [(None, 0.0), (1.0, 0.012), (4.0, 0.003)])
def test_answers_take_the_time_that_they_took(factor: float | None, wait: float) -> None:
    found = Replayer(session(exchange(1, "GET", "/Users/u1", told=KIM)), factor=factor).answer(GET, BASE)
    assert isinstance(found, Given) and found.wait == pytest.approx(wait)


def test_the_nearest_is_told_where_there_is_nothing_near() -> None:
    empty: Any = player().play(GET)
    assert empty.n is None and "none is near it" in empty.detail
    far: Any = player(*life()).play(Asked("POST", "/Bulk", body={"Operations": []}))
    assert far.n == 1 and far.differs == [
        "recorded GET /Users, asked POST /Bulk",
    ]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("userName", "Operations", "path", "value", "op", "filter", "schemas", "data", "bulkId")
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
QUERIES = "filter= filter=%22 filter=a%20eq &&= attributes=&count=-1 filter=userName%20eq%201 %ff=%ff".split()
PATHS = ["", *"/Users /Users/u1 / // /Bulk /.search /Users/.search /Me /%ff/% /Users/a/b".split()]
METHODS = "GET POST PUT PATCH DELETE HEAD BREW".split()


@given(
    st.sampled_from(METHODS),
    st.sampled_from(PATHS),
    st.sampled_from(QUERIES),
    JSON_VALUES | st.binary(max_size=20),
)
def test_whatever_is_asked_has_an_answer_or_none(method: str, path: str, query: str, body: Any) -> None:
    replayer = Replayer(ODD)
    for one in (body, body if isinstance(body, bytes) else decoded(json.dumps(body).encode())):
        found = replayer.answer(Asked(method, path, query, {}, one), "http://x")
        assert isinstance(found, Given) or found.detail


@given(JSON_VALUES, JSON_VALUES, st.sampled_from(("POST", "PATCH", "GET")))
def test_whatever_was_recorded_can_be_played(sent: Any, told: Any, method: str) -> None:
    for path in ("/Users", "/Bulk", "/Users/u1"):
        recorded = exchange(1, method, path, sent, 200, told)
        same_as_recorded(Replayer(session(recorded)).answer(asked_in(recorded), BASE), recorded)


ODD = session(*life())
