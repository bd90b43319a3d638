"""Keep-alive, pipelining and what belongs to which request."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

RequestBytes = Callable[..., bytes]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def test_pipelined_reads_are_answered_in_order(connect: Any, request_bytes: RequestBytes) -> None:
    """Thirty requests in one packet get thirty answers, each its own, in order."""
    connection = connect()
    connection.send(b"".join(request_bytes(path=f"/Users?count=0&startIndex={n}") for n in range(1, 31)))
    assert [connection.reply().json()["startIndex"] for _ in range(30)] == list(range(1, 31))


def test_pipelined_writes_are_done_in_order(connect: Any, request_bytes: RequestBytes) -> None:
    """A create, its duplicate and a read in one packet: 201, 409, 200."""
    name = f"pipe-{time.monotonic_ns()}"
    body = json.dumps({"schemas": [USER], "userName": name}).encode()
    connection = connect()
    create = request_bytes("POST", "/Users", body)
    connection.send(create + create + request_bytes(path=f"/Users?filter=userName+eq+%22{name}%22"))
    assert connection.reply().status == 201
    connection.reply().assert_scim_error(409)
    assert connection.reply().json()["totalResults"] == 1


@pytest.mark.parametrize("path", ["/Users?count=0", "/ServiceProviderConfig", "/Users/nobody", "/Nothing"])
def test_head_has_no_body(connect: Any, request_bytes: RequestBytes, path: str) -> None:
    """HEAD answers what GET answers, Content-Length included, without the body."""
    connection = connect()
    connection.send(request_bytes("GET", path))
    whole = connection.reply()
    connection.send(request_bytes("HEAD", path) + request_bytes())
    head = connection.reply(head=True)
    assert head.status == whole.status
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["content-type"] == whole.headers["content-type"]
    following = connection.reply()
    assert following.status == 200 and following.json()["totalResults"] >= 0


def test_the_connection_survives_errors(
    connect: Any, request_bytes: RequestBytes, shared_server: Any
) -> None:
    """After every kind of client error the same connection serves on, bodies that nobody read included."""
    connection = connect()
    body = b'{"schemas": ["x"]}'
    text = request_bytes("POST", "/Users", body).replace(b"application/scim+json", b"text/plain")
    stranger = request_bytes("POST", "/Users", body).replace(shared_server.ready["token"].encode(), b"wrong")
    for data, status in (
        (request_bytes(path="/Users/nobody"), 404),
        (request_bytes("POST", "/Users", b"{"), 400),
        (request_bytes("POST", "/Users", body), 400),
        (request_bytes("DELETE", "/Users"), 405),
        (request_bytes("PUT", "/Users", body), 405),
        (text, 415),
        (stranger, 401),
        (request_bytes("POST", "/Nothing", body), 404),
        (request_bytes("GET", "/Users", body), 200),
        (request_bytes(headers=("Accept: text/html",)), 406),
    ):
        connection.send(data)
        reply = connection.reply()
        assert reply.status == status, data
        if status >= 400:
            reply.assert_scim_error(status)
    connection.send(request_bytes())
    assert connection.reply().status == 200


def test_a_request_in_single_bytes(connect: Any, request_bytes: RequestBytes) -> None:
    """A request that arrives byte by byte is the same request."""
    connection = connect()
    connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = json.dumps({"schemas": [USER], "userName": f"slow-{time.monotonic_ns()}"}).encode()
    for byte in request_bytes("POST", "/Users", body):
        connection.send(bytes((byte,)))
    assert connection.reply().status == 201


def test_half_a_close_still_gets_the_answer(connect: Any, request_bytes: RequestBytes) -> None:
    """A client that says it will send no more still gets its answer."""
    connection = connect()
    connection.send(request_bytes())
    connection.socket.shutdown(socket.SHUT_WR)
    assert connection.reply().status == 200


@pytest.mark.parametrize(("version", "header"), [(b"1.0", b""), (b"1.1", b"Connection: close\r\n")])
def test_a_connection_that_shall_end_ends(
    connect: Any, request_bytes: RequestBytes, version: bytes, header: bytes
) -> None:
    """HTTP/1.0 and Connection: close get one answer and the end."""
    connection = connect()
    data = request_bytes().replace(b" HTTP/1.1\r\n", b" HTTP/" + version + b"\r\n" + header, 1)
    connection.send(data)
    assert connection.reply().status == 200
    assert connection.ended()


def test_expect_continue(connect: Any, request_bytes: RequestBytes) -> None:
    """Expect: 100-continue is answered before the body is sent."""
    body = json.dumps({"schemas": [USER], "userName": f"expect-{time.monotonic_ns()}"}).encode()
    connection = connect()
    data = request_bytes("POST", "/Users", body, headers=("Expect: 100-continue",))
    connection.send(data[: -len(body)])
    assert connection.file.readline().startswith(b"HTTP/1.1 100 ")
    assert connection.file.readline() == b"\r\n"
    connection.send(body)
    assert connection.reply().status == 201


def test_answers_without_content(connect: Any, request_bytes: RequestBytes) -> None:
    """204 and 304 have no body, and the connection goes on right behind them."""
    name = f"empty-{time.monotonic_ns()}"
    connection = connect()
    connection.send(
        request_bytes("POST", "/Users", json.dumps({"schemas": [USER], "userName": name}).encode())
    )
    created = connection.reply()
    path = f"/Users/{created.json()['id']}"
    known = (f"If-None-Match: {created.headers['etag']}",)
    connection.send(request_bytes(path=path, headers=known) + request_bytes("DELETE", path) + request_bytes())
    unchanged, deleted = connection.reply(), connection.reply()
    assert (unchanged.status, deleted.status) == (304, 204)
    assert "content-length" not in deleted.headers
    assert connection.reply().status == 200


def test_a_request_hidden_in_a_body_is_not_run(
    connect: Any, request_bytes: RequestBytes, shared_server: Any
) -> None:
    """What stands inside a body, here a whole DELETE, is a body and nothing else."""
    with shared_server.client() as client:
        made = client.post(
            "/Users", json={"schemas": [USER], "userName": f"hidden-{time.monotonic_ns()}"}
        ).json()
        hidden = request_bytes("DELETE", f"/Users/{made['id']}")
        connection = connect()
        connection.send(request_bytes("POST", "/Users", hidden))
        connection.reply().assert_scim_error(400)
        connection.send(request_bytes())
        assert connection.reply().json()["totalResults"] >= 1
        assert client.get(f"/Users/{made['id']}").status_code == 200


def test_many_connections_at_once(connect: Any, request_bytes: RequestBytes) -> None:
    """A hundred open connections, idle ones between, are all served."""
    connections = [connect() for _ in range(100)]
    for connection in connections[::2]:
        connection.send(request_bytes())
    assert {connection.reply().status for connection in connections[::2]} == {200}


def test_no_server_header_tells_too_much(shared_server: Any) -> None:
    """Answers do not name the software below."""
    assert "server" not in httpx.get(f"{shared_server.base_url}/Users").headers
