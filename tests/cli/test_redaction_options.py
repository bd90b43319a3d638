"""The options of redaction: what would have no effect is refused, by every command that has them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scimmock.cli.redaction import check_redaction
from scimmock.cli.starting import end_recording
from scimmock.errors import UsageError
from tests.traffic.made_sessions import exchange, header_of, write


@pytest.mark.parametrize(
    ("mode", "key", "fields", "message"),
    [
        ("secrets", "k", (), "--redact-key is for pseudonyms, --redact secrets makes none"),
        ("none", "k", (), "--redact pseudonyms would be right with it"),
        ("secrets", None, ("a=drop", "title"), "--redact-field title has no effect with --redact secrets"),
        ("secrets", None, ("title=x",), "title=drop would be right, or --redact pseudonyms"),
        ("none", None, ("title=drop",), "--redact secrets or pseudonyms would be right with it"),
    ],
)
def test_what_has_no_effect(mode: str, key: str | None, fields: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_redaction(mode, Path(key) if key else None, fields)
    assert message in str(caught.value)


def test_what_has_an_effect() -> None:
    check_redaction("pseudonyms", Path("k"), ("title", "a=drop"))
    check_redaction("secrets", None, ("a=drop",))
    check_redaction("none", None, ())


@pytest.mark.parametrize(
    "arguments",
    [
        ("redact", "s.jsonl", "--redact", "secrets", "--redact-key", "k"),
        ("convert", "s.jsonl", "--to", "har", "--redact", "none", "--redact-field", "a=drop"),
        ("convert", "s.jsonl", "--to", "har", "--redact", "secrets", "--redact-field", "a"),
        (
            "record",
            "--upstream",
            "http://127.0.0.1:9",
            "--out",
            "r.jsonl",
            "--redact",
            "none",
            "--redact-key",
            "k",
        ),
        ("serve", "--record", "r.jsonl", "--redact", "secrets", "--redact-key", "k"),
    ],
)
def test_every_command_says_so(outcome: Any, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    write(tmp_path / "s.jsonl", header_of(), [exchange(1, "GET", "/Users", told={})])
    code, err = outcome(*arguments)
    assert code == 2 and ("--redact-key is for" in err or "has no effect with" in err), err
    assert [path.name for path in tmp_path.iterdir()] == ["s.jsonl"]


def test_the_last_reason_is_told_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    """Also where later exchanges were written again."""
    recorder = SimpleNamespace(
        written=3, lost=1, path="s.jsonl", trouble="", last_trouble="cannot be written: x"
    )
    running = SimpleNamespace(recorder=SimpleNamespace(recorder=recorder))
    assert end_recording(cast(Any, running), quiet=True) == 6
    assert "1 exchanges were lost: cannot be written: x" in capsys.readouterr().err
