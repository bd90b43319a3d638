"""Keeps the accounts of a SCIM service as the staff list has them: joiners get one, leavers lose it.

It has two defects, both in what it does when something goes wrong. sync_fixed.py does not have them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
TRIES = 3


class Sync:
    """A staff list and a service; ``ids`` has the account of each employee number that got one."""

    def __init__(self, url: str, token: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
        self.http.headers["Content-Type"] = "application/scim+json"
        self.sleep = sleep
        self.ids: dict[str, str] = {}

    def run(self, staff: dict[str, str]) -> None:
        """Make the accounts those of the staff list: names by employee number."""
        for number in [number for number in staff if number not in self.ids]:
            self.join(number, staff[number])
        for number in [number for number in self.ids if number not in staff]:
            self.leave(number)

    def join(self, number: str, name: str) -> None:
        """Create an account and remember its id."""
        body = {"schemas": [USER], "externalId": number, "userName": name, "active": True}
        answer = self.send("POST", "/Users", body)
        if answer.status_code == 201:
            self.ids[number] = answer.json()["id"]
        else:
            print(f"{name} got no account: {answer.json()['detail']}")

    def leave(self, number: str) -> None:
        """Switch an account off and forget it."""
        switch_off = {"op": "replace", "path": "active", "value": False}
        answer = self.send(
            "PATCH", f"/Users/{self.ids[number]}", {"schemas": [PATCH], "Operations": [switch_off]}
        )
        if answer.is_success:
            del self.ids[number]

    def send(self, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send a request, up to three times while the service is busy or the connection breaks."""
        for _ in range(TRIES):
            try:
                answer = self.http.request(method, path, json=body)
            except httpx.TransportError:
                continue
            if answer.status_code not in (429, 503):
                return answer
        raise RuntimeError(f"{method} {path}: the service cannot be used")
