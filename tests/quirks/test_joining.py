"""Groups that take active users only."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from ..conftest import GROUP

Both = Callable[..., list[httpx.Client]]
Make = Callable[..., str]
Patch = Callable[..., httpx.Response]
OFF = {"op": "replace", "path": "active", "value": False}


def test_inactive_users_cannot_join(both: Both, new_user: Make, new_group: Make, patch: Patch) -> None:
    found = []
    for client in both("inactive-members-refused"):
        ada, eva = new_user(client, "ada"), new_user(client, "eva", active=False)
        group = new_group(client, "Staff", ada)
        body = {"schemas": [GROUP], "displayName": "New", "members": [{"value": eva}]}
        add = {"op": "add", "path": "members", "value": [{"value": eva}]}
        created = client.post("/Groups", json=body).status_code
        patched = patch(client, f"/Groups/{group}", add).status_code
        replaced = client.put(f"/Groups/{group}", json=body).status_code
        found.append([created, patched, replaced])
    assert found == [[201, 204, 200], [400, 400, 400]]


def test_who_becomes_inactive_stays_a_member(
    both: Both, new_user: Make, new_group: Make, patch: Patch
) -> None:
    _, quirky = both({"quirk": "inactive-members-refused", "status": 409})
    ada, eva = new_user(quirky, "ada"), new_user(quirky, "eva")
    inner = new_group(quirky, "Inner")
    path = f"/Groups/{new_group(quirky, 'Staff', ada, inner)}"
    assert patch(quirky, f"/Users/{ada}", OFF).status_code == 200
    more = {"op": "add", "path": "members", "value": [{"value": eva}]}
    assert patch(quirky, path, more).status_code == 204
    same = {"schemas": [GROUP], "displayName": "Staff", "members": quirky.get(path).json()["members"]}
    assert quirky.put(path, json=same).status_code == 200
    assert {item["value"] for item in quirky.get(path).json()["members"]} == {ada, eva, inner}
    gone = {"op": "remove", "path": f'members[value eq "{ada}"]'}
    again = {"op": "add", "path": "members", "value": [{"value": ada}]}
    assert patch(quirky, path, gone).status_code == 204
    refused = patch(quirky, path, again)
    assert (refused.status_code, refused.json()["scimType"]) == (409, "invalidValue")
