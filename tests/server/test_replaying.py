"""``scimmock serve --replay``: a recorded session answers over HTTP, and breaks as it did."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.server.options import ServeOptions, blueprint_of, like_of
from scimmock.server.recording import RecordOptions
from scimmock.server.replaying import ReplayOptions
from scimmock.server.run import Ready, Running
from scimmock.traffic.form import body_bytes
from scimmock.traffic.recording import open_recording
from tests.in_process import client_of, serving
from tests.recordings.make import RECORDINGS
from tests.traffic.answering_session import HALF, KIM, breaking, life, lookup, sent, write_session
from tests.traffic.made_sessions import exchange, patch

LEE = "lee@other.example"
BOSS = patch({"op": "Replace", "path": "TITLE", "value": "Chief"})


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(
        tmp_path_factory.mktemp("s") / "s.jsonl", [*life(), *breaking(20)], fixture="okta@oin"
    )


@pytest.fixture(scope="module")
def served(recording: Path) -> Iterator[tuple[Running, Ready]]:
    with serving(ServeOptions(port=0, replay=ReplayOptions(recording))) as (running, ready):
        yield running, ready


@pytest.fixture
def client(served: tuple[Running, Ready], request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client of a tenant of its own, which has the session for itself."""
    name = request.node.name.partition("[")[0]
    with httpx.Client(base_url=f"{served[1].url}/t/{name}/scim/v2", trust_env=False, timeout=20) as made:
        yield made


def notes(client: httpx.Client) -> list[dict[str, Any]]:
    found = client.get(str(client.base_url).replace("/scim/v2/", "/_scimmock/journal")).json()
    return [note for each in found["exchanges"] for note in each["trace"]["notes"]]


def test_the_life_of_somebody_else(client: httpx.Client) -> None:
    """In the order of the session; a read may be repeated, a write only when it was recorded again."""
    base = str(client.base_url).rstrip("/")
    assert client.get(f"/Users?{lookup(LEE)}").json()["Resources"] == []
    made = client.post("/Users", json=sent(LEE, externalId="other"))
    assert (made.status_code, made.json()["userName"], made.json()["externalId"]) == (201, LEE, "other")
    assert made.json()["meta"]["location"] == f"{base}/Users/u1"
    for _ in range(3):  # a client may poll
        assert "title" not in client.get("/Users/u1").json()
    assert client.patch("/Users/u1", json=BOSS).status_code == 204
    assert client.get("/Users/u1").json()["title"] == "Chief"
    assert client.get(f"/Users?{lookup(LEE)}").json()["Resources"][0]["userName"] == LEE
    taken = client.post("/Users", json=sent(LEE))
    assert (taken.status_code, taken.json()["detail"]) == (409, f"{LEE} is there already")
    assert client.delete("/Users/u1").status_code == 204
    assert client.get("/Users/u1").status_code == 404
    again = client.delete("/Users/u1")
    assert again.status_code == 404
    assert again.json()["detail"] == (
        "No recorded exchange fits this request. The nearest is exchange 8: it is the same, and has been"
        " played already"
    )


def test_a_miss_names_the_nearest_and_what_differs(client: httpx.Client) -> None:
    other = client.post("/Users", json=sent("kim@example.com", externalId="e1", active=False))
    assert other.json()["detail"].endswith("The nearest is exchange 2: body active: not recorded, sent false")
    filtered = client.get("/Users?filter=userName%20sw%20%22k%22")
    assert filtered.json()["detail"].endswith(
        'exchange 1: query filter: recorded username eq "kim@example.com", sent username sw "k"'
    )
    assert client.get("/Devices").status_code == 404
    assert [note["replay"] for note in notes(client)] == ["missed"] * 3
    assert notes(client)[0]["nearest"] == 2


def test_discovery_that_was_not_recorded_is_that_of_the_fixture(client: httpx.Client) -> None:
    assert client.get("/ServiceProviderConfig").json()["patch"]["supported"]
    assert notes(client)[0]["answered_by"] == "engine"


def test_bodies_that_are_nested_too_deep_are_no_defect(client: httpx.Client) -> None:
    deep = '{"userName": "a", "x": ' + "[" * 500 + "]" * 500 + "}"
    assert client.post("/Users", content=deep).status_code == 404


