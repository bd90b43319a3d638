"""``serve --record`` where connections have work at once: a second process writes, as safely as one."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

from scimmock.traffic.recording import open_recording

from ..conftest import USER, Launch
from ..scribe.sessions import needs_processors
from .conftest import Home, OnFullDisk

pytestmark = [
    needs_processors,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc"),
]
EMPTY = ("--users", "0", "--groups", "0")


class Crowd:
    """Connections that ask at the same time, one request in flight on each."""

    def __init__(self, address: tuple[str, int], width: int, stack: ExitStack) -> None:
        self._sockets = [stack.enter_context(socket.create_connection(address)) for _ in range(width)]
        self._files: list[BinaryIO] = [stack.enter_context(each.makefile("rb")) for each in self._sockets]
        self.answered = 0

    def ask(self, count: int) -> Iterator[int]:
        """Create users; yields the status of each answer when it has come."""
        width = len(self._sockets)
        for number in range(count + width):
            at = number % width
            if number >= width:
                yield self._status(at)
            if number < count:
                self._sockets[at].sendall(_creation(self.answered + number))

    def _status(self, at: int) -> int:
        file = self._files[at]
        line = file.readline()
        headers = dict(each.lower().split(b": ") for each in iter(file.readline, b"\r\n"))
        file.read(int(headers[b"content-length"]))
        self.answered += 1
        return int(line.split()[1])


def _creation(number: int) -> bytes:
    body = json.dumps({"schemas": [USER], "userName": f"u{number}.x{time.monotonic_ns()}@acme.org"}).encode()
    head = (
        "POST /scim/v2/Users HTTP/1.1|Host: x|Authorization: Bearer scimmock"
        f"|Content-Type: application/scim+json|Content-Length: {len(body)}||"
    )
    return head.replace("|", "\r\n").encode() + body


@contextmanager
def crowd(address: tuple[str, int], width: int = 6) -> Iterator[Crowd]:
    with ExitStack() as stack:
        yield Crowd(address, width, stack)


def scribes(parent: int) -> list[int]:
    """Return the scribes that a process has started."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if b"scimmock.scribe" in (folder / "cmdline").read_bytes():
                if (folder / "stat").read_text().rpartition(")")[2].split()[1] == str(parent):
                    found.append(int(folder.name))
        except OSError:
            continue
    return found


def helped(asking: Crowd, path: Path, server: int) -> int:
    """Ask until a scribe writes; returns which process it is."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert set(asking.ask(60)) == {201}
        for scribe in scribes(server):
            if any(_leads_to(link, path) for link in Path(f"/proc/{scribe}/fd").iterdir()):
                return scribe
    raise AssertionError("no scribe has come")


def _leads_to(link: Path, path: Path) -> bool:
    try:
        return os.readlink(link) == str(path)
    except OSError:
        return False


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def ends(process: int) -> bool:
    deadline = time.monotonic() + 10
    while runs(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not runs(process)


def numbers(path: Path) -> list[int]:
    recording = open_recording(path)
    found = [item["n"] for item in recording]
    assert recording.notices == []
    return found


def test_a_killed_server_has_lost_nothing_that_a_client_has_seen(
    launch: Launch, tmp_path: Path, home: Home
) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    with crowd(server.address) as asking:
        scribe = helped(asking, path, server.process.pid)
        for _ in asking.ask(301):
            if asking.answered % 300 == 0:
                server.process.send_signal(signal.SIGKILL)
                server.process.wait()
                break
        found = numbers(path)
        assert asking.answered <= len(found) <= asking.answered + 6
        assert found == list(range(1, len(found) + 1))
    assert ends(scribe)


def test_what_was_recorded_is_told_when_the_server_ends(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    with crowd(server.address) as asking:
        scribe = helped(asking, path, server.process.pid)
        assert set(asking.ask(100)) == {201}
    assert server.stop() == 0 and not runs(scribe)
    assert numbers(path) == list(range(1, asking.answered + 1))
    log = server.log.read_text()
    assert f"{asking.answered} exchanges recorded in {path}" in log
    # Once in the request and once in the answer.
    assert re.search(rf"\b{2 * asking.answered} userName\b", log), log


def test_a_killed_scribe_loses_nothing(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    with crowd(server.address) as asking:
        scribe = helped(asking, path, server.process.pid)
        last = asking.answered + 200
        for _ in asking.ask(400):
            if asking.answered == last:
                os.kill(scribe, signal.SIGKILL)
        assert scribes(server.process.pid) == []
    assert server.stop() == 0
    assert numbers(path) == list(range(1, asking.answered + 1))
    assert server.log.read_text().count("was ended by signal 9") == 1


def test_ctrl_c_ends_both_and_loses_nothing(tmp_path: Path, home: Home) -> None:
    """A terminal sends SIGINT to all processes of the group."""
    path = tmp_path / "s.jsonl"
    command = [sys.executable, "-m", "scimmock", "serve", "--port", "0", *EMPTY, "--record", str(path)]
    process = subprocess.Popen(
        [*command, "--ready-file", "ready.json"],
        cwd=tmp_path,
        env={**os.environ, **home},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with crowd(_address(tmp_path / "ready.json")) as asking:
        scribe = helped(asking, path, process.pid)
        answers = asking.ask(200)
        for _ in range(100):
            assert next(answers) == 201
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    found = numbers(path)
    assert asking.answered <= len(found) <= asking.answered + 6
    assert f"{len(found)} exchanges recorded" in errors and "Traceback" not in errors
    assert not runs(scribe)


def test_a_full_disk_is_said_at_once_and_the_traffic_goes_on(
    on_full_disk: OnFullDisk, tmp_path: Path
) -> None:
    path = tmp_path / "s.jsonl"
    process = on_full_disk(600, str(path))
    with crowd(_address(tmp_path / "ready.json")) as asking:
        helped(asking, path, process.pid)
        assert set(asking.ask(900)) == {201}
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 6, errors
    assert len(re.findall(r"cannot be written: .*: exchanges are lost", errors)) == 1
    found = numbers(path)
    assert found == list(range(1, len(found) + 1))
    assert f"{asking.answered - len(found)} exchanges were lost" in errors


def _address(ready: Path) -> tuple[str, int]:
    deadline = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    url: Any = httpx.URL(json.loads(ready.read_text())["base_url"])
    return url.host, url.port
