"""The recording file: one line at once, read as far as it goes, and never half of anything."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from scimmock.errors import FileError, UsageError
from scimmock.traffic.recorder import Recorder
from scimmock.traffic.recording import Writer, encode_line, make_header, open_recording
from scimmock.traffic.redact.redactor import Redactor

KEY = b"a key of the tests, 32 bytes lon"
HEADER = make_header("server", "http://127.0.0.1:8080/scim/v2", 1_795_428_000.0)


def exchange(name: str = "x") -> dict[str, Any]:
    return {
        "n": 0,
        "t": 0.1,
        "request": {"method": "POST", "path": "/Users", "body": {"json": {"userName": name}, "size": 9}},
        "response": {"status": 201},
    }


def recorder(path: Path, **more: Any) -> Recorder:
    return Recorder(path, dict(HEADER), Redactor("pseudonyms", KEY), **more)


def recorded(path: Path, count: int = 3, **more: Any) -> Path:
    own = recorder(path, **more)
    for number in range(count):
        assert own.record(exchange(f"user{number}")) is not None
    own.close()
    return path


# ---- reading


def test_what_was_written_is_read(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl")
    recording = open_recording(path)
    assert recording.header["scimmock"] == "recording/1" and recording.header["by"] == "server"
    assert [item["n"] for item in recording] == [1, 2, 3] == [item["n"] for item in recording]
    assert recording.notices == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert all(line.endswith("}") for line in path.read_text().splitlines())


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_torn_last_line_is_skipped_with_a_notice(tmp_path: Path, cut: int) -> None:
    path = recorded(tmp_path / "s.jsonl")
    path.write_bytes(path.read_bytes()[:-cut])
    recording = open_recording(path)
    count = 3 if cut == 1 else 2
    assert len(list(recording)) == count
    assert ["4: the line was not written to its end" in notice for notice in recording.notices] == [True] * (
        3 - count
    )


def test_a_broken_line_in_the_middle_is_skipped_with_a_notice(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1][:20] + b"\n", lines[2]]))
    recording = open_recording(path)
    assert [item["n"] for item in recording] == [2]
    assert recording.notices == [f"{path}:2: the line is no JSON, it is skipped"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        ("hello\n", "s.jsonl:1: is no recording: its first line is no JSON"),
        ("{}\n", "s.jsonl:1: is no recording: its first line has no 'scimmock'"),
        ('{"logs": {}}\n', "a recording begins with"),
        ('{"scimmock": "recording/9"}\n', "is of the version 'recording/9', known are recording/1"),
        ('{"scimmock": 1}\n', "no 'scimmock'"),
        ("[1]\n", "s.jsonl:1: is no exchange"),
        ('{"scimmock": "recording/1", "base_url": 5}\n', "s.jsonl:1: is no header: its base_url is no URL"),
        ('{"scimmock": "recording/1", "base_url": "http://["}\n', "https://app.example/scim/v2"),
        ('{"scimmock": "recording/1", "started": "x"}\n', "s.jsonl:1: is no header: its started is no time"),
        ('{"scimmock": "recording/1", "faults": 5}\n', "its faults are no list, [] would be right"),
        ('{"scimmock": "recording/1", "redaction": 5}\n', 'no object, {"mode": "none"} would be one'),
    ],
)
def test_what_is_no_recording_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text(content)
    with pytest.raises(FileError) as caught:
        open_recording(path)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({}, "its request has no method and path"),
        ({"request": {"method": "GET"}}, "its request has no method and path"),
        ({"request": {"method": "GET", "path": "/", "query": 1}}, "the query of its request is no string"),
        ({"request": {"method": "GET", "path": "/"}, "response": {}}, "its response has no status"),
        ({"request": {"method": "GET", "path": "/"}, "response": 200}, "its response is no object"),
        ({"request": {"method": "GET", "path": "/"}, "trace": []}, "its trace is no object"),
        (
            {"request": {"method": "GET", "path": "/", "headers": [["a"]]}},
            "a header of its request is no pair",
        ),
        ({"request": {"method": "GET", "path": "/", "body": "x"}}, "the body of its request is no object"),
        ({"body": {"text": 5}}, "the text of its request is no string"),
        ({"body": {"base64": "!"}}, "the body of its request is no base64"),
        ({"body": {"base64": 5}}, "the body of its request is no base64"),
        ({"body": {"json": 1, "size": "x"}}, "the size of its request is no number"),
        ({"base": 5}, "the base of its request is no string"),
        ({"trace": {"rules": 5}}, "the rules of its trace are no objects"),
        ({"trace": {"rules": ["x"]}}, "the rules of its trace are no objects"),
        ({"upstream": {"status": "x"}}, "its upstream has no status"),
        ({"upstream": {"error": "x"}}, "the error of its upstream is no object"),
    ],
)
def test_a_line_that_is_no_exchange_is_refused_by_its_number(tmp_path: Path, line: Any, message: str) -> None:
    path = recorded(tmp_path / "s.jsonl", 1)
    if line.keys() & {"body", "base"}:
        line = {"request": {"method": "GET", "path": "/", **line}}
    elif line and "request" not in line:
        line = {"request": {"method": "GET", "path": "/"}, **line}
    with path.open("ab") as file:
        file.write(encode_line(line))
    with pytest.raises(FileError) as caught:
        list(open_recording(path))
    assert f"{path}:3: is no exchange: {message}" in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be read: No such file"):
        open_recording(tmp_path / "none.jsonl")


# ---- writing


def test_a_file_that_is_there_is_refused_and_stays(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="is there already, append goes on with it, force replaces it"):
        recorder(path)
    assert path.read_bytes() == before


def test_force_begins_anew(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl")
    recorded(path, 1, mode="force")
    assert [item["n"] for item in open_recording(path)] == [1]


@pytest.mark.parametrize("mode", ["force", "append"])
def test_a_file_that_is_gone_on_with_becomes_ones_own(tmp_path: Path, mode: Any) -> None:
    path = recorded(tmp_path / "s.jsonl", 1)
    path.chmod(0o644)
    recorded(path, 1, mode=mode)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_system_with_one_mode_for_all_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recorded(tmp_path / "s.jsonl", 1)
    path.chmod(0o644)

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    recorded(path, 1, mode="append")
    assert [item["n"] for item in open_recording(path)] == [1, 2]


def test_a_file_that_does_not_say_when_it_began_is_not_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    about = Redactor("pseudonyms", KEY).about()
    path.write_bytes(encode_line({"scimmock": "recording/1", "redaction": about}))
    with pytest.raises(FileError, match=r"s\.jsonl:1: does not say when it began"):
        recorder(path, mode="append")


def test_append_goes_on_counting_under_the_first_header(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl")
    with path.open("ab") as file:
        file.write(b'{"torn": ')
    own = recorder(path, mode="append")
    assert own.started == 1_795_428_000.0
    own.record(exchange())
    own.close()
    recording = open_recording(path)
    assert [item["n"] for item in recording] == [1, 2, 3, 4] and len(recording.notices) == 1
    assert path.read_text().count('"scimmock"') == 1


def test_append_to_what_was_redacted_otherwise_is_refused(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl")
    for redactor, option in ((Redactor("none"), "--redact"), (Redactor("pseudonyms", b"x"), "--redact-key")):
        with pytest.raises(UsageError, match=f"was recorded with another {option},"):
            Recorder(path, dict(HEADER), redactor, "append")


def test_append_to_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_text("hello\n")
    with pytest.raises(FileError, match="is no recording"):
        recorder(path, mode="append")
    assert path.read_text() == "hello\n"


@pytest.mark.parametrize("name", ["no/folder/s.jsonl", "."])
def test_a_path_that_cannot_be_written_is_an_error_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises((FileError, UsageError), match=r"cannot be written|is there already"):
        recorder(tmp_path / name)


def test_a_session_without_exchanges_has_its_header(tmp_path: Path) -> None:
    path = recorded(tmp_path / "s.jsonl", 0)
    assert list(open_recording(path)) == []


def test_a_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    own = recorder(path)
    own.record(exchange("first"))
    path.rename(tmp_path / "old.jsonl")
    time.sleep(0.12)
    own.record(exchange("second"))
    path.unlink()
    time.sleep(0.12)
    own.record(exchange("third"))
    own.close()
    assert [item["n"] for item in open_recording(tmp_path / "old.jsonl")] == [1]
    assert [item["n"] for item in open_recording(path)] == [3]


def test_a_full_disk_loses_the_exchange_whole_and_says_so_at_once(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond some size."""
    path = tmp_path / "s.jsonl"
    script = f"""
import resource, signal, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_recording import *
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
told = []
own = recorder(Path({str(path)!r}), on_lost=told.append)
written = [own.record(exchange("user")) is not None for _ in range(20)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert own.record(exchange("again")) is not None
print(json.dumps([written, own.written, own.lost, told[0]]))
own.close()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    written, count, lost, told = json.loads(done.stdout)
    assert written == sorted(written, reverse=True) and 0 < sum(written) < 20
    assert (count, lost) == (sum(written) + 1, 20 - sum(written)) and "cannot be written" in told
    recording = open_recording(path)
    assert [item["n"] for item in recording] == list(range(1, count + 1)) and recording.notices == []


def test_a_killed_process_loses_at_most_the_exchange_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_recording import *
own = recorder(Path({str(path)!r}))
n = 0
while True:
    own.record(exchange())
    n += 1
    os.write(1, b"%d\\n" % n)
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(500):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    said = int((process.stdout.read() or b"500").split()[-1])
    process.stdout.close()
    process.wait()
    numbers = [item["n"] for item in open_recording(path)]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) in (said, said + 1)


def test_what_cannot_be_encoded_is_lost_and_counted(tmp_path: Path) -> None:
    own = recorder(tmp_path / "s.jsonl")
    assert own.record({"request": {}}) is None
    assert own.record(exchange()) is not None
    assert (own.written, own.lost, own.trouble) == (1, 1, "")
    assert "cannot be recorded: KeyError" in own.last_trouble
    assert own.record({"request": 5}) is None and own.lost == 2
    own.close()


@pytest.mark.parametrize("mode", ["none", "secrets", "pseudonyms"])
@pytest.mark.parametrize("depth", [300, 600, 900, 5000])
def test_what_is_nested_deep_is_recorded(tmp_path: Path, mode: Any, depth: int) -> None:
    """Bodies that cannot be looked through are left out; all else of the exchange stays, redacted once."""
    inner: Any = "hunter2"
    for _ in range(depth):
        inner = [inner]
    own = Recorder(tmp_path / "s.jsonl", dict(HEADER), Redactor(mode, KEY))
    document = exchange("bjensen")
    document["request"] |= {"path": "/Users/bjensen", "headers": [["Authorization", "Bearer x"]]}
    plain = own.record(json.loads(json.dumps(document)))
    document["request"]["body"] = {"json": {"password": inner, "x": inner}, "size": 2000}
    deep = own.record(document)
    own.close()
    assert plain is not None and deep is not None and (own.written, own.lost, own.last_trouble) == (2, 0, "")
    assert deep["request"]["path"] == plain["request"]["path"]
    assert deep["request"]["headers"] == plain["request"]["headers"]
    assert deep["response"] == plain["response"]
    found = list(open_recording(tmp_path / "s.jsonl"))
    assert [item["n"] for item in found] == [1, 2]
    if depth == 5000 and mode != "none":
        assert found[1]["request"]["body"] == {"text": "***", "size": 2000}


def test_halves_of_surrogate_pairs_are_written_as_escapes() -> None:
    assert encode_line({"a": "é"}) == '{"a":"é"}\n'.encode()
    line = encode_line({"a": "é\ud800"})
    assert line == b'{"a":"\\u00e9\\ud800"}\n' and json.loads(line) == {"a": "é\ud800"}


def test_the_idp_is_told_by_its_client(tmp_path: Path) -> None:
    own = recorder(tmp_path / "s.jsonl")
    own.record({**exchange(), "trace": {"client": "okta"}})
    own.close()
    assert open_recording(tmp_path / "s.jsonl").header["idp"] == "okta"


def test_lines_are_whole_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[bytes] = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(bytes(data)) or write(fd, data))
    writer = Writer(tmp_path / "s.jsonl")
    writer.write(encode_line(HEADER))
    writer.write(encode_line(exchange()))
    writer.close()
    assert len(writes) == 2 and all(data.count(b"\n") == 1 and data.endswith(b"\n") for data in writes)


@pytest.mark.parametrize(("room", "kept"), [(0, 0), (5, 0), (6, 1), (11, 1), (12, 2), (17, 2)])
def test_of_lines_that_have_no_room_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, kept: int
) -> None:
    write = os.write
    writer = Writer(tmp_path / "s.jsonl")
    writer.write(encode_line({}))
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:room]))
    assert writer.write_all([b"first\n", b"other\n", b"third\n"]) == kept
    monkeypatch.undo()
    writer.write(b"later\n")
    writer.close()
    written = [b"{}\n", *[b"first\n", b"other\n"][:kept], b"later\n"]
    assert (tmp_path / "s.jsonl").read_bytes() == b"".join(written)


def test_what_is_held_is_numbered_and_counted_as_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = recorder(tmp_path / "s.jsonl")
    for _ in range(3):
        assert own.hold(exchange()) is not None
    assert own.written == 0
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:-1]))
    own.flush()
    monkeypatch.undo()
    assert (own.written, own.lost) == (2, 1) and "cannot be written" in own.trouble
    assert own.record(exchange()) is not None and not own.trouble
    own.close()
    assert [one["n"] for one in open_recording(tmp_path / "s.jsonl")] == [1, 2, 3]
