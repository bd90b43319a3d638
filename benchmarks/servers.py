"""Start the servers, know where they listen, end them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from client import Answer, AnswerError, Connection

HERE = Path(__file__).resolve().parent
PEER_PACKAGES = ("scim2-server", "uvicorn", "httptools", "uvloop")
READY_TIMEOUT = 180.0
CONNECTION_AGE = 2.0


class Call(NamedTuple):
    """One request before it is bytes; the path is relative to the SCIM base."""

    method: str
    path: str
    document: object = None


@dataclass
class Server:
    """A running server and the keep-alive connections to it."""

    name: str
    pid: int
    host: str
    port: int
    prefix: str
    token: str
    ready_after: float
    width: int = 1
    connections: list[Connection] = field(default_factory=list)
    connected: float = 0.0

    def connect(self) -> None:
        """Open the connections; anew, when an error left answers unread on the old ones."""
        self.close()
        self.connections = [Connection(self.host, self.port) for _ in range(self.width)]
        self.connected = time.monotonic()

    def fresh(self) -> list[Connection]:
        """Connections that the server has not closed for being idle, as uvicorn does after five seconds."""
        if time.monotonic() - self.connected > CONNECTION_AGE:
            self.connect()
        return self.connections

    def close(self) -> None:
        """Close the connections."""
        for connection in self.connections:
            connection.close()

    def encode(self, call: Call) -> bytes:
        """Make the bytes of a request, with the headers that a provisioning client sends."""
        lines = [
            f"{call.method} {self.prefix}{call.path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Authorization: Bearer {self.token}",
            "Accept: application/scim+json",
            "User-Agent: benchmark",
        ]
        body = b""
        if call.document is not None:
            body = json.dumps(call.document).encode()
            lines += ["Content-Type: application/scim+json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def ask(self, call: Call, *expected: int) -> Answer:
        """Send one request outside of any measurement; the status must be an expected one."""
        answer = self.fresh()[0].ask(self.encode(call))
        if answer.status not in expected:
            text = answer.body[:300].decode(errors="replace")
            raise AnswerError(f"{self.name}: {call.method} {call.path}: status {answer.status}: {text}")
        return answer

    def prepare(self, status: int, size: int) -> None:
        """Tell the ceiling what to answer from now on."""
        body = json.dumps({"status": status, "size": size}).encode()
        head = f"PUT /answer HTTP/1.1\r\nHost: {self.host}\r\nContent-Length: {len(body)}\r\n\r\n"
        if self.fresh()[0].ask(head.encode() + body).status != 204:
            raise AnswerError(f"{self.name} did not take its answer")


def environment() -> dict[str, str]:
    """The environment of every server: this checkout can be imported, no setting of scimmock from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    return {**kept, "PYTHONPATH": str(HERE.parent)}


@contextmanager
def running(name: str, command: list[str], ready_option: list[str], width: int = 1) -> Iterator[Server]:
    """Run a command that writes a ready file, as `scimmock serve --ready-file` does; end it in any case."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        ready = Path(folder) / "ready.json"
        log = Path(folder) / "log"
        start = time.perf_counter()
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *ready_option, str(ready)],
                stdout=output,
                stderr=output,
                cwd=folder,
                env=environment(),
                start_new_session=True,
            )
        try:
            while not ready.exists():
                if process.poll() is not None or time.perf_counter() - start > READY_TIMEOUT:
                    tail = log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"{name} did not start: {' '.join(command)}\n{tail}")
                time.sleep(0.001)
            ready_after = time.perf_counter() - start
            said = json.loads(ready.read_text())
            url = urlsplit(said["base_url"])
            server = Server(
                name=name,
                pid=said["pid"],
                host=url.hostname or "127.0.0.1",
                port=url.port or 80,
                prefix=url.path.rstrip("/"),
                token=said["token"],
                ready_after=ready_after,
                width=width,
            )
            try:
                server.connect()
                yield server
            finally:
                server.close()
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it started: first politely, then not."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


@contextmanager
def peer_interpreter(given: str | None) -> Iterator[str]:
    """The interpreter that has the peer: the given one, or that of a temporary virtual environment."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-peer-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEER_PACKAGES]
        subprocess.run(install, check=True, stdout=sys.stderr)
        yield python


def scimmock_command() -> list[str]:
    """The command beside this interpreter, else the module."""
    script = Path(sys.executable).parent / "scimmock"
    return [str(script)] if script.exists() else [sys.executable, "-m", "scimmock"]


def scimmock_serve(command: list[str], fixture: str, users: int) -> list[str]:
    """The command line of the server under test; `--ready-file` is to follow."""
    population = ["--users", str(users), "--groups", str(max(1, users // 100))]
    return [
        *command,
        "serve",
        "--fixture",
        fixture,
        *population,
        "--port",
        "0",
        "--token",
        "scimmock",
        "--seed",
        "7",
    ]
