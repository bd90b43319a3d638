"""What is odd about an answer, which reaction fits, and how long a client waits."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from scimmock.fixture.dialect import DialectSpec, RequestSpec, RetrySpec
from scimmock.idps.reactions import BackOff, deviation_of, reaction_to, retry_delay
from scimmock.idps.template import MISSING
from scimmock.idps.wire import Answer
from scimmock.outgoing.waiting import wait_of


def answer(status: int | None, document: Any = MISSING, body: bytes | None = None, **more: Any) -> Answer:
    content = body if body is not None else b"" if document is MISSING else msgspec.json.encode(document)
    return Answer(status, body=content, json=document, **more)


CREATE = RequestSpec(method="POST", path="/Users", body={}, link=True, expect=[201])
FIND = RequestSpec(method="GET", path="/Users", found="list", expect=[200, 404])
READ = RequestSpec(method="GET", path="/Users/${user.id}", found="resource")
DELETE = RequestSpec(method="DELETE", path="/Users/${user.id}")


@pytest.mark.parametrize(
    ("request_", "got", "what"),
    [
        (CREATE, answer(201, {"id": "1"}), None),
        (CREATE, answer(201, {"id": 7}), None),
        (CREATE, answer(200, {"id": "1"}), "200"),
        (CREATE, answer(409, {"detail": "there"}), "409"),
        (CREATE, answer(201), "empty-body"),
        (CREATE, answer(201, {}), "empty-body"),
        (CREATE, answer(201, body=b"<html>"), "not-json"),
        (CREATE, answer(None, error="timeout"), "timeout"),
        (CREATE, answer(None, error="truncated"), "reset"),
        (FIND, answer(200, {"Resources": []}), None),
        (FIND, answer(404, {}), "404"),
        (FIND, answer(200, []), "not-json"),
        (FIND, answer(200), "empty-body"),
        (READ, answer(302), "302"),
        (DELETE, answer(204), None),
        (DELETE, answer(200, body=b"deleted"), "not-json"),
        (DELETE, answer(200, message="it cannot be decompressed"), "not-json"),
    ],
)
def test_what_is_odd(request_: RequestSpec, got: Answer, what: str | None) -> None:
    assert deviation_of(request_, got) == what


def dialect(*reactions: dict[str, Any]) -> DialectSpec:
    known = [{"confidence": "documented", **reaction} for reaction in reactions]
    return msgspec.convert({"reactions": known}, DialectSpec)


def test_the_first_reaction_that_fits_counts() -> None:
    client = dialect(
        {"to": "find", "on": ["404"], "do": "none"},
        {"to": ["find", "make"], "on": ["4xx"], "do": "skip"},
        {"on": ["4xx", "timeout"], "do": "next-cycle"},
    )
    assert reaction_to(client, "find", "404").do == "none"
    assert reaction_to(client, "make", "404").do == "skip"
    assert reaction_to(client, "other", "404").do == "next-cycle"
    assert reaction_to(client, "other", "timeout").do == "next-cycle"


def test_where_no_reaction_fits_it_fails() -> None:
    verdict = reaction_to(dialect({"on": ["4xx"], "do": "skip"}), "make", "500")
    assert (verdict.do, verdict.spec) == ("fail", None)


def test_what_is_not_verified_counts_only_where_it_is_allowed() -> None:
    client = dialect(
        {"on": ["429"], "do": "wait", "confidence": "unverified"}, {"on": ["4xx"], "do": "next-cycle"}
    )
    assert reaction_to(client, "make", "429", allow_unverified=True).do == "wait"
    assert reaction_to(client, "make", "429", allow_unverified=False).do == "next-cycle"


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([("Retry-After", "7")], 7.0),
        ([("retry-after", "0")], 0.0),
        ([("Retry-After", "Tue, 14 Nov 2023 22:13:50 GMT")], 30.0),  # 30 seconds after NOW
        (
            [
                ("Date", "Mon, 01 Jan 2024 00:00:00 GMT"),
                ("Retry-After", "Mon, 01 Jan 2024 00:01:00 GMT"),
            ],
            60.0,
        ),
        ([("Retry-After", "Mon, 01 Jan 2001 00:00:00 GMT")], 0.0),
        ([("Retry-After", "soon")], 1.0),
        ([("Retry-After", "-5")], 1.0),
        ([("Retry-After", "99999999999999999999")], 86_400.0),
        ([], 1.0),
    ],
)
def test_retry_after(headers: list[tuple[str, str]], seconds: float) -> None:
    assert wait_of(Answer(429, headers), NOW) == seconds


def test_a_request_is_sent_again_as_often_as_the_dialect_says() -> None:
    retry = RetrySpec(attempts=4, after=["1s", "5s"])
    assert [retry_delay(retry, attempt) for attempt in (1, 2, 3, 4)] == [1.0, 5.0, 5.0, None]
    assert [retry_delay(None, attempt, 9.0) for attempt in (1, 2, 3)] == [9.0, 9.0, None]


def test_an_object_is_tried_later_and_later_until_it_is_given_up() -> None:
    hour = 3600.0
    back_off = BackOff(RetrySpec(after=["6h", "12h", "24h"], give_up="3d"), 2400.0)
    due = [back_off.due(0.0, failures) for failures in range(1, 7)]
    assert due == [6 * hour, 12 * hour, 24 * hour, 48 * hour, 72 * hour, None]


def test_without_back_off_it_is_tried_in_each_cycle() -> None:
    back_off = BackOff(None, 600.0)
    assert [back_off.due(100.0, failures) for failures in (1, 2)] == [700.0, 1300.0]