def test_what_was_played_is_told(served: tuple[Running, Ready], recording: Path) -> None:
    told = httpx.get(f"{served[1].control_url}/info", trust_env=False).json()["replay"]
    assert (told["file"], told["exchanges"], told["played"]) == (str(recording), 17, 0)


def test_a_network_needs_a_token(recording: Path) -> None:
    """What was recorded is not for everybody."""
    options = ServeOptions(host="0.0.0.0", replay=ReplayOptions(recording))
    blueprint = blueprint_of(options, like_of(options))
    assert blueprint.auth_required and len(blueprint.tokens["default"]) > 20


def test_whoever_asks_for_a_token_gets_one(served: tuple[Running, Ready]) -> None:
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    assert httpx.post(f"{served[1].url}/oauth/token", data=form, trust_env=False).json()["access_token"]


def _raw(ready: Ready, path: str, wait: float = 10.0) -> bytes:
    """Return all that comes back until the connection ends; raises what ends it."""
    host, port = httpx.URL(ready.url).host, httpx.URL(ready.url).port
    with socket.create_connection((host, port or 0), timeout=wait) as connection:
        connection.sendall(f"GET /t/raw/scim/v2{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        found = b""
        while piece := connection.recv(65536):
            found += piece
        return found


def test_answers_break_at_the_wire_as_they_did(served: tuple[Running, Ready]) -> None:
    ready = served[1]
    for path in ("/Users/reset", "/Users/behind"):
        with pytest.raises(ConnectionResetError):
            _raw(ready, path)
    assert _raw(ready, "/Users/closed") == b""
    assert _raw(ready, "/Users/garbage")[:1] == b"\xff"
    with pytest.raises(TimeoutError):
        _raw(ready, "/Users/hang", 0.3)
    head, _, part = _raw(ready, "/Users/truncated").partition(b"\r\n\r\n")
    assert b"content-length: 400" in head and part == HALF.encode()
    with httpx.Client(base_url=f"{ready.url}/t/raw/scim/v2", trust_env=False) as client:
        busy = client.get("/Users/busy")
        assert (busy.status_code, busy.headers["retry-after"]) == (503, "7")
        assert client.get("/Users/gone").json()["id"] == "u1", "which the service had answered"
        kinds = [each["error"]["kind"] for each in _journal(ready, "raw") if each["error"]]
    assert sorted(kinds) == ["closed", "garbage", "hang", "reset", "reset", "truncated"]


def _journal(ready: Ready, tenant: str) -> list[dict[str, Any]]:
    found = httpx.get(f"{ready.url}/t/{tenant}/_scimmock/journal", trust_env=False).json()
    exchanges: list[dict[str, Any]] = found["exchanges"]
    return exchanges


def test_a_reset_begins_anew(served: tuple[Running, Ready], client: httpx.Client) -> None:
    assert client.delete("/Users/u1").status_code == 204
    assert client.delete("/Users/u1").status_code == 404
    state = str(client.base_url).replace("/scim/v2/", "/_scimmock/state")
    assert httpx.delete(state, trust_env=False).status_code == 204
    assert client.delete("/Users/u1").status_code == 204


def test_a_tenant_can_have_a_session_of_its_own(served: tuple[Running, Ready], recording: Path) -> None:
    control = f"{served[1].control_url}/tenants/"
    asked = {"replay": {"file": str(recording), "order": "strict"}}
    made = httpx.put(f"{control}own", json=asked, trust_env=False)
    assert made.status_code == 201, made.text
    with httpx.Client(base_url=made.json()["base_url"], trust_env=False) as client:
        second = client.post("/Users", json=sent("kim@example.com", externalId="e1"))
        assert second.status_code == 404 and "exchange 1 comes next" in second.json()["detail"]
        assert client.get(f"/Users?{lookup('kim@example.com')}").status_code == 200
        assert client.post("/Users", json=sent("kim@example.com", externalId="e1")).status_code == 201
        assert client.get("/ServiceProviderConfig").status_code == 404, "strict is strict"
    wrong = httpx.put(f"{control}wrong", json={"replay": str(recording.parent / "no.jsonl")}, trust_env=False)
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "replay")
    wrong = httpx.put(f"{control}wrong", json={"replay": asked["replay"] | {"pace": "x"}}, trust_env=False)
    assert (wrong.status_code, wrong.json()["error"]["field"]) == (400, "replay")


