"""``scimmock convert``: every form in, every form out, and nothing raw without being asked for."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from scimmock.cli.convert import command as convert_command
from scimmock.traffic.recording import open_recording
from tests.conftest import Launch, LiveServer
from tests.traffic.made_sessions import USER, exchange, header_of, provision, recorded, write

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "convert.md").read_text("utf-8")
ADA = {"schemas": [USER], "id": "0123456789abcdef", "userName": "ada.lovelace@acme.example"}


@pytest.fixture
def session(tmp_path: Path) -> Path:
    """A recording in the working directory."""
    token = [["Authorization", "Bearer s3cret-t0ken"], ["Content-Type", "application/scim+json"]]
    exchanges = [
        exchange(1, "POST", "/Users", ADA, 201, ADA, headers=token),
        exchange(2, "GET", f"/Users/{ADA['id']}", told=ADA),
    ]
    return write(tmp_path / "session.jsonl", header_of(), exchanges)


@pytest.fixture
def har(command: Any, session: Path) -> Path:
    """The same as a HAR of somebody else's."""
    assert command("convert", "session.jsonl", "--to", "har", "--out", "traffic.har", here=False)[0] == 0
    path = session.with_name("traffic.har")
    document = json.loads(path.read_text())
    del document["log"]["_scimmock"]
    for entry in document["log"]["entries"]:
        entry.pop("_scimmock", None)
    path.write_text(json.dumps(document))
    return path


def test_a_recording_becomes_har_and_comes_back(command: Any, session: Path) -> None:
    code, out, err = command("convert", "session.jsonl", "--to", "har", here=False)
    assert (code, err) == (0, "") and json.loads(out)["log"]["version"] == "1.2"
    session.with_name("a.har").write_text(out)
    code, out, _ = command("convert", "a.har", "--to", "recording", "--redact", "none", here=False)
    assert code == 0 and out.encode() == session.read_bytes()


@pytest.mark.parametrize("form", ["recording", "har", "curl", "pytest", "people"])
def test_nothing_raw_leaves_a_har_without_being_asked_for(command: Any, har: Path, form: str) -> None:
    code, out, err = command("convert", "traffic.har", "--to", form, "--redact-key", "k", here=False)
    assert (code, err) == (0, "") and out
    assert "lovelace" not in out.lower() and "s3cret" not in out and "acme" not in out
    code, out, err = command("convert", "traffic.har", "--to", form, "--redact", "none", here=False)
    assert code == 0 and "lovelace" in out


def test_a_recording_stays_as_it_was_written(command: Any, session: Path) -> None:
    _, out, _ = command("convert", "session.jsonl", "--to", "recording", here=False)
    assert out.encode() == session.read_bytes()
    options = ("--redact", "pseudonyms", "--redact-key", "k")
    _, out, _ = command("convert", "session.jsonl", "--to", "recording", *options, here=False)
    assert "lovelace" not in out and json.loads(out.splitlines()[0])["redaction"]["mode"] == "pseudonyms"
    code, _, err = command("convert", "session.jsonl", "--to", "har", "--redact-key", "k", here=False)
    assert code == 2 and "need --redact here" in err


def test_a_har_with_pseudonyms_keeps_them(command: Any, session: Path) -> None:
    options = ("--redact", "pseudonyms", "--redact-key", "k", "--out", "a.har")
    assert command("convert", "session.jsonl", "--to", "har", *options, here=False)[0] == 0
    _, out, _ = command("convert", "a.har", "--to", "recording", here=False)
    own = json.loads(session.with_name("a.har").read_text())["log"]["_scimmock"]
    assert json.loads(out.splitlines()[0]) == own


def test_a_file_is_for_its_owner_and_not_written_over(command: Any, session: Path) -> None:
    for form in ("har", "curl", "pytest", "people", "recording"):
        path = session.with_name(f"out.{form}")
        arguments = ("convert", "session.jsonl", "--to", form, "--out", path.name)
        assert command(*arguments, here=False)[:2] == (0, "")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        written = path.read_bytes()
        path.write_text("mine")
        code, _, err = command(*arguments, here=False)
        assert code == 2 and "is there already, --force replaces it" in err and path.read_text() == "mine"
        assert command(*arguments, "--force", here=False)[0] == 0 and path.read_bytes() == written
    assert "pytest out.pytest" in session.with_name("out.pytest").read_text()


def test_a_session_can_replace_itself(command: Any, session: Path) -> None:
    before = session.read_bytes()
    out = ("--out", "session.jsonl", "--force")
    assert command("convert", "session.jsonl", "--to", "recording", *out, here=False)[0] == 0
    assert session.read_bytes() == before


def test_what_fails_leaves_no_file(command: Any, session: Path) -> None:
    with session.open("a") as file:
        file.write('{"request": 1}\n')
    code, _, err = command("convert", "session.jsonl", "--to", "har", "--out", "a.har", here=False)
    assert code == 4 and "session.jsonl:4" in err
    assert os.listdir(session.parent) == ["session.jsonl"]
    code, _, err = command("convert", "session.jsonl", "--to", "har", "--out", "no/a.har", here=False)
    assert code == 4 and "no/a.har: cannot be written" in err


def test_a_torn_line_is_told(command: Any, session: Path) -> None:
    with session.open("a") as file:
        file.write('{"n": 3, "requ')
    code, out, err = command("convert", "session.jsonl", "--to", "recording", here=False)
    assert code == 0 and len(out.splitlines()) == 3
    assert err == "session.jsonl:4: the line was not written to its end, it is skipped\n"


