"""Recorded answers beside new ones: which resources are the same, and what is learned from that."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scimmock.traffic.bindings import Bindings, operation_pairs
from scimmock.traffic.pairing import id_of, natural_keys, paired

Document = dict[str, Any]


def request(method: str, path: str, body: Any = None, query: str = "", *headers: list[str]) -> Document:
    """A request as a recording has it."""
    form = {"json": body, "size": 9} if body is not None else {"size": 0}
    return {"method": method, "path": path, "query": query, "headers": list(headers), "body": form}


def answer(status: int, body: Any = None, **headers: str) -> Document:
    """An answer as a recording has it."""
    form = {"json": body, "size": 9} if body is not None else {"size": 0}
    return {"status": status, "headers": [list(pair) for pair in headers.items()], "body": form}


def learned(bindings: Bindings, sent: Document, one: Document, other: Document) -> None:
    bindings.learn({"request": sent, "response": one}, one, other)


def user(id: str, name: str, **more: Any) -> Document:
    return {"id": id, "userName": name, **more}


# ---- pairs


def test_by_binding_then_by_natural_key() -> None:
    expected = [user("a", "ada"), user("b", "bob"), {"id": "c", "externalId": "E1"}, user("d", "dora")]
    got = [{"id": "3", "externalid": "e1"}, user("2", "BOB"), user("9", "other"), user("1", "renamed")]
    pairs, missing, extra = paired(expected, got, lambda id, kind: {"a": "1"}.get(id))
    assert {(id_of(one), id_of(other)) for one, other in pairs} == {("a", "1"), ("b", "2"), ("c", "3")}
    assert missing == [expected[3]] and extra == [got[2]]


def test_a_single_one_without_a_name() -> None:
    assert paired([{"id": "a"}], [{"id": "1"}], lambda id, kind: None)[0] == [({"id": "a"}, {"id": "1"})]
    pairs, missing, extra = paired([user("a", "ada")], [user("1", "bob")], lambda id, kind: None)
    assert (pairs, len(missing), len(extra)) == ([], 1, 1)


_names = st.lists(st.sampled_from("abcdefgh"), max_size=6, unique=True)


@given(_names, _names)
def test_each_is_in_one_place(mine: list[str], theirs: list[str]) -> None:
    expected, got = [user(f"r{name}", name) for name in mine], [user(f"l{name}", name) for name in theirs]
    pairs, missing, extra = paired(expected, got, lambda id, kind: None)
    assert sorted(one["userName"] for one in [*missing, *(pair[0] for pair in pairs)]) == sorted(mine)
    assert sorted(one["userName"] for one in [*extra, *(pair[1] for pair in pairs)]) == sorted(theirs)
    assert all(one["userName"] == other["userName"] for one, other in pairs)
    assert natural_keys(user("x", "ADA")) == [("userName", "ada")]


# ---- bindings


def test_ids_are_learned_from_what_is_created_and_found() -> None:
    bindings = Bindings({"r1", "r2", "r3"})
    learned(bindings, request("POST", "/Users"), answer(201, user("r1", "a")), answer(201, user("l1", "a")))
    learned(
        bindings,
        request("POST", "/Groups"),
        answer(201, Location="https://a.example/Groups/r2"),
        answer(201, Location="http://127.0.0.1/scim/Groups/l%202"),
    )
    found = {"Resources": [user("r3", "c")]}, {"resources": [user("x", "y"), user("l3", "C")]}
    learned(bindings, request("GET", "/Users"), answer(200, found[0]), answer(200, found[1]))
    assert {id: bindings.live(id) for id in bindings.ids} == {"r1": "l1", "r2": "l 2", "r3": "l3"}
    assert bindings.recorded == {"l1": "r1", "l 2": "r2", "l3": "r3"}
    rewritten = bindings.rewrite(request("PATCH", "/Groups/r2", {"members": [{"value": "r1"}]}))
    assert rewritten.path == "/Groups/l%202" and json.loads(rewritten.body) == {"members": [{"value": "l1"}]}
    assert rewritten.mentions == {"r1", "r2"} and rewritten.unbound == set()


def test_an_error_teaches_nothing_and_what_is_newer_wins() -> None:
    bindings = Bindings({"r1"})
    learned(bindings, request("POST", "/Users"), answer(409, user("r1", "a")), answer(201, user("l1", "a")))
    assert bindings.ids == {}
    assert bindings.rewrite(request("GET", "/Users/r1")).unbound == {"r1"}
    bindings.bind("r1", "l1")
    bindings.bind("r1", "l2")
    assert bindings.live("r1") == "l2" and bindings.recorded == {"l2": "r1"}


def test_versions_belong_to_a_resource() -> None:
    bindings = Bindings({"r1", "r2"})
    for name in ("1", "2"):
        learned(
            bindings,
            request("GET", f"/Users/r{name}"),
            answer(200, user(f"r{name}", name), ETag='W/"1"'),
            answer(200, user(f"l{name}", name), etag=f'W/"live{name}"'),
        )
    sent = request("PUT", "/Users/r1", {}, "", ["If-Match", 'W/"1", W/"other"'])
    assert bindings.rewrite(sent).headers == [("If-Match", 'W/"live1", W/"other"')]
    sent = request("PUT", "/Users/r2", {}, "", ["if-none-match", 'W/"1"'])
    assert bindings.rewrite(sent).headers == [("if-none-match", 'W/"live2"')]


def test_versions_in_meta_and_cursors_of_lists() -> None:
    bindings = Bindings()
    one = {"Resources": [user("r1", "a", meta={"version": "v1"})], "nextCursor": "c1"}
    other = {"Resources": [user("l1", "a", meta={"version": "w1"})], "nextCursor": "d 1"}
    learned(bindings, request("GET", "/Users", query="cursor"), answer(200, one), answer(200, other))
    assert (
        bindings.rewrite(request("GET", "/Users", query="cursor=c1&count=2")).query == "cursor=d%201&count=2"
    )
    sent = request("DELETE", "/Users/r1", None, "", ["If-Match", "v1"])
    assert bindings.rewrite(sent).headers == [("If-Match", "w1")]


def test_bulk_answers_by_bulk_id_or_place() -> None:
    bindings = Bindings()
    one = {
        "Operations": [{"bulkId": "x", "location": "/Users/r1"}, {"location": "/Users/r2", "version": "1"}]
    }
    other = {"Operations": [{"location": "/Users/l9"}, {"location": "/Users/l2", "version": "7"}]}
    other["Operations"].insert(0, {"bulkId": "x", "location": "https://b.example/Users/l1"})
    learned(bindings, request("POST", "/Bulk"), answer(200, one), answer(200, other))
    assert [bindings.live(id, "Users") for id in ("r1", "r2")] == ["l1", "l9"]
    assert list(operation_pairs({}, None)) == []


def test_a_body_that_is_no_plain_json_is_sent_as_it_is() -> None:
    bindings = Bindings()
    bindings.bind("recorded-id-1", "live")
    text = '{"a": 1.0, "a": "recorded-id-1", "b": "no recorded-id-1"}'
    sent = request("POST", "/Users") | {"body": {"text": text, "size": 9}}
    assert bindings.rewrite(sent).body == text.replace('"recorded-id-1"', '"live"').encode()
    sent = request("POST", "/Users") | {"body": {"base64": "AAH/", "size": 3}}
    assert bindings.rewrite(sent).body == b"\x00\x01\xff"
