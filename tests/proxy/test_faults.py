"""Fault rules in a real mitmdump, between a real client and a real server."""

from __future__ import annotations

import asyncio
import gzip
import importlib
import json
import os
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from mitmproxy import ctx, http
from mitmproxy.test import tflow, tutils

from scimmock.errors import FileError, UsageError
from scimmock.faults.at_proxy import beyond_proxy, load_for_proxy
from scimmock.faults.base import actions
from scimmock.faults.files import load_faults, packs
from scimmock.proxy.faults import ProxyFaults
from tests.warm import Nursery, Process

DOCS = Path(__file__).parents[2] / "docs" / "faults.md"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
H2_ERROR: type[Exception] = importlib.import_module("h2.exceptions").ProtocolError
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

# Calls the faults in the hooks of mitmproxy and writes what a recorder would ask them.
ADDON = """
import json, os
from mitmproxy import ctx
from scimmock.proxy.faults import ProxyFaults

class Addon:
    def load(self, loader):
        self.faults = ProxyFaults(json.loads(os.environ["RULES"]), 7, lambda: None)
        self.out = open(os.environ["OUT"], "a", buffering=1)
    def running(self):
        server = ctx.master.addons.get("proxyserver")
        ports = [address[1] for one in server.servers for address in one.listen_addrs]
        with open(os.environ["READY"] + "~", "w") as file:
            file.write(str(ports[0]))
        os.rename(os.environ["READY"] + "~", os.environ["READY"])
    def requestheaders(self, flow):
        self.faults.requestheaders(flow)
    async def request(self, flow):
        await self.faults.request(flow)
    def responseheaders(self, flow):
        flow.response.stream = True  # as another addon might
        self.faults.responseheaders(flow)
    async def response(self, flow):
        await self.faults.response(flow)
        self.write(flow, flow.response.status_code)
    def error(self, flow):
        self.faults.error(flow)
        self.write(flow, None)
    def write(self, flow, status):
        told = self.faults.told(flow)
        if told and told["upstream"]:
            told["upstream"] = [told["upstream"][0], len(told["upstream"][2])]
        case = flow.request.headers.get("x-case")
        self.out.write(json.dumps({"case": case, "status": status, "told": told,
                                   "rules": self.faults.rules_of(flow)}) + "\\n")

addons = [Addon()]
"""

# Each rule is for the requests of one case, which name it in a header.
CASES = """
- {name: sequence, do: {sequence: [503, {close: true}, {lost_response: 504}, pass]}}
- {name: limit, do: {rate_limit: 2, headers: [retry-after, x-ratelimit]}}
- {name: together, do: {rate_limit: {concurrent: 1}}, continue: true}
- {name: together-slow, do: {delay: 300ms}}
- {name: lock, do: {write_lock: true}}
- {name: lock-slow, do: {delay: 300ms}}
- {name: late, do: {delay: 400ms}}
- {name: filter, when: {after: 1, per: resource}, do: {status: 418}}
- {name: draws, when: {probability: 0.4}, do: {status: 500, shape: html}}
- {name: lost, do: {lost_response: reset}}
- {name: lost-status, do: {lost_response: 504}}
- {name: lost-hang, do: {lost_response: hang}}
- {name: race, do: {uniqueness_race: true}}
- {name: reset, do: {reset: true}}
- {name: close, do: {close: true}}
- {name: hang, do: {hang: true}}
- {name: expiry, do: {token_expiry: {after: 2}}}
- {name: paging, do: {revoke_mid_paging: 1}}
- {name: no-more, do: {unauthorized: true}}
- {name: json, do: {malformed_json: cut}}
- {name: media, do: {wrong_content_type: text/html}}
- {name: value, do: {set_attribute: title, value: Astronaut}, continue: true}
- {name: value-twice, do: {duplicate_key: userName}}
- {name: cut, do: {truncate: 0.5}}
- {name: cut-reset, do: {truncate: 10, end: reset}}
- {name: long, do: {wrong_length: 10}}
- {name: short, do: {wrong_length: -10}}
- {name: two-each, do: {keepalive_close: 2}}
- {name: announced, do: {keepalive_close: 1, announce: true}}
"""


