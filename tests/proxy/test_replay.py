"""A recording answers in mitmproxy, whose upstream is asked nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from scimmock.errors import FileError
from tests.traffic.answering_session import KIM, breaking, life, lookup, sent, write_session

from .conftest import Dump, Raw, document

pytest.importorskip("mitmproxy")

from scimmock.proxy.replay import ProxyReplay, ReplaySettings

TOO = {"userName": "lee@other.example", "title": "of the upstream"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Raw]:
    """An upstream that knows one thing which the recording does not."""
    raw = Raw({"u9": lambda connection, _: connection.sendall(document(json.dumps(TOO).encode()))})
    yield raw
    raw.stop()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("s") / "s.jsonl", [*life(), *breaking(20)])


@pytest.fixture(scope="module")
def dump(upstream: Raw, recording: Path, mitmdump_for_module: Callable[..., Dump]) -> Dump:
    return mitmdump_for_module(f"reverse:{upstream.url}", scim_replay=recording)


def test_a_life_of_other_people(dump: Dump, upstream: Raw) -> None:
    """The client's own names come back; addresses lead to the proxy; nobody else is asked."""
    name = "lee@other.example"
    with httpx.Client(base_url=f"{dump.url}/scim/v2", trust_env=False, timeout=20) as client:
        assert client.get(f"/Users?{lookup(name)}").json()["totalResults"] == 0
        made = client.post("/Users", json=sent(name, externalId="other"))
        assert made.status_code == 201
        assert (made.json()["userName"], made.json()["externalId"]) == (name, "other")
        assert made.json()["meta"]["location"] == f"{dump.url}/scim/v2/Users/u1"
        again = client.post("/Users", json=sent(name))
        assert again.json()["detail"] == f"{name} is there already"
        assert client.delete("/Users/u1").status_code == 204
        assert client.get("/Users/u1").status_code == 404
        missed = client.get("/Users/u9")
    assert missed.status_code == 404
    assert missed.json()["detail"].startswith("No recorded exchange fits this request. The nearest is")
    assert upstream.asked == []
    found = dump.exchanges(6)
    assert found[0]["trace"]["notes"] == [{"replay": "played", "exchange": 1, "stands_for": 1}]
    assert found[-1]["trace"]["notes"][0]["then"] == "404"
    assert found[1]["response"]["body"]["json"]["userName"] == name


def ask(dump: Dump, path: str) -> bytes:
    """Return all that comes back; raises what becomes of the connection."""
    with socket.create_connection(dump.address, timeout=10) as connection:
        connection.sendall(f"GET /scim/v2{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


def test_answers_break_as_they_did(dump: Dump) -> None:
    with pytest.raises(ConnectionResetError):
        ask(dump, "/Users/reset")
    with pytest.raises(ConnectionResetError):
        ask(dump, "/Users/behind")
    assert ask(dump, "/Users/closed") == b""
    assert ask(dump, "/Users/garbage") == b"", "which mitmproxy has no way to send"
    cut = ask(dump, "/Users/truncated")
    assert b"content-length: 400" in cut.lower() and len(cut.partition(b"\r\n\r\n")[2]) == 53
    with httpx.Client(base_url=f"{dump.url}/scim/v2", trust_env=False, timeout=20) as client:
        busy = client.get("/Users/busy")
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "7")
        assert client.get("/Users/gone").json()["id"] == "u1", "which the service had answered"
    kinds = [found["error"]["kind"] for found in dump.exchanges() if found["error"]]
    assert kinds == ["reset", "reset", "closed", "closed", "truncated"]


def test_what_is_not_recorded_is_forwarded_or_killed(
    upstream: Raw, recording: Path, mitmdump: Callable[..., Dump]
) -> None:
    before = len(upstream.asked)
    forward = mitmdump(f"reverse:{upstream.url}", scim_replay=recording, scim_on_miss="forward")
    kill = mitmdump(f"reverse:{upstream.url}", scim_replay=recording, scim_on_miss="kill")
    with httpx.Client(base_url=f"{forward.url}/scim/v2", trust_env=False, timeout=20) as client:
        assert client.get("/Users/u1").json() | {"meta": None} == KIM | {"meta": None}
        assert client.get("/Users/u9").json() == TOO
    assert len(upstream.asked) == before + 1
    assert ask(kill, "/Users/u9") == b""
    assert len(upstream.asked) == before + 1
    assert kill.exchanges(1)[0]["error"]["kind"] == "killed"
    assert forward.stop() == 0
    told = {"recording": str(recording), "exchanges": 17, "played": 1, "missed": 1, "forwarded": 1}
    assert forward.summary["replay"] == told


def test_what_a_proxy_cannot_send_is_said_at_the_start(
    recording: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ProxyReplay(ReplaySettings(recording), None)
    assert "cannot answer with garbage, it closes the connection: 25" in caplog.text


def test_a_recording_that_is_not_there() -> None:
    with pytest.raises(FileError, match=r"missing\.jsonl: cannot be read"):
        ProxyReplay(ReplaySettings(Path("missing.jsonl")), None)
