"""Servers in a thread, tenants of them, and applications without a socket."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

import scimmock
from scimmock import BindError, FileError, Server, Tenant, UsageError
from scimmock.faults.call import Call
from scimmock.faults.python import fault
from scimmock.server.tenant import Tenant as ServedTenant

HEAD = "fixture: x\ntitle: X\nkind: idp\nsources: {DOC: https://example.com}\n"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


def test_a_server_begins_and_ends() -> None:
    """Its thread and its socket are gone afterwards; signals and the collector are as they were."""
    handler, thresholds, frozen = signal.getsignal(signal.SIGINT), gc.get_threshold(), gc.get_freeze_count()
    server = Server(fixture="okta", users=3, groups=0, token="mine")
    with pytest.raises(UsageError, match="the server does not run"):
        assert server.url
    with server:
        url = server.url
        assert url == f"{server.root_url}/scim/v2" and server.headers == {"Authorization": "Bearer mine"}
        assert server.client.get("/Users").json()["totalResults"] == len(server.users) == 3
        assert httpx.get(f"{server.control_url}/info").json()["fixture"] == "okta"
        assert httpx.get(f"{url}/Users").status_code == 401 and server.name == ""
        assert (signal.getsignal(signal.SIGINT), gc.get_threshold(), gc.get_freeze_count()) == (
            handler, thresholds, frozen,
        )  # fmt: skip
    assert not any(thread.name == "scimmock" for thread in threading.enumerate() if thread.ident is None)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    for use in (lambda: server.users.clear(), lambda: server.tenant(), lambda: server.wait_for("create")):
        with pytest.raises(UsageError, match="the server does not run"):
            use()


def test_options_reach_the_server(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("userName,displayName\nann,Ann\n")
    recording = tmp_path / "session.jsonl"
    with Server(
        fixture=["okta", "slack"],
        people=people,
        faults=["flaky-network", {"name": "mine", "do": {"status": 503}}],
        quirks=["patch-204"],
        auth=False,
        record=recording,
    ) as server:
        assert [user["userName"] for user in server.users] == ["ann"] and server.token is None
        assert "mine" in server.faults and server.also["slack@v1"] == f"{server.root_url}/scim/v1"
        server.faults.clear(everything=True)
        assert server.client.get("/Users").status_code == 200
        with server.tenant() as other:
            assert len(other.users) == 1 and "mine" in other.faults
    assert [entry["request"]["path"] for entry in scimmock.open_recording(recording)] == ["/Users"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"fixure": "okta"}, "there is no argument 'fixure', did you mean 'fixture'"),
        ({"users": "many"}, "users: expected"),
        ({"quirks": ["patch-205"]}, "quirk"),
        ({"faults": [{"do": {}}]}, r"faults\[0\].do"),
        ({"faults": [{"do": {"status": 500}, "name": name} for name in "aa"]}, "the name 'a' is taken"),
    ],
)
def test_wrong_arguments_of_a_server(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(scimmock.UserError, match=told):
        Server(**arguments).start()


def test_a_server_that_cannot_begin(server: Server, tmp_path: Path) -> None:
    port = httpx.URL(server.url).port
    assert port is not None
    with pytest.raises(BindError, match=str(port)):
        Server(port=port).start()
    with pytest.raises(FileError, match="oktaa"):
        Server(fixture="oktaa").start()
    with pytest.raises(FileError, match="faults"):
        Server(faults=tmp_path / "faults.yaml").start()


# ---- tenants


def test_tenants_are_isolated_and_deleted(server: Server) -> None:
    with server.tenant("one", fixture="okta", users=2) as one, server.tenant(users=1, seed=7) as two:
        assert (len(one.users), len(two.users), len(server.users)) == (2, 1, 0)
        assert one.name == "one" and one.url == f"{server.root_url}/t/one/scim/v2" != two.url
        one.faults.add(do={"status": 503})
        assert (one.client.get("/Users").status_code, two.client.get("/Users").status_code) == (503, 200)
        assert (len(one.journal), len(two.journal), len(server.journal)) == (1, 1, 0)
        with pytest.raises(UsageError, match="the tenant 'one' exists already"):
            server.tenant("one")
    with pytest.raises(UsageError, match="the tenant 'one' is deleted"):
        one.users.clear()
    assert httpx.get(f"{server.control_url}/info").json()["tenants"] == []
    one.close()
    with server.tenant("one", fixture="okta", users=2) as again:
        assert len(again.users) == 2 and len(again.faults) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"fixture": "okat"}, "did you mean 'okta'"),
        ({"user": 3}, "did you mean 'users'"),
        ({"users": -1}, "users: a number from 0"),
        ({"people": "nobody.csv"}, "nobody.csv"),
        ({"faults": "flaky"}, "flaky"),
        ({"faults": [{"do": {"status": 503}, "name": "a"}, {"do": {"status": 503}, "name": "a"}]}, "taken"),
        ({"quirks": {"quirk": "patch-204", "x": 1}}, "quirks"),
        ({"host": "127.0.0.1"}, "there is no argument 'host'"),
    ],
)
def test_wrong_arguments_of_a_tenant(server: Server, arguments: dict[str, Any], told: str) -> None:
    """There is no tenant then."""
    with pytest.raises(scimmock.UserError, match=told):
        server.tenant("wrong", **arguments)
    with pytest.raises(UsageError, match="a tenant's name has letters"):
        server.tenant("a b")
    assert httpx.get(f"{server.control_url}/info").json()["tenants"] == []


def test_a_file_of_people_that_changes_is_read_again(server: Server, tmp_path: Path) -> None:
    """Although what tenants begin with is kept for the next one."""
    people = tmp_path / "people.csv"
    for names in (["ann"], ["bob", "eve"]):
        people.write_text("\n".join(["userName", *names]))
        with server.tenant(people=str(people)) as made:
            assert [user["userName"] for user in made.users] == names


def test_a_fixture_that_changes_is_read_again(server: Server, tmp_path: Path) -> None:
    """Also when what has changed is what it extends."""
    base, own = tmp_path / "base", tmp_path / "own"
    for folder, rest in ((base, ""), (own, "extends: ../base\n")):
        folder.mkdir()
        (folder / "fixture.yaml").write_text(f"{HEAD}{rest}")
    for users in (2, 3):
        (base / "fixture.yaml").write_text(f"{HEAD}people: {{users: {users}}}\n")
        for _ in range(2):
            with server.tenant(fixture=own) as made:
                assert len(made.users) == users


def test_a_server_that_has_ended_deletes_nothing() -> None:
    with Server(users=0, groups=0) as server:
        left = server.tenant()
    left.close()


def test_nothing_refers_to_a_deleted_tenant(server: Server) -> None:
    """Handles, their parts and entries of a journal keep no tenant alive."""

    def alive() -> int:
        gc.collect()
        return sum(isinstance(thing, ServedTenant) for thing in gc.get_objects())

    before = alive()
    kept: list[Any] = []
    for _ in range(5):
        with server.tenant(fixture="slack", users=2, faults=[{"name": "a", "do": {"delay": "0s"}}]) as made:
            made.client.get("/Users")
            users, faults = made.users, made.faults
            kept += [made, users, faults["a"], made.journal, made.journal[0], made.findings, list(users)]
            with pytest.raises(AssertionError) as caught:
                made.assert_called("delete")
            kept.append(caught.value)
    assert len(kept) == 40 and alive() == before


def test_a_fault_in_python_may_use_the_tenant(made: Tenant) -> None:
    """It is called in the server's thread, where nothing can be waited for."""
    told: list[Any] = []

    @fault(match={"operation": "list"})
    def look(call: Call) -> None:
        made.users.add(userName="ann")
        try:
            made.wait_for("create")
        except UsageError as error:
            told.append(str(error))

    made.faults.add(look)
    assert made.client.get("/Users").json()["totalResults"] == 1
    assert told == ["the server cannot wait for itself, wait in the thread of the test"]


