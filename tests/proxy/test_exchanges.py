"""Flows as exchanges: what is told apart without a proxy, and files of flows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from scimmock.errors import FileError

from ..conftest import LiveServer
from .conftest import Dump, Raw, document

pytest.importorskip("mitmproxy")

from mitmproxy import flow as flows
from mitmproxy import http
from mitmproxy.connection import ConnectionState
from mitmproxy.io import FlowWriter
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from scimmock.proxy.exchanges import Seen, document_of, plain_path
from scimmock.proxy.failures import failure_of
from scimmock.proxy.flows import read_flows
from scimmock.proxy.leading import Leading


def flow(path: str = "/scim/v2/Users", **changed: Any) -> http.HTTPFlow:
    made: http.HTTPFlow = tflow.tflow(resp=True)
    made.request.path = path
    for name, value in changed.items():
        setattr(made.request, name, value)
    return made


@pytest.mark.parametrize(
    ("path", "base", "where", "aim"),
    [
        ("/scim/v2/Users/1?x", "/scim/v2", {"path": "/Users/1"}, ("read", "Users", "1")),
        ("/scim/v2", "/scim/v2", {"path": "/"}, (None, None, None)),
        ("/v1/Users", "/scim/v2", {"path": "/Users", "base": "/v1"}, ("list", "Users", None)),
        ("/Users", "", {"path": "/Users"}, ("list", "Users", None)),
        ("/scim/v2/Users", "", {"path": "/Users", "base": "/scim/v2"}, ("list", "Users", None)),
        ("/scim/v2x/a", "/scim/v2", {"path": "/scim/v2x/a", "base": ""}, (None, None, None)),
        ("/scim/v2/Badges/7", "/scim/v2", {"path": "/Badges/7"}, ("read", "Badges", "7")),
    ],
)
def test_where_a_request_lies(path: str, base: str, where: dict[str, str], aim: tuple[Any, ...]) -> None:
    found = document_of(flow(path), Seen(), base)
    assert {name: found["request"][name] for name in ("path", "base") if name in found["request"]} == where
    trace = found["trace"]
    # What is below the base path itself is an aim without a resource.
    assert (trace["operation"] if where["path"] != "/" else None, trace["resource"], trace["id"]) == aim


def test_an_answer_that_another_addon_kills_is_none() -> None:
    from scimmock.proxy.addon import Addon

    own, kept = Addon(), []
    own.session = SimpleNamespace(record=lambda killed, seen: kept.append(document_of(killed, seen)))
    killed = flow()
    killed.error = flows.Error(flows.Error.KILLED_MESSAGE)
    asyncio.run(own.response(killed))
    (found,) = kept
    assert found["response"] is None and found["error"]["kind"] == "killed"
    assert found["upstream"]["status"] == 200


def test_versions_of_http() -> None:
    versions = ("HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3")
    shown = [document_of(flow(http_version=version), Seen())["request"]["http"] for version in versions]
    assert shown == ["1.0", "1.1", "2", "3"]


def test_an_escaped_slash_stays_one() -> None:
    assert plain_path(b"/Users/a%2Fb%20c") == "/Users/a%2Fb c" and plain_path(b"/%ff") == "/%ff"


@pytest.mark.parametrize(
    ("message", "client", "server", "expected"),
    [
        ("stream reset by client (CANCEL)", b"h2", b"http/1.1", ("client_gone", "client")),
        ("stream reset by client (CANCEL)", b"h2", b"h2", ("client_gone", "client")),
        ("stream reset by client (INTERNAL_ERROR)", b"h2", b"h2", ("reset", "upstream")),
        ("stream reset by client (REFUSED_STREAM)", b"http/1.1", b"h2", ("reset", "upstream")),
        ("peer closed connection", b"h2", b"http/1.1", ("client_gone", "client")),
        ("peer closed connection", b"http/1.1", b"h2", ("truncated", "upstream")),
        ("HTTP/2 protocol error: x", b"h2", b"h2", ("garbage", "upstream")),
        ("[Errno -2] Name or service not known", None, None, ("unreachable", "upstream")),
        ("[Errno 110] Connect call failed ('10.0.0.1', 80)", None, None, ("timeout", "upstream")),
        ("Multiple exceptions: [Errno 111] Connect call failed", None, None, ("refused", "upstream")),
        ("[Errno 113] Connect call failed ('10.0.0.1', 80)", None, None, ("unreachable", "upstream")),
        ("Certificate verify failed: self-signed certificate", None, None, ("tls", "upstream")),
        ("Response body exceeds mitmproxy's body_size_limit.", None, None, ("too_large", "proxy")),
        ("Connection killed.", None, None, ("killed", "proxy")),
    ],
)  # fmt: skip
def test_failures_by_what_mitmproxy_says(
    message: str, client: bytes | None, server: bytes | None, expected: tuple[str, str]
) -> None:
    failed = flow()
    failed.client_conn.alpn, failed.server_conn.alpn = client, server
    failed.client_conn.state = ConnectionState.OPEN
    failed.error = flows.Error(message)
    found = failure_of(failed)
    assert (found.kind, found.side) == expected and found.message == message


def test_a_client_that_goes_while_it_is_answered() -> None:
    """What the upstream had answered by then stands apart: the client did not get it."""
    gone = flow()
    gone.error = flows.Error("Client disconnected.")
    found = document_of(gone, Seen(failure=failure_of(gone)), "/scim/v2")
    assert found["response"] is None and found["upstream"]["status"] == 200


def test_a_service_that_knows_itself_by_the_host_of_the_client() -> None:
    """With keep_host_header requests stay as they are, until the service speaks of itself by its address."""
    leading = Leading(None, keeps_host=True)
    body = b'{"$ref":"http://here.example:8081/Users/1"}'

    def ask() -> http.HTTPFlow:
        made = flow(content=body, host_header="here.example:8081")
        made.request.host, made.request.port = "127.0.0.1", 9000
        made.request.headers["host"] = "here.example:8081"
        made.request.headers["content-type"] = "application/json"
        made.client_conn.proxy_mode = ProxyMode.parse("reverse:http://127.0.0.1:9000")
        leading.request(made)
        return made

    first = ask()
    assert first.request.content == body and first.response is not None
    first.response.headers["location"] = "http://127.0.0.1:9000/Users/1"
    leading.response(first)
    assert first.response.headers["location"] == "http://here.example:8081/Users/1"
    assert ask().request.content == b'{"$ref":"http://127.0.0.1:9000/Users/1"}'


def test_the_control_api_of_a_mock_is_not_this_machines_any_more(
    mitmdump: Callable[..., Dump], shared_server: LiveServer
) -> None:
    """Whoever comes through the recorder, maybe from far away, needs the admin token."""
    dump = mitmdump(f"reverse:{shared_server.url}")
    with httpx.Client(trust_env=False) as client:
        for path in ("/_scimmock/state", "/t/some/_scimmock/state"):
            assert client.get(shared_server.url + path).status_code == 200
            assert client.get(dump.url + path).status_code == 401
        token = {"Authorization": f"Bearer {shared_server.ready['admin_token']}"}
        assert client.get(f"{dump.url}/_scimmock/state", headers=token).status_code == 200


# ---- files of flows


def test_a_flow_file_that_mitmdump_wrote(mitmdump: Callable[..., Dump], tmp_path: Path) -> None:
    """It gives the exchanges that the addon recorded of the same traffic."""
    raw = Raw({"Users": lambda connection, _: connection.sendall(document(b'{"totalResults":0}'))})
    dump = mitmdump(f"reverse:{raw.url}", "-w", str(tmp_path / "s.flow"), scim_lead_back="false")
    with httpx.Client(trust_env=False) as client:
        for _ in range(2):
            assert client.get(f"{dump.url}/scim/v2/Users?count=1").status_code == 200
    assert dump.stop() == 0
    raw.stop()
    header, exchanges = read_flows(tmp_path / "s.flow")
    assert header["base_url"] == f"{raw.url}/scim/v2" and header["by"] == "addon"

    def common(exchange: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in exchange.items() if name != "t"}

    assert [common(each) for each in exchanges] == [common(each) for each in dump.exchanges()]


def test_flow_files_with_failures_and_other_things(tmp_path: Path) -> None:
    """Failures are told, tunnels and other protocols left out; the first endpoint shows the service."""
    path = tmp_path / "s.flow"
    failed = flow("/other")
    failed.response, failed.error = None, flows.Error("server closed connection")
    with path.open("wb") as file:
        writer = FlowWriter(file)
        for each in (flow(method="CONNECT"), tflow.ttcpflow(), failed, flow("/scim/v2/Users")):
            writer.add(each)
    header, exchanges = read_flows(path)
    first, second = exchanges
    assert header["base_url"].endswith("/scim/v2")
    assert (first["request"]["base"], first["error"]["kind"]) == ("", "closed")
    assert (second["n"], second["request"]["path"]) == (2, "/Users")


@pytest.mark.parametrize(("content", "says"), [(b"nonsense", "no flow file"), (b"", "has no HTTP flows")])
def test_what_is_no_flow_file(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "s.flow"
    path.write_bytes(content)
    with pytest.raises(FileError, match=says):
        read_flows(path)
    with pytest.raises(FileError, match="cannot be read"):
        read_flows(tmp_path / "missing")
