"""2,000 mixed requests, all packs in turn: the server lives, others feel nothing, the trace is true."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from scimmock.faults.files import packs

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WORKERS = 36  # with the requests of each: over 2,000 for twelve packs


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


class Worker:
    """One client with users of its own, so that nobody else writes to them."""

    def __init__(self, client: httpx.AsyncClient, number: int) -> None:
        self.client = client
        self.number = number
        self.sent = 0

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request; what the network did to it is None."""
        self.sent += 1
        try:
            answer = await self.client.request(method, path, json=body)
            return answer.json() if answer.content and answer.status_code < 300 else None
        except (httpx.HTTPError, ValueError):
            return None

    async def work(self) -> None:
        name = f"worker-{self.number}"
        user = await self.ask("POST", "/Users", {"schemas": [USER], "userName": name, "active": True})
        found = await self.ask("GET", f'/Users?filter=userName eq "{name}"')
        await self.ask("GET", "/Users?startIndex=3&count=5")
        await self.ask("GET", "/Users?startIndex=8&count=5")
        rows = (found or {}).get("Resources") or [user or {}]
        id = (user or rows[0] or {}).get("id")
        if id is None:
            return
        await self.ask("GET", f"/Users/{id}")
        title = {"op": "replace", "path": "title", "value": "x"}
        nick = {"op": "replace", "path": "nickName", "value": "y"}
        await self.ask("PATCH", f"/Users/{id}", patch(title, nick))
        await self.ask("PATCH", f"/Users/{id}", patch({"op": "replace", "path": "active", "value": False}))
        group = await self.ask(
            "POST", "/Groups", {"schemas": [GROUP], "displayName": name, "members": [{"value": id}]}
        )
        if group and group.get("id"):
            await self.ask("DELETE", f"/Groups/{group['id']}")
        if self.number % 2:
            await self.ask("DELETE", f"/Users/{id}")


async def play(url: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=20) as client:
        workers = [Worker(client, number) for number in range(WORKERS)]
        await asyncio.gather(*(worker.work() for worker in workers))
    return sum(worker.sent for worker in workers)


def intended(exchanges: list[dict[str, Any]], before: dict[str, Any]) -> dict[str, Any]:
    """Follow the trace: which users there are after all that it says was done."""
    users = dict(before)
    for exchange in exchanges:
        trace = exchange["trace"]
        if trace["resource"] != "Users" or "after" not in trace:
            continue
        if trace["after"] is not None:
            users[trace["id"]] = trace["after"]
        elif trace["operation"] == "delete" and not any(r["action"] == "lost_write" for r in trace["rules"]):
            users.pop(trace["id"], None)
            if any(rule["action"] == "delete_resurrects" for rule in trace["rules"]):
                users[trace["id"]] = trace["before"]
    return users


def plain(user: dict[str, Any]) -> dict[str, Any]:
    """A user without what others change: memberships move the version."""
    return {name: value for name, value in user.items() if name != "meta"}


@pytest.fixture(scope="module")
def server(launch_for_module: Any) -> Any:
    return launch_for_module("--users", "20", "--groups", "1")


def test_all_packs_in_turn(server: Any) -> None:
    sent = 0
    with httpx.Client(base_url=f"{server.url}/_scimmock", timeout=20) as control:
        calm = control.put("/tenants/calm", json={}).json()
        untouched = control.get(f"{server.url}/t/calm/_scimmock/state").json()
        for name in packs():
            made = control.put(f"/tenants/{name}", json={}).json()
            own = made["control_url"]
            before = {user["id"]: user for user in control.get(f"{own}/state").json()["Users"]}
            assert control.post(f"{own}/faults", json={"pack": name}).status_code == 201
            if name == "outage":
                control.post("/clock", json={"advance": "35s"})
            sent += asyncio.run(play(made["base_url"], made["token"]))
            control.post("/clock", json={"advance": "2m"})  # whatever was to come back is back
            with httpx.Client(headers={"Authorization": f"Bearer {made['token']}"}) as client:
                control.get(f"{own}/state")  # whoever looks sees it back
                control.delete(f"{own}/faults")
                client.get(f"{made['base_url']}/Schemas")
                assert client.get(f"{made['base_url']}/Users").status_code == 200, name
            journal = control.get(f"{own}/journal", params={"limit": 10_000}).json()
            assert any(exchange["trace"]["rules"] for exchange in journal["exchanges"]), name
            state = {user["id"]: plain(user) for user in control.get(f"{own}/state").json()["Users"]}
            told = intended(journal["exchanges"], before)
            assert state == {id: plain(user) for id, user in told.items()}, name
        assert control.get(f"{server.url}/t/calm/_scimmock/state").json() == untouched
        assert control.get(f"{server.url}/t/calm/_scimmock/journal").json()["exchanges"] == []
        with httpx.Client(headers={"Authorization": f"Bearer {calm['token']}"}) as client:
            assert client.get(f"{calm['base_url']}/Users").json()["totalResults"] == 20
    assert sent >= 2000
    assert "Traceback" not in server.log.read_text()
