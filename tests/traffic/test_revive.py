"""Exchanges come back from a recording as they were, as far as it tells."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.journal.words import describe
from scimmock.traffic.exchange import Exchange
from scimmock.traffic.form import body_form, cut_form
from scimmock.traffic.revive import exchange_of

texts = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=8)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("userName", "id", "active", "Operations", "x:y")), inner, max_size=3
        )
    ),
    max_leaves=8,
)
bodies = st.one_of(
    st.just(b""),
    st.binary(max_size=30),
    documents.map(lambda value: json.dumps(value).encode()),
    documents.map(lambda value: json.dumps(value, indent=2, ensure_ascii=False).encode()),
)
headers = st.lists(
    st.tuples(
        st.sampled_from((b"user-agent", b"content-type", b"x-trace")),
        texts.map(lambda t: t.encode("latin-1")),
    ),
    max_size=3,
)
seconds = st.floats(0, 500, allow_nan=False)


@st.composite
def exchanges(draw: st.DrawFn) -> Exchange:
    """Exchanges as a journal has them."""
    method, path = (
        draw(st.sampled_from(("GET", "POST", "PATCH"))),
        draw(st.sampled_from(("/Users", "/Users/1"))),
    )
    t, query = draw(st.floats(0, 100_000, allow_nan=False)), draw(texts).encode("latin-1")
    made = Exchange(
        1.7e9 + t, t, draw(texts), method, path, query, draw(headers), draw(st.sampled_from(("1.1", "2")))
    )
    made.n, made.connection, made.seed = (draw(st.integers(0, 10**9)) for _ in range(3))
    made.t = t
    for name in ("received", "matched", "executed", "answered", "end"):
        t += draw(seconds)
        setattr(made, name, t)
    made.operation = draw(st.sampled_from((None, "create", "patch", "list")))
    made.resource, made.id, made.identity = (
        draw(st.none() | st.text(min_size=1, max_size=5)) for _ in range(3)
    )
    made.quirks = tuple(draw(st.lists(st.just("patch-204"), max_size=2)))
    made.request_body = draw(bodies)
    made.request_size = len(made.request_body)
    if draw(st.booleans()):
        made.status, made.response_headers = draw(st.integers(200, 599)), draw(headers)
        made.answered_with(draw(bodies), None)
    made.error = draw(st.none() | st.just({"kind": "reset", "message": "gone"}))
    made.rules = draw(st.none() | st.just([{"name": "lost", "action": "lost_response", "hit": 1}]))
    made.speaks = draw(st.none() | st.just(("/scim/v1", "1.1")))
    made.upstream = draw(st.none() | st.tuples(st.integers(200, 599), headers, bodies))
    made.before, made.after = draw(st.tuples(*[st.none() | st.just({"userName": "a", "id": "1"})] * 2))
    made.cut(draw(st.sampled_from((5, 1000))))
    return made


def forget_torn_text(document: dict[str, Any]) -> None:
    """Of binary data that was cut, and shown as text, nothing can come back but its size."""
    for name in ("request", "response"):
        body = (document[name] or {}).get("body", {})
        if body.get("cut") and "\ufffd" in body["text"]:
            body["text"] = "?"


def without_durations(document: dict[str, Any]) -> tuple[dict[str, Any], list[float]]:
    trace = dict(document["trace"])
    stages = trace.pop("stages")
    kept = {name: value for name, value in document.items() if name not in ("timing", "t")}
    times = [document["t"], *document["timing"].values(), *stages.values()]
    return {**kept, "trace": trace}, times


@settings(max_examples=150, deadline=None)
@given(made=exchanges())
def test_an_exchange_comes_back_as_it_was(made: Exchange) -> None:
    recorded = json.loads(json.dumps(made.as_dict()))
    back = exchange_of(recorded)
    again = back.as_dict()
    forget_torn_text(again)
    forget_torn_text(recorded)
    found, times = without_durations(again)
    wanted, wanted_times = without_durations(recorded)
    assert found == wanted
    assert times == pytest.approx(wanted_times, abs=0.002)
    assert describe(back) == describe(made)
    assert (back.client, back.rule) == (made.client, made.rule)
    for name in ("request", "response"):
        was_cut = len(getattr(made, f"{name}_body")) < getattr(made, f"{name}_size")
        assert (len(getattr(back, f"{name}_body")) < getattr(back, f"{name}_size")) == was_cut


@pytest.mark.parametrize(
    ("form", "body", "size"),
    [
        ({"size": 0}, b"", 0),
        ({"json": {"a": 1}, "size": 7}, b'{"a":1}', 7),
        ({"json": {"a": 1}, "size": 12}, b'{"a":1}     ', 12),
        ({"json": {"a": 1}, "size": 10**12}, b'{"a":1}', 7),
        ({"json": {"a": "a longer pseudonym"}, "size": 9}, b'{"a":"a longer pseudonym"}', 9),
        ({"text": "***", "size": 600}, b"***", 3),
        ({"text": "compressed as it was sent", "size": 9}, b"compressed as it was sent", 9),
        ({"base64": "/w==", "size": 1}, b"\xff", 1),
        (cut_form(b'{"a": "bcd', 5000), b'{"a": "bcd', 5000),
        ({"text": "\ufffd\ufffd", "size": 3, "cut": True}, b"\xef\xbf", 3),
        (None, b"", 0),
        ({"base64": "A", "size": 3}, b"", 3),
        ({"json": "\ud800", "size": 8}, b'"\\ud800"', 8),
    ],
)
def test_bodies(form: Any, body: bytes, size: int) -> None:
    made = exchange_of({"request": {"method": "POST", "path": "/Users", "body": form}})
    assert (made.request_body, made.request_size) == (body, size)


def test_a_body_that_was_not_cut_is_whole_however_it_was_spaced() -> None:
    sent = json.dumps({"schemas": ["x"], "Resources": [{"id": "1"}] * 20}, indent=4).encode()
    made = exchange_of({"request": {"method": "POST", "path": "/Users", "body": body_form(sent)}})
    assert made.request_size == len(made.request_body) == len(sent)
    assert json.loads(made.request_body) == json.loads(sent)


def test_what_no_trace_tells_is_told_by_method_and_path() -> None:
    line: dict[str, Any] = {
        "request": {"method": "PATCH", "path": "/Users/a%20b"},
        "response": {"status": 204},
    }
    made = exchange_of(line)
    assert (made.operation, made.resource, made.id, made.status) == ("patch", "Users", "a b", 204)
    line["trace"] = {"operation": None, "rule": "lost"}
    made = exchange_of(line)
    assert (made.operation, made.resource, made.rule) == (None, None, "lost")


def test_times() -> None:
    header = {"started": "2026-11-23T10:00:00.000Z"}
    request = {"method": "GET", "path": "/Users"}
    timing = {"request_ms": 0.5, "wait_ms": 12.0, "response_ms": 0.25}
    made = exchange_of({"request": request, "at": "2026-11-23T10:00:02.500Z", "timing": timing}, header)
    assert (made.t, made.begin) == (2.5, 2.5) and made.end == pytest.approx(2.51275)
    assert exchange_of({"request": request, "t": 1.5}, header).at == made.at - 1
    assert exchange_of({"request": request}).at == 0.0


def test_an_upstream_that_gave_no_answer_has_none() -> None:
    made = exchange_of(
        {
            "request": {"method": "PATCH", "path": "/Users/1"},
            "response": {"status": 502, "headers": [], "body": {"size": 0}},
            "error": {"kind": "reset", "message": "server closed connection"},
            "upstream": {"status": None, "headers": [], "body": {"size": 0}, "error": "reset"},
        }
    )
    assert made.upstream == (0, [], b"") and made.error is not None
    assert describe(made) == "PATCH User 1 -> 502"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    parts=st.fixed_dictionaries(
        {},
        optional={
            name: anything
            for name in ("n", "at", "t", "timing", "connection", "error", "trace", "upstream", "response")
        },
    ),
    request=st.fixed_dictionaries(
        {}, optional={name: anything for name in ("query", "http", "headers", "body")}
    ),
    body=st.fixed_dictionaries(
        {}, optional={name: anything for name in ("json", "text", "base64", "size", "cut")}
    ),
    header=st.dictionaries(st.just("started"), anything),
)
def test_no_odd_line_makes_it_fail(parts: Any, request: Any, body: Any, header: Any) -> None:
    message = {"status": 200, "headers": [["a", None], "b", ["c"]], "body": body}
    for line in (parts, {**parts, "response": message, "upstream": message}):
        made = exchange_of({**line, "request": {**request, "method": "GET", "path": "/Users"}}, header)
        assert describe(made)
