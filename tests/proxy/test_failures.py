"""What goes wrong is recorded: what the client met, and what the upstream did."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from .conftest import Dump, Raw, document, reset

pytest.importorskip("mitmproxy")

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def said(data: bytes, end: Callable[[socket.socket], None] = socket.socket.close) -> Any:
    """Return an answer that sends bytes and ends the connection."""

    def answer(connection: socket.socket, request: bytes) -> None:
        connection.sendall(data)
        time.sleep(0.05)  # what was sent is read before the end is seen
        end(connection)

    return answer


def silent(connection: socket.socket, request: bytes) -> None:
    connection.recv(1)
    connection.close()


ANSWERS = {
    "reset": lambda connection, _: reset(connection),
    "closed": lambda connection, _: connection.close(),
    "truncated": said(HEAD + b"Content-Length: 100\r\n\r\n12345678"),
    "torn": said(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
    "reset-later": said(HEAD + b"Content-Length: 100\r\n\r\n12345678", reset),
    "garbage": said(b"\x00\x01garbage"),
    "no-status": said(b"garbage\r\n\r\n"),
    "bad-length": said(HEAD + b"Content-Length: x\r\n\r\n12"),
    "bad-chunk": said(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab"),
    "silent": silent,
    "fine": lambda connection, _: connection.sendall(document(b'{"a":1}')),
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Raw]:
    raw = Raw(ANSWERS)
    yield raw
    raw.stop()


@pytest.fixture(scope="module")
def dump(upstream: Raw, mitmdump_for_module: Callable[..., Dump]) -> Dump:
    return mitmdump_for_module(f"reverse:{upstream.url}", scim_base="/scim")


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("reset", "reset", None),
        ("closed", "closed", None),
        ("truncated", "truncated", 200),
        ("torn", "truncated", 200),
        ("reset-later", "reset", 200),
        ("garbage", "garbage", None),
        ("no-status", "garbage", None),
        ("bad-length", "garbage", None),
        ("bad-chunk", "garbage", 200),
    ],
)
def test_an_upstream_that_fails(
    dump: Dump, plain: httpx.Client, name: str, kind: str, status: int | None
) -> None:
    """The client gets 502 of the proxy; what the upstream did stands beside it."""
    exchange = dump.last(lambda: plain.get(f"{dump.url}/scim/Users/{name}"))
    assert exchange["request"]["path"] == f"/Users/{name}"
    assert exchange["response"] == {"status": 502, "headers": [], "body": {"size": 0}}
    assert exchange["error"]["kind"] == kind and exchange["error"]["message"]
    assert exchange["upstream"]["status"] == status
    assert exchange["upstream"]["error"] == exchange["error"]
    assert bool(exchange["upstream"]["headers"]) == (status is not None)


def test_a_client_that_goes(dump: Dump) -> None:
    """It got no answer, and there was none yet; the next exchange is fine again."""

    def go() -> None:
        with socket.create_connection(dump.address) as connection:
            connection.sendall(b"GET /scim/Users/silent HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.2)

    exchange = dump.last(go)
    assert exchange["response"] is None and "upstream" not in exchange
    assert exchange["error"]["kind"] == "client_gone"
    fine = dump.last(lambda: httpx.get(f"{dump.url}/scim/Users/fine", trust_env=False))
    assert fine["response"]["status"] == 200 and fine["error"] is None


def test_a_client_that_goes_within_its_request(dump: Dump) -> None:
    """What it had sent of its headers is recorded."""

    def go() -> None:
        with socket.create_connection(dump.address) as connection:
            connection.sendall(b"POST /scim/Users HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
            time.sleep(0.2)

    exchange = dump.last(go)
    assert exchange["error"]["kind"] == "client_gone" and exchange["response"] is None
    assert exchange["trace"]["operation"] == "create"


def test_a_request_that_is_none(dump: Dump) -> None:
    """What the proxy refuses by itself is an answer that the upstream knows nothing of."""

    def ask() -> None:
        with socket.create_connection(dump.address) as connection:
            connection.sendall(b"POST /scim/Users HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n")
            connection.recv(100)

    exchange = dump.last(ask)
    assert exchange["response"]["status"] == 400 and exchange["error"]["kind"] == "refused"
    assert "upstream" not in exchange


def test_an_upstream_that_is_not_there(mitmdump: Callable[..., Dump], plain: httpx.Client) -> None:
    """Without an option of mitmproxy for it, each request is answered and recorded."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    dump = mitmdump(f"reverse:http://127.0.0.1:{port}")
    exchange = dump.last(lambda: plain.get(f"{dump.url}/scim/v2/Users"))
    assert exchange["response"]["status"] == 502 and exchange["error"]["kind"] == "refused"
    assert exchange["upstream"]["status"] is None
    assert dump.stop() == 0 and dump.summary["written"] == 1


def test_streamed_answers_that_break_off(
    upstream: Raw, mitmdump: Callable[..., Dump], plain: httpx.Client
) -> None:
    """A client that gets an answer as it comes sees the same as the recorder: its beginning."""
    dump = mitmdump(f"reverse:{upstream.url}", stream_large_bodies="5")

    def ask() -> None:
        with contextlib.suppress(httpx.HTTPError):
            plain.get(f"{dump.url}/scim/Users/truncated")

    exchange = dump.last(ask)
    assert exchange["response"]["status"] == 200
    assert exchange["response"]["body"] == {"text": "12345678", "size": 8}
    assert exchange["error"]["kind"] == "truncated" and "upstream" not in exchange


def test_a_request_in_flight_at_the_end(upstream: Raw, mitmdump: Callable[..., Dump]) -> None:
    """Who stops the recorder loses nothing of what has not been answered yet."""
    dump = mitmdump(f"reverse:{upstream.url}")
    with socket.create_connection(dump.address) as connection:
        connection.sendall(b"GET /scim/Users/silent HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        assert dump.stop() == 0
    (exchange,) = dump.exchanges()
    assert exchange["error"]["kind"] == "stopped" and exchange["response"] is None
