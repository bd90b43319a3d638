"""What goes over the wire, byte for byte, and what is made of all that can come back."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scimmock.clock import format_time
from scimmock.errors import UnreachableError, UsageError
from scimmock.idps.dry import literal
from scimmock.idps.template import MISSING, Rendered
from scimmock.idps.wire import Wire
from scimmock.outgoing.target import root_of, tenant_of
from scimmock.outgoing.timeline import RealTimeline, find_timeline
from scimmock.traffic.shape import check_exchange

Handle = Callable[[socket.socket], None]


@contextmanager
def serving(*handlers: Handle) -> Iterator[tuple[str, list[bytes]]]:
    """Serve connections, each by the next handler; yields the base URL and what was received."""
    received: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for handle in handlers:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    received.append(_request(connection))
                    handle(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/scim", received
    thread.join(2)


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def say(text: bytes) -> Handle:
    return lambda connection: connection.sendall(text)


def answer(status: str, body: bytes = b"", *headers: bytes) -> Handle:
    lines = [
        b"HTTP/1.1 " + status.encode(),
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        *headers,
    ]
    return say(b"\r\n".join(lines) + b"\r\n\r\n" + body)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


GET = Rendered(
    "GET", "/Users?filter=userName+eq+%22a%2Fb%27%7E%22&x='~", [("Accept", "application/scim+json")], None
)


def test_the_target_goes_out_as_it_was_rendered() -> None:
    with serving(answer("200 OK", b"{}")) as (url, received):
        Wire(url, "Bearer t").send(GET)
    assert received[0].startswith(b"GET /scim/Users?filter=userName+eq+%22a%2Fb%27%7E%22&x='~ HTTP/1.1\r\n")


def test_what_is_sent_is_what_a_dry_run_shows() -> None:
    body = {"userName": "Ünal", "active": True}
    rendered = Rendered("POST", "/Users", [("Content-Type", "application/scim+json")], body)
    with serving(answer("201 Created", b'{"id": "1"}')) as (url, received):
        got = Wire(url, "Bearer secret").send(rendered)
    shown = literal(rendered, url, "2.0", "Bearer secret").rstrip("\n")
    assert received[0].decode().replace("\r\n", "\n") == shown.replace("***", "secret")
    assert (got.status, got.json) == (201, {"id": "1"})


def test_nothing_is_sent_that_the_dialect_does_not_have() -> None:
    with serving(answer("200 OK", b"{}")) as (url, received):
        Wire(url).send(Rendered("GET", "/Users", [], None))
    lines = received[0].decode().strip().split("\r\n")
    assert [line.partition(":")[0] for line in lines[1:]] == ["Host"]


def test_a_body_has_a_media_type_where_the_dialect_has_none() -> None:
    for protocol, media_type in (("2.0", b"application/scim+json"), ("1.1", b"application/json")):
        with serving(answer("200 OK", b"{}")) as (url, received):
            Wire(url, protocol=protocol).send(Rendered("POST", "/Users", [], {}))
        assert b"Content-Type: " + media_type + b"\r\n" in received[0]


@pytest.mark.parametrize("location", [b"http://127.0.0.2:1/elsewhere", b"/scim/other"])
def test_no_redirect_is_followed(location: bytes) -> None:
    with serving(answer("302 Found", b"", b"Location: " + location)) as (url, received):
        got = Wire(url, "Bearer t").send(GET)
    assert got.status == 302
    assert len(received) == 1


@pytest.mark.parametrize(
    ("handler", "status", "error"),
    [
        (reset, None, "reset"),
        (say(b""), None, "closed"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), None, "truncated"),
        (say(b"garbage\r\n\r\n"), None, "closed"),
        (answer("200 OK", b"not gzip", b"Content-Encoding: gzip"), 200, None),
        (answer("200 OK", b"\xff\xfe"), 200, None),
        (answer("200 OK", b"[" * 100_000), 200, None),
        (answer("204 No Content"), 204, None),
    ],
)
def test_whatever_comes_back_is_an_answer(handler: Handle, status: int | None, error: str | None) -> None:
    with serving(handler) as (url, _):
        got = Wire(url).send(GET)
    assert (got.status, got.error, got.json) == (status, error, MISSING)
    check_exchange({"n": 1, **got.exchange}, "here")
    assert (got.exchange["response"] is None) == (status is None)


def test_an_answer_that_does_not_come_in_time() -> None:
    with serving(lambda connection: time.sleep(0.2)) as (url, _):
        got = Wire(url, timeout=0.1).send(GET)
    assert (got.status, got.error) == (None, "timeout")


def test_an_answer_that_drips_is_not_waited_for_for_ever() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")
        for _ in range(20):
            time.sleep(0.05)
            try:
                connection.sendall(b" ")
            except OSError:
                return

    with serving(drip) as (url, _):
        begun = time.monotonic()
        got = Wire(url, timeout=0.2).send(GET)
    assert got.error == "timeout"
    assert time.monotonic() - begun < 1.5


def test_where_nobody_answers_at_all() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(UnreachableError, match="does not answer"):
        Wire(f"http://127.0.0.1:{port}/scim").send(GET)


@pytest.mark.parametrize("url", ["", "scim", "ftp://x/", "http://", "http://x/?a=b", "http://x:99999/"])
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UsageError, match="is no URL"):
        Wire(url)


def test_an_exchange_is_as_in_a_recording() -> None:
    with serving(answer("200 OK", b'{"id": "1"}')) as (url, _):
        got = Wire(url, client="okta", now=lambda: 1_700_000_001.5, started=1_700_000_000.0).send(
            Rendered("GET", "/Users/1?a=b", [], None)
        )
    document = got.exchange
    assert (document["at"], document["t"]) == ("2023-11-14T22:13:21.500Z", 1.5)
    assert (document["request"]["path"], document["request"]["query"]) == ("/Users/1", "a=b")
    assert document["response"]["body"] == {"json": {"id": "1"}, "size": 11}
    trace = document["trace"]
    assert (trace["operation"], trace["resource"], trace["id"], trace["client"]) == (
        "read",
        "Users",
        "1",
        "okta",
    )


def test_a_rate_is_kept() -> None:
    with serving(*[answer("200 OK", b"{}")] * 5) as (url, _):
        wire = Wire(url, rate=50)
        begun = time.monotonic()
        for _ in range(5):
            wire.send(GET)
    assert time.monotonic() - begun >= 4 / 50


# ---- time


def test_the_clock_of_a_scimmock_is_moved() -> None:
    asked: list[Any] = []

    def ask(method: str, path: str, body: Any) -> Any:
        asked.append((method, path, body))
        return {"fixture": "rfc", "seed": 1} if path == "info" else {"now": "...", "frozen": False}

    timeline = find_timeline(threading.Event(), ask)
    before = timeline.now()
    timeline.pass_by(3600)
    assert timeline.leaps
    assert timeline.now() - before == pytest.approx(3600, abs=1)
    moved = ("POST", "clock", {"advance": "3600.000s"})
    assert asked == [("GET", "info", None), ("GET", "clock", None), moved]


def test_a_clock_that_stands_still_says_when_the_run_begins() -> None:
    clock = {"fixture": "rfc", "seed": 1, "now": "2026-01-05T08:00:00.000Z", "frozen": True}
    timeline = find_timeline(threading.Event(), lambda *_: clock)
    assert format_time(timeline.started) == clock["now"]
    assert timeline.now() - timeline.started == pytest.approx(0, abs=1)
    timeline.pass_by(60)
    assert timeline.leaps
    assert timeline.now() - timeline.started == pytest.approx(60, abs=1)


@pytest.mark.parametrize("about", [None, {}, "text", {"fixture": "x"}])
def test_other_targets_are_waited_for(about: Any) -> None:
    waited: list[float] = []
    timeline = find_timeline(threading.Event(), lambda *_: about, waited.append)
    begun = time.monotonic()
    timeline.pass_by(0.05)
    assert not timeline.leaps
    assert time.monotonic() - begun >= 0.05
    assert waited == [0.05]


def test_waiting_ends_when_somebody_wants_it_to() -> None:
    stop = threading.Event()
    threading.Timer(0.05, stop.set).start()
    begun = time.monotonic()
    RealTimeline(stop).pass_by(60)
    assert time.monotonic() - begun < 5


def test_where_the_control_api_is() -> None:
    assert root_of("http://u:p@127.0.0.1:8080/t/one/scim/v2") == "http://127.0.0.1:8080"
    assert tenant_of("http://u:p@127.0.0.1:8080/t/o%20ne/scim/v2") == "o ne"
    assert tenant_of("http://127.0.0.1:8080/scim/v2") is None
