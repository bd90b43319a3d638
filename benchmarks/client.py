"""A client that costs little: keep-alive sockets, prepared bytes, and the CPU clock of the server."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any, NamedTuple

HEAD_END = b"\r\n\r\n"
CHUNKS_END = b"0\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
CPUCLOCK_SCHED = 2


class AnswerError(Exception):
    """A server answered something else than the benchmark asked for."""


class Answer(NamedTuple):
    """What came back: the status and the undecoded body."""

    status: int
    body: bytes

    def json(self) -> Any:
        """Decode the body."""
        return json.loads(self.body)


class Connection:
    """One keep-alive HTTP/1.1 connection, one request at a time."""

    def __init__(self, host: str, port: int, timeout: float = 120.0) -> None:
        self.socket = socket.create_connection((host, port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> Answer:
        """Send a request, read the whole answer."""
        self.socket.sendall(request)
        return self.answer()

    def answer(self) -> Answer:
        """Read the whole answer to the request that was sent."""
        data = self._receive()
        while (end := data.find(HEAD_END)) < 0:
            data += self._receive()
        start = end + len(HEAD_END)
        head = data[:start].lower()
        status = int(head[9:12])
        at = head.find(LENGTH)
        if at >= 0:
            at += len(LENGTH)
            missing = start + int(head[at : head.index(b"\r", at)]) - len(data)
            if missing > 0:
                data = b"".join([data, *self._rest(missing)])
            return Answer(status, data[start:])
        if b"\r\ntransfer-encoding: chunked" in head:
            while not data.endswith(CHUNKS_END):
                data += self._receive()
            return Answer(status, _unchunk(data[start:]))
        return Answer(status, b"")

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _receive(self) -> bytes:
        data = self.socket.recv(262_144)
        if not data:
            raise AnswerError("the server closed the connection")
        return data

    def _rest(self, missing: int) -> list[bytes]:
        parts = []
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        return parts


def _unchunk(data: bytes) -> bytes:
    """Join the chunks of a chunked body."""
    parts = []
    while data:
        size, _, data = data.partition(b"\r\n")
        length = int(size, 16)
        parts.append(data[:length])
        data = data[length + 2 :]
    return b"".join(parts)


def cpu_seconds(pid: int) -> float:
    """CPU time that all threads of a process have used so far, user and system.

    Linux has a CPU clock for every process, with nanoseconds; a process's clock id is made of its
    number (see clock_getcpuclockid(3)). Where that is refused, the 10 ms ticks of /proc have to do.
    """
    try:
        return time.clock_gettime((~pid << 3) | CPUCLOCK_SCHED)
    except OSError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB (10^6 bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no VmRSS for process {pid}")


class Timing(NamedTuple):
    """One round: seconds per request, and what was answered."""

    cpu: float
    wall: float
    answers: list[Answer]


def timed(connections: list[Connection], pid: int, requests: list[bytes], expected: frozenset[int]) -> Timing:
    """Send the requests in turn over the connections, one in flight on each, so that the server has always
    work: one that waits for every request pays, on top of the request, for falling asleep and waking up.

    The answers come back in the order of the requests; each must have an expected status.
    """
    answers: list[Answer] = []
    width = len(connections)
    cpu, start = cpu_seconds(pid), time.perf_counter()
    for number, request in enumerate(requests):
        connection = connections[number % width]
        if number >= width:
            answers.append(connection.answer())
        connection.socket.sendall(request)
    for number in range(len(answers), len(requests)):
        answers.append(connections[number % width].answer())
    wall = time.perf_counter() - start
    time.sleep(0.002)  # what the server still does after its last answer counts too
    used = cpu_seconds(pid) - cpu
    for answer in answers:
        if answer.status not in expected:
            raise AnswerError(f"status {answer.status}: {answer.body[:300]!r}")
    return Timing(used / len(requests), wall / len(requests), answers)