class Proxy:
    """A mitmdump with rules, in front of a server."""

    def __init__(self, process: Process, port: int, log: Path, out: Path, base: str) -> None:
        self.process = process
        self.port = port
        self.log = log
        self._out = out
        self._base = base

    def url(self, client: httpx.Client) -> str:
        """Return the base URL of a client's tenant, as it is reached through the proxy."""
        return f"http://127.0.0.1:{self.port}{client.base_url.path.rstrip('/')}"

    def client(self, direct: httpx.Client, case: str, **options: Any) -> httpx.Client:
        """Return a client like another, but through the proxy and for a case."""
        headers = {"Authorization": direct.headers["Authorization"], "X-Case": case}
        return httpx.Client(base_url=self.url(direct), headers=headers, timeout=8, **options)

    def entries(self, case: str, number: int = 1) -> list[dict[str, Any]]:
        """Return what a recorder learns of the exchanges of a case, when there are so many."""
        deadline = time.monotonic() + 5
        while True:
            entries = [json.loads(line) for line in self._out.read_text().splitlines()]
            found = [entry for entry in entries if entry["case"] == case]
            if len(found) >= number:
                return found
            assert time.monotonic() < deadline, (found, self.log.read_text())
            time.sleep(0.01)


def start(nursery: Nursery, folder: Path, upstream: str, rules: list[str], *options: str) -> Proxy:
    """Start mitmdump with the rules of packs and files in front of a server."""
    script, ready, out, log = (folder / name for name in ("addon.py", "ready", "out.jsonl", "log.txt"))
    script.write_text(ADDON)
    out.touch()
    given = ["--mode", f"reverse:{upstream}", "--listen-host", "127.0.0.1", "-p", "0", "-s", str(script)]
    given += ["--set", f"confdir={folder}", "--set", "keep_host_header=true", *options]
    environment = {**os.environ, "RULES": json.dumps(rules), "READY": str(ready), "OUT": str(out)}
    with log.open("wb") as output:
        process = nursery.start(*given, output=output, env=environment, cwd=folder)
    deadline = time.monotonic() + 20
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"mitmdump did not start: {log.read_text()}")
        time.sleep(0.02)
    return Proxy(process, int(ready.read_text()), log, out, upstream)


