"""A real mitmdump with the addon, and upstreams that do what no good server does."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.cli.addon_path import ADDON

from ..warm import Nursery, Process

RUN = "from mitmproxy.tools.main import mitmdump; mitmdump()"
_numbers = itertools.count(1)


class Dump:
    """A mitmdump that records in ``path``; ``options`` are set as ``--set name=value``.

    It starts warm unless ``code`` says what Python executes to run it.
    """

    def __init__(
        self,
        nursery: Nursery,
        folder: Path,
        mode: str,
        *arguments: str,
        code: str | None = None,
        addon: Path = ADDON,
        **options: Any,
    ) -> None:
        number = next(_numbers)
        self.folder = folder
        self.path = Path(options.pop("scim_record", folder / f"session-{number}.jsonl"))
        self._ready_file, self._summary = folder / f"dump-{number}.json", folder / f"end-{number}.json"
        self._log = folder / f"dump-{number}.txt"
        options = {
            "confdir": folder / "confdir",
            "scim_record": self.path,
            "scim_ready": self._ready_file,
            "scim_summary": self._summary,
            "scim_redact": "none",
        } | options
        given = ["-q", "--mode", mode, "--listen-host", "127.0.0.1", "-p", "0", "-s", str(addon)]
        given += [str(argument) for argument in arguments]
        for name, value in options.items():
            given += ["--set", f"{name}={value}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
        environment["XDG_STATE_HOME"] = str(folder / "state")
        self.process: subprocess.Popen[bytes] | Process
        with self._log.open("w") as output:
            if code is None:
                self.process = nursery.start(*given, output=output, env=environment, cwd=folder)
            else:
                command = [sys.executable, "-c", code, *given]
                self.process = subprocess.Popen(
                    command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=folder
                )

    @property
    def output(self) -> str:
        return self._log.read_text()

    @property
    def ready(self) -> dict[str, Any]:
        """What the ready file says, once it is there."""
        deadline = time.monotonic() + 30
        while not self._ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"mitmdump did not start: {self.output}")
            time.sleep(0.01)
        found: dict[str, Any] = json.loads(self._ready_file.read_text())
        return found

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.ready["listen"][0]
        return host, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.address[1]}"

    @property
    def header(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path.read_bytes().splitlines()[0])
        return found

    def exchanges(self, count: int = 0) -> list[dict[str, Any]]:
        """Return what is recorded by now; waits until there are so many exchanges."""
        deadline = time.monotonic() + 10
        while True:
            lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
            found = [json.loads(line) for line in lines[1:] if line.endswith(b"\n")]
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, (len(found), self.output)
            time.sleep(0.01)

    def last(self, ask: Callable[[], Any]) -> dict[str, Any]:
        """Do something and return the exchange that it made."""
        before = len(self.exchanges())
        ask()
        *_, exchange = self.exchanges(before + 1)
        return exchange

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=20)

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._summary.read_text())
        return found


@contextlib.contextmanager
def dumps(nursery: Nursery, folder: Path) -> Iterator[Callable[..., Dump]]:
    """Start them with ``make(mode, scim_base=...)``; they end with the block."""
    made: list[Dump] = []

    def make(*arguments: Any, **options: Any) -> Dump:
        made.append(Dump(nursery, folder, *arguments, **options))
        return made[-1]

    yield make
    for dump in made:
        dump.process.kill()
        dump.process.wait(timeout=20)


@pytest.fixture
def mitmdump(tmp_path: Path, warm_mitmproxy: Nursery) -> Iterator[Callable[..., Dump]]:
    """Start mitmdumps that end with the test."""
    with dumps(warm_mitmproxy, tmp_path) as make:
        yield make


@pytest.fixture(scope="module")
def mitmdump_for_module(
    tmp_path_factory: pytest.TempPathFactory, warm_mitmproxy: Nursery
) -> Iterator[Callable[..., Dump]]:
    """The same for those that all tests of a module use."""
    with dumps(warm_mitmproxy, tmp_path_factory.mktemp("mitmdump")) as make:
        yield make


Answer = Callable[[socket.socket, bytes], None]


class Raw:
    """An upstream that answers each connection by a function that gets the socket and the request.

    The function is that of ``answers`` whose name is the last part of the path.
    """

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            while request := _read_request(connection):
                self.asked.append(request)
                path = request.split(b" ")[1].partition(b"?")[0].decode()
                self._answers[path.rpartition("/")[2]](connection, request)
                if connection.fileno() < 0:
                    return

    def stop(self) -> None:
        self._listener.close()


def _read_request(connection: socket.socket) -> bytes:
    """Return a request with its body, nothing when the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().splitlines() if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def reset(connection: socket.socket) -> None:
    """End a connection with a RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def document(
    body: bytes, *headers: str, kind: str = "application/scim+json", status: str = "200 OK"
) -> bytes:
    """Return an answer with a body and its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join((*lines, "", "")).encode() + body


@pytest.fixture(scope="session")
def plain() -> Iterator[httpx.Client]:
    """A client that takes any certificate and no proxy of the environment."""
    with httpx.Client(verify=False, timeout=20, trust_env=False) as client:
        yield client
