"""``scimmock serve --record``: the session is in the file, as it was, without a secret or a person."""

from __future__ import annotations

import json
import re
import signal
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.traffic.form import body_bytes
from scimmock.traffic.recording import open_recording

from ..conftest import PATCH_OP, USER, Here, Launch, LiveServer
from .conftest import Home, OnFullDisk

EMPTY = ("--users", "0", "--groups", "0")


def user(name: str, **more: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": name, **more}


def exchanges(server: LiveServer, path: Path) -> list[dict[str, Any]]:
    """Stop a server and return what it recorded."""
    assert server.stop() == 0, server.log.read_text()
    return list(open_recording(path))


def test_the_file_has_what_was_said(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), "--redact", "none", "--seed", "7", env=home)
    with server.client() as client:
        created = client.post("/Users", json=user("bjensen@acme.org", password="hunter2"))
        client.post("/Users", json=user("bjensen@acme.org"))
        client.get("/Users/b%6Aensen?attributes=a%2Cb", headers={"X-Odd": "odd"})
        client.patch(f"/Users/{created.json()['id']}", content=b'{"schemas": [], "x": 1.50}')
        client.delete(f"/Users/{created.json()['id']}")
    found = exchanges(server, path)
    header = open_recording(path).header
    assert header["base_url"] == server.base_url and header["by"] == "server" and header["fixture"] == "rfc"
    assert (header["seed"], header["users"], header["groups"]) == (7, 0, 0)
    assert [item["n"] for item in found] == [1, 2, 3, 4, 5]
    assert [item["trace"]["operation"] for item in found] == ["create", "create", "read", "patch", "delete"]
    assert [item["response"]["status"] for item in found] == [201, 409, 404, 400, 204]
    first = found[0]
    assert first["request"]["body"]["json"] == user("bjensen@acme.org", password="hunter2")
    assert first["response"]["body"]["json"] == created.json()
    assert first["response"]["body"]["size"] == len(created.content)
    assert first["trace"]["id"] == created.json()["id"] and first["connection"] == found[4]["connection"]
    names = [name for name, _ in first["request"]["headers"]]
    assert "Content-Type" in names and "User-Agent" in names, "as the client spelled them"
    assert dict(first["response"]["headers"]) == dict(created.headers)
    assert (
        found[2]["request"]["path"] == "/Users/b%6Aensen"
        and found[2]["request"]["query"] == "attributes=a%2Cb"
    )
    assert found[3]["request"]["body"] == {"text": '{"schemas": [], "x": 1.50}', "size": 26}
    assert all(item["t"] >= 0 and item["timing"]["wait_ms"] >= 0 for item in found)
    assert body_bytes(first["response"]["body"]) == created.content


def test_persons_and_secrets_are_redacted_unless_asked_otherwise(
    launch: Launch, tmp_path: Path, home: Home
) -> None:
    path, shared = tmp_path / "s.jsonl", tmp_path / "team.key"
    server = launch(*EMPTY, "--record", str(path), "--redact-key", str(shared), env=home)
    with server.client() as client:
        client.get("/Users", params={"filter": 'userName eq "bjensen@acme.org"', "access_token": "s3cr3t"})
        client.post("/Users", json=user("BJensen@acme.org", password="hunter2", displayName="Barbara Jensen"))
        client.post("/Users", json=user("bjensen@acme.org"))
    found = exchanges(server, path)
    text = path.read_text()
    assert [
        word for word in ("jensen", "acme", "hunter2", "s3cr3t", "Barbara", 'scimmock"]') if word in text
    ] == []
    assert text.lower().count(found[1]["request"]["body"]["json"]["userName"].lower()) == 4
    assert "exists already" in found[2]["response"]["body"]["json"]["detail"]
    assert (
        open_recording(path).header["redaction"]["mode"] == "pseudonyms"
        and shared.stat().st_mode & 0o777 == 0o600
    )
    assert not (tmp_path / "state").exists()


