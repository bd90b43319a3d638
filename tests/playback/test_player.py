"""What goes over the wire when a session is played again, seen by a target that notes everything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from scimmock.errors import UnreachableError
from scimmock.outgoing.target import Target
from scimmock.outgoing.timeline import RealTimeline
from scimmock.playback.player import Options
from scimmock.playback.run import Excerpt, Outcome, Plan, Replay
from scimmock.playback.survey import survey
from scimmock.traffic.recording import make_header
from tests.noting import Answer, Noting, listening
from tests.playback.test_survey import exchange

Document = dict[str, Any]
RECORDED = "https://app.example/scim/v2"


@pytest.fixture
def noting() -> Iterator[Noting]:
    with listening() as noted:
        yield noted


def play(
    noted: Noting, session: list[Document], options: Options | None = None, first: int = 0, **plan: Any
) -> Outcome:
    """Play a session without a look at the directory in the end."""
    target = Target(noted.url, connections=8, timeout=10)
    timeline = RealTimeline(threading.Event(), lambda seconds: True)
    made = Plan(
        lambda one: one["n"] >= first, options=options or Options(), **{"look_at_the_end": False, **plan}
    )
    try:
        excerpt = Excerpt(make_header("server", RECORDED, 0.0), session)
        return Replay(excerpt, survey(session, made.select), target, timeline, made).run()
    finally:
        target.close()


def request(n: int, method: str, path: str, *headers: tuple[str, str], **more: Any) -> Document:
    made = exchange(n, method, path, **more)
    made["request"]["headers"] = [list(pair) for pair in headers]
    return made


def test_credentials_are_those_of_the_replay(noting: Noting) -> None:
    session = [
        request(
            1,
            "GET",
            "/Users",
            ("Host", "app.example"),
            ("Authorization", "Bearer recorded"),
            ("Cookie", "session=recorded"),
            ("X-Api-Key", "***"),
            ("X-Custom", "kept"),
            ("User-Agent", "an IdP"),
            ("Connection", "close"),
        ),
        request(2, "GET", "/ServiceProviderConfig", ("Accept", "application/scim+json")),
    ]
    play(noting, session, Options("Bearer mine"))
    sent, open_ = noting.came[0][2], noting.came[1][2]
    assert sent["Authorization"] == "Bearer mine" and "Authorization" not in open_
    assert sent["Host"] == noting.url.split("/")[2]
    assert sent["X-Custom"] == "kept" and sent["User-Agent"] == "an IdP"
    assert not {"Cookie", "X-Api-Key", "Connection"} & sent.keys()
    play(noting, session)
    assert "Authorization" not in noting.came[2][2]


def test_headers_are_sent_to_the_byte_and_bodies_as_they_are_recorded(noting: Noting) -> None:
    headers = [("X-Name", "Zo\xc3\xab"), ("X-Odd", "\u4e2d\udcff"), ("Content-Encoding", "gzip")]
    packed = request(2, "POST", "/Users", *headers)
    packed["request"]["body"] = {"base64": "e30=", "size": 2}  # what the recorder could not decompress
    play(noting, [request(1, "POST", "/Users", *headers, sent={}), packed])
    sent, raw = noting.came[0][2], noting.came[1][2]
    assert sent["X-Name"] == "Zo\xc3\xab" and sent["X-Odd"] == "\xe4\xb8\xad?"
    assert "Content-Encoding" not in sent and raw["Content-Encoding"] == "gzip"


def test_no_redirect_is_followed(noting: Noting) -> None:
    noting.answer = lambda method, path: (302, None, {"Location": "http://127.0.0.1:9/elsewhere"})
    outcome = play(noting, [request(1, "GET", "/Users")])
    assert noting.paths() == ["GET /app/Users"]
    assert [(one.expected, one.got) for one in outcome.differing[0].differences] == [(200, 302)]


def test_base_paths(noting: Noting) -> None:
    session = [request(1, "GET", "/Users"), request(2, "GET", "/Users"), request(3, "GET", "/x/health")]
    session[1]["request"]["base"] = "/t/blue/scim/v2"
    session[2]["request"]["base"] = ""
    play(noting, session)
    assert noting.paths() == ["GET /app/Users", "GET /t/blue/app/Users", "GET /x/health"]


def test_what_overlapped_overlaps_again(noting: Noting) -> None:
    session = [request(n, "GET", f"/Users/{n}") for n in range(1, 7)]
    for one in session[:3]:
        one |= {"t": 0.0, "timing": {"wait_ms": 500.0}}
    for n, one in enumerate(session[3:]):
        one |= {"t": 1.0 + n, "timing": {"wait_ms": 1.0}}
    noting.meet = threading.Barrier(3)  # each of three waits for the others: they are there at once
    outcome = play(noting, session[:3])
    assert noting.most == 3 and sorted(line.n for line in outcome.lines) == [1, 2, 3]
    noting.meet, noting.most = None, 0
    play(noting, session[3:])
    assert noting.most == 1
    noting.came.clear()
    play(noting, session, Options(serial=True))
    assert noting.most == 1 and noting.paths() == [f"GET /app/Users/{n}" for n in range(1, 7)]


def test_ids_are_learned_and_used_everywhere(noting: Noting) -> None:
    def answer(method: str, path: str) -> Answer:
        if method == "POST":
            return 201, {"id": "live-1", "userName": "a"}, {"ETag": "live-version"}
        return 204, None, {}

    noting.answer = answer
    created = request(
        1, "POST", "/Users", sent={"userName": "a"}, status=201, told={"id": "u1", "userName": "a"}
    )
    created["response"]["headers"] = [["ETag", "old-version"]]
    joins = {"Operations": [{"op": "remove", "path": 'members[value eq "u1"]'}]}
    session = [
        created,
        request(2, "PATCH", "/Groups/g1", sent=joins, status=204),
        request(3, "DELETE", "/Users/u1", ("If-Match", "old-version"), status=204),
    ]
    outcome = play(noting, session)
    assert noting.came[1][3] == {"Operations": [{"op": "remove", "path": 'members[value eq "live-1"]'}]}
    assert noting.came[2][1] == "/app/Users/live-1" and noting.came[2][2]["If-Match"] == "live-version"
    assert [one.differences[0].path for one in outcome.differing] == []
    assert [one.id for one in outcome.survey.unbindable] == ["g1"]


def test_what_was_there_before_is_looked_up_once(noting: Noting) -> None:
    def answer(method: str, path: str) -> Answer:
        found = [{"id": "live-1", "userName": 'a"b'}] if "filter=" in path else []
        return 200, {"totalResults": len(found), "Resources": found}, {}

    noting.answer = answer
    listed = request(1, "GET", "/Users", told={"Resources": [{"id": "u1", "userName": 'a"b'}]})
    session = [listed, request(2, "GET", "/Users/u1"), request(3, "GET", "/Users/u1")]
    outcome = play(noting, session, Options("Bearer mine"), first=2)
    assert noting.paths() == [
        "GET /app/Users?filter=userName%20eq%20%22a%5C%22b%22",
        "GET /app/Users/live-1",
        "GET /app/Users/live-1",
    ]
    assert noting.came[0][2]["Authorization"] == "Bearer mine" and outcome.looked_up == 1


def test_a_service_that_does_not_filter_finds_nobody_else(noting: Noting) -> None:
    noting.answer = lambda method, path: (200, {"Resources": [{"id": "other", "userName": "b"}]}, {})
    listed = request(1, "GET", "/Users", told={"Resources": [{"id": "u1", "userName": "a"}]})
    play(noting, [listed, request(2, "DELETE", "/Users/u1")], first=2)
    assert noting.paths()[-1] == "DELETE /app/Users/u1"


def test_what_cannot_be_found_is_sent_as_it_is(noting: Noting) -> None:
    noting.answer = lambda method, path: (200, {"totalResults": 0, "Resources": []}, {})
    listed = request(1, "GET", "/Users", told={"Resources": [{"id": "u1", "userName": "a"}]})
    outcome = play(noting, [listed, *(request(n, "GET", "/Users/u1") for n in (2, 3))], first=2)
    assert noting.paths()[1:] == ["GET /app/Users/u1"] * 2 and outcome.looked_up == 1


def test_throttled_now(noting: Noting) -> None:
    answers = iter([(429, None, {"Retry-After": "7"}), (429, None, {"Retry-After": "0"}), (200, {}, {})])
    noting.answer = lambda method, path: next(answers)
    outcome = play(noting, [request(1, "GET", "/Users/1", told={})], Options(retry=True))
    assert outcome.is_same and len(noting.came) == 3
    noting.answer = lambda method, path: (429, None, {"Retry-After": "7"})
    outcome = play(noting, [request(1, "GET", "/Users/1")])
    assert [one.got for one in outcome.differing[0].differences] == [429] and len(noting.came) == 4
    throttled = request(1, "GET", "/Users/1", status=429)
    throttled["response"]["headers"] = [["Retry-After", "1"]]
    assert play(noting, [throttled], Options(retry=True)).is_same and len(noting.came) == 5


def test_who_did_not_wait_is_not_compared(noting: Noting) -> None:
    gone = request(1, "GET", "/Users/1") | {"response": None, "error": {"kind": "client_gone"}}
    silent = request(2, "GET", "/Users/2") | {"response": None}
    outcome = play(noting, [gone, silent])
    assert outcome.is_same and outcome.skipped == 2


def test_what_the_service_answered_can_be_expected(noting: Noting) -> None:
    lost = request(1, "GET", "/Users/1") | {"error": {"kind": "reset"}}
    lost["upstream"], lost["response"] = lost["response"], None
    assert [one.expected for one in play(noting, [lost]).differing[0].differences] == ["the connection broke"]
    assert play(noting, [lost], Options(upstream=True)).is_same


def test_stop_at_the_first_difference(noting: Noting) -> None:
    session = [request(n, "GET", f"/Users/{n}", status=200 + (n == 2)) for n in range(1, 9)]
    outcome = play(noting, session, stop_on_difference=True)
    assert [line.n for line in outcome.lines] == [1, 2] and len(noting.came) == 2


def test_a_recorded_401_says_why(noting: Noting) -> None:
    outcome = play(noting, [request(1, "GET", "/Users", ("Authorization", "Bearer ***"), status=401)])
    note = "the recorded credentials are not known, those of this replay were sent"
    assert outcome.differing[0].notes == (note,)


def test_nobody_there(noting: Noting) -> None:
    nowhere = Noting(url="http://127.0.0.1:9/scim")
    with pytest.raises(UnreachableError, match="does not answer"):
        play(nowhere, [request(1, "GET", "/Users")])