@pytest.fixture(scope="module")
def proxy(
    shared_server: Any, tmp_path_factory: pytest.TempPathFactory, warm_mitmproxy: Nursery
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    rules = folder / "rules.yaml"
    lines = []
    for line in CASES.strip().splitlines():
        name = re.findall(r"name: ([\w-]+)", line)[0]
        case = {"together-slow": "together", "lock-slow": "lock", "value-twice": "value"}.get(name, name)
        match = f"match: {{header: {{X-Case: {case}}}}}"
        if name == "filter":
            match = f"match: {{header: {{X-Case: {case}}}, filter: 'active eq false', client: python-httpx}}"
        lines.append(line.replace(", ", f", {match}, ", 1))
    rules.write_text("\n".join(lines))
    made = start(warm_mitmproxy, folder, shared_server.url, [str(rules)])
    yield made
    made.process.terminate()
    assert made.process.wait(timeout=10) == 0
    log = made.log.read_text()
    assert not re.search("Traceback|Addon error|crashed|defect", log), log


def create(client: httpx.Client, name: str = "makoto") -> httpx.Response:
    return client.post("/Users", json={"schemas": [USER], "userName": name})


def names(client: httpx.Client) -> list[str]:
    return [user["userName"] for user in client.get("/Users").json().get("Resources", [])]


class Raw:
    """A connection on which a client sees each byte, and how it ends."""

    def __init__(self, proxy: Proxy, direct: httpx.Client, case: str, tls: bool = False) -> None:
        self.socket = socket.create_connection(("127.0.0.1", proxy.port), timeout=8)
        self._head = (
            f"Host: 127.0.0.1:{proxy.port}\r\nAuthorization: {direct.headers['Authorization']}\r\n"
            f"X-Case: {case}\r\n"
        )
        self._base = direct.base_url.path.rstrip("/")
        self._tls: ssl.SSLObject | None = None
        # Beside the socket: within it a reset would look like any other end.
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._tls = context.wrap_bio(self._in, self._out)
            while not self._shaken(self._tls):
                self._in.write(self.socket.recv(65536))

    def _shaken(self, tls: ssl.SSLObject) -> bool:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self.socket.sendall(self._out.read())
        return True

    def ask(self, path: str = "/Users", body: Any = None) -> None:
        """Send a GET, or a POST with a body."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{'GET' if body is None else 'POST'} {self._base}{path} HTTP/1.1\r\n{self._head}"
        if data:
            head += f"Content-Type: application/scim+json\r\nContent-Length: {len(data)}\r\n"
        data = head.encode() + b"\r\n" + data
        if self._tls is not None:
            self._tls.write(data)
            data = self._out.read()
        self.socket.sendall(data)

    def receive(self) -> bytes:
        """Return some bytes, none when the connection is closed."""
        while True:
            more = self.socket.recv(65536)
            if self._tls is None or not more:
                return more
            self._in.write(more)
            data = b""
            with suppress(ssl.SSLWantReadError):
                while True:
                    data += self._tls.read(65536)
            if data:
                return data

    def until_end(self) -> tuple[bytes, str]:
        """Return all bytes that come, and how the connection ends: "close" or "reset"."""
        data = b""
        while True:
            try:
                more = self.receive()
            except ConnectionResetError:
                return data, "reset"
            if not more:
                return data, "close"
            data += more

    def answer(self) -> bytes:
        """Return one whole answer that says its length."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        while len(body) < length_of(head):
            body += self.receive()
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self.socket.close()


def length_of(head: bytes) -> int:
    found = re.search(rb"(?i)content-length: (\d+)", head)
    assert found, head
    return int(found[1])


Connect = Callable[..., Raw]


@pytest.fixture
def connect(proxy: Proxy, scim: httpx.Client) -> Iterator[Connect]:
    """Open connections to the proxy for a case."""
    opened: list[Raw] = []

    def make(case: str, **options: Any) -> Raw:
        opened.append(Raw(proxy, scim, case, **options))
        return opened[-1]

    yield make
    for raw in opened:
        raw.close()


# ---- in the service's stead


def test_a_sequence_answers_closes_and_lets_pass(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "sequence") as client:
        answer = create(client, "one")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/scim+json"
        assert answer.json()["schemas"] == [ERROR] and answer.json()["status"] == "503"
        with pytest.raises(httpx.RemoteProtocolError):
            create(client, "two")
        assert create(client, "three").status_code == 504
        assert create(client, "four").status_code == 201
    assert names(scim) == ["three", "four"]  # what a rule answered did not get through
    entries = proxy.entries("sequence", 4)
    assert [entry["rules"][0]["hit"] for entry in entries] == [1, 2, 3, 4]
    assert [entry["rules"][0]["entry"] for entry in entries][:2] == [503, {"close": True}]
    assert [
        entry["told"] and entry["told"]["upstream"] and entry["told"]["upstream"][0] for entry in entries
    ] == [
        None,
        None,
        201,
        None,
    ]


def test_a_limit_counts_by_credentials_and_tells_what_is_left(proxy: Proxy, tenant: Any) -> None:
    scim, other = tenant(), tenant()
    with proxy.client(scim, "limit") as client:
        left = [client.get("/Users").headers["x-ratelimit-remaining"] for _ in range(2)]
        refused = client.get("/Users")
        mine = {"Authorization": "Bearer somebody-else"}
        assert client.get("/Users", headers=mine).status_code == 401
    assert left == ["1", "0"]
    assert refused.status_code == 429
    assert 50 <= int(refused.headers["retry-after"]) <= 60
    assert other.get("/Users").status_code == 200
    third = proxy.entries("limit", 4)[2]
    assert third["rules"][0]["action"] == "rate_limit" and third["told"] is None


def test_places_are_free_again_when_the_answer_is_out(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "together") as client, ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: client.get("/Users").status_code, range(2)))
        assert sorted(both) == [200, 429]
        assert client.get("/Users").status_code == 200