def test_faults_quirks_tenants_and_what_the_client_did_not_see(
    launch: Launch, tmp_path: Path, home: Home
) -> None:
    path = tmp_path / "s.jsonl"
    (tmp_path / "faults.yaml").write_text(
        "faults:\n"
        "- {name: lost, match: {filter: 'userName eq \"ann\"'}, do: {lost_response: reset}}\n"
        "- {name: busy, match: {operation: list}, do: {status: 429}}\n"
    )
    options = (
        "--record",
        str(path),
        "--faults",
        "faults.yaml",
        "--quirk",
        "error-status-int",
        "--redact",
        "none",
    )
    server = launch(*EMPTY, *options, env=home)
    with server.client() as client:
        with pytest.raises(httpx.TransportError):
            client.post("/Users", json=user("ann"))
        client.get("/Users")
        client.post(f"{server.url}/t/other/scim/v2/Users", json=user("bob"))
        client.get(f"{server.url}/elsewhere")
        client.get(f"{server.url}/_scimmock/info")
    lost, busy, other, elsewhere = exchanges(server, path)
    assert lost["response"] is None and lost["error"]["kind"] == "reset" and lost["upstream"]["status"] == 201
    assert lost["upstream"]["body"]["json"]["userName"] == "ann" and lost["trace"]["rule"] == "lost"
    assert busy["response"]["status"] == 429 and busy["trace"]["rules"][0]["name"] == "busy"
    assert (other["request"]["base"], other["request"]["path"]) == ("/t/other/scim/v2", "/Users")
    assert other["trace"]["tenant"] == "other"
    assert (elsewhere["request"]["base"], elsewhere["request"]["path"]) == ("", "/elsewhere")
    header = open_recording(path).header
    assert [rule["name"] for rule in header["faults"]] == ["lost", "busy"] and header["quirks"] == [
        "error-status-int"
    ]


def test_a_client_that_goes_away_is_recorded(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    with socket.create_connection(server.address) as connection:
        head = "POST /scim/v2/Users HTTP/1.1|Host: x|Authorization: Bearer scimmock|Content-Length: 99||{"
        connection.sendall(head.replace("|", "\r\n").encode())
        time.sleep(0.2)
    deadline = time.monotonic() + 10
    while path.read_text().count("\n") < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    (gone,) = exchanges(server, path)
    assert gone["response"] is None and gone["error"]["kind"] == "client_gone"


def test_what_is_there_is_refused_unless_told_otherwise(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"

    def run(*more: str) -> int:
        server = launch(*EMPTY, "--record", str(path), *more, env=home)
        with server.client() as client:
            client.get("/Users")
        return len(exchanges(server, path))

    assert run() == 1
    with pytest.raises(AssertionError, match="is there already, --record-existing append goes on"):
        run()
    assert run("--record-existing", "append") == 2
    assert run("--record-existing", "force") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--record", "no/folder/s.jsonl"], 4, "no/folder/s.jsonl: cannot be written: No such file"),
        (["--record", "s.jsonl", "--redact-field", "a b"], 2, "'a b' is no attribute path"),
        (["--record", "s.jsonl", "--redact", "none", "--redact-field", "a=drop"], 2, "a=drop has no effect"),
        (["--record", "s.jsonl", "--redact-key", "bad.key"], 4, "bad.key: is no key of pseudonyms"),
        (["--record", "there.jsonl", "--record-existing", "append"], 4, "there.jsonl:1: is no recording"),
    ],
)
def test_what_cannot_be_recorded_is_an_error_at_once(
    here: Here, tmp_path: Path, home: Home, arguments: list[str], code: int, message: str
) -> None:
    (tmp_path / "bad.key").write_text("x")
    (tmp_path / "there.jsonl").write_text("hello\n")
    done = here("serve", "--port", "0", *arguments, env=home)
    assert done.returncode == code and message in done.stderr, done.stderr


