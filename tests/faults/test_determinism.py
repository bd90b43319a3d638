"""The same seed and the same serial requests give the same trace, whatever else goes on."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
import yaml

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

RULES: list[dict[str, Any]] = yaml.safe_load("""
- {name: busy, match: {method: POST}, when: {probability: 0.2}, do: {status: 503}}
- {name: lost, match: {operation: patch}, when: {probability: 0.3}, do: {lost_response: 502}}
- {name: gone, match: {operation: create}, when: {every: 5}, do: {lost_write: true}}
- {name: stale, match: {operation: list}, when: {probability: 0.5}, do: {stale_read: {reads: 2}}}
- {name: drift, match: {operation: list}, when: {probability: 0.5}, do: {page_drift: shuffle}}
- name: flap
  match: {operation: read}
  when: {per: resource}
  do: {sequence: [503, pass], repeat: true}
- name: slow
  match: {operation: read}
  when: {probability: 0.3}
  do: {delay: {uniform: [1ms, 3ms]}}
- {name: broken, match: {operation: read}, when: {probability: 0.3}, do: {malformed_json: true}}
- {name: limit, match: {operation: delete}, do: {rate_limit: 3, window: 1m}}
""")
VOLATILE = ("n", "timing", "connection")


@pytest.fixture(scope="module")
def frozen(launch_for_module: Any) -> Any:
    """A server whose clock stands still: other tests want theirs to go on."""
    server = launch_for_module("--users", "0", "--groups", "0", "--seed", "7")
    httpx.post(f"{server.url}/_scimmock/clock", json={"freeze": "2027-01-01T00:00:00Z"}).raise_for_status()
    return server


def canonical(control: httpx.Client) -> list[Any]:
    """The exchanges of a tenant without what may differ between two runs."""
    exchanges = control.get("/journal", params={"limit": 1000}).json()["exchanges"]
    for exchange in exchanges:
        for name in VOLATILE:
            del exchange[name]
        del exchange["trace"]["stages"]
    return [exchange for exchange in exchanges if exchange["request"]["path"] != "/Schemas"]


def run(server: Any, disturb: bool) -> list[Any]:
    """Make the same tenant anew, send the same requests, return its canonical trace."""
    with httpx.Client(base_url=f"{server.url}/_scimmock") as root:
        made = root.put("/tenants/same", json={"users": 10, "groups": 1, "faults": RULES})
        assert made.status_code == 201, made.text
        about = made.json()
        headers = {"Authorization": f"Bearer {about['token']}"}
        with (
            httpx.Client(base_url=about["base_url"], headers=headers) as scim,
            httpx.Client(base_url=f"{server.url}/t/other/scim/v2", headers=headers) as other,
            httpx.Client(base_url=about["control_url"]) as control,
        ):
            _requests(scim, other if disturb else None)
            trace = canonical(control)
        assert root.delete("/tenants/same").status_code == 204
    return trace


def _requests(scim: httpx.Client, other: httpx.Client | None) -> None:
    ids: list[str] = []
    for number in range(40):
        if other is not None:
            other.post("/Users", json={"schemas": [USER], "userName": f"other-{number}"})
            other.get("/Users")
            scim.get("/Schemas")  # matched by no rule
        answer = scim.post("/Users", json={"schemas": [USER], "userName": f"user-{number}"})
        if answer.status_code == 201:
            ids.append(answer.json()["id"])
        scim.get("/Users", params={"filter": f'userName eq "user-{number}"'})
        scim.get("/Users", params={"startIndex": 5, "count": 4})
        scim.get("/Users", params={"cursor": "", "count": 3})
        for id in ids[-2:]:
            scim.get(f"/Users/{id}")
            operation = {"op": "replace", "path": "title", "value": f"title {number}"}
            scim.patch(f"/Users/{id}", json={"schemas": [PATCH_OP], "Operations": [operation]})
        if number % 5 == 4 and ids:
            scim.delete(f"/Users/{ids.pop(0)}")


def test_two_runs_are_the_same(frozen: Any) -> None:
    first = run(frozen, disturb=False)
    fired = {rule["name"] for exchange in first for rule in exchange["trace"]["rules"]}
    assert fired == {rule["name"] for rule in RULES}  # otherwise the test shows nothing
    assert {exchange["trace"]["seed"] for exchange in first} == {7}
    assert json.dumps(run(frozen, disturb=False)) == json.dumps(first)


def test_what_else_goes_on_changes_nothing(frozen: Any) -> None:
    quiet, disturbed = run(frozen, disturb=False), run(frozen, disturb=True)
    assert json.dumps(disturbed) == json.dumps(quiet)


def test_another_seed_is_another_run(frozen: Any) -> None:
    rule = {"name": "busy", "when": {"probability": 0.5}, "do": {"status": 503}}

    def statuses(seed: int) -> list[int]:
        with httpx.Client() as client:
            tenant = f"{frozen.url}/_scimmock/tenants/seeded"
            made = client.put(tenant, json={"seed": seed, "faults": [rule]}).json()
            headers = {"Authorization": f"Bearer {made['token']}"}
            url = f"{made['base_url']}/Users?count=0"
            found = [client.get(url, headers=headers).status_code for _ in range(40)]
            client.delete(tenant)
        return found

    assert statuses(1) == statuses(1) != statuses(2)