def test_the_engine_answers_the_rest_as_the_session_stands(recording: Path, tmp_path: Path) -> None:
    """Ids are those of the recording; faults act on recorded answers too, and the whole can be recorded."""
    record = RecordOptions(tmp_path / "again.jsonl", redact="none")
    replay = ReplayOptions(recording, on_miss="engine")
    with (
        serving(ServeOptions(port=0, replay=replay, tokens={"t": "own"}, record=record)) as (_, ready),
        client_of(ready) as client,
    ):
        assert httpx.get(f"{ready.base_url}/Users/u1", trust_env=False).status_code == 401
        assert client.post("/Users", json=sent(LEE, externalId="other")).status_code == 201
        assert client.patch("/Users/u1", json=BOSS).status_code == 204
        (found,) = client.get("/Users?filter=title%20eq%20%22Chief%22").json()["Resources"]
        assert (found["id"], found["userName"]) == ("u1", LEE)
        made = client.post("/Users", json=sent("new@example.com", title="Other", active=True)).json()
        assert client.get(f"/Users/{made['id']}").json()["userName"] == "new@example.com"
        assert client.delete("/Users/u1").status_code == 204
        assert client.get("/Users?filter=title%20pr").json()["totalResults"] == 1
        rule = {"name": "down", "match": {"operation": "read"}, "do": {"status": 503}}
        assert client.post(f"{ready.control_url}/faults", json=rule).status_code == 201
        assert client.get("/Users/u1").status_code == 503
    statuses = [each["response"]["status"] for each in open_recording(record.path)]
    assert statuses == [401, 201, 204, 200, 201, 200, 204, 200, 503]


def test_answers_that_no_service_would_encode_so_are_recorded_again(tmp_path: Path) -> None:
    bodies: list[dict[str, Any]] = [{"text": "<p>", "size": 3}, {"text": '{"a":"\\ud800"}', "size": 14}]
    exchanges = [exchange(n, "GET", f"/Users/u{n}", status=200) for n in range(2)]
    for each, told in zip(exchanges, bodies, strict=True):
        each["response"]["body"] = told
    replay = ReplayOptions(write_session(tmp_path / "s.jsonl", exchanges, fixture="okta@oin"))
    record = RecordOptions(tmp_path / "again.jsonl", redact="none")
    options = ServeOptions(port=0, replay=replay, tokens={"t": "own"}, record=record)
    with serving(options) as (running, ready), client_of(ready) as client:
        assert [client.get(f"/Users/u{n}").status_code for n in range(2)] == [200, 200]
    assert running.recorder is not None and running.recorder.recorder.last_trouble == ""
    assert [each["response"]["body"] for each in open_recording(record.path)] == bodies


@pytest.mark.parametrize(
    "file", ["okta/oin-throttled.jsonl", "entra/legacy-lost-writes.jsonl", "onelogin/flaky-network.jsonl"]
)
def test_shipped_sessions_are_answered_as_they_were(file: str) -> None:
    path = RECORDINGS / file
    header = open_recording(path).header
    with (
        serving(ServeOptions(port=0, replay=ReplayOptions(path))) as (running, ready),
        client_of(ready) as client,
    ):
        for recorded in open_recording(path):
            asked, told = recorded["request"], recorded["response"]
            url = f"{ready.base_url}{asked['path']}" + (f"?{asked['query']}" if asked["query"] else "")
            try:
                answer = client.request(asked["method"], url, content=body_bytes(asked["body"]))
            except httpx.TransportError:
                assert told is None, recorded["n"]
                continue
            body = json.loads(answer.text.replace(ready.base_url, header["base_url"]) or "null")
            assert (answer.status_code, body) == (told["status"], told["body"].get("json")), recorded["n"]
        replaying = running.tenants.default.replaying
    assert replaying is not None
    assert (replaying.counts.missed, replaying.counts.unplayed) == (0, [])


def test_what_is_there_before_the_session_is_there_for_the_engine(tmp_path: Path) -> None:
    """Resources that the session did not make are there from the beginning."""
    path = write_session(tmp_path / "s.jsonl", [exchange(1, "GET", "/Users/u1", told=KIM)])
    replay = ReplayOptions(path, on_miss="engine")
    with serving(ServeOptions(port=0, replay=replay)) as (_, ready), client_of(ready) as client:
        assert client.get("/Users").json()["Resources"][0]["userName"] == KIM["userName"]
