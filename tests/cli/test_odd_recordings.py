"""Recordings of others: halves of surrogate pairs, and JSON that is nested too deep to be gone through."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.traffic.made_sessions import exchange, header_of

HALF = "A@@b"  # in the file it is a half


def line_of(document: Any) -> str:
    return json.dumps(document) + "\n"


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A recording with halves of surrogate pairs wherever text can be."""
    user = {"id": HALF, "userName": HALF, "x": [HALF], HALF: 1, "password": HALF}
    headers = [["User-Agent", "x@@"], ["X-Y", HALF], ["Content-Type", "application/scim+json"]]
    detail = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "detail": f"{HALF} is taken"}
    exchanges = [
        exchange(1, "POST", "/Users", user, 201, user, headers=headers),
        exchange(2, "GET", f"/Users/{HALF}", told=user),
        exchange(3, "POST", "/Users", user, 409, detail),
    ]
    exchanges[1]["request"]["query"] = f'filter=userName eq "{HALF}"'
    exchanges[2]["request"]["body"] = {"text": HALF, "size": 4}
    path = tmp_path / "s.jsonl"
    text = "".join(map(line_of, [header_of(), *exchanges]))
    path.write_text(text.replace("@@", "\\ud800"))
    return path


@pytest.mark.parametrize("to", ["recording", "har", "curl", "pytest", "people"])
def test_halves_of_surrogate_pairs_are_converted(command: Any, odd: Path, to: str) -> None:
    code, out, err = command("convert", "s.jsonl", "--to", to, here=False)
    assert (code, "Traceback" in err) == (0, False), err
    assert "\\ud800" in out and out.encode()
    code, _, err = command("convert", "s.jsonl", "--to", to, "--out", "out", here=False)
    assert (
        code == 0
        and odd.with_name("out").read_bytes()
        == out.replace("session.sh", "out").replace("test_session.py", "out").encode()
    )
    if to == "pytest":
        compile(out, "out", "exec")


@pytest.mark.parametrize("mode", ["secrets", "pseudonyms"])
def test_halves_of_surrogate_pairs_are_redacted(command: Any, odd: Path, mode: str) -> None:
    code, out, err = command("redact", "s.jsonl", "--redact", mode, "--out", "-", here=False)
    assert code == 0 and len(out.splitlines()) == 4 and out.encode(), err
    assert json.loads(out.splitlines()[1])["request"]["body"]["json"]["password"] == "***"


def test_a_har_with_halves_comes_back_equal(command: Any, odd: Path) -> None:
    assert command("convert", "s.jsonl", "--to", "har", "--out", "a.har", here=False)[0] == 0
    code, out, _ = command("convert", "a.har", "--to", "recording", "--redact", "none", here=False)
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()] == [
        json.loads(line) for line in odd.read_text().splitlines()
    ]


@pytest.mark.parametrize(
    "arguments",
    [("redact", "s.jsonl", "--out", "out"), ("convert", "s.jsonl", "--to", "pytest", "--out", "out")],
)
def test_json_that_is_nested_too_deep_is_an_error_of_the_file(
    command: Any, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    # Deeper than can be looked through, and not too deep to be read: newer versions of Python manage more.
    levels = 900 if sys.version_info < (3, 12) else 4000
    deep = "[" * levels + "]" * levels
    told = line_of(exchange(1, "POST", "/Users", {"x": "here"}, 201, {})).replace('"here"', deep)
    (tmp_path / "s.jsonl").write_text(line_of(header_of()) + told)
    code, _, err = command(*arguments, here=False)
    assert code == 4 and "s.jsonl: has JSON that is nested too deep" in err
    assert not (tmp_path / "out").exists()
