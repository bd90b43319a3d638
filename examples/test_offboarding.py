"""A client of a SCIM service and its tests: ``pytest examples/test_offboarding.py`` runs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

import scimmock

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Offboarding:
    """What is tested: switches accounts off, patiently.  ``sleep`` is how it waits for so many seconds."""

    def __init__(self, url: str, token: str | None, sleep: Callable[[float], object] = time.sleep) -> None:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        self.http = httpx.Client(base_url=url, headers=headers)
        self.sleep = sleep

    def leave(self, user_name: str) -> bool:
        """Switch the account of a user off; False when there is none."""
        found = self._ask("GET", f'/Users?filter=userName eq "{user_name}"').json()
        if not found["Resources"]:
            return False
        operation = {"op": "replace", "path": "active", "value": False}
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        self._ask("PATCH", f"/Users/{found['Resources'][0]['id']}", body).raise_for_status()
        return True

    def _ask(self, method: str, target: str, body: object = None) -> httpx.Response:
        while True:
            answer = self.http.request(method, target, json=body)
            if answer.status_code != 429:
                return answer
            self.sleep(float(answer.headers["Retry-After"]))


@pytest.fixture
def offboarding(scim_server: scimmock.Tenant) -> Iterator[Offboarding]:
    """The client, whose waiting moves the clock of the service instead."""
    client = Offboarding(scim_server.url, scim_server.token, scim_server.clock.advance)
    with client.http:
        yield client


def test_a_leaver_is_switched_off(scim_server: scimmock.Tenant, offboarding: Offboarding) -> None:
    scim_server.users.add(userName="ann", active=True)
    assert offboarding.leave("ann")
    assert scim_server.users["ann"]["active"] is False
    scim_server.assert_called("patch", resource="Users", filter="active eq false", times=1)
    assert scim_server.findings == []


def test_somebody_unknown(scim_server: scimmock.Tenant, offboarding: Offboarding) -> None:
    assert not offboarding.leave("eve")
    scim_server.assert_not_called("patch")


@pytest.mark.scimmock(fixture="slack", users=0, groups=0)
def test_a_service_with_limits(scim_server: scimmock.Tenant, offboarding: Offboarding) -> None:
    """As Slack limits its clients, and throttled once more for good measure."""
    scim_server.users.add(userName="ann", emails=[{"value": "ann@example.com", "primary": True}])
    busy = scim_server.faults.add(
        match={"operation": "patch"}, when={"first": 1}, do={"status": 429, "retry_after": "30s"}
    )
    assert offboarding.leave("ann")
    assert busy.hits == 1 and scim_server.users["ann"]["active"] is False
