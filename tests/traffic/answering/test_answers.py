"""What a client reads: its own values, at its own addresses, in the form in which it was told."""

from __future__ import annotations

import json
from typing import Any

from scimmock.traffic.answering.asked import Asked
from scimmock.traffic.answering.replayer import Given, Replayer
from scimmock.traffic.answering.session import Session
from tests.traffic.answering_session import BASE, KIM, error, listed, lookup, sent, user, whole
from tests.traffic.made_sessions import JSON, Document, exchange, header_of

HERE = "http://127.0.0.1:9/scim/v2"


def play(exchanges: list[Document], *asked: Asked) -> Given:
    """Play requests and return the last answer."""
    replayer = Replayer(Session(header_of(BASE), exchanges))
    found: Any = None
    for one in asked:
        found = replayer.answer(one, HERE)
        assert isinstance(found, Given), found
    assert isinstance(found, Given)
    return found


def read(given: Given) -> Any:
    return json.loads(given.reply.body)


def post(path: str, body: Any) -> Asked:
    return Asked("POST", path, body=body)


def test_addresses_are_those_of_this_service() -> None:
    headers = [
        *JSON,
        ["Location", f"{BASE}/Users/u1"],
        ["Date", "x"],
        ["ETag", 'W/"1"'],
        ["Set-Cookie", "***"],
    ]
    manager = {"value": "u2", "$ref": "../Users/u2"}
    made = exchange(1, "POST", "/Users", sent("a"), 201, KIM | {"manager": manager})
    made["response"]["headers"] = headers
    given = play([made], post("/Users", sent("a")))
    assert given.reply.headers == [(b"location", f"{HERE}/Users/u1".encode()), (b"etag", b'W/"1"')]
    told = read(given)
    assert told["meta"]["location"] == f"{HERE}/Users/u1" and told["manager"]["$ref"] == "../Users/u2"


def test_names_come_back_wherever_the_service_put_them() -> None:
    """In the resource, in what is made of parts, in members and groups, and in the words of errors."""
    name = {"givenName": "Ann", "familyName": "Poe"}
    made = user("u1", "ann", name=name | {"formatted": "Ann Poe"}, displayName="Annie")
    member = [{"value": "u1", "display": "Annie", "$ref": f"{BASE}/Users/u1"}]
    group = {"id": "g1", "displayName": "Staff", "members": member, "meta": {"resourceType": "Group"}}
    session = [
        exchange(1, "POST", "/Users", sent("ann", name=name, displayName="Annie"), 201, made),
        exchange(2, "POST", "/Groups", {"displayName": "Staff", "members": [{"value": "u1"}]}, 201, group),
        exchange(3, "POST", "/Users", sent("ann"), 409, error(409, "ann (Ann) is taken, see Annex")),
        exchange(4, "GET", "/Users", told=listed(made | {"groups": [{"value": "g1", "display": "Staff"}]})),
    ]
    mine = {"givenName": "Bo", "familyName": "Rex"}
    first = post("/Users", sent("bo", name=mine, displayName="B. Rex"))
    second = post("/Groups", {"displayName": "Crew", "members": [{"value": "u1"}]})
    told = read(play(session, first))
    assert (told["userName"], told["name"]["formatted"], told["displayName"]) == ("bo", "Bo Rex", "B. Rex")
    told = read(play(session, first, second))
    assert told["displayName"] == "Crew" and told["members"][0]["display"] == "B. Rex"
    told = read(play(session, first, post("/Users", sent("bo"))))
    assert told["detail"] == "bo (Ann) is taken, see Annex", (
        "of a name that the request does not have nothing is known"
    )
    told = read(play(session, first, second, Asked("GET", "/Users")))
    assert told["Resources"][0]["userName"] == "bo"
    assert told["Resources"][0]["groups"] == [{"value": "g1", "display": "Crew"}]


def test_ids_that_a_service_makes_of_names() -> None:
    """The name in the id was redacted as the name was: the client has it as it knows it."""
    made = user("pseudo@x.ish", "pseudo@x.ish")
    session = [
        exchange(1, "POST", "/Users", sent("pseudo@x.ish"), 201, made),
        exchange(2, "GET", "/Users/pseudo%40x.ish", told=made),
    ]
    first = post("/Users", sent("ann@acme.org"))
    told = read(play(session, first))
    assert told["id"] == "ann@acme.org" and told["meta"]["location"] == f"{HERE}/Users/ann%40acme.org"
    assert read(play(session, first, Asked("GET", "/Users/ann%40acme.org")))["id"] == "ann@acme.org"
    assert read(play(session, Asked("GET", "/Users/ann%40acme.org")))["id"] == "ann@acme.org"


