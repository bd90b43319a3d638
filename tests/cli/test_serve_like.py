"""``scimmock serve --like`` as a person meets it."""

from __future__ import annotations

from pathlib import Path

from scimmock.traffic.recording import encode_line, make_header

from ..conftest import Launch
from .conftest import Run


def test_a_file_that_is_no_recording_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("{}\n")
    done = run("serve", "--port", "0", "--like", "notes.txt")
    assert done.returncode == 4
    assert done.stderr.startswith("scimmock: notes.txt:1: is no recording")


def test_what_was_taken_is_said(launch: Launch, tmp_path: Path) -> None:
    clock = "2026-01-05T08:00:00.000Z"
    header = make_header("server", "", 0.0, fixture="okta", seed=9, users=0, groups=0, clock=clock)
    path = tmp_path / "s.jsonl"
    path.write_bytes(encode_line(header))
    server = launch("--like", str(path), "--groups", "1")
    assert server.ready["seed"] == 9
    told = f"  like     {path}: fixture okta, 0 fault rules, seed 9, 0 users, the clock, frozen at {clock}"
    assert told in server.log.read_text().splitlines()
