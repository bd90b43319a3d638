"""Raw connections: what a client sends here is exactly what is written in the test."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@dataclass
class Reply:
    """One HTTP answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def assert_scim_error(self, status: int) -> None:
        """The answer is a SCIM error message with this status, in JSON (RFC 7644 section 3.12)."""
        assert self.status == status, self
        assert self.headers["content-type"] == "application/scim+json"
        document = self.json()
        assert document["schemas"] == [ERROR]
        assert document["status"] == str(status)
        assert document["detail"]


class Connection:
    """A TCP connection to a server."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=8)
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self, head: bool = False) -> Reply:
        """Read one answer; ``head`` for the answer to a HEAD request."""
        line = self.file.readline()
        assert line.startswith(b"HTTP/1."), f"no status line but {line!r}"
        headers: dict[str, str] = {}
        while (header := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        status = int(line.split()[1])
        if head or status in (204, 304):
            return Reply(status, headers, b"")
        return Reply(status, headers, self.file.read(int(headers["content-length"])))

    def ended(self) -> bool:
        """Whether the server has closed, or closes now, without another byte."""
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.file.close()
        self.socket.close()


Connect = Callable[..., Connection]


@pytest.fixture
def connect(shared_server: Any) -> Iterator[Connect]:
    """Open connections, to the shared server unless an address is given; they end with the test."""
    opened: list[Connection] = []

    def open_connection(address: tuple[str, int] | None = None) -> Connection:
        connection = Connection(address or shared_server.address)
        opened.append(connection)
        return connection

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture(autouse=True)
def lives_on(shared_server: Any) -> Iterator[None]:
    """After each test the server answers as before and has logged no traceback."""
    before = shared_server.log.stat().st_size
    yield
    with shared_server.client(verify=False) as client:
        assert client.get("/ServiceProviderConfig").status_code == 200
    with shared_server.log.open() as log:
        log.seek(before)
        said = log.read()
    assert "Traceback" not in said, said


@pytest.fixture
def request_bytes(shared_server: Any) -> Callable[..., bytes]:
    """Make the bytes of a good request with the server's token; ``headers`` are further lines."""

    def make(
        method: str = "GET", path: str = "/Users?count=0", body: bytes = b"", headers: tuple[str, ...] = ()
    ) -> bytes:
        host = httpx.URL(shared_server.url).netloc.decode()
        lines = [
            f"{method} /scim/v2{path} HTTP/1.1",
            f"Host: {host}",
            f"Authorization: Bearer {shared_server.ready['token']}",
            *headers,
        ]
        if body:
            lines += ["Content-Type: application/scim+json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    return make
