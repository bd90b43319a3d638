"""Answers that do not simply leave whole, as a client sees them on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import itertools
import logging
import queue
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from scimmock.server.delivery import deliver, schedule
from scimmock.server.protocol import ScimProtocol
from scimmock.traffic.reply import Delivery, Reply

BODY = bytes(range(32, 127)) * 11
LENGTH = len(BODY)
Result = tuple[int, str | None]
LOGGERS = ("uvicorn.error", "asyncio", "scimmock")


class TlsClient:
    """TLS over a plain socket: `ssl` itself makes one of a RST and of an end without goodbye."""

    def __init__(self, address: tuple[str, int]) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = socket.create_connection(address, timeout=8)
        self.settimeout, self.close = self.socket.settimeout, self.socket.close
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out)
        self._run(self._tls.do_handshake)

    def _run(self, step: Callable[[], Any]) -> Any:
        while True:
            try:
                return step()
            except ssl.SSLWantReadError:
                pass
            finally:
                self.socket.sendall(self._out.read())
            data = self.socket.recv(65536)
            self._in.write(data) if data else self._in.write_eof()

    def sendall(self, data: bytes) -> None:
        self._run(lambda: self._tls.write(data))

    def recv(self, size: int) -> bytes:
        try:
            return bytes(self._run(lambda: self._tls.read(size)))
        except ssl.SSLZeroReturnError:
            return b""


Client = socket.socket | TlsClient


class _Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


class Broken:
    """A server in a thread; `on` gives the path of an answer and `result` says what became of it."""

    def __init__(self, loop: str, grace: int = 5, certificate: Path | None = None) -> None:
        self.answers: dict[str, Callable[[], Reply]] = {"/plain": lambda: Reply(200, b"plain")}
        self.results: queue.Queue[Result] = queue.Queue()
        self.records = _Records()
        for name in LOGGERS:
            logging.getLogger(name).addHandler(self.records)
        self._numbers = itertools.count()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self.listener.getsockname()
        config = uvicorn.Config(
            self._app,
            http=ScimProtocol,
            interface="asgi3",
            ws="none",
            loop=loop,
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=grace,
            ssl_certfile=str(certificate) if certificate else None,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listener]})
        self.thread.start()

    async def _app(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        reply = self.answers[scope["path"]]()
        if reply.status != 204:
            reply.headers.append((b"content-length", str(len(reply.body)).encode()))
        if reply.close:
            reply.headers.append((b"connection", b"close"))
        if scope["method"] == "HEAD":
            reply.body = b""
        if reply.delivery is None:
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            await send({"type": "http.response.body", "body": reply.body})
            return
        connection = scope["extensions"]["scimmock"]
        self.results.put(
            await deliver(reply, scope["method"], scope["http_version"], connection, send, receive)
        )

    def on(self, delivery: Delivery, status: int = 200, body: bytes = BODY, close: bool = False) -> str:
        path = f"/{next(self._numbers)}"
        self.answers[path] = lambda: Reply(status, body, close=close, delivery=delivery)
        return path

    def result(self) -> Result:
        return self.results.get(timeout=8)

    @property
    def protocols(self) -> list[ScimProtocol]:
        return list(self.server.server_state.connections)  # type: ignore[arg-type]

    def is_idle(self) -> bool:
        return not self.server.server_state.tasks

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(15)
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(self.records)
        assert not self.thread.is_alive()


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 8
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def assert_quiet(broken: Broken) -> None:
    """Nothing still runs and nobody complained."""
    eventually(broken.is_idle)
    assert broken.records.lines == []


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def running(request: pytest.FixtureRequest) -> Iterator[Broken]:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    broken = Broken(request.param)
    yield broken
    broken.stop()


@pytest.fixture
def broken(running: Broken) -> Iterator[Broken]:
    yield running
    assert_quiet(running)


@pytest.fixture
def client(running: Broken) -> Iterator[socket.socket]:
    with socket.create_connection(running.address, timeout=8) as opened:
        yield opened


def slow_client(broken: Broken) -> socket.socket:
    """Return a client whose machine takes in little that it has not read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    client.settimeout(8)
    client.connect(broken.address)
    return client


