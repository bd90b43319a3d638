"""What counts as a request that nothing was there for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scimmock.journal.unexpected import unexpected
from scimmock.traffic.exchange import Exchange

Made = Callable[..., Exchange]
NOT_HTTP = {"kind": "refused", "message": "Invalid HTTP request received."}


@pytest.mark.parametrize(
    ("operation", "fields", "reason"),
    [
        (None, {"status": 404}, "no such endpoint"),
        (None, {"status": 400}, "no such endpoint"),
        (None, {"status": 405}, "no such method at the endpoint"),
        ("read", {"status": 405, "id": "a"}, "no such method at the endpoint"),
        ("bulk", {"status": 501}, "not supported by the service"),
        ("bulk", {"status": 404}, "no such endpoint"),
        ("create", {"status": 404}, "no such endpoint"),
        ("patch", {"status": 500, "id": "a"}, "an error of the server itself"),
        (None, {"status": 400, "method": "?", "error": NOT_HTTP}, "not HTTP, or beyond its limits"),
    ],
)
def test_nothing_was_there(made: Made, operation: str | None, fields: dict[str, Any], reason: str) -> None:
    assert unexpected(made(operation, "Users", **fields)) == reason


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("list", {"status": 200}),
        ("read", {"status": 404, "id": "a"}),
        ("delete", {"status": 404, "id": "a"}),
        ("list", {"status": 404}),
        ("search", {"status": 404}),
        (None, {"status": 401}),
        (None, {"status": 204, "method": "OPTIONS"}),
        ("create", {"status": 409}),
        ("create", {"status": 429}),
        ("create", {"status": 0, "error": {"kind": "client_gone", "message": ""}}),
    ],
)
def test_it_could_have_been_right(made: Made, operation: str | None, fields: dict[str, Any]) -> None:
    assert unexpected(made(operation, "Users", **fields)) is None


@pytest.mark.parametrize(("action", "excused"), [("status", True), ("delay", False), ("of my own", True)])
def test_what_a_rule_answers_is_expected(made: Made, action: str, excused: bool) -> None:
    rules = [{"name": "r", "action": action, "hit": 1}]
    assert (unexpected(made("list", "Users", status=503, rules=rules)) is None) is excused
    assert unexpected(made(None, status=404, rules=rules)) == "no such endpoint"


def test_what_a_recording_answers_is_expected_and_what_it_does_not_have_is_not(made: Made) -> None:
    played, missed = [{"replay": "played", "exchange": 1}], [{"replay": "missed", "nearest": 1}]
    assert unexpected(made("list", "Users", status=503, notes=played)) is None
    assert unexpected(made("list", "Users", status=404, notes=missed)) == "not in the recording"
    by_engine = [{**missed[0], "answered_by": "engine"}]
    assert unexpected(made("list", "Users", status=200, notes=by_engine)) is None
