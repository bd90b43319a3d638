"""``--db``: what survives a restart, who may open the file, what a kill can lose."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.server.persistence import INTERVAL
from scimmock.store.snapshot import Lock
from tests.conftest import Here

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
EMPTY = ("--users", "0", "--groups", "0")
TOKEN = {"Authorization": "Bearer scimmock"}


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "directory.json"


def content(server: Any, tenant: str = "") -> dict[str, Any]:
    """Everything that a client can read, without the address in it."""
    base = f"{server.url}{tenant}/scim/v2"
    pages = {
        name: httpx.get(f"{base}/{name}?count=1000", headers=TOKEN).json() for name in ("Users", "Groups")
    }
    found: dict[str, Any] = json.loads(json.dumps(pages).replace(server.url, ""))
    return found


def test_everything_survives_a_restart(launch: Any, db: Path) -> None:
    """Resources, order, dates, versions, groups and tenants come back as they were;
    retired ids stay retired.
    """
    first = launch("--users", "5", "--groups", "2", "--db", str(db))
    with first.client() as client:
        made = client.post(
            "/Users", json={"schemas": [USER], "userName": "new", "password": "hunter2-secret"}
        ).json()
        users = client.get("/Users").json()["Resources"]
        group = {
            "schemas": [GROUP],
            "displayName": "zoë 💩",
            "members": [{"value": users[4]["id"]}, {"value": made["id"]}],
        }
        assert client.post("/Groups", json=group).status_code == 201
        operation = {"op": "replace", "path": "title", "value": "changed"}
        patch = {"schemas": [PATCH_OP], "Operations": [operation]}
        assert client.patch(f"/Users/{users[0]['id']}", json=patch).status_code == 200
        gone = client.post("/Users", json={"schemas": [USER], "userName": "gone"}).json()["id"]
        assert client.delete(f"/Users/{gone}").status_code == 204
        assert client.delete(f"/Users/{users[1]['id']}").status_code == 204
    httpx.post(
        f"{first.url}/t/auto/scim/v2/Users", headers=TOKEN, json={"schemas": [USER], "userName": "auto"}
    )
    made_tenant = {"fixture": "okta", "users": 2, "groups": 1, "seed": 4}
    assert httpx.put(f"{first.url}/_scimmock/tenants/okta", json=made_tenant).status_code == 201
    before = {tenant: content(first, tenant) for tenant in ("", "/t/auto", "/t/okta")}
    assert first.stop() == 0
    text = db.read_text()
    assert "hunter2-secret" not in text and "new" in text
    assert not list(db.parent.glob("directory.json.*tmp")), "no temporary file is left"

    second = launch("--users", "50", "--groups", "9", "--db", str(db), cold=True)  # other hash values
    assert {tenant: content(second, tenant) for tenant in before} == before
    assert httpx.get(f"{second.url}/_scimmock/info").json()["tenants"] == ["auto", "okta"]
    config = httpx.get(f"{second.url}/t/okta/scim/v2/ServiceProviderConfig", headers=TOKEN).json()
    assert config["bulk"]["supported"] is False, "the tenant still plays its own fixture"
    versions = {user["meta"]["version"] for user in before[""]["Users"]["Resources"]}
    with second.client() as client:
        again = client.post("/Users", json={"schemas": [USER], "userName": "gone"}).json()
        assert again["id"] != gone, "an id of a deleted resource is not issued again"
        assert again["meta"]["version"] not in versions
        assert client.post("/Users", json={"schemas": [USER], "userName": "NEW"}).status_code == 409
        found = client.get("/Users", params={"filter": 'userName eq "new"'}).json()
        assert found["Resources"][0]["groups"][0]["display"] == "zoë 💩"


def test_nothing_is_written_when_nothing_changed(launch: Any, db: Path) -> None:
    """A start and a stop without a change leave the very same file."""
    launch(*EMPTY, "--db", str(db)).stop()
    before = (db.read_bytes(), db.stat().st_ino)
    server = launch(*EMPTY, "--db", str(db))
    with server.client() as client:
        client.get("/Users")
    assert server.stop() == 0
    assert (db.read_bytes(), db.stat().st_ino) == before


def test_a_second_server_is_refused(here: Here, launch: Any, db: Path) -> None:
    """A file in use is exit code 4 naming it; the first server goes on and keeps its file."""
    first = launch(*EMPTY, "--db", str(db))
    failed = here("serve", "--port", "0", *EMPTY, "--db", str(db))
    assert failed.returncode == 4 and str(db) in failed.stderr and "Traceback" not in failed.stderr
    with first.client() as client:
        assert client.post("/Users", json={"schemas": [USER], "userName": "u"}).status_code == 201
    assert first.stop() == 0
    assert '"u"' in db.read_text()


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"not a directory",
        b'{"_default": {"1": {"a": 1}}}',
        b'{"_scimmock": []}',
        b'{"_scimmock": {"1": {"format": "db/1"}}}',
        b'{"_scimmock": {"1": {"format": "db/1", "tenants": []}}}',
        b'{"_scimmock": {"1": {"format": "db/1", "tenants": {"": 5}}}}',
        b'{"_scimmock": {"1": {"format": "db/1", "tenants": {"": {"version": "x", "retired": 5}}}}}',
        b'{"_scimmock": {"1": {"format": "db/1", "tenants": {"a": {"version": 1, "retired": []}}}}}',
        b'{"_scimmock": {"1": {"format": "db/1", "tenants": {"": {}, "a": {"own": {"fixtures": 5}}}}}}',
        b'{"_scimmock": {"1": {"format": "db/1", "tenants": {"": {}, "a": {"own": 5}}}}}',
        b'{"_scimmock": {"1": {"format": "db/999"}}}',
    ],
    ids=range(12),
)
def test_a_damaged_file_is_refused(here: Here, db: Path, damage: bytes) -> None:
    """What is no whole directory is exit code 4 in a sentence with the file's name, and stays untouched."""
    db.write_bytes(damage)
    failed = here("serve", "--port", "0", *EMPTY, "--db", str(db))
    assert "Traceback" not in failed.stderr, failed.stderr
    assert failed.returncode == 4, (failed.stdout, failed.stderr)
    assert str(db) in failed.stderr
    assert db.read_bytes() == damage
    assert not list(db.parent.glob("*.tmp"))
    lock = Lock(db)
    lock.acquire()  # it was given back
    lock.release()