def ask(client: Client, *paths: str, method: str = "GET", version: str = "1.1", more: str = "") -> None:
    """Send all requests in one piece."""
    client.sendall(
        b"".join(f"{method} {path} HTTP/{version}\r\nHost: a\r\n{more}\r\n".encode() for path in paths)
    )


def head_of(client: Client) -> tuple[int, dict[str, str]]:
    """Read status and headers, byte by byte: what follows stays on the socket."""
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, f"the connection ended after {data!r}"
        data += byte
    status, *lines = data.decode().split("\r\n")[:-2]
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines)


def rest_of(client: Client) -> tuple[bytes, str]:
    """Read on to the end; returns the bytes and how it ended: FIN or RST."""
    data = bytearray()
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError as error:
        assert error.errno == errno.ECONNRESET
        return bytes(data), "RST"
    return bytes(data), "FIN"


def exactly(client: Client, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        assert piece, f"the connection ended after {data!r}"
        data += piece
    return data


def assert_usable(client: socket.socket) -> None:
    """The connection carries another request, whose answer is where it should be."""
    ask(client, "/plain")
    status, headers = head_of(client)
    assert (status, exactly(client, int(headers["content-length"]))) == (200, b"plain")


def assert_silent(client: Client) -> None:
    client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(8)


def test_a_reset_before_any_byte(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(silent=True, end="reset")))
    assert rest_of(client) == (b"", "RST")
    assert broken.result() == (0, "reset")


@pytest.mark.parametrize("end", ["close", "keep"])
def test_a_close_before_any_byte(broken: Broken, client: socket.socket, end: Any) -> None:
    ask(client, broken.on(Delivery(silent=True, end=end)))
    assert rest_of(client) == (b"", "FIN")
    assert broken.result() == (0, "closed")


def test_a_close_is_none_too_few_for_a_client_that_still_sends(broken: Broken, client: socket.socket) -> None:
    path = broken.on(Delivery(cut=10, end="close"))
    client.sendall(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n".encode())
    client.sendall(b"x" * 1_000_000)
    assert broken.result() == (10, "truncated")
    client.sendall(b"x" * 1_000_000)
    head_of(client)
    assert rest_of(client) == (BODY[:10], "FIN")


@pytest.mark.parametrize("cut", [0, 1, 300, LENGTH - 1])
@pytest.mark.parametrize(
    ("end", "seen", "kind"),
    [("keep", "FIN", "truncated"), ("close", "FIN", "truncated"), ("reset", "RST", "reset")],
)
def test_a_body_that_is_cut(
    broken: Broken, client: socket.socket, cut: int, end: Any, seen: str, kind: str
) -> None:
    ask(client, broken.on(Delivery(cut=cut, end=end)))
    status, headers = head_of(client)
    assert (status, headers["content-length"]) == (200, str(LENGTH))
    assert rest_of(client) == (BODY[:cut], seen)
    assert broken.result() == (cut, kind)


def test_a_large_body_that_is_cut_arrives_up_to_there(broken: Broken, client: socket.socket) -> None:
    large = BODY * 8000
    ask(client, broken.on(Delivery(cut=len(large) - 1), body=large))
    head_of(client)
    data, end = rest_of(client)
    assert data == large[:-1] and end == "FIN"
    assert broken.result() == (len(large) - 1, "truncated")


def test_a_reset_waits_for_a_client_that_reads_slowly(broken: Broken) -> None:
    large = BODY * 16000  # more than the kernel takes: the server must not drop what it still holds
    with slow_client(broken) as client:
        ask(client, broken.on(Delivery(end="reset"), body=large))
        head_of(client)
        time.sleep(0.15)
        assert broken.results.empty()
        received = 0
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(1 << 20):
                received += len(piece)
    assert received > LENGTH * 8000
    assert broken.result() == (len(large), "reset")


@pytest.mark.parametrize("cut", [LENGTH, LENGTH + 1])
def test_a_cut_behind_the_end_leaves_the_answer_whole(
    broken: Broken, client: socket.socket, cut: int
) -> None:
    ask(client, broken.on(Delivery(cut=cut)))
    head_of(client)
    assert exactly(client, LENGTH) == BODY
    assert broken.result() == (LENGTH, None)
    assert_usable(client)


@pytest.mark.parametrize("announced", [0, LENGTH - 100, LENGTH + 100])
def test_another_length_than_that_of_the_body(broken: Broken, client: socket.socket, announced: int) -> None:
    ask(client, broken.on(Delivery(announced=announced)))
    assert head_of(client)[1]["content-length"] == str(announced)
    assert rest_of(client) == (BODY, "FIN")
    assert broken.result() == (LENGTH, "wrong_length")


@pytest.mark.parametrize(("announced", "kind"), [(300, "wrong_length"), (900, "reset")])
def test_a_reset_behind_a_wrong_length_counts_where_the_client_waits(
    broken: Broken, client: socket.socket, announced: int, kind: str
) -> None:
    ask(client, broken.on(Delivery(cut=500, announced=announced, end="reset")))
    assert head_of(client)[1]["content-length"] == str(announced)
    assert rest_of(client) == (BODY[:500], "RST")
    assert broken.result() == (500, kind)


def test_a_part_under_its_own_length_keeps_the_connection(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(cut=300, announced=300)))
    assert head_of(client)[1]["content-length"] == "300"
    assert exactly(client, 300) == BODY[:300]
    assert broken.result() == (300, "truncated")
    assert_usable(client)