# ---- on an event loop


def test_async_with_and_waiting() -> None:
    async def use() -> None:
        async with Server(users=0, groups=0) as server, server.async_client() as client:
            waiting = asyncio.create_task(server.wait_for_async("create", timeout="10s"))
            answer = await client.post("/Users", json={"schemas": [USER], "userName": "ann"})
            assert answer.status_code == 201
            assert (await waiting).request_json["userName"] == "ann"
            with pytest.raises(AssertionError, match="delete: 0 found"):
                await server.wait_for_async("delete", timeout=0.01)
            with pytest.raises(UsageError, match="did you mean 'delete'"):
                await server.wait_for_async("delet")

    asyncio.run(use())


def test_an_application_in_one_process(tmp_path: Path) -> None:
    """The same members, no socket; the addresses in answers are those that the client calls."""

    async def use() -> None:
        app = scimmock.create_app(fixture="okta", users=2, record=tmp_path / "session.jsonl")
        async with app.async_client() as client:
            waiting = asyncio.create_task(app.wait_for_async("list", timeout="10s"))
            people = (await client.get("/Users")).json()["Resources"]
            assert len(people) == len(app.users) == 2 and (await waiting).status == 200
            assert people[0]["meta"]["location"] == app.users[people[0]]["meta"]["location"]
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://scim.test/scim/v2", headers=app.headers
        ) as client:
            person = (await client.get(f"/Users/{people[0]['id']}")).json()
            assert person["meta"]["location"] == f"http://scim.test/scim/v2/Users/{people[0]['id']}"
        app.assert_called("read", times=1)
        with app.tenant(users=1) as other:
            assert len(other.users) == 1
        for blocking in (lambda: app.wait_for("read"), lambda: app.client):
            with pytest.raises(UsageError, match=r"event loop|this thread"):
                blocking()
        app.close()

    asyncio.run(use())
    with pytest.raises(UsageError, match="an application has no 'port', a Server has"):
        scimmock.create_app(port=1)


def test_the_server_says_nothing_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Server(users=0, groups=0) as server:
        server.client.get("/Users")
    assert caplog.records == []