def test_a_kill_loses_nothing_that_was_written(launch: Any, db: Path) -> None:
    """After SIGKILL the file is whole, the lock is free, and what the last snapshot had is there."""
    first = launch("--users", "3", "--groups", "1", "--db", str(db))
    before = content(first)
    assert first.stop() == 0
    second = launch(*EMPTY, "--db", str(db))
    with second.client() as client:
        client.post("/Users", json={"schemas": [USER], "userName": "lost"})
    second.stop(signal.SIGKILL)
    third = launch(*EMPTY, "--db", str(db))
    assert content(third) == before


def test_a_snapshot_is_written_while_the_server_runs(launch: Any, db: Path) -> None:
    """A change is on disk after some five seconds, here less, long before the end."""
    assert INTERVAL == 5
    server = launch(
        *EMPTY, "--db", str(db), first="from scimmock.server import persistence; persistence.INTERVAL = 0.3"
    )
    with server.client() as client:
        assert client.post("/Users", json={"schemas": [USER], "userName": "kept"}).status_code == 201
    deadline = time.monotonic() + 8
    while not (db.exists() and '"kept"' in db.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    server.stop(signal.SIGKILL)
    assert '"kept"' in db.read_text()


def test_a_fixture_without_a_type_of_the_file(launch: Any, db: Path, tmp_path: Path) -> None:
    """Resources of a type that the fixture does not have are never thrown away in silence."""
    folder = tmp_path / "devices"
    folder.mkdir()
    schema = {"id": "urn:x:Device", "name": "Device", "attributes": [{"name": "serial", "required": True}]}
    (folder / "device.json").write_text(json.dumps(schema))
    (folder / "fixture.yaml").write_text(
        "fixture: devices\ntitle: Devices\nkind: service\nbehaviour:\n  resource_types:\n"
        "    - {name: Device, endpoint: /Devices, schema: device.json}\n"
    )
    server = launch("--fixture", str(folder), *EMPTY, "--db", str(db))
    with server.client() as client:
        made = client.post("/Devices", json={"schemas": ["urn:x:Device"], "serial": "precious-1"})
        assert made.status_code == 201
    assert server.stop() == 0 and "precious-1" in db.read_text()
    with contextlib.suppress(AssertionError):  # it may refuse to start
        launch(*EMPTY, "--db", str(db)).stop()
    assert "precious-1" in db.read_text()


def test_tenants_of_a_fixture_from_a_folder_survive(launch: Any, db: Path, tmp_path: Path) -> None:
    """A tenant with numbers of its own on a server that plays a fixture from a folder comes back."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "fixture.yaml").write_text(
        "fixture: mine\ntitle: Mine\nkind: service\nbehaviour: {base_path: /mine}\n"
    )
    options = ("--fixture", str(folder), *EMPTY, "--db", str(db))
    first = launch(*options)
    assert httpx.put(f"{first.url}/_scimmock/tenants/own", json={"users": 2}).status_code == 201
    assert httpx.get(f"{first.url}/t/own/mine/Users", headers=TOKEN).json()["totalResults"] == 2
    assert first.stop() == 0
    second = launch(*options)
    assert httpx.get(f"{second.url}/t/own/mine/Users", headers=TOKEN).json()["totalResults"] == 2


def test_tenants_keep_the_servers_options_over_a_restart(launch: Any, db: Path) -> None:
    """A tenant with numbers of its own has the server's base path after a restart as before."""
    options = (*EMPTY, "--base-path", "/api", "--db", str(db))
    first = launch(*options)
    made = httpx.put(f"{first.url}/_scimmock/tenants/own", json={"users": 1}).json()
    assert made["base_url"].endswith("/t/own/api")
    assert first.stop() == 0
    second = launch(*options)
    assert httpx.get(f"{second.url}/t/own/api/Users", headers=TOKEN).status_code == 200


def test_a_deleted_tenant_stays_deleted(launch: Any, db: Path) -> None:
    """A tenant that was deleted is in the file no more."""
    first = launch(*EMPTY, "--db", str(db))
    url = f"{first.url}/t/short/scim/v2/Users"
    httpx.post(url, headers=TOKEN, json={"schemas": [USER], "userName": "ephemeral"})
    httpx.delete(f"{first.url}/_scimmock/tenants/short")
    first.stop()
    assert "ephemeral" not in db.read_text() and "short" not in db.read_text()


def test_a_file_that_cannot_be_created(here: Here, tmp_path: Path) -> None:
    """A folder that does not exist is exit code 4 with the name."""
    failed = here("serve", "--port", "0", *EMPTY, "--db", str(tmp_path / "none" / "d.json"))
    assert failed.returncode == 4 and "d.json" in failed.stderr and "Traceback" not in failed.stderr


def test_the_last_snapshot_wins(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot that is still being written when the server ends never replaces the newer, last one."""
    from scimmock.clock import Clock
    from scimmock.fixture import combine
    from scimmock.server import persistence as module
    from scimmock.server.persistence import Persistence
    from scimmock.server.population import Population
    from scimmock.server.tenants import Blueprint, Tenants
    from scimmock.store.snapshot import read_snapshot

    running, overlap = [0], [False]
    begun = threading.Event()
    real = module.write_snapshot

    def slow(*arguments: Any) -> None:
        running[0] += 1
        overlap[0] |= running[0] > 1
        if not begun.is_set():
            begun.set()
            time.sleep(0.4)
        real(*arguments)
        running[0] -= 1

    monkeypatch.setattr(module, "write_snapshot", slow)
    monkeypatch.setattr(module, "INTERVAL", 0.01)
    tenants = Tenants(Blueprint(combine(()), population=Population()), Clock())
    persistence = Persistence(db)
    assert persistence.open(tenants) is False
    tenants.start()

    async def scenario() -> None:
        writer = asyncio.create_task(persistence.run(tenants))
        await asyncio.to_thread(begun.wait, 5)
        document = {"schemas": [USER], "id": "late", "userName": "late", "meta": {"version": 'W/"9"'}}
        tenants.default.directory.insert("User", "late", document)
        # What Running does at the end of serve.
        writer.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writer
        closing = persistence.close(tenants)  # type: ignore[func-returns-value]
        if asyncio.iscoroutine(closing):
            await closing

    asyncio.run(scenario())
    assert "late" in read_snapshot(db)[1]["Users"], "an older snapshot replaced the last one"
    assert not overlap[0], "two snapshots were written at the same time"
