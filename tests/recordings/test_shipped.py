"""The shipped recordings are what `scimmock provision` and `scimmock serve` say today, and nobody's data."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scimmock.cli.show import command as show
from scimmock.traffic.recording import open_recording
from tests.command_lines import root
from tests.conftest import clean_environment
from tests.recordings.likeness import essence, step
from tests.recordings.make import RECORDINGS, Session, make, sessions
from tests.warm import Nursery, Process

# What names a person or a group, and is therefore not to be read in a recording.
NAMES = ("userName", "givenName", "familyName", "middleName", "formatted", "displayName", "employeeNumber")
NAMES_IN_LISTS = ("emails", "phoneNumbers")

each_session = pytest.mark.parametrize("session", sessions(), ids=lambda session: session.file)


@each_session
def test_made_anew_it_says_the_same(session: Session, tmp_path: Path, nursery: Nursery) -> None:
    def start(arguments: list[str], folder: Path) -> Process:
        with (folder / "log.txt").open("w") as output:
            return nursery.start(*arguments, output=output, env=clean_environment(), cwd=folder)

    make(session, tmp_path / "made.jsonl", tmp_path, start)
    (shipped_header, shipped), (header, made) = essence(session.path), essence(tmp_path / "made.jsonl")
    hint = f"if that is meant: python -m tests.recordings.make {session.file}"
    assert list(map(step, made)) == list(map(step, shipped)), hint
    assert made == shipped, hint
    assert header == shipped_header, hint
    text = session.path.read_text("utf-8")
    names = {name for one in open_recording(tmp_path / "raw.jsonl") for name in _names(_sent(one))}
    assert len(names) > 2 * session.users
    assert [name for name in names if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)] == []


@each_session
def test_its_header_tells_how_it_was_made(session: Session) -> None:
    recording = open_recording(session.path)
    header = recording.header
    phrase = "the people in these recordings are invented"
    assert header["redaction"]["key"] == hashlib.sha256(phrase.encode()).hexdigest()
    assert header["redaction"]["counts"]["userName"] >= session.users
    told = {name: header[name] for name in ("by", "synthetic", "idp", "fixture", "seed", "users", "groups")}
    assert told == {
        "by": "provision",
        "synthetic": True,
        "idp": session.path.parent.name,
        "fixture": session.fixture,
        "seed": session.seed,
        "users": session.users,
        "groups": session.groups,
    }
    assert header["base_url"].startswith("http://127.0.0.1:8080/")
    assert header["clock"] == header["started"] == "2026-01-05T08:00:00.000Z"
    assert header["server"] == {"fixtures": [session.fixture], "seed": session.seed, "users": 0, "groups": 0}
    assert bool(header["faults"]) == bool(session.faults)
    assert all(rule["name"] and rule["do"] for rule in header["faults"])
    moments = [one["at"] for one in recording]
    assert header["started"] <= moments[0]
    assert moments == sorted(moments)


@each_session
def test_it_can_be_shown(session: Session) -> None:
    shown = CliRunner().invoke(show, [str(session.path), "--diff"], parent=root())
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "synthetic, nobody's" in shown.stdout
    assert session.path.stat().st_size < 400_000


def test_each_identity_provider_has_a_year_and_a_failure() -> None:
    kinds: dict[str, set[bool]] = {}
    for session in sessions():
        kinds.setdefault(session.as_, set()).add(bool(session.faults))
    assert set(kinds) == {
        *("okta@oin", "okta@aiw", "entra@legacy", "entra@aadOptscim062020"),
        *("authentik", "onelogin", "jumpcloud"),
    }
    assert all(both == {False, True} for both in kinds.values())


def test_the_page_tells_of_each_file_and_of_no_other() -> None:
    there = {str(path.relative_to(RECORDINGS)) for path in RECORDINGS.glob("*/*")}
    page = (RECORDINGS / "README.md").read_text("utf-8")
    assert there == {session.file for session in sessions()}
    assert there == set(re.findall(r"^\| `([^`]+\.jsonl)`", page, re.MULTILINE))
    assert sum(path.stat().st_size for path in RECORDINGS.glob("*/*")) < 2_000_000


def _sent(exchange: dict[str, Any]) -> Any:
    return exchange["request"]["body"].get("json")


def _names(value: Any) -> Iterator[str]:
    """Yield what names somebody in a request."""
    if isinstance(value, list):
        for inner in value:
            yield from _names(inner)
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in NAMES and isinstance(inner, str):
            # Two or three Latin letters are found in any text.
            if len(inner) > 3 or not inner.isascii():
                yield inner
        elif key in NAMES_IN_LISTS and isinstance(inner, list):
            yield from (item["value"] for item in inner if isinstance(item, dict) and "value" in item)
        else:
            yield from _names(inner)


def test_names_are_found_in_all_forms_of_requests() -> None:
    body = {
        "userName": "anna.example@example.com",
        "emails": [{"value": "a@example.com"}],
        "Operations": [{"op": "replace", "value": {"displayName": "Anna"}}],
    }
    assert set(_names(body)) == {"anna.example@example.com", "a@example.com", "Anna"}