@pytest.mark.parametrize(("cut", "sent"), [(None, LENGTH // 2), (10, 10), (0, 0)])
def test_a_broken_chunk(broken: Broken, client: socket.socket, cut: int | None, sent: int) -> None:
    ask(client, broken.on(Delivery(bad_chunk=True, cut=cut)))
    headers = head_of(client)[1]
    assert headers["transfer-encoding"] == "chunked" and "content-length" not in headers
    valid = b"%x\r\n%b\r\n" % (sent, BODY[:sent]) if sent else b""
    assert rest_of(client) == (valid + b"zz\r\n", "FIN")
    assert broken.result() == (sent, "bad_chunk")


def test_a_broken_chunk_after_several_good_ones(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(bad_chunk=True, cut=5, drip=(2, 0.0), end="reset")))
    head_of(client)
    valid = b"2\r\n%b\r\n2\r\n%b\r\n1\r\n%b\r\n" % (BODY[:2], BODY[2:4], BODY[4:5])
    assert rest_of(client) == (valid + b"zz\r\n", "RST")
    assert broken.result() == (5, "bad_chunk")


def test_an_old_client_gets_a_part_instead_of_chunks(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(bad_chunk=True)), version="1.0")
    headers = head_of(client)[1]
    assert headers["content-length"] == str(LENGTH) and "transfer-encoding" not in headers
    assert headers["connection"] == "close"
    assert rest_of(client) == (BODY[: LENGTH // 2], "FIN")
    assert broken.result() == (LENGTH // 2, "truncated")


@pytest.mark.parametrize(("end", "seen"), [("keep", "FIN"), ("reset", "RST")])
def test_raw_bytes_instead_of_an_answer(broken: Broken, client: socket.socket, end: Any, seen: str) -> None:
    ask(client, broken.on(Delivery(raw=b"\x00\xffnot HTTP", end=end)))
    assert rest_of(client) == (b"\x00\xffnot HTTP", seen)
    assert broken.result() == (0, "garbage")


def test_a_hang_ends_when_the_client_goes(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(silent=True, end="hang")))
    assert_silent(client)
    assert broken.results.empty()
    client.close()
    assert broken.result() == (0, "hang")


def test_a_hang_in_the_middle_of_a_body(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(cut=7, end="hang")))
    head_of(client)
    assert exactly(client, 7) == BODY[:7]
    assert_silent(client)
    client.close()
    assert broken.result() == (7, "hang")


def test_a_hang_notices_a_client_that_sent_more_and_left(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(silent=True, end="hang")), "/plain", "/plain")
    ask(client, "/plain")
    assert_silent(client)
    ask(client, "/plain")
    client.close()
    assert broken.result() == (0, "hang")


def test_a_hang_does_not_ask_for_the_body(broken: Broken, client: socket.socket) -> None:
    path = broken.on(Delivery(silent=True, end="hang"))
    ask(client, path, method="POST", more="Content-Length: 5\r\nExpect: 100-continue\r\n")
    assert_silent(client)
    client.close()
    assert broken.result() == (0, "hang")


@pytest.mark.parametrize(
    ("body", "delivery"),
    [
        (BODY, Delivery(drip=(100, 0.005))),
        (BODY, Delivery(drip=(1, 0.0))),
        (BODY, Delivery(pause=(5, 0.02), drip=(400, 0.01))),
        (BODY, Delivery(pause=(LENGTH, 0.02))),
        (BODY, Delivery(pause=(LENGTH + 1, 60.0))),
        (BODY, Delivery()),
        (b"", Delivery(pause=(0, 0.01), drip=(10, 0.01))),
    ],
)
def test_a_late_answer_is_whole_and_keeps_the_connection(
    broken: Broken, client: socket.socket, body: bytes, delivery: Delivery
) -> None:
    ask(client, broken.on(delivery, body=body), "/plain")
    headers = head_of(client)[1]
    assert headers["content-length"] == str(len(body)) and "transfer-encoding" not in headers
    assert exactly(client, len(body)) == body
    assert head_of(client)[0] == 200 and exactly(client, 5) == b"plain"
    assert broken.result() == (len(body), None)
    assert_usable(client)


@pytest.mark.parametrize("end", ["keep", "close"])
@pytest.mark.parametrize(
    ("times", "size"),
    [({"drip": (100, 60.0)}, 100), ({"pause": (0, 60.0)}, 0), ({"pause": (7, 60.0)}, 7)],
)
def test_nobody_is_waited_for(
    broken: Broken, client: socket.socket, times: dict[str, Any], size: int, end: Any
) -> None:
    """The first piece is there long before the last is sent, which it never is once the client has gone."""
    ask(client, broken.on(Delivery(**times, end=end)))
    head_of(client)
    assert exactly(client, size) == BODY[:size]
    assert_silent(client)
    client.close()
    assert broken.result() == (size, "client_gone")


def test_nobody_is_waited_for_who_sent_more_and_left(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(pause=(7, 60.0))), "/plain", "/plain")
    head_of(client)
    assert exactly(client, 7) == BODY[:7]
    client.close()
    assert broken.result() == (7, "client_gone")


