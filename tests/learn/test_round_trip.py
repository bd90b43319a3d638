"""A fixture that was learned from a session answers that session as the service did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.clock import parse_time
from scimmock.fixture import check_beside, combine, load_fixture
from scimmock.fixture.facts import facts_of, fidelity
from scimmock.learn.portrait import Portrait
from scimmock.learn.write import write_learned
from scimmock.server.options import ServeOptions
from scimmock.server.recording import RecordOptions
from scimmock.traffic.recording import open_recording
from tests.in_process import client_of, serving
from tests.learn.script import play
from tests.playback.playing import played as play_again
from tests.playback.playing import told
from tests.recordings.make import RECORDINGS, sessions

_CLOCK = parse_time("2026-01-05T08:00:00Z")
# Of what these do, the session shows everything.
_WHOLE = ("okta", "entra", "github", "salesforce", "zscaler", "webex", "rfc@scim11")
# Of these it leaves something to guess: exchanges (by number) that may be answered otherwise.
_ALMOST = {"slack": range(30, 40), "aws-identity-center": (1,)}
_HEADERS = ("content-type", "etag", "location", "retry-after", "x-ratelimit-limit")


def played(options: ServeOptions) -> list[tuple[str, httpx.Response]]:
    """Play the session on a clock that is moved by a tenth of a second for each request."""
    with serving(options) as (running, ready), client_of(ready) as client:
        running.clock.freeze(_CLOCK)
        return play(client, lambda: running.clock.advance(0.1)).answers


def learned(path: Path, *files: Path) -> Portrait:
    sessions = [(file, recording.header, recording) for file in files for recording in [open_recording(file)]]
    portrait, _ = write_learned(path, sessions)
    return portrait


def form(value: Any) -> Any:
    """Return the names and types in a document; of a list those of its first value."""
    if isinstance(value, dict):
        return {name: form(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [form(inner) for inner in value[:1]]
    return type(value).__name__


def shape(answer: httpx.Response) -> tuple[Any, ...]:
    """Return what is to be alike of two answers: status, headers, the form of the document."""
    headers = [(name, name in answer.headers) for name in _HEADERS]
    try:
        document = form(answer.json())
    except ValueError:
        document = bool(answer.content)
    return answer.status_code, answer.headers.get("content-type"), headers, document


@pytest.mark.parametrize("fixture", [*_WHOLE, *_ALMOST])
def test_the_session_is_answered_alike(fixture: str, tmp_path: Path) -> None:
    recording, folder = tmp_path / "session.jsonl", tmp_path / "learned"
    as_it_is = ServeOptions(port=0, fixtures=(fixture,), record=RecordOptions(recording, redact="none"))
    before = played(as_it_is)
    learned(folder, recording)
    check_beside(combine((str(folder),)))
    after = played(ServeOptions(port=0, fixtures=(str(folder),)))
    differing = [
        (number, asked, shape(one), shape(other))
        for number, ((asked, one), (_, other)) in enumerate(zip(before, after, strict=True), 1)
        if shape(one) != shape(other)
    ]
    assert [item for item in differing if item[0] not in _ALMOST.get(fixture, ())] == []
    assert sum(answer.status_code < 300 for _, answer in before) > 10, "the session shows something"
    facts = facts_of(load_fixture(str(folder)))
    assert all("session.jsonl exchange " in fact.says for fact in facts if fact.section != "client")
    assert fidelity(facts) > 0.8


@pytest.mark.parametrize("file", [session.file for session in sessions() if not session.faults])
def test_a_shipped_session_differs_in_nothing(file: str, tmp_path: Path) -> None:
    """Pseudonyms make no difference, and the clients' own words are understood."""
    path, folder = RECORDINGS / file, tmp_path / "learned"
    learned(folder, path)
    with serving(ServeOptions(port=0, fixtures=(str(folder),))) as (running, ready):
        running.clock.freeze(_CLOCK)
        outcome = play_again(path, ready.base_url, ready.token)
    assert told(outcome) == []
    assert len(outcome.lines) == outcome.survey.count > 15


def test_limits_are_learned_from_what_a_client_met(tmp_path: Path) -> None:
    """20 that come back one a second, and 10 writes in 10 seconds, of which no header tells."""
    portrait = learned(tmp_path / "learned", RECORDINGS / "okta/oin-throttled.jsonl")
    bucket, writes = (piece.value["do"] for piece in portrait.rules)
    assert bucket["rate_limit"] == {"tokens": 20, "refill": 60, "every": "1m"}
    assert bucket["headers"] == ["retry-after", "x-ratelimit"]
    assert (writes["rate_limit"], writes["window"]) == (10, "10s")
    assert [piece.confidence for piece in portrait.rules] == ["logged", "unverified"]


def test_who_was_made_without_an_answer_was_not_there_before(tmp_path: Path) -> None:
    portrait = learned(tmp_path / "learned", RECORDINGS / "authentik/adopted.jsonl")
    assert "people.json" not in portrait.files
