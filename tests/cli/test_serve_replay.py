"""What ``scimmock serve --replay`` says, and which options go together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.errors import FileError
from scimmock.server.options import ServeOptions
from scimmock.server.replaying import ReplayOptions
from scimmock.server.run import Running
from tests.conftest import Launch
from tests.traffic.answering_session import life, lookup, write_session


def test_it_says_what_it_plays_and_what_was_played(launch: Launch, tmp_path: Path) -> None:
    path = write_session(tmp_path / "s.jsonl", life())
    server = launch("--replay", str(path), "--order", "any", "--on-miss", "engine", "--pace", "2x")
    with server.client() as client:
        for _ in range(2):
            assert client.get(f"/Users?{lookup('kim@example.com')}").status_code == 200
        assert client.get("/Groups").json()["totalResults"] == 0
        journal = client.get(f"{server.url}/_scimmock/journal").json()["exchanges"]
        assert journal[0]["timing"]["wait_ms"] >= 6.0, "half of what it was"
        assert httpx.get(f"{server.url}/t/own/scim/v2/Users/u1", trust_env=False).status_code == 200
    assert server.stop() == 0
    said = server.log.read_text()
    assert f"replay   {path}: 9 exchanges, order any, 2x the recorded pace, else the engine" in said
    assert "token    none needed" in said
    assert "2 of 9 recorded exchanges played, 1 requests not recorded" in said
    assert "not played: 2, 3, 4, 5, 7, 8, 9" in said
    assert "/t/own: 1 of 9 recorded exchanges played, 0 requests not recorded" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--order", "any"], "--order says how a session is replayed, and there is none, --replay FILE"),
        (["--on-miss", "404"], "--on-miss says how a session is replayed"),
        (["--replay", "x", "--pace", "fast"], "--pace 'fast' is no pace, original, max or 10x"),
    ],
)
def test_wrong_options_are_told(arguments: list[str], said: str, outcome: Any) -> None:
    code, errors = outcome("serve", *arguments)
    assert code == 2 and said in errors


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("{}\n")
    for name, said in (("missing.jsonl", "cannot be read"), ("notes.txt", "is no recording")):
        with pytest.raises(FileError, match=rf"{name}.*{said}"):
            Running(ServeOptions(port=0, replay=ReplayOptions(tmp_path / name)))
