"""Limits on the wire: URL, headers and body, whole and unfinished."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

RequestBytes = Callable[..., bytes]
LIMIT = 64 * 1024
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def test_one_header_over_the_limit(connect: Any, request_bytes: RequestBytes) -> None:
    """A header past 64 KiB is 431."""
    connection = connect()
    connection.send(request_bytes(headers=(f"X-Long: {'a' * LIMIT}",)))
    connection.reply().assert_scim_error(431)
    assert connection.ended()


def test_many_headers_over_the_limit(connect: Any, request_bytes: RequestBytes) -> None:
    """Headers that are too large together are 431, however small each of them is."""
    connection = connect()
    connection.send(request_bytes(headers=tuple(f"X-{number}: {'a' * 90}" for number in range(700))))
    connection.reply().assert_scim_error(431)
    assert connection.ended()


def test_headers_under_the_limit(connect: Any, request_bytes: RequestBytes) -> None:
    """Headers of 60 kB are fine."""
    connection = connect()
    connection.send(request_bytes(headers=(f"X-Long: {'a' * 60_000}",)))
    assert connection.reply().status == 200


@pytest.mark.parametrize("path", ["/Users?filter=" + "a" * LIMIT, "/Users/" + "a" * LIMIT])
def test_a_url_over_the_limit(connect: Any, request_bytes: RequestBytes, path: str) -> None:
    """A URL past 64 KiB is 414."""
    connection = connect()
    connection.send(request_bytes(path=path))
    connection.reply().assert_scim_error(414)
    assert connection.ended()


@pytest.mark.parametrize("start", ["", "X-Unfinished: "])
def test_a_header_without_end(connect: Any, request_bytes: RequestBytes, start: str) -> None:
    """A header that goes on and on is refused before it ends, the server keeps no megabyte of it."""
    connection = connect()
    connection.send(request_bytes()[:-2] + start.encode())
    for _ in range(64):
        connection.send(b"a" * 16_384)
        if select.select([connection.socket], [], [], 0.02)[0]:
            break
    connection.socket.settimeout(1)
    connection.reply().assert_scim_error(431)
    assert connection.ended()


def test_a_url_without_end(connect: Any) -> None:
    """A URL that goes on and on is refused before it ends."""
    connection = connect()
    connection.send(b"GET /" + b"a" * 100)
    connection.send(b"a" * (LIMIT + 1))
    connection.reply().assert_scim_error(414)
    assert connection.ended()


def test_a_trailer_without_end(connect: Any, request_bytes: RequestBytes) -> None:
    """Trailers behind a chunked body are headers: an endless one is refused as well."""
    connection = connect()
    head = request_bytes("POST", "/Users", headers=("Transfer-Encoding: chunked",))
    connection.send(head + b"2\r\n{}\r\n0\r\nX-Trailer: ")
    piece = b"a" * LIMIT
    try:
        for _ in range(40):
            connection.send(piece)
        connection.socket.settimeout(1.5)
        reply = connection.reply()
    except ConnectionError:
        return  # closed while we were still sending: refused
    except TimeoutError:
        pytest.fail("2.5 MB of one trailer were taken and kept")
    assert 400 <= reply.status < 500, reply


def test_a_large_body_followed_by_half_a_head(connect: Any, request_bytes: RequestBytes) -> None:
    """A large body does not count as headers of the request behind it, however the bytes are cut.

    What the server reads at once is up to the kernel, hence several sizes.
    """
    connection = connect()
    following = request_bytes()
    for megabytes in (1, 2, 3, 4, 5, 6, 7, 8):
        body = b'{"filler": "' + b"a" * (megabytes * 1_000_000 + megabytes * 777) + b'"}'
        connection.send(request_bytes("POST", "/Users", body) + following[:30])
        connection.reply().assert_scim_error(400)
        connection.send(following[30:])
        assert connection.reply().status == 200


def test_whole_requests_do_not_count_as_an_unfinished_head(connect: Any, request_bytes: RequestBytes) -> None:
    """However many pipelined requests arrive in one read,
    only what is unfinished counts against the limit.
    """
    connection = connect()
    number = 4000
    sender = threading.Thread(target=connection.send, args=(request_bytes("GET", "/Users?count=0") * number,))
    sender.start()
    try:
        statuses = [connection.reply().status for _ in range(number)]
    finally:
        connection.socket.shutdown(socket.SHUT_RDWR)
        sender.join()
    assert statuses == [200] * number


def test_a_body_over_the_limit_by_its_length(connect: Any, request_bytes: RequestBytes) -> None:
    """A Content-Length past 10 MB is 413 before a byte of the body is read."""
    connection = connect()
    head = request_bytes(
        "POST", "/Users", headers=("Content-Length: 10485761", "Content-Type: application/json")
    )
    connection.send(head)
    reply = connection.reply()
    reply.assert_scim_error(413)
    assert reply.headers["connection"] == "close"
    assert connection.ended()


def test_bodies_around_a_limit(connect: Any, request_bytes: RequestBytes, launch: Any) -> None:
    """--max-body holds to the byte, for a body with its length and for a chunked one."""
    server = launch("--users", "0", "--groups", "0", "--max-body", "2000")

    def body(size: int, name: str) -> bytes:
        document = {"schemas": [USER], "userName": name, "displayName": ""}
        document["displayName"] = "d" * (size - len(json.dumps(document)))
        return json.dumps(document).encode()

    def chunked(content: bytes) -> bytes:
        pieces = [content[at : at + 300] for at in range(0, len(content), 300)]
        parts = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        head = request_bytes("POST", "/Users", headers=("Transfer-Encoding: chunked",))
        return head + parts + b"0\r\n\r\n"

    connection = connect(server.address)
    connection.send(request_bytes("POST", "/Users", body(2000, "a")))
    assert connection.reply().status == 201
    connection.send(chunked(body(2000, "b")))
    assert connection.reply().status == 201
    connection.send(request_bytes("POST", "/Users", body(2001, "c")))
    connection.reply().assert_scim_error(413)
    assert connection.ended()
    connection = connect(server.address)
    connection.send(chunked(body(2001, "d")))
    connection.reply().assert_scim_error(413)
    with server.client() as client:
        assert client.get("/Users").json()["totalResults"] == 2
    assert "Traceback" not in server.log.read_text()


def test_an_endless_chunked_body(connect: Any, request_bytes: RequestBytes, launch: Any) -> None:
    """A chunked body that never ends is cut off with 413 at the limit."""
    server = launch("--users", "0", "--groups", "0", "--max-body", "100000")
    connection = connect(server.address)
    connection.send(request_bytes("POST", "/Users", headers=("Transfer-Encoding: chunked",)))
    for _ in range(11):
        connection.send(b"2710\r\n" + b"a" * 10_000 + b"\r\n")
    reply = connection.reply()
    reply.assert_scim_error(413)
    assert reply.headers["connection"] == "close"


def test_the_size_of_a_head_is_known(connect: Any, launch: Any, request_bytes: RequestBytes) -> None:
    """The journal counts heads by it: 1,200 of 60 kB do not fit into its 64 MB."""
    server = launch("--users", "0", "--groups", "0")
    connection = connect(server.address)
    large = request_bytes("HEAD", headers=(f"X-Large: {'a' * 60_000}",))
    for _ in range(1200):
        connection.send(large)
        assert connection.reply(head=True).status == 200
    with server.client() as client:
        answer = client.get(f"{server.url}/_scimmock/journal", params={"limit": 0}).json()
    assert answer["dropped"] > 50
