"""Clients that write at the same moment, over real sockets: nothing is lost, nothing happens twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

Call = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


def _at_once(client: httpx.Client, number: int, call: Call) -> list[httpx.Response]:
    """Make the calls 0 to ``number`` - 1 at the same moment, each on a connection of its own."""

    async def run() -> list[httpx.Response]:
        async with AsyncExitStack() as stack:
            # A client each: one with so many connections looks through all of them for each call.
            many = [
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=client.base_url, headers=client.headers, timeout=30)
                )
                for _ in range(number)
            ]
            # All connections are open before the first call that counts.
            await asyncio.gather(*(each.get("/ServiceProviderConfig") for each in many))
            start = asyncio.Event()

            async def one(index: int) -> httpx.Response:
                await start.wait()
                return await call(many[index], index)

            tasks = [asyncio.create_task(one(index)) for index in range(number)]
            await asyncio.sleep(0)
            start.set()
            return list(await asyncio.gather(*tasks))

    return asyncio.run(run())


def _patch(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}


def _statuses(answers: list[httpx.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_one_of_fifty_creates_of_one_name_wins(scim: httpx.Client) -> None:
    """50 creates of one userName at once: one 201, 49 answers 409 uniqueness, one user in the directory."""

    def create(client: httpx.AsyncClient, index: int) -> Awaitable[httpx.Response]:
        name = "bjensen" if index % 2 else "BJENSEN"
        return client.post("/Users", json={"schemas": [USER], "userName": name, "title": str(index)})

    answers = _at_once(scim, 50, create)
    assert _statuses(answers) == {201: 1, 409: 49}
    assert {answer.json()["scimType"] for answer in answers if answer.status_code == 409} == {"uniqueness"}
    [created] = [answer.json() for answer in answers if answer.status_code == 201]
    assert [user["id"] for user in scim.get("/Users").json()["Resources"]] == [created["id"]]


def test_fifty_creates_of_different_names_all_win(scim: httpx.Client) -> None:
    """50 creates of different names at once: all 201, 50 ids, 50 users."""

    def create(client: httpx.AsyncClient, index: int) -> Awaitable[httpx.Response]:
        return client.post("/Users", json={"schemas": [USER], "userName": f"user{index}"})

    answers = _at_once(scim, 50, create)
    assert _statuses(answers) == {201: 50}
    assert len({answer.json()["id"] for answer in answers}) == 50
    assert scim.get("/Users").json()["totalResults"] == 50


@pytest.mark.parametrize("each", [1, 5])
def test_a_hundred_members_added_at_once_are_all_there(
    tenant: Callable[..., httpx.Client], each: int
) -> None:
    """100 clients add members to one group at once, each its own: none is lost, none stands twice."""
    scim = tenant(users=100)
    users = [user["id"] for user in scim.get("/Users", params={"count": 100}).json()["Resources"]]
    assert len(users) == 100
    group = scim.post("/Groups", json={"schemas": [GROUP], "displayName": "all"}).json()["id"]

    def add(client: httpx.AsyncClient, index: int) -> Awaitable[httpx.Response]:
        members = [{"value": users[(index + step) % 100]} for step in range(each)]
        return client.patch(
            f"/Groups/{group}", json=_patch({"op": "add", "path": "members", "value": members})
        )

    answers = _at_once(scim, 100, add)
    assert set(_statuses(answers)) <= {200, 204}
    found = [member["value"] for member in scim.get(f"/Groups/{group}").json()["members"]]
    assert Counter(found) == Counter(users)
    belonging = scim.get("/Users", params={"filter": f'groups.value eq "{group}"', "count": 200}).json()
    assert belonging["totalResults"] == 100


def test_members_come_and_go_at_once(tenant: Callable[..., httpx.Client]) -> None:
    """50 removals and 50 additions on one group at once leave exactly those who were added."""
    scim = tenant(users=100)
    users = [user["id"] for user in scim.get("/Users", params={"count": 100}).json()["Resources"]]
    assert len(users) == 100
    old, new = users[:50], users[50:]
    body = {"schemas": [GROUP], "displayName": "all", "members": [{"value": id} for id in old]}
    group = scim.post("/Groups", json=body).json()["id"]

    def change(client: httpx.AsyncClient, index: int) -> Awaitable[httpx.Response]:
        operation: dict[str, Any]
        if index < 50:
            operation = {"op": "remove", "path": f'members[value eq "{old[index]}"]'}
        else:
            operation = {"op": "add", "path": "members", "value": [{"value": new[index - 50]}]}
        return client.patch(f"/Groups/{group}", json=_patch(operation))

    assert set(_statuses(_at_once(scim, 100, change))) <= {200, 204}
    assert sorted(member["value"] for member in scim.get(f"/Groups/{group}").json()["members"]) == sorted(new)


def test_one_of_fifty_writers_of_a_version_wins(scim: httpx.Client) -> None:
    """Of 50 PATCHes with If-Match of one version one is 200, the others 412; and so round after round."""
    user = scim.post("/Users", json={"schemas": [USER], "userName": "bjensen"}).json()
    version, seen = user["meta"]["version"], {user["meta"]["version"]}
    for turn in range(3):

        def write(client: httpx.AsyncClient, index: int, turn: int = turn, version: str = version) -> Any:
            title = {"op": "replace", "path": "title", "value": f"{turn}-{index}"}
            return client.patch(f"/Users/{user['id']}", json=_patch(title), headers={"If-Match": version})

        answers = _at_once(scim, 50, write)
        assert _statuses(answers) == {200: 1, 412: 49}
        [winner] = [answer.json() for answer in answers if answer.status_code == 200]
        now = scim.get(f"/Users/{user['id']}").json()
        assert now["title"] == winner["title"]
        version = now["meta"]["version"]
        assert version == winner["meta"]["version"] and version not in seen
        seen.add(version)


def test_fifty_writers_without_a_condition_leave_one_whole_write(scim: httpx.Client) -> None:
    """Without If-Match all succeed, and what is left is what one of them wrote, not a mixture."""
    user = scim.post("/Users", json={"schemas": [USER], "userName": "bjensen"}).json()

    def write(client: httpx.AsyncClient, index: int) -> Awaitable[httpx.Response]:
        body = {"schemas": [USER], "userName": "bjensen", "title": str(index), "nickName": str(index)}
        return client.put(f"/Users/{user['id']}", json=body)

    assert _statuses(_at_once(scim, 50, write)) == {200: 50}
    now = scim.get(f"/Users/{user['id']}").json()
    assert now["title"] == now["nickName"] and now["title"] in set(map(str, range(50)))


def test_one_of_fifty_deletes_finds_the_user(scim: httpx.Client) -> None:
    """50 DELETEs of one user at once: one 204, the others 404."""
    user = scim.post("/Users", json={"schemas": [USER], "userName": "bjensen"}).json()["id"]
    answers = _at_once(scim, 50, lambda client, index: client.delete(f"/Users/{user}"))
    assert _statuses(answers) == {204: 1, 404: 49}
