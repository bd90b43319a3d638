"""``scimmock redact``: an existing file without secrets and persons, and a report of what went."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from scimmock.traffic.recording import open_recording
from tests.traffic.made_sessions import USER, exchange, header_of, write

MARKS = ("lovelace", "acme", "s3cr3t", "hunter2", "1815", "Countess", "marked.example.org")
ADA = {
    "schemas": [USER],
    "id": "ada.lovelace@acme.org",
    "userName": "Ada.Lovelace@acme.org",
    "title": "Countess",
    "urn:example:hr:1.0:User": {"badge": 1815},
}


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A raw recording: what filters look for in parts of words comes after the words."""
    headers = [
        ["Authorization", "Bearer s3cr3t"],
        ["Host", "marked.example.org"],
        ["Content-Type", "application/json"],
    ]
    listed = {"totalResults": 1, "Resources": [ADA]}
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409"}
    exchanges = [
        exchange(1, "POST", "/Users", {**ADA, "password": "hunter2"}, 201, ADA, headers=headers),
        exchange(2, "POST", "/Users", ADA, 409, {**error, "detail": "ada.lovelace@acme.org exists already"}),
        exchange(3, "GET", "/Users", told=listed, query="filter=" + quote('userName sw "ada.love"')),
        exchange(4, "GET", f"/Users/{quote(str(ADA['id']))}", told=ADA, query="access_token=s3cr3t"),
    ]
    header = header_of()
    header["base_url"] = "https://marked.example.org/scim/v2"
    header["redaction"] = {"mode": "none", "key": None, "counts": {}}
    return write(tmp_path / "session.jsonl", header, exchanges)


def leaks(text: str) -> list[str]:
    return [mark for mark in MARKS for form in (text, unquote(text)) if mark.lower() in form.lower()]


def test_a_recording_is_redacted_beside_itself(command: Any, session: Path) -> None:
    before = session.read_bytes()
    assert leaks(before.decode())
    code, out, err = command("redact", "session.jsonl", here=False)
    assert (code, out) == (0, "") and session.read_bytes() == before
    path = session.with_name("session.redacted.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600 and leaks(path.read_text()) == []
    recording = open_recording(path)
    assert len(list(recording)) == 4
    counts = recording.header["redaction"]["counts"]
    assert counts["password"] == 1 and counts["userName"] >= 4
    assert f"{sum(counts.values())} values in {len(counts)} places" in err
    assert re.search(rf"^ +{counts['userName']}  userName$", err, re.MULTILINE)


def test_what_a_filter_looks_for_at_the_end_is_kept_from_the_beginning(command: Any, session: Path) -> None:
    command("redact", "session.jsonl", here=False)
    created, _, listed, _ = open_recording(session.with_name("session.redacted.jsonl"))
    part = unquote(listed["request"]["query"]).split('"')[1]
    assert created["request"]["body"]["json"]["userName"].lower().startswith(part)


def test_secrets_alone(command: Any, session: Path) -> None:
    code, _, _ = command("redact", "session.jsonl", "--redact", "secrets", "--out", "s.jsonl", here=False)
    text = session.with_name("s.jsonl").read_text()
    assert code == 0 and "hunter2" not in text and "s3cr3t" not in text and "Countess" in text


def test_a_har_stays_one(command: Any, session: Path) -> None:
    assert command("convert", "session.jsonl", "--to", "har", "--out", "t.har", here=False)[0] == 0
    document = json.loads(session.with_name("t.har").read_text())
    document["log"].pop("_scimmock")
    for entry in document["log"]["entries"]:
        entry.pop("_scimmock", None)
    session.with_name("t.har").write_text(json.dumps(document))
    code, _, err = command("redact", "t.har", here=False)
    text = session.with_name("t.redacted.har").read_text()
    assert code == 0, err
    assert leaks(text) == [] and json.loads(text)["log"]["version"] == "1.2"
    assert len(json.loads(text)["log"]["entries"]) == 4


def test_the_same_key_gives_the_same_people(command: Any, session: Path) -> None:
    def redacted(*options: str) -> str:
        code, out, _ = command("redact", "session.jsonl", "--out", "-", "--quiet", *options, here=False)
        assert code == 0
        return str(out)

    one, two = redacted("--redact-key", "team.key"), redacted("--redact-key", "team.key")
    assert one == two != redacted("--redact-key", "other.key")


def test_fields_of_ones_own_are_dropped(command: Any, session: Path) -> None:
    command("redact", "session.jsonl", "--redact-field", "title=drop", "--out", "s.jsonl", here=False)
    created = next(iter(open_recording(session.with_name("s.jsonl"))))
    assert created["request"]["body"]["json"]["title"] == "***"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["session.jsonl", "--redact", "none"], 2, "--redact none would change nothing"),
        (["none.jsonl"], 4, "none.jsonl: cannot be read: No such file"),
        (["hello.txt"], 4, "hello.txt: is no session"),
        (["session.jsonl", "--out", "hello.txt"], 2, "hello.txt is there already, --force replaces it"),
        (["session.jsonl", "--redact-field", "a b"], 2, "'a b' is no attribute path"),
        (["session.jsonl", "--redact", "secrets", "--redact-field", "title"], 2, "title=drop would be right"),
        (["session.jsonl", "--redact", "secrets", "--redact-key", "k"], 2, "--redact-key is for pseudonyms"),
    ],
)
def test_what_cannot_be_redacted(
    command: Any, session: Path, arguments: list[str], code: int, message: str
) -> None:
    session.with_name("hello.txt").write_text("hello")
    found, _, err = command("redact", *arguments, here=False)
    assert (found, message in err) == (code, True), err
    assert session.with_name("hello.txt").read_text() == "hello"
    assert not session.with_name("session.redacted.jsonl").exists()


def test_a_torn_line_is_told(command: Any, session: Path) -> None:
    session.write_bytes(session.read_bytes()[:-20])
    code, _, err = command("redact", "session.jsonl", "--quiet", here=False)
    assert code == 0 and "session.jsonl:5: the line was not written to its end, it is skipped" in err
    assert len(list(open_recording(session.with_name("session.redacted.jsonl")))) == 3