def test_a_write_that_is_under_way_locks_its_resource(proxy: Proxy, scim: httpx.Client) -> None:
    ids = [create(scim, name).json()["id"] for name in ("a", "b")]
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "title", "value": "x"}]}
    with proxy.client(scim, "lock") as client, ThreadPoolExecutor(3) as pool:
        asked = [f"/Users/{id}" for id in (ids[0], ids[0], ids[1])]
        statuses = list(pool.map(lambda path: client.patch(path, json=body).status_code, asked))
    assert sorted(statuses[:2]) == [200, 429]
    assert statuses[2] == 200


def test_the_body_the_client_and_the_resource_choose(proxy: Proxy, scim: httpx.Client) -> None:
    id = create(scim).json()["id"]
    off = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": {"active": False}}]}
    on = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "value": {"active": True}}]}
    with proxy.client(scim, "filter") as client:
        statuses = [client.patch(f"/Users/{id}", json=body).status_code for body in (on, off, on, off)]
        stranger = client.patch(f"/Users/{id}", json=off, headers={"User-Agent": "curl/8"})
    assert statuses == [200, 200, 200, 418]
    assert stranger.status_code == 200
    assert proxy.entries("filter", 5)[3]["rules"][0]["key"] == f"Users/{id}"


def test_draws_are_those_of_a_server_with_the_same_seed(
    proxy: Proxy, scim: httpx.Client, launch_for_module: Any
) -> None:
    with proxy.client(scim, "draws") as client:
        through = [client.get("/Users").status_code for _ in range(20)]
    server = launch_for_module("--seed", "7", "--users", "0", "--groups", "0")
    rule = {"name": "draws", "when": {"probability": 0.4}, "do": {"status": 500, "shape": "html"}}
    httpx.post(f"{server.url}/_scimmock/faults", json=rule).raise_for_status()
    with server.client() as client:
        assert [client.get("/Users").status_code for _ in range(20)] == through
    assert 0 < through.count(500) < 20


