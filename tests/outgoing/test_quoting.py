"""A service that quotes the credentials it was asked with is not quoted in turn."""

from __future__ import annotations

import json

import pytest

from scimmock.outgoing.quoting import without_credentials
from scimmock.outgoing.target import MISSING, Answer, authorization, decoded

TOKEN = "tok-0123456789abcdef"


def answer(document: object, *headers: tuple[str, str]) -> Answer:
    body = json.dumps(document).encode()
    return Answer(401, list(headers), body, decoded(body))


def test_a_token_is_taken_out_wherever_it_stands() -> None:
    found = without_credentials(
        answer({"detail": f"{TOKEN} is unknown", "got": f"Bearer {TOKEN}"}, ("X-Got", f"Bearer {TOKEN}")),
        f"Bearer {TOKEN}",
    )
    assert found.json == {"detail": "*** is unknown", "got": "Bearer ***"}
    assert json.loads(found.body) == found.json
    assert found.headers == [("X-Got", "Bearer ***")]


def test_a_short_one_may_be_a_word_and_is_taken_out_behind_its_scheme_only() -> None:
    found = without_credentials(answer(["a fault of scimmock", "Bearer scimmock"]), "Bearer scimmock")
    assert found.json == ["a fault of scimmock", "Bearer ***"]


def test_a_short_one_that_is_no_word() -> None:
    found = without_credentials(answer(["x-tok7abc", "tok7abcd", "tok7abc"]), "Bearer tok7abc")
    assert found.json == ["x-***", "tok7abcd", "***"]


@pytest.mark.parametrize("password, alone", [("s3cr3t-pw", "***"), ("secretly", "secretly")])
def test_a_password(password: str, alone: str) -> None:
    given = authorization(None, f"admin:{password}")
    assert given is not None
    told = [f"admin:{password}", password, given, given.split()[1]]
    found = without_credentials(answer(told, ("X-Got", f"admin:{password}")), given)
    assert found.json == ["admin:***", alone, "Basic ***", "***"] and found.headers == [
        ("X-Got", "admin:***")
    ]


def test_where_nothing_is_quoted_nothing_changes() -> None:
    plain = Answer(200, [("A", "b")], b"\xff Bearer", MISSING)
    for given in (None, "", "Bearer", f"Bearer {TOKEN}"):
        assert without_credentials(plain, given) == Answer(200, [("A", "b")], b"\xff Bearer", MISSING)