def test_notices_are_told(command: Any, har: Path) -> None:
    document = json.loads(har.read_text())
    noise = json.loads(json.dumps(document["log"]["entries"][0]).replace("/scim/v2/Users", "/logo.png"))
    noise["request"]["headers"] = noise["response"]["headers"] = []
    document["log"]["entries"].append(noise)
    har.write_text(json.dumps(document))
    code, _, err = command("convert", "traffic.har", "--to", "har", "--redact", "none", here=False)
    assert (code, err) == (0, "traffic.har: 1 entry that is no SCIM left out\n")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"userName,x\n", "is no session, a recording, a HAR or a flow file"),
        (b'{"log": {}}', "log.entries: is missing"),
        (b'\xef\xbb\xbf {\n "log" : []}', "log: is a list"),
        (b'{"scimmock": "recording/7"}\n', "is of the version 'recording/7'"),
        (b"\x78\x9cxx", "not compressed with zlib"),
        (b'{"scimmock": "recording/1"}\n{"request": {"method": "GET"}}', "a:2: is no exchange"),
    ],
)
def test_what_is_no_session(command: Any, tmp_path: Path, content: bytes | None, what: str) -> None:
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    code, out, err = command("convert", "a", "--to", "recording", here=False)
    assert code == 4 and what in err and len(err.splitlines()) == 1
    assert out.count("\n") <= 1  # of a recording, the header


@pytest.mark.parametrize("form", ["recording", "har", "curl", "pytest", "people"])
def test_a_recording_may_say_very_little(command: Any, tmp_path: Path, form: str) -> None:
    """Such as one that was written by hand."""
    lines = [
        {"scimmock": "recording/1"},
        {"request": {"method": "GET", "path": "/Users"}},
        {"request": {"method": "POST", "path": "x", "body": {"text": "a"}}, "response": {"status": 201}},
        {"request": {"method": "PATCH", "path": "/Users/1"}, "timing": {"wait_ms": None}, "error": {}},
        {"request": {"method": "POST", "path": "/Bulk", "body": {"json": {"Operations": [{}]}}}},
    ]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    code, out, _ = command("convert", "a.jsonl", "--to", form, here=False)
    assert code == 0 and out
    if form == "har":
        (tmp_path / "a.har").write_text(out)
        options = ("--to", "recording", "--redact", "none")
        assert command("convert", "a.har", *options, here=False)[1].count("\n") == len(lines)


def test_the_form_can_be_said(command: Any, session: Path) -> None:
    code, _, err = command("convert", "session.jsonl", "--to", "curl", "--from", "har", here=False)
    assert code == 4 and "is not JSON" in err


def test_flow_files_need_mitmproxy(command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith(("mitmproxy", "scimmock.proxy"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mitmproxy", None)
    (tmp_path / "a.flow").write_bytes(b"1234:7:version;2:20#}")
    code, _, err = command("convert", "a.flow", "--to", "recording", here=False)
    assert code == 4 and "pip install 'scimmock[record]'" in err


# ---- the page


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", DOC, re.DOTALL | re.MULTILINE)


def test_every_option_is_documented() -> None:
    options = [option.opts[-1] for option in convert_command.params if isinstance(option, click.Option)]
    assert [option for option in options if f"`{option} " not in DOC and f"`{option}`" not in DOC] == []


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="bash and curl are needed")
def test_what_the_page_shows_works(
    scim: httpx.Client, launch: Launch, shared_server: LiveServer, tmp_path: Path
) -> None:
    """The commands of the page, in their order, on a session with a real server and files of others."""
    pytest.importorskip("mitmproxy")
    from tests.traffic.flow_file import write_flows

    provision(scim)
    header, exchanges = recorded(scim)
    write(tmp_path / "session.jsonl", header, exchanges)
    write_flows(tmp_path / "session.flow", header, exchanges)
    subprocess.run(
        [sys.executable, "-m", "scimmock", "convert", "session.jsonl", "--to", "har", "--out", "traffic.har"],
        cwd=tmp_path,
        check=True,
    )
    served = launch("--users", "0", "--groups", "0", "--seed", "7")
    serve = next(block for block in blocks() if block.startswith("scimmock serve"))
    lines = "\n".join(block for block in blocks() if block != serve)
    # The test is for a directory that the script has not filled.
    lines = lines.replace(
        "pytest test_session.py",
        f"curl -sS -X DELETE {served.url}/_scimmock/state "
        "-H 'Content-Type: application/json'; pytest -q -p no:cacheprovider test_session.py",
    )
    python = sys.executable
    script = (
        f'set -eu\nscimmock() {{ {python} -m scimmock "$@"; }}\npytest() {{ {python} -m pytest "$@"; }}\n'
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SCIM", "PYTEST"))}
    done = subprocess.run(
        ["bash", "-c", script + lines.replace("http://127.0.0.1:8080", served.url)],
        cwd=tmp_path,
        env=env | {"XDG_STATE_HOME": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    assert "1 passed" in done.stdout
    for name in re.findall(r"--out (\S+)", lines):
        assert (tmp_path / name).stat().st_size > 100, name
    for name in ("imported", "from-flows"):
        found = list(open_recording(tmp_path / f"{name}.jsonl"))
        assert [item["response"]["status"] for item in found] == [
            item["response"]["status"] for item in exchanges
        ]
    options = serve.split()[2:4]
    with launch(*options, cwd=tmp_path).client() as client:
        names = [user["userName"] for user in client.get("/Users").json()["Resources"]]
        assert names[:2] == ["ada@example.com", "ohara"]
