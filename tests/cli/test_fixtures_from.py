"""``scimmock fixtures new --from``: in this process, since nothing is served."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scimmock.cli.fixtures import command
from scimmock.errors import FileError, UsageError
from scimmock.fixture import load_fixture
from scimmock.traffic.recording import encode_line, make_header, open_recording
from tests.command_lines import root
from tests.recordings.make import RECORDINGS

SESSION = RECORDINGS / "okta/oin-throttled.jsonl"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def new(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, ["new", *map(str, arguments)], parent=root())


def test_a_folder_is_written_and_it_is_said_what_was_learned() -> None:
    done = new("learned", "--from", SESSION)
    assert (done.exit_code, done.stderr) == (0, "")
    first, *_, last = done.stdout.splitlines()
    assert first == "7 settings from 47 exchanges"
    assert "limits: 2" in done.stdout and "wrote learned/fixture.yaml" in done.stdout
    assert last == "Try it: scimmock serve --fixture ./learned"
    assert CliRunner().invoke(command, ["check", "./learned"], parent=root()).exit_code == 0
    text = Path("learned/fixture.yaml").read_text("utf-8")
    assert text.startswith(
        "# yaml-language-server: $schema=fixture.schema.json\n# Learned from oin-throttled"
    )
    assert "  base_path: /scim/v2  # oin-throttled.jsonl exchange 1\n" in text
    assert "# - people who were there before\n" in text
    shown = CliRunner().invoke(command, ["show", "./learned"], parent=root())
    assert "UNVERIFIED" in shown.stdout, "the limit that only 429 tells of"


def test_several_sessions_with_one_service() -> None:
    done = new("learned", "--from", SESSION, "--from", RECORDINGS / "okta/oin-lifecycle.jsonl")
    assert done.exit_code == 0
    file = load_fixture("./learned").file
    assert list(file.sources) == ["SESSION", "SESSION-2"]
    assert {evidence.source for evidence in file.evidence.values()} == {"SESSION", "SESSION-2"}


def test_other_forms_of_sessions() -> None:
    from scimmock.cli.convert import command as convert

    assert (
        CliRunner().invoke(convert, [str(SESSION), "--to", "har", "--out", "s.har"], parent=root()).exit_code
        == 0
    )
    assert new("learned", "--from", "s.har").exit_code == 0
    assert load_fixture("./learned").faults


def test_a_session_without_exchanges_is_the_standard() -> None:
    Path("s.jsonl").write_bytes(encode_line(make_header("addon", "https://a.example/scim", 0.0)))
    assert new("learned", "--from", "s.jsonl").exit_code == 0
    fixture = load_fixture("./learned")
    assert fixture.file.behaviour is not None and not fixture.quirks


def test_what_is_there_is_never_written_over() -> None:
    Path("learned").mkdir()
    Path("learned/notes.txt").write_text("mine")
    done = new("learned", "--from", SESSION)
    assert isinstance(done.exception, FileError) and "is there already" in str(done.exception)
    assert [path.name for path in Path("learned").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), ("", "is empty"), ("{}", "is no session"), ("hello", "no session")],
)
def test_what_is_no_session_is_refused(content: str | None, says: str) -> None:
    if content is not None:
        Path("s.jsonl").write_text(content)
    done = new("learned", "--from", "s.jsonl")
    assert isinstance(done.exception, FileError) and says in str(done.exception)
    assert done.exception.exit_code == 4
    assert not Path("learned").exists()


def test_a_damaged_line_is_told_of_by_its_number() -> None:
    lines = [encode_line(open_recording(SESSION).header), *SESSION.read_bytes().splitlines(True)[1:4]]
    Path("s.jsonl").write_bytes(b"".join(lines) + b'{"n": 4, "requ')
    done = new("learned", "--from", "s.jsonl")
    assert done.exit_code == 0 and "s.jsonl:5: the line was not written to its end" in done.stderr
    Path("s.jsonl").write_bytes(lines[0] + b'{"n": 4}\n')
    done = new("other", "--from", "s.jsonl")
    assert isinstance(done.exception, FileError) and done.exception.where == "s.jsonl:2"


def test_it_is_learned_or_it_extends() -> None:
    done = new("learned", "--from", SESSION, "--extends", "slack")
    assert isinstance(done.exception, UsageError)
