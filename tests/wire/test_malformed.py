"""What is not HTTP, or HTTP that means two things at once, gets a SCIM error and nothing else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

RequestBytes = Callable[..., bytes]
USERS = b"GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"

NOT_HTTP = {
    "words": b"GARBAGE\r\n\r\n",
    "no target": b"GET\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32,
    "NUL bytes": b"\x00" * 64,
    "unknown version": b"GET /scim/v2/Users HTTP/9.9\r\nHost: x\r\n\r\n",
    "unknown method": b"FETCH /scim/v2/Users HTTP/1.1\r\nHost: x\r\n\r\n",
    "lower-case method": b"get /scim/v2/Users HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/2 without being asked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a header without colon": USERS + b"there is no colon\r\n\r\n",
    "a space before the colon": USERS + b"Accept : */*\r\n\r\n",
    "a header without name": USERS + b": value\r\n\r\n",
    "NUL in a header": USERS + b"X-Test: a\x00b\r\n\r\n",
    "CR in a header": USERS + b"X-Test: a\rb\r\n\r\n",
    "target without slash": b"GET Users HTTP/1.1\r\nHost: x\r\n\r\n",
    "empty authority": b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n",
    "space in the target": b"GET /scim/v2/Us ers HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes beyond ASCII in the target": b"GET /scim/v2/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
}

TWO_MEANINGS = {
    "length and chunked": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked and length": b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a list of lengths": b"Content-Length: 3, 4\r\n\r\nabcd",
    "negative length": b"Content-Length: -1\r\n\r\n",
    "signed length": b"Content-Length: +3\r\n\r\nabc",
    "hexadecimal length": b"Content-Length: 0x3\r\n\r\nabc",
    "length past 64 bits": b"Content-Length: 99999999999999999999999\r\n\r\n",
    "empty length": b"Content-Length: \r\n\r\n",
    "chunked is not last": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "nearly chunked": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "no chunk size": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than its size": b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcdef\r\n0\r\n\r\n",
    "a chunk size past 64 bits": b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "negative chunk size": b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_not_http_gets_a_scim_error(connect: Any, name: str) -> None:
    """Malformed HTTP is answered 400 with a SCIM error in JSON, not in plain text,
    and the connection ends.
    """
    connection = connect()
    connection.send(NOT_HTTP[name])
    reply = connection.reply()
    reply.assert_scim_error(400)
    assert reply.headers["connection"] == "close"
    assert connection.ended()


@pytest.mark.parametrize("name", TWO_MEANINGS)
def test_a_body_of_uncertain_length_is_refused(connect: Any, name: str) -> None:
    """Where two servers could disagree about the end of a body,
    the answer is 400 and nothing after it is read.
    """
    connection = connect()
    connection.send(POST + TWO_MEANINGS[name] + USERS + b"\r\n")
    reply = connection.reply()
    reply.assert_scim_error(400)
    assert connection.ended()


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"*", 404),
        (b"/", 404),
        (b"//", 404),
        (b"/t", 404),
        (b"/t/", 404),
        (b"/t//scim/v2/Users", 404),
        (b"/scim", 404),
        (b"/scim/v2x", 404),
        (b"http://elsewhere.example/scim/v2/Users?count=0", 200),
        (b"/scim/v2?count=0", 200),
    ],
)
def test_odd_targets(connect: Any, shared_server: Any, target: bytes, status: int) -> None:
    """Targets beside the SCIM paths are 404 with a SCIM error;
    the form with an authority is a path like any other.
    """
    method = b"OPTIONS" if target == b"*" else b"GET"
    connection = connect()
    token = shared_server.ready["token"].encode()
    connection.send(
        method + b" " + target + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n"
    )
    reply = connection.reply()
    if status == 200:
        assert reply.status == 200, reply
    else:
        assert reply.status in (400, 404), reply
        reply.assert_scim_error(reply.status)


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "LOCK", "LINK", "REPORT"])
def test_other_methods_of_http_are_405(connect: Any, request_bytes: RequestBytes, method: str) -> None:
    """A method that HTTP knows and SCIM does not is 405 with Allow."""
    connection = connect()
    connection.send(request_bytes(method))
    reply = connection.reply()
    reply.assert_scim_error(405)
    assert "GET" in reply.headers["allow"]


def test_connect_is_no_tunnel(connect: Any) -> None:
    """CONNECT never opens a tunnel: it is refused with an error."""
    connection = connect()
    connection.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
    reply = connection.reply()
    assert 400 <= reply.status < 500
    reply.assert_scim_error(reply.status)


def test_an_upgrade_is_not_taken(connect: Any, request_bytes: RequestBytes) -> None:
    """A request that offers to become a WebSocket is answered as plain HTTP."""
    connection = connect()
    offer = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    connection.send(request_bytes(headers=offer))
    assert connection.reply().status == 200


def test_a_refused_request_is_in_the_journal(connect: Any, shared_server: Any) -> None:
    """Requests that no application saw are entered into the journal with the reason."""
    last = httpx.get(f"{shared_server.url}/_scimmock/journal", params={"limit": 1000}).json()["next"]
    connection = connect()
    connection.send(NOT_HTTP["words"])
    connection.reply().assert_scim_error(400)
    found = httpx.get(f"{shared_server.url}/_scimmock/journal", params={"since": last}).json()["exchanges"]
    refused = [entry for entry in found if (entry["error"] or {}).get("kind") == "refused"]
    assert [entry["response"]["status"] for entry in refused] == [400]


def test_a_good_request_before_garbage_is_answered_first(connect: Any, request_bytes: RequestBytes) -> None:
    """Answers keep the order of requests: garbage behind a good request does not swallow its answer."""
    connection = connect()
    connection.send(request_bytes() + NOT_HTTP["words"])
    first = connection.reply()
    assert first.status == 200, first
    connection.reply().assert_scim_error(400)
    assert connection.ended()


@pytest.mark.parametrize("cut", [5, 40, -20])
def test_a_client_that_goes_away(
    connect: Any, request_bytes: RequestBytes, shared_server: Any, cut: int
) -> None:
    """A client that closes in the middle of a request disturbs nobody and creates nothing."""
    name = f"gone-{time.monotonic_ns()}"
    body = json.dumps({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name}).encode()
    connection = connect()
    connection.send(request_bytes("POST", "/Users", body)[:cut])
    connection.close()
    time.sleep(0.05)
    with shared_server.client() as client:
        found = client.get("/Users", params={"filter": f'userName eq "{name}"'})
        assert found.json()["totalResults"] == 0


def test_a_client_of_the_control_api_that_goes_away(connect: Any, shared_server: Any) -> None:
    """The control API bears a client that closes in the middle of its body, too."""
    host = httpx.URL(shared_server.url).netloc
    connection = connect()
    connection.send(
        b"PUT /t/gone/_scimmock/state HTTP/1.1\r\nHost: " + host + b"\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n{"
    )
    time.sleep(0.05)
    connection.close()
    time.sleep(0.05)
    httpx.delete(f"{shared_server.url}/_scimmock/tenants/gone")