def test_two_people_who_share_a_title_need_not_share_the_next() -> None:
    session = [
        exchange(n, "POST", "/Users", sent(f"p{n}", title="T"), 201, user(f"u{n}", f"p{n}", title="T"))
        for n in (1, 2)
    ]
    first, second = (post("/Users", sent(f"q{n}", title=f"t{n}")) for n in (1, 2))
    assert read(play(session, first))["title"] == "t1"
    assert read(play(session, first, second))["title"] == "t2"


def test_bulk_answers_have_the_names_of_the_client() -> None:
    def operation(name: str) -> Document:
        return {"method": "POST", "path": "/Users", "bulkId": name, "data": sent("a")}

    answered = {"method": "POST", "bulkId": "1", "location": f"{BASE}/Users/u1", "status": "201"}
    session = [
        exchange(1, "POST", "/Bulk", {"Operations": [operation("1")]}, 200, {"Operations": [answered]})
    ]
    (told,) = read(play(session, post("/Bulk", {"Operations": [operation("mine")]})))["Operations"]
    assert (told["bulkId"], told["location"]) == ("mine", f"{HERE}/Users/u1")


def test_bodies_that_are_no_json() -> None:
    text = exchange(1, "GET", "/Users", query=lookup("ann"), told={})
    text["response"]["body"] = {"text": f"<p>no ann at {BASE}/Users</p>", "size": 1}
    raw = exchange(2, "GET", "/Groups")
    raw["response"]["body"] = {"base64": "/wAB", "size": 3}
    given = play([text, raw], Asked("GET", "/Users", lookup("bob")))
    assert given.reply.body.decode() == f"<p>no bob at {HERE}/Users</p>"
    assert play([text, raw], Asked("GET", "/Groups")).reply.body == b"\xff\x00\x01"


def test_nothing_of_the_service_is_changed_by_what_merely_looks_alike() -> None:
    """Types, schemas and names of attributes stay, though the client's names are the same words."""
    made = user("u1", "work", emails=[{"value": "a", "type": "work"}], active=True)
    session = [exchange(1, "POST", "/Users", sent("work"), 201, made)]
    told = read(play(session, post("/Users", sent("play"))))
    assert told["userName"] == "play" and told["emails"] == [{"value": "a", "type": "work"}]


def broken_as(kind: str, response: Document | None, upstream: Document | None) -> Any:
    recorded = exchange(1, "GET", "/Users/u1", error={"kind": kind, "message": ""})
    recorded["response"] = response
    if upstream is not None:
        recorded["upstream"] = upstream
    return play([recorded], Asked("GET", "/Users/u1")).reply


def part_of(body: bytes, *headers: list[str]) -> Document:
    form = {"text": body.decode(), "size": len(body), "cut": True}
    return {"status": 200, "headers": [*JSON, *headers], "body": form}


def test_as_much_of_an_answer_comes_as_did() -> None:
    """Of one whose end is known, the share that came; of another, what came, under the length of all."""
    told = whole(KIM)
    half = part_of(b'{"schemas"', ["Content-Length", str(told["body"]["size"])])
    known = broken_as("truncated", half, told)
    assert json.loads(known.body) == KIM | {"meta": KIM["meta"] | {"location": f"{HERE}/Users/u1"}}
    assert 0 < known.delivery.cut < len(known.body) // 10 and known.delivery.end == "close"
    unknown = broken_as("truncated", half, None)
    assert len(unknown.body) == told["body"]["size"] and unknown.body[: unknown.delivery.cut] == b'{"schemas"'
    reset = broken_as("reset", half, None)
    assert reset.delivery.cut == 10 and reset.delivery.end == "reset"
    chunk = broken_as("bad_chunk", half, None)
    assert chunk.delivery.bad_chunk and chunk.delivery.cut == 10
    length = broken_as("wrong_length", half, None)
    assert length.delivery.announced == told["body"]["size"] and length.delivery.cut is None


def test_no_byte_comes_where_none_did() -> None:
    ends = {"reset": "reset", "closed": "close", "timeout": "hang", "client_gone": "hang", "killed": "close"}
    for kind, end in ends.items():
        reply = broken_as(kind, None, None)
        assert (reply.status, reply.delivery.silent, reply.delivery.end) == (0, True, end)
    assert broken_as("reset", None, whole(KIM)).status == 0, "though the service had answered"
    assert broken_as("client_gone", None, whole(KIM)).status == 200
    assert broken_as("too_large", {"status": 413, "headers": [], "body": {}}, None).status == 413