def test_a_silence_before_the_end(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery(silent=True, pause=(0, 0.05), end="reset")))
    assert rest_of(client) == (b"", "RST")
    assert broken.result() == (0, "reset")


def test_a_slow_client_gets_no_more_than_it_reads(broken: Broken) -> None:
    large = BODY * 16000
    with slow_client(broken) as client:
        ask(client, broken.on(Delivery(drip=(32768, 0.0), end="close"), body=large))

        def held() -> int:
            return max((each.transport.get_write_buffer_size() for each in broken.protocols), default=0)

        eventually(lambda: held() > 0)
        for _ in range(20):
            assert held() < 300_000
            time.sleep(0.005)
        head_of(client)
        data, end = rest_of(client)
    assert data == large and end == "FIN"
    assert broken.result() == (len(large), None)


@pytest.mark.parametrize("close", [False, True])
def test_an_end_is_not_announced_unless_the_answer_says_so(
    broken: Broken, client: socket.socket, close: bool
) -> None:
    ask(client, broken.on(Delivery(end="close"), close=close), "/plain")
    assert head_of(client)[1].get("connection") == ("close" if close else None)
    assert rest_of(client) == (BODY, "FIN")
    assert broken.result() == (LENGTH, None)


@pytest.mark.parametrize(("end", "seen"), [("reset", "RST"), ("close", "FIN")])
def test_earlier_requests_are_answered_and_later_ones_are_not(
    broken: Broken, client: socket.socket, end: Any, seen: str
) -> None:
    ask(client, "/plain", "/plain", broken.on(Delivery(silent=True, end=end)), "/plain")
    for _ in range(2):
        assert head_of(client)[0] == 200 and exactly(client, 5) == b"plain"
    assert rest_of(client) == (b"", seen)
    assert broken.result()[0] == 0