def test_tokens_expire_by_sight(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "expiry") as client:
        answers = [client.get("/Users") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert 'error="invalid_token"' in answers[2].headers["www-authenticate"]
    with proxy.client(scim, "paging") as client:
        pages = [client.get("/Users", params={"startIndex": start, "count": 1}) for start in (1, 2)]
    assert [page.status_code for page in pages] == [200, 401]
    with proxy.client(scim, "no-more") as client:
        assert client.get("/Users").status_code == 401
        head = client.head("/Users")
    assert (head.status_code, head.content) == (401, b"") and int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(("case", "end", "kind"), [("reset", "reset", "reset"), ("close", "close", "closed")])
def test_a_connection_ends_without_an_answer(
    proxy: Proxy, scim: httpx.Client, connect: Connect, case: str, end: str, kind: str, tls: bool
) -> None:
    raw = connect(case, tls=tls)
    raw.ask(body={"schemas": [USER], "userName": "makoto"})
    assert raw.until_end() == (b"", end)
    assert names(scim) == []
    entry = proxy.entries(case)[-1]
    assert (entry["status"], entry["told"]["error"]["kind"]) == (None, kind)


def test_nobody_answers_until_the_client_goes(proxy: Proxy, scim: httpx.Client) -> None:
    for case in ("hang", "lost-hang"):
        with proxy.client(scim, case) as client, pytest.raises(httpx.ReadTimeout):
            client.post("/Users", json={"schemas": [USER], "userName": case}, timeout=0.3)
        assert proxy.entries(case)[0]["told"]["error"]["kind"] == "hang"
    assert names(scim) == ["lost-hang"]


# ---- late


def test_an_answer_comes_late_and_the_service_acts_though_the_client_gives_up(
    proxy: Proxy, scim: httpx.Client
) -> None:
    with proxy.client(scim, "late") as client:
        began = time.monotonic()
        assert create(client, "patient").status_code == 201
        assert 0.4 <= time.monotonic() - began < 2
        with pytest.raises(httpx.ReadTimeout):
            client.post("/Users", json={"schemas": [USER], "userName": "hasty"}, timeout=0.15)
    assert names(scim) == ["patient", "hasty"]
    entries = proxy.entries("late", 2)
    assert entries[0]["rules"][0]["seconds"] == 0.4 and entries[0]["told"] is None
    assert entries[1]["told"]["error"]["kind"] == "client_gone"
    assert entries[1]["told"]["upstream"][0] == 201


# ---- the service has acted


def test_the_service_has_it_and_the_client_hears_nothing(
    proxy: Proxy, scim: httpx.Client, connect: Connect
) -> None:
    raw = connect("lost")
    raw.ask(body={"schemas": [USER], "userName": "makoto"})
    assert raw.until_end() == (b"", "reset")
    assert names(scim) == ["makoto"]
    entry = proxy.entries("lost")[0]
    assert entry["told"]["error"]["kind"] == "reset"
    assert entry["told"]["upstream"][0] == 201
    assert entry["rules"][0]["effect"] == "done (201), the client does not hear it"


def test_a_status_takes_the_place_of_the_answer(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "lost-status") as client:
        answer = create(client)
        assert (answer.status_code, answer.json()["status"]) == (504, "504")
        assert "location" not in answer.headers
        assert create(client).status_code == 504
        # Who is not let in has nothing to lose.
        assert client.get("/Users", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert names(scim) == ["makoto"]
    effects = [entry["rules"][0]["effect"] for entry in proxy.entries("lost-status", 3)[:2]]
    assert effects[1] == "the service said 409, the client does not hear it"


def test_a_conflict_becomes_a_server_error(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "race") as client:
        assert [create(client).status_code for _ in range(2)] == [201, 500]
    entries = proxy.entries("race", 2)
    assert entries[0]["rules"] == [] and entries[1]["rules"][0]["instead_of"] == 409


# ---- what it answers


def test_bodies_are_spoilt_and_their_length_is_right(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "json") as client:
        answer = create(client)
    assert answer.status_code == 201
    with pytest.raises(ValueError):
        answer.json()
    assert len(answer.content) == int(answer.headers["content-length"])
    assert names(scim) == ["makoto"]
    entry = proxy.entries("json")[0]
    assert entry["told"]["upstream"][1] // 2 == len(answer.content)
    assert entry["told"]["error"] is None


def test_bodies_are_mislabelled(proxy: Proxy, scim: httpx.Client) -> None:
    with proxy.client(scim, "media") as client:
        answer = create(client)
    assert answer.headers["content-type"] == "text/html"
    assert answer.json()["userName"] == "makoto"
    assert answer.headers["location"].endswith(answer.json()["id"])


def test_a_large_answer_that_mitmproxy_would_stream_is_changed_too(proxy: Proxy, scim: httpx.Client) -> None:
    for number in range(12):
        create(scim, f"user-{number}")
    with proxy.client(scim, "value") as client:
        answer = client.get("/Users")
    assert len(answer.content) > 3000
    assert {user["title"] for user in answer.json()["Resources"]} == {"Astronaut"}
    assert answer.text.count('"userName":"user-3') == 2
    assert [rule["name"] for rule in proxy.entries("value")[0]["rules"]] == ["value", "value-twice"]


# ---- how that leaves


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_an_answer_is_cut_off(proxy: Proxy, connect: Connect, tls: bool) -> None:
    raw = connect("cut", tls=tls)
    raw.ask(body={"schemas": [USER], "userName": "makoto"})
    data, end = raw.until_end()
    assert end == "close"
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201 ") and b"connection" not in head.lower()
    assert length_of(head) // 2 == len(body)
    entry = proxy.entries("cut")[-1]
    assert entry["told"]["error"]["kind"] == "truncated"
    assert entry["rules"][0]["sent"] == entry["rules"][0]["of"] // 2


def test_a_cut_answer_ends_with_a_reset(connect: Connect) -> None:
    raw = connect("cut-reset")
    raw.ask()
    data, end = raw.until_end()
    assert (len(data.partition(b"\r\n\r\n")[2]), end) == (10, "reset")


@pytest.mark.parametrize(("case", "off"), [("long", 10), ("short", -10)])
def test_an_answer_says_another_length(proxy: Proxy, connect: Connect, case: str, off: int) -> None:
    raw = connect(case)
    raw.ask()
    data, end = raw.until_end()
    head, _, body = data.partition(b"\r\n\r\n")
    assert (length_of(head) - len(body), end) == (off, "close")
    assert json.loads(body)["totalResults"] == 0
    assert proxy.entries(case)[0]["told"]["error"]["kind"] == "wrong_length"


def test_a_connection_ends_after_its_second_answer(connect: Connect) -> None:
    raw = connect("two-each")
    for _ in range(2):
        raw.ask()
        assert b"connection" not in raw.answer().partition(b"\r\n\r\n")[0].lower()
    assert raw.until_end() == (b"", "close")
    raw = connect("announced")
    raw.ask()
    assert b"connection: close" in raw.answer().lower()
    assert raw.until_end() == (b"", "close")


class OnlyHttp2(ssl.SSLContext):
    """Offers nothing else: of several protocols mitmproxy takes the one that stands first."""

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        super().set_alpn_protocols(["h2"])


def test_over_http_2_answers_and_endings_are_the_same(proxy: Proxy, scim: httpx.Client) -> None:
    context = OnlyHttp2(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = proxy.url(scim).replace("http:", "https:")

    def ask(client: httpx.Client, case: str) -> httpx.Response:
        answer = client.get("/Users", headers={"X-Case": case})
        assert answer.http_version == "HTTP/2"
        return answer

    options: dict[str, Any] = {"base_url": url, "http2": True, "verify": context, "timeout": 8}
    options["headers"] = {"Authorization": scim.headers["Authorization"]}
    with httpx.Client(**options) as client:
        assert [ask(client, case).status_code for case in ("late", "no-more", "media")] == [200, 401, 200]
        with pytest.raises(httpx.RemoteProtocolError):
            ask(client, "close")  # of this request alone
        assert ask(client, "announced").status_code == 200
    for case in ("reset", "cut", "lost"):
        with (
            httpx.Client(**options) as client,
            pytest.raises((httpx.TransportError, H2_ERROR)),
        ):
            ask(client, case)
        assert proxy.entries(case)[-1]["told"]["error"]["kind"] in ("reset", "truncated")


def test_a_client_that_hangs_does_not_keep_mitmproxy_from_ending(
    shared_server: Any, scim: httpx.Client, tmp_path: Path, warm_mitmproxy: Nursery
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {name: hang, match: {operation: list}, do: {hang: true}}")
    proxy = start(warm_mitmproxy, tmp_path, shared_server.url, ["throttled", str(rules)])
    try:
        with proxy.client(scim, "pack") as client:
            statuses = [create(client, f"user-{number}").status_code for number in range(12)]
            assert client.get("/ServiceProviderConfig").headers["x-ratelimit-remaining"] in ("9", "10")
        assert statuses == [201] * 10 + [429] * 2
        assert httpx.get(f"http://127.0.0.1:{proxy.port}/elsewhere").status_code == 404
        with closing(Raw(proxy, scim, "hang")) as raw:
            raw.ask()
            raw.socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                raw.socket.recv(1)
            proxy.process.terminate()
            assert proxy.process.wait(timeout=5) == 0
    finally:
        proxy.process.kill()
        proxy.process.wait()
    assert len(names(scim)) == 10


# ---- one flow, without a connection


def flow_of(method: str, path: str, body: bytes = b"") -> http.HTTPFlow:
    request = tutils.treq(method=method.encode(), path=path.encode(), content=body)
    return tflow.tflow(req=request)


def pass_through(faults: ProxyFaults, flow: http.HTTPFlow, answer: http.Response) -> http.Response:
    """Let a flow meet the rules; the service gives the answer unless a rule does."""

    async def run() -> None:
        await faults.request(flow)
        flow.response = flow.response or answer
        await faults.response(flow)

    asyncio.run(run())
    assert flow.response is not None
    return flow.response


def rules_in(folder: Path, *rules: str) -> str:
    path = folder / "rules.yaml"
    path.write_text("\n".join(f"- {rule}" for rule in rules))
    return str(path)


def test_a_compressed_answer_stays_compressed(tmp_path: Path) -> None:
    do = "{set_attribute: title, value: Astronaut}"
    rules = rules_in(tmp_path, f"{{match: {{resource: User}}, do: {do}}}")
    faults = ProxyFaults([rules], 1, lambda: "/scim")
    flow = flow_of("GET", "/scim/Users/1")
    headers = {"Content-Type": "application/scim+json", "Content-Encoding": "gzip", "X-Own": "kept"}
    answer = http.Response.make(200, b'{"id":"1","title":"Analyst"}', headers)
    changed = pass_through(faults, flow, answer)
    assert changed.headers["content-encoding"] == "gzip" and changed.headers["X-Own"] == "kept"
    assert changed.raw_content and len(changed.raw_content) == int(changed.headers["content-length"])
    assert json.loads(gzip.decompress(changed.raw_content)) == {"id": "1", "title": "Astronaut"}
    told = faults.told(flow)
    assert told is not None and told["upstream"][2] == b'{"id":"1","title":"Analyst"}'


def test_only_requests_to_the_service_meet_rules(tmp_path: Path) -> None:
    faults = ProxyFaults([rules_in(tmp_path, "{name: all, do: {status: 503}}")], 1, lambda: "/scim")
    met = {}
    for path in ("/scim/Users", "/scim/Us%65rs?count=1", "/scimitar", "/oauth/token", "/healthz"):
        flow = flow_of("GET", path)
        met[path] = pass_through(faults, flow, http.Response.make(200)).status_code
    assert list(met.values()) == [503, 503, 200, 503, 200]


def test_a_bulk_request_is_met_as_a_whole(tmp_path: Path) -> None:
    rules = ["{name: create, match: {operation: create}, do: {status: 503}}"]
    rules.append("{name: bulk, match: {operation: bulk, filter: 'failOnErrors eq 1'}, do: {status: 429}}")
    faults = ProxyFaults([rules_in(tmp_path, *rules)], 1, lambda: "")
    body = b'{"failOnErrors": 1, "Operations": [{"method": "POST", "path": "/Users", "data": {}}]}'
    flow = flow_of("POST", "/Bulk", body)
    assert pass_through(faults, flow, http.Response.make(200)).status_code == 429
    assert [rule["name"] for rule in faults.rules_of(flow)] == ["bulk"]


def test_a_place_is_free_again_when_the_upstream_gives_no_answer(tmp_path: Path) -> None:
    faults = ProxyFaults([rules_in(tmp_path, "{do: {rate_limit: {concurrent: 1}}}")], 1, lambda: "")
    first, second, third = (flow_of("GET", "/Users") for _ in range(3))
    asyncio.run(faults.request(first))
    assert pass_through(faults, second, http.Response.make(200)).status_code == 429
    faults.error(first)
    assert pass_through(faults, third, http.Response.make(200)).status_code == 200


def test_bodies_must_not_pass_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctx, "options", SimpleNamespace(stream_large_bodies="1m"), raising=False)
    with pytest.raises(UsageError, match="stream_large_bodies does not go with fault rules"):
        ProxyFaults(["throttled"], 1, lambda: None)


REPLY = "from scimmock.traffic.reply import Delivery, Reply\n"


def test_functions_act_before_and_after_and_not_within(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    head = "from scimmock.faults.python import fault\n"
    before = "@fault(match={'operation': 'create'})\ndef no_guests(call):\n    return 403\n"
    after = "@fault(stage='after')\ndef hit(call, reply):\n    reply.headers.append((b'x-cache', b'HIT'))\n"
    (tmp_path / "fine.py").write_text(head + before + after)
    faults = ProxyFaults([str(tmp_path / "fine.py")], 1, lambda: "")
    refused = pass_through(faults, flow_of("POST", "/Users", b"{}"), http.Response.make(201))
    assert (refused.status_code, refused.headers["x-cache"]) == (403, "HIT")
    answer = pass_through(faults, flow_of("GET", "/Users"), http.Response.make(200, b"{}"))
    assert (answer.status_code, answer.content, answer.headers["x-cache"]) == (200, b"{}", "HIT")
    cut = "    return Reply(503, b'busy', delivery=Delivery(cut=2, drip=(1, 1.0)))\n"
    (tmp_path / "cut.py").write_text(f"{head}{REPLY}@fault()\ndef half(call):\n{cut}")
    faults, flow = ProxyFaults([str(tmp_path / "cut.py")], 1, lambda: ""), flow_of("GET", "/Users")
    answer = pass_through(faults, flow, http.Response.make(200))
    assert (answer.raw_content, answer.headers["content-length"]) == (b"bu", "4")
    told = faults.told(flow)
    assert told is not None and told["error"]["kind"] == "truncated" and told["upstream"] is None
    assert "a proxy cannot deliver an answer with drip" in caplog.text
    within = "@fault(stage='engine')\ndef twice(call, run):\n    return run()\n"
    (tmp_path / "within.py").write_text(head + within)
    with pytest.raises(FileError, match=r"twice \(python\): it acts inside the service"):
        load_for_proxy([str(tmp_path / "within.py")])


# ---- what a proxy cannot do


def refusal(tmp_path: Path, *rules: str) -> FileError:
    with pytest.raises(FileError) as caught:
        load_for_proxy([rules_in(tmp_path, *rules)])
    return caught.value


def test_all_rules_that_a_proxy_cannot_do_are_named_at_once(tmp_path: Path) -> None:
    error = refusal(
        tmp_path,
        "{name: fine, do: {status: 503}}",
        "{name: ghost, do: {lost_write: true}}",
        "{name: noise, do: {garbage: true}}",
        "{name: mine, match: {token: default}, do: {status: 503}}",
        "{name: steps, do: {sequence: [503, {bad_chunk: true}]}}",
    )
    assert error.where == str(tmp_path / "rules.yaml")
    assert error.exit_code == 4
    for told in (
        "ghost (lost_write): it acts inside the service",
        "noise (garbage): mitmproxy writes the head of each answer itself",
        "mine (status): a proxy does not know the names of tokens, match by a header",
        "steps (sequence): of bad_chunk: mitmproxy writes the chunks of a body itself",
    ):
        assert told in error.message
    assert "fine" not in error.message


@pytest.mark.parametrize(
    "rule",
    [
        "{match: {tenant: a}, do: {status: 503}}",
        "{when: {per: tenant}, do: {status: 503}}",
        "{do: {rate_limit: 5, by: [tenant, client]}}",
        "{do: {delay: 1s, where: body}}",
        "{do: {drip: 10}}",
        "{do: {stale_read: 1s}}",
    ],
)
def test_what_a_proxy_does_not_know_or_cannot_write_is_refused(tmp_path: Path, rule: str) -> None:
    assert "rule-1" in refusal(tmp_path, rule).message


def test_a_wrong_rule_is_refused_with_its_place(tmp_path: Path) -> None:
    assert refusal(tmp_path, "{do: {statuss: 503}}").where == f"{tmp_path / 'rules.yaml'}:1:9"
    (tmp_path / "again.yaml").write_text("- {name: net-reset, do: {status: 503}}")
    with pytest.raises(FileError, match="'net-reset' is taken by flaky-network"):
        load_for_proxy(["flaky-network", str(tmp_path / "again.yaml")])


ROW = re.compile(r"^\| (yes|no) \| `(.*?)` \| (.*)\|$", re.MULTILINE)


def test_the_page_says_what_works_at_a_proxy() -> None:
    section = DOCS.read_text("utf-8").partition("\n## At the proxy\n")[2].partition("\n## ")[0]
    rows = {name: (works, told) for works, name, told in ROW.findall(section)}
    assert list(rows) == list(packs())
    for name, (works, told) in rows.items():
        refused = [rule.name for rule in load_faults(name) if beyond_proxy(rule) is not None]
        assert re.findall("`(.*?)`", told) == refused, name
        assert works == ("no" if refused else "yes"), name
    cannot = section.partition("A proxy cannot do ")[2].partition("\n\n")[0]
    beyond = [name for name, kind in actions().items() if not kind.at_proxy]
    assert sorted(re.findall(r"`([a-z_]+)`", cannot)) == sorted(beyond)
