"""The faults of the wire as a client sees them on a raw socket, on both event loops."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

# The command has no option for the event loop: uvicorn takes the fastest that there is.
SERVE = """
import sys
from pathlib import Path
from scimmock.server.options import ServeOptions
from scimmock.server.run import Running

running = Running(ServeOptions(port=0, users=1, groups=0, ready_file=Path(sys.argv[2])))
running.config.loop = sys.argv[1]
running.serve(lambda ready: None)
"""
RESET, END = "RST", "FIN"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass
class Service:
    """A server on one kind of event loop."""

    url: str
    token: str
    log: Path
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1_000_000)))

    @property
    def address(self) -> tuple[str, int]:
        parsed = httpx.URL(self.url)
        assert parsed.port is not None
        return parsed.host, parsed.port


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    if request.param == "uvloop":
        pytest.importorskip("uvloop")
    folder = tmp_path_factory.mktemp(request.param)
    ready_file, log = folder / "ready.json", folder / "log.txt"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, request.param, str(ready_file)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    deadline = time.monotonic() + 30
    while not ready_file.exists():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.01)
    ready = json.loads(ready_file.read_text())
    yield Service(ready["url"], ready["token"], log)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    assert "Traceback" not in log.read_text(), log.read_text()


@pytest.fixture(autouse=True)
def lives_on() -> None:
    """These tests have servers of their own, which are looked at when they end."""


@dataclass
class Tenant:
    """A fresh tenant with one user, and connections to it."""

    service: Service
    name: str
    control: httpx.Client
    user: str = ""
    opened: list[socket.socket] = field(default_factory=list)

    def add(self, do: dict[str, Any], **rest: Any) -> None:
        answer = self.control.post("/faults", json={"name": "rule", "do": do, **rest})
        assert answer.status_code == 201, answer.text

    @property
    def rule(self) -> dict[str, Any]:
        found: dict[str, Any] = self.control.get("/faults").json()["faults"][0]
        return found

    def connect(self) -> socket.socket:
        opened = socket.create_connection(self.service.address, timeout=8)
        self.opened.append(opened)
        return opened

    def request(
        self, method: str = "GET", path: str | None = None, document: Any = None, version: str = "1.1"
    ) -> bytes:
        body = json.dumps(document).encode() if document is not None else b""
        lines = [
            f"{method} /t/{self.name}/scim/v2{path or self.user} HTTP/{version}",
            f"Host: {httpx.URL(self.service.url).netloc.decode()}",
            f"Authorization: Bearer {self.service.token}",
        ]
        if body:
            lines += ["Content-Type: application/scim+json", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def ask(self, *args: Any, **options: Any) -> tuple[bytes, str]:
        """Send one request on a new connection and read to its end."""
        client = self.connect()
        client.sendall(self.request(*args, **options))
        return rest_of(client)

    def plain(self) -> bytes:
        """Return the body of the user as the service means it."""
        client = self.connect()
        client.sendall(self.request())
        return whole(client)[1]

    def exchange(self, done: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """Return the last exchange, which may come into the journal after the client has gone."""
        deadline = time.monotonic() + 8
        while True:
            found = self.control.get("/journal").json()["exchanges"]
            if found and done(found[-1]):
                last: dict[str, Any] = found[-1]
                return last
            assert time.monotonic() < deadline, found[-1:]
            time.sleep(0.01)

    def users(self) -> int:
        total: int = len(self.control.get("/state").json()["Users"])
        return total


@pytest.fixture
def tenant(service: Service) -> Iterator[Tenant]:
    name = f"wire-{next(service.numbers)}"
    with httpx.Client(base_url=service.url, timeout=20) as client:
        made = client.put(f"/_scimmock/tenants/{name}", json={"users": 1, "groups": 0})
        assert made.status_code == 201, made.text
        with httpx.Client(base_url=f"{service.url}/t/{name}/_scimmock", timeout=20) as control:
            fresh = Tenant(service, name, control)
            (user,) = control.get("/state").json()["Users"]
            fresh.user = f"/Users/{user['id']}"
            before = fresh.plain()
            yield fresh
            for opened in fresh.opened:
                opened.close()
            # Without the rule the same request is untouched, and the server is well.
            assert control.delete("/faults").status_code == 204
            assert fresh.plain() == before
            fresh.opened[-1].close()
        client.delete(f"/_scimmock/tenants/{name}")


def rest_of(client: socket.socket) -> tuple[bytes, str]:
    """Read on to the end; returns the bytes and how it ended."""
    data = bytearray()
    try:
        while piece := client.recv(65536):
            data += piece
    except ConnectionResetError as error:
        assert error.errno == errno.ECONNRESET
        return bytes(data), RESET
    return bytes(data), END


def parts(data: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and what follows them."""
    head, separator, body = data.partition(b"\r\n\r\n")
    assert separator, data
    status, *lines = head.decode().split("\r\n")
    assert status.startswith("HTTP/1.1 ")
    return int(status.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


def whole(client: socket.socket) -> tuple[dict[str, str], bytes]:
    """Read one whole answer, the connection stays."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(65536)
        assert piece, data
        data += piece
    _, headers, body = parts(data)
    while len(body) < int(headers["content-length"]):
        piece = client.recv(65536)
        assert piece, body
        body += piece
    return headers, body


def facts(exchange: dict[str, Any]) -> dict[str, Any]:
    (trace,) = exchange["trace"]["rules"]
    assert isinstance(trace, dict)
    return trace


def said(exchange: dict[str, Any]) -> Any:
    """Return the JSON of what the service answered."""
    return exchange["upstream"]["body"]["json"]


# ---- no answer


@pytest.mark.parametrize(("do", "end"), [({"reset": True}, RESET), ({"close": True}, END)])
def test_no_answer_and_the_service_is_not_asked(tenant: Tenant, do: dict[str, Any], end: str) -> None:
    tenant.add(do, when={"first": 1})
    assert tenant.ask("POST", "/Users", {"schemas": [USER], "userName": "new"}) == (b"", end)
    exchange = tenant.exchange()
    assert exchange["response"] is None and exchange["error"]["kind"] in ("reset", "closed")
    assert tenant.users() == 1 and tenant.rule["left"] == 0


def test_hanging_lasts_until_the_client_goes(tenant: Tenant) -> None:
    tenant.add({"hang": True}, when={"first": 1})
    client = tenant.connect()
    client.sendall(tenant.request())
    client.settimeout(0.1)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.close()
    assert tenant.exchange(lambda last: last["error"] is not None)["error"]["kind"] == "hang"


# ---- truncate


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("part", [0, 1, 100, 0.5, "25%"])
def test_a_truncated_body(tenant: Tenant, part: Any, end: str) -> None:
    body = tenant.plain()
    tenant.add({"truncate": part, "end": end}, when={"first": 1})
    data, seen = tenant.ask()
    status, headers, got = parts(data)
    share = {0.5: 2, "25%": 4}.get(part)
    size = len(body) // share if share else part
    assert (status, headers["content-length"], seen) == (
        200,
        str(len(body)),
        RESET if end == "reset" else END,
    )
    assert got == body[:size]
    exchange = tenant.exchange()
    assert facts(exchange).items() >= {"action": "truncate", "sent": size, "of": len(body)}.items()
    assert exchange["error"]["kind"] == ("reset" if end == "reset" else "truncated")
    assert said(exchange) == json.loads(body)
    assert (tenant.rule["hits"], tenant.rule["left"]) == (1, 0)


def test_a_truncated_answer_to_a_write_that_was_done(tenant: Tenant) -> None:
    tenant.add({"truncate": 10}, match={"operation": "create"})
    data, end = tenant.ask("POST", "/Users", {"schemas": [USER], "userName": "new"})
    status, headers, got = parts(data)
    assert (status, len(got), end) == (201, 10, END)
    assert int(headers["content-length"]) > 10
    assert tenant.users() == 2


def test_a_part_behind_the_end_leaves_the_body_whole_and_ends_the_connection(tenant: Tenant) -> None:
    body = tenant.plain()
    tenant.add({"truncate": 1_000_000})
    data, end = tenant.ask()
    assert (parts(data)[2], end) == (body, END)
    assert tenant.exchange()["error"] is None


def test_an_answer_without_a_body_is_all_head(tenant: Tenant) -> None:
    tenant.add({"truncate": 0.5}, match={"operation": "delete"}, when={"first": 1})
    created = json.loads(parts_of_new(tenant))
    data, end = tenant.ask("DELETE", f"/Users/{created['id']}")
    assert (parts(data)[0], parts(data)[2], end) == (204, b"", END)
    assert facts(tenant.exchange()).items() >= {"sent": 0, "of": 0}.items()


def parts_of_new(tenant: Tenant) -> bytes:
    client = tenant.connect()
    client.sendall(tenant.request("POST", "/Users", {"schemas": [USER], "userName": "short-lived"}))
    return whole(client)[1]


# ---- garbage, bad chunks, wrong lengths


@pytest.mark.parametrize(("value", "size"), [(True, 512), (1, 1), (5000, 5000)])
def test_garbage_is_no_http_and_the_service_has_acted(tenant: Tenant, value: Any, size: int) -> None:
    tenant.add({"garbage": value}, match={"operation": "create"}, when={"first": 1})
    data, end = tenant.ask("POST", "/Users", {"schemas": [USER], "userName": "new"})
    assert (len(data), end) == (size, END)
    assert not data.startswith(b"HTTP") and data[0] > 127
    exchange = tenant.exchange()
    assert exchange["error"]["kind"] == "garbage" and exchange["response"] is None
    assert exchange["upstream"]["status"] == 201
    assert facts(exchange)["sent"] == size
    assert tenant.users() == 2


def test_garbage_is_the_same_for_the_same_seed(service: Service, tenant: Tenant) -> None:
    tenant.add({"garbage": 64})
    first, second = tenant.ask()[0], tenant.ask()[0]
    assert first != second
    tenant.control.delete("/faults")
    tenant.add({"garbage": 64})
    assert (tenant.ask()[0], tenant.ask()[0]) == (first, second)


@pytest.mark.parametrize(("at", "share"), [(None, 2), ("25%", 4)])
def test_a_bad_chunk(tenant: Tenant, at: Any, share: int) -> None:
    body = tenant.plain()
    tenant.add({"bad_chunk": True} | ({"at": at} if at else {}), when={"first": 1})
    data, end = tenant.ask()
    status, headers, chunks = parts(data)
    assert (status, headers["transfer-encoding"], end) == (200, "chunked", END)
    assert "content-length" not in headers
    size = len(body) // share
    assert chunks == b"%x\r\n%b\r\nzz\r\n" % (size, body[:size])
    exchange = tenant.exchange()
    assert exchange["error"]["kind"] == "bad_chunk" and said(exchange) == json.loads(body)
    assert facts(exchange).items() >= {"sent": size, "of": len(body)}.items()


def test_a_client_without_chunks_gets_a_part(tenant: Tenant) -> None:
    body = tenant.plain()
    tenant.add({"bad_chunk": True}, when={"first": 1})
    data, end = tenant.ask(version="1.0")
    _, headers, got = parts(data)
    assert (headers["content-length"], got, end) == (str(len(body)), body[: len(body) // 2], END)


@pytest.mark.parametrize("difference", [10, -10, 1, -100_000])
def test_a_wrong_length(tenant: Tenant, difference: int) -> None:
    body = tenant.plain()
    tenant.add({"wrong_length": difference}, when={"first": 1})
    data, end = tenant.ask()
    _, headers, got = parts(data)
    announced = max(0, len(body) + difference)
    assert (headers["content-length"], got, end) == (str(announced), body, END)
    exchange = tenant.exchange()
    assert exchange["error"]["kind"] == "wrong_length" and said(exchange) == json.loads(body)
    assert facts(exchange).items() >= {"announced": announced, "of": len(body)}.items()


def test_clients_take_none_of_these_for_a_good_answer(tenant: Tenant) -> None:
    url = f"{tenant.service.url}/t/{tenant.name}/scim/v2{tenant.user}"
    headers = {"Authorization": f"Bearer {tenant.service.token}"}
    for do in ({"reset": True}, {"close": True}, {"truncate": 0.5}, {"garbage": True}, {"bad_chunk": True}):
        tenant.add(do, when={"first": 1})
        with pytest.raises(httpx.TransportError):
            httpx.get(url, headers=headers)
        assert httpx.get(url, headers=headers).status_code == 200
        tenant.control.delete("/faults")


# ---- answers that come late, or in pieces


def test_a_drip_sends_pieces_and_all_of_it(tenant: Tenant) -> None:
    body = tenant.plain()
    tenant.add({"drip": 100, "every": "5ms"}, when={"first": 1})
    client = tenant.connect()
    client.sendall(tenant.request())
    headers, got = whole(client)
    assert (got, headers["content-length"]) == (body, str(len(body)))
    exchange = tenant.exchange()
    pieces = -(-len(body) // 100)
    assert facts(exchange).items() >= {"action": "drip", "pieces": pieces}.items()
    assert exchange["timing"]["response_ms"] >= (pieces - 1) * 3  # timers go by whole milliseconds
    assert exchange["error"] is None and "upstream" not in exchange
    client.sendall(tenant.request())
    assert whole(client)[1] == body


def test_a_drip_ends_when_the_client_goes(tenant: Tenant) -> None:
    tenant.add({"drip": 1, "every": "20ms"})
    client = tenant.connect()
    client.sendall(tenant.request())
    assert client.recv(12) == b"HTTP/1.1 200"
    client.close()
    exchange = tenant.exchange(lambda last: last["error"] is not None)
    assert exchange["error"]["kind"] == "client_gone"
    assert exchange["response"]["body"]["size"] < facts(exchange)["pieces"]


def test_rules_of_the_wire_can_act_together(tenant: Tenant) -> None:
    body = tenant.plain()
    rules = [
        {"name": "slow", "do": {"drip": 50, "every": "1ms"}, "continue": True},
        {"name": "cut", "do": {"truncate": 120, "end": "reset"}},
    ]
    assert tenant.control.post("/faults", json={"faults": rules}).status_code == 201
    data, end = tenant.ask()
    assert (parts(data)[2], end) == (body[:120], RESET)
    assert [rule["name"] for rule in tenant.exchange()["trace"]["rules"]] == ["slow", "cut"]


def test_a_sequence_of_faults_of_the_wire(tenant: Tenant) -> None:
    body = tenant.plain()
    tenant.add({"sequence": [{"truncate": 10}, {"reset": True}, "pass"]})
    data, end = tenant.ask()
    assert (parts(data)[2], end) == (body[:10], END)
    assert tenant.ask() == (b"", RESET)
    assert tenant.plain() == body


def test_what_is_lost_cannot_be_cut(tenant: Tenant) -> None:
    rules = [
        {"name": "lost", "match": {"operation": "create"}, "do": {"lost_response": "reset"}},
        {"name": "cut", "do": {"truncate": 0.5}},
    ]
    assert tenant.control.post("/faults", json={"faults": rules}).status_code == 201
    assert tenant.ask("POST", "/Users", {"schemas": [USER], "userName": "new"}) == (b"", RESET)
    assert [rule["name"] for rule in tenant.exchange()["trace"]["rules"]] == ["lost"]
    assert tenant.users() == 2


@pytest.mark.parametrize("where", ["head", "body"])
def test_a_write_that_waits_is_done_though_the_client_goes(tenant: Tenant, where: str) -> None:
    tenant.add({"delay": "60ms", "where": where}, match={"operation": "create"})
    client = tenant.connect()
    client.sendall(tenant.request("POST", "/Users", {"schemas": [USER], "userName": "new"}))
    if where == "body":
        assert client.recv(12) == b"HTTP/1.1 201"
    client.close()
    exchange = tenant.exchange(lambda last: last["trace"]["operation"] == "create")
    assert facts(exchange)["seconds"] == 0.06
    assert tenant.users() == 2


def test_a_delay_in_the_body_stops_half_way(tenant: Tenant) -> None:
    body = tenant.plain()
    tenant.add({"delay": "100s", "where": "body"}, when={"first": 1})
    client = tenant.connect()
    client.sendall(tenant.request())
    client.settimeout(0.15)
    data = b""
    with pytest.raises(TimeoutError):
        while piece := client.recv(65536):
            data += piece
    assert parts(data)[2] == body[: len(body) // 2]
    client.close()
    assert tenant.exchange(lambda last: last["error"] is not None)["error"]["kind"] == "client_gone"


def test_a_head_that_is_late_does_not_come(tenant: Tenant) -> None:
    tenant.add({"delay": "0.3s"}, when={"first": 1})
    client = tenant.connect()
    client.sendall(tenant.request())
    client.settimeout(0.05)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(8)
    assert whole(client)[1] == tenant.plain()


# ---- connections that end


def test_a_connection_is_closed_after_so_many_answers(tenant: Tenant) -> None:
    body = tenant.plain()
    tenant.add({"keepalive_close": 3})
    one, other = tenant.connect(), tenant.connect()
    for client in (one, other, one):
        client.sendall(tenant.request())
        headers, got = whole(client)
        assert got == body and "connection" not in headers
    assert tenant.rule["hits"] == 0
    one.sendall(tenant.request())
    headers, got = whole(one)
    assert got == body and "connection" not in headers
    assert rest_of(one) == (b"", END)
    exchange = tenant.exchange()
    assert facts(exchange)["answers"] == 3 and exchange["error"] is None
    other.sendall(tenant.request())
    assert whole(other)[1] == body
    assert tenant.rule["hits"] == 1


def test_a_closing_connection_can_say_so(tenant: Tenant) -> None:
    tenant.add({"keepalive_close": 1, "announce": True}, when={"first": 1})
    data, end = tenant.ask()
    _, headers, got = parts(data)
    assert (headers["connection"], len(got), end) == ("close", int(headers["content-length"]), END)


def test_clients_that_keep_connections_meet_the_end_of_them(tenant: Tenant) -> None:
    tenant.add({"keepalive_close": 2})
    url = f"{tenant.service.url}/t/{tenant.name}/scim/v2{tenant.user}"
    with httpx.Client(headers={"Authorization": f"Bearer {tenant.service.token}"}) as client:
        for _ in range(6):
            assert client.get(url).status_code == 200
            time.sleep(0.01)  # the end has to arrive, or the client would use the connection again
    assert tenant.rule["hits"] == 3