def test_the_head_is_that_of_the_whole_answer(broken: Broken, client: socket.socket) -> None:
    ask(client, broken.on(Delivery()))
    whole = head_of(client)
    assert exactly(client, LENGTH) == BODY
    ask(client, broken.on(Delivery(cut=3)))
    cut = head_of(client)
    assert list(cut[1]) == list(whole[1]) and "date" in cut[1]
    assert rest_of(client) == (BODY[:3], "FIN")
    assert [broken.result()[1] for _ in range(2)] == [None, "truncated"]


@pytest.mark.parametrize("delivery", [Delivery(cut=1), Delivery(bad_chunk=True)])
@pytest.mark.parametrize(("method", "status", "body"), [("HEAD", 200, BODY), ("DELETE", 204, b"")])
def test_an_answer_without_a_body_cannot_be_cut(
    broken: Broken, client: socket.socket, delivery: Delivery, method: str, status: int, body: bytes
) -> None:
    ask(client, broken.on(delivery, status, body), method=method)
    found, headers = head_of(client)
    assert found == status and headers.get("content-length") == (str(LENGTH) if body else None)
    assert broken.result() == (0, None)
    assert_usable(client)


@pytest.mark.parametrize(("method", "status", "body"), [("HEAD", 200, BODY), ("DELETE", 204, b"")])
def test_an_answer_without_a_body_can_have_a_wrong_length(
    broken: Broken, client: socket.socket, method: str, status: int, body: bytes
) -> None:
    ask(client, broken.on(Delivery(announced=5), status, body), method=method)
    assert head_of(client)[1]["content-length"] == "5"
    assert rest_of(client) == (b"", "FIN")
    assert broken.result() == (0, "wrong_length")


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_server_that_stops_does_not_wait_for_who_hangs(loop: str) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    broken = Broken(loop, grace=60)
    try:
        with socket.create_connection(broken.address, timeout=8) as client:
            ask(client, broken.on(Delivery(silent=True, end="hang")))
            assert_silent(client)
            broken.stop()
            assert rest_of(client)[0] == b""
        assert broken.result() == (0, "hang")
        assert_quiet(broken)
    finally:
        broken.stop()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize("end", ["keep", "close"])
def test_the_end_of_the_grace_ends_a_slow_answer_quietly(loop: str, end: Any) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    broken = Broken(loop, grace=0)
    try:
        with socket.create_connection(broken.address, timeout=8) as client:
            ask(client, broken.on(Delivery(drip=(1, 60.0), end=end)))
            head_of(client)
            assert exactly(client, 1) == BODY[:1]
            broken.stop()
            assert rest_of(client)[0] == b""
        assert broken.result() == (1, "client_gone")
        assert [line for line in broken.records.lines if "graceful shutdown exceeded" not in line] == []
    finally:
        broken.stop()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a"]
    subprocess.run(
        [*command, "-keyout", str(path), "-out", f"{path}.crt"], check=True, capture_output=True, timeout=60
    )
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_all_of_it_under_tls(loop: str, certificate: Path) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    broken = Broken(loop, certificate=certificate)

    def connect() -> contextlib.closing[TlsClient]:
        return contextlib.closing(TlsClient(broken.address))

    try:
        with connect() as client:
            ask(client, broken.on(Delivery(silent=True, end="reset")))
            assert rest_of(client) == (b"", "RST")
        with connect() as client:
            ask(client, broken.on(Delivery(cut=300, end="reset")))
            head_of(client)
            assert rest_of(client) == (BODY[:300], "RST")
        with connect() as client:
            ask(client, "/plain", broken.on(Delivery(cut=300)))
            assert head_of(client)[0] == 200 and exactly(client, 5) == b"plain"
            head_of(client)
            assert rest_of(client) == (BODY[:300], "FIN")
        with connect() as client:
            ask(client, broken.on(Delivery(silent=True, end="hang")))
            assert_silent(client)
        assert [broken.result() for _ in range(4)] == [
            (0, "reset"),
            (300, "reset"),
            (300, "truncated"),
            (0, "hang"),
        ]
        assert_quiet(broken)
    finally:
        broken.stop()