def test_a_full_disk_is_said_at_once_and_the_traffic_goes_on(
    on_full_disk: OnFullDisk, tmp_path: Path
) -> None:
    process = on_full_disk(4, "s.jsonl")
    ready = tmp_path / "ready.json"
    deadline = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    base_url = json.loads(ready.read_text())["base_url"]
    with httpx.Client(base_url=base_url, headers={"Authorization": "Bearer scimmock"}) as client:
        statuses = [client.post("/Users", json=user(f"user{n}")).status_code for n in range(12)]
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert statuses == [201] * 12
    assert process.returncode == 6, errors
    assert len(re.findall(r"the recording s.jsonl cannot be written: .*: exchanges are lost", errors)) == 1
    recording = open_recording(tmp_path / "s.jsonl")
    kept = [item["n"] for item in recording]
    assert 0 < len(kept) < 12 and kept == list(range(1, len(kept) + 1)) and recording.notices == []
    assert f"{12 - len(kept)} exchanges were lost" in errors


def test_what_a_client_has_seen_is_in_the_file(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    with server.client() as client:
        for number in range(1, 60):
            client.post("/Users", json=user(f"user{number}"))
            assert path.read_bytes().count(b"\n") == number + 1


def test_a_killed_server_loses_at_most_what_is_in_flight(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    with server.client() as client:
        for number in range(400):
            assert client.post("/Users", json=user(f"user{number}")).status_code == 201
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    recording = open_recording(path)
    assert [item["n"] for item in recording] == list(range(1, 401)) and recording.notices == []


def test_what_many_connections_have_seen_is_in_the_file(launch: Launch, tmp_path: Path, home: Home) -> None:
    """What is ready together is recorded together, and before the first of the answers leaves."""
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), "--redact", "none", env=home)
    head = "GET /scim/v2/Users?count={0} HTTP/1.1|Host: x|Authorization: Bearer scimmock||".replace(
        "|", "\r\n"
    )
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection(server.address)) for _ in range(6)]
        files = [stack.enter_context(each.makefile("rb")) for each in connections]
        for round in range(20):
            for number, each in enumerate(connections):
                each.sendall(head.format(100 * round + number).encode())
            for number, file in enumerate(files):
                assert file.readline() == b"HTTP/1.1 200 OK\r\n"
                assert f'"query":"count={100 * round + number}"' in path.read_text()
                headers = dict(line.lower().split(b": ") for line in iter(file.readline, b"\r\n"))
                file.read(int(headers[b"content-length"]))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    found = list(open_recording(path))
    assert [item["n"] for item in found] == list(range(1, 121))
    asked = [int(item["request"]["query"].partition("=")[2]) for item in found]
    assert sorted(asked) == [100 * round + number for round in range(20) for number in range(6)]
    assert [one // 100 for one in asked] == sorted(one // 100 for one in asked)


def _resident(pid: int) -> int:
    """Return the resident memory of a process in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_recording_takes_no_memory_that_grows(launch: Launch, tmp_path: Path, home: Home) -> None:
    """Deletes keep the directory small, and the journal is cleared: what grows is the recorder's."""
    server = launch(*EMPTY, "--record", str(tmp_path / "s.jsonl"), env=home)
    sizes = []
    with server.client() as client:
        for round in range(3):
            for number in range(250):
                created = client.post(
                    "/Users", json=user(f"p{round}x{number}@acme.org", title=f"T{round}{number}")
                )
                client.delete(f"/Users/{created.json()['id']}")
            client.delete(f"{server.url}/_scimmock/journal", headers={"Content-Type": "application/json"})
            sizes.append(_resident(server.process.pid))
    assert sizes[2] - sizes[0] < 6 * 1024, sizes


def test_a_patch_is_recorded_as_it_was_sent(launch: Launch, tmp_path: Path, home: Home) -> None:
    path = tmp_path / "s.jsonl"
    server = launch(*EMPTY, "--record", str(path), env=home)
    operations = [{"op": "Replace", "path": 'emails[type eq "work"].value', "value": "a@acme.org"}]
    with server.client() as client:
        id = client.post("/Users", json=user("ann", emails=[{"type": "work", "value": "x@acme.org"}])).json()[
            "id"
        ]
        client.patch(f"/Users/{id}", json={"schemas": [PATCH_OP], "Operations": operations})
    patched = exchanges(server, path)[1]
    (shown,) = patched["request"]["body"]["json"]["Operations"]
    assert shown["op"] == "Replace" and shown["path"] == 'emails[type eq "work"].value'
    assert patched["response"]["body"]["json"]["emails"][0]["value"] == shown["value"] != "a@acme.org"
