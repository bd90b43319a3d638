"""A server that is like the one in a recording answers as that did."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimmock.server.options import ServeOptions
from tests.in_process import serving
from tests.recordings.make import RECORDINGS, sessions
from tests.recordings.naive import outcome_of, outcomes


@pytest.mark.parametrize("file", [session.file for session in sessions()])
def test_each_shipped_session_is_answered_again_as_it_was(file: str) -> None:
    path = RECORDINGS / file
    with serving(ServeOptions(port=0, like=path)) as (_, ready):
        told = [
            (exchange["n"], outcome_of(exchange["response"]), today)
            for exchange, today in outcomes(path, ready)
        ]
    assert len(told) >= 20
    assert [item for item in told if item[1] != item[2]] == []


def test_another_server_answers_otherwise() -> None:
    """What would be seen were faults not taken over."""
    path: Path = RECORDINGS / "onelogin/flaky-network.jsonl"
    with serving(ServeOptions(port=0, like=path, faults=("page-drift",))) as (_, ready):
        assert any(outcome_of(exchange["response"]) != today for exchange, today in outcomes(path, ready))