def _in_process(delivery: Delivery) -> tuple[Result, list[MutableMapping[str, Any]]]:
    """Deliver without a server, to a client that stays."""
    messages: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def run() -> Result:
        reply = Reply(200, BODY, [(b"content-length", str(LENGTH).encode())], delivery=delivery)
        return await asyncio.wait_for(deliver(reply, "GET", "1.1", None, send, receive), 8)

    return asyncio.run(run()), messages


@pytest.mark.parametrize(
    "delivery",
    [
        Delivery(silent=True, end="reset"),
        Delivery(silent=True, end="hang"),
        Delivery(raw=b"x"),
        Delivery(cut=3),
        Delivery(announced=3),
        Delivery(bad_chunk=True),
        Delivery(end="reset"),
    ],
)
def test_in_process_only_a_whole_answer_is_possible(delivery: Delivery) -> None:
    with pytest.raises(ConnectionError, match="network connection"):
        _in_process(delivery)


@pytest.mark.parametrize("end", ["keep", "close"])
def test_in_process_a_whole_answer_comes_in_pieces(end: Any) -> None:
    result, messages = _in_process(Delivery(drip=(500, 0.001), end=end))
    assert result == (LENGTH, None)
    pieces = [message["body"] for message in messages[1:]]
    assert [len(piece) for piece in pieces] == [500, 500, LENGTH - 1000, 0]
    assert b"".join(pieces) == BODY
    assert [message.get("more_body", False) for message in messages[1:]] == [True, True, True, False]


class _Slow(asyncio.Transport):
    """Holds bytes that a client takes in one by one, and notes how many were left when it was aborted."""

    def __init__(self) -> None:
        super().__init__()
        self.held = 3
        self.dropped: int | None = None

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        self.held -= 1
        return self.held

    def abort(self) -> None:
        self.dropped = self.held


@dataclass
class _Taken:
    """A connection with an earlier answer that has not left yet."""

    transport: asyncio.Transport
    flow: Any = None
    default_headers: tuple[tuple[bytes, bytes], ...] = ()
    keep_alive: bool = True
    has_answered: bool = True

    def take(self) -> asyncio.Event:
        return asyncio.Event()

    def release(self, seconds: float | None = None) -> None:
        raise AssertionError


def test_a_reset_drops_nothing_of_an_earlier_answer() -> None:
    async def unused(*_: object) -> Any:
        raise AssertionError

    async def run() -> Result:
        reply = Reply(200, BODY, delivery=Delivery(silent=True, end="reset"))
        return await deliver(reply, "GET", "1.1", connection, unused, unused)

    transport = _Slow()
    connection = _Taken(transport)
    assert asyncio.run(run()) == (0, "reset")
    assert transport.dropped == 0


def test_in_process_a_delivery_can_be_cancelled() -> None:
    async def run() -> None:
        async def send(message: MutableMapping[str, Any]) -> None:
            pass

        async def receive() -> MutableMapping[str, Any]:
            await asyncio.Event().wait()
            return {}

        reply = Reply(200, BODY, delivery=Delivery(pause=(3, 60.0)))
        task = asyncio.create_task(deliver(reply, "GET", "1.1", None, send, receive))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.01)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


@given(
    body=st.binary(max_size=60),
    pause=st.none() | st.tuples(st.integers(0, 70), st.just(1000.0)),
    drip=st.none() | st.tuples(st.integers(1, 70), st.just(1.0)),
)
def test_a_schedule_sends_all_and_waits_where_it_should(
    body: bytes, pause: tuple[int, float] | None, drip: tuple[int, float] | None
) -> None:
    steps = list(schedule(body, pause, drip))
    assert b"".join(piece for _, piece in steps) == body
    if drip is not None:
        assert all(len(piece) <= drip[0] for _, piece in steps)
    position, waits = 0, {}
    for seconds, piece in steps:
        assert piece or position == len(body)
        if seconds:
            waits[position] = seconds
        position += len(piece)
    expected: dict[int, float] = {}
    if drip is not None:
        expected = dict.fromkeys(range(drip[0], len(body), drip[0]), 1.0)
    if pause is not None and pause[0] <= len(body):
        expected[pause[0]] = expected.get(pause[0], 0.0) + 1000.0
    assert waits == expected
