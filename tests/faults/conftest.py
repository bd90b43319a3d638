"""A server of the module's own, whose clock may be moved, and tenants of it with rules."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

_numbers = itertools.count(1)


class Target:
    """A tenant of a real server: what its clients do, and what the control API says of it."""

    def __init__(self, client: httpx.Client, control: httpx.Client, clock: httpx.Client) -> None:
        self.client = client
        self.control = control
        self._clock = clock

    # ---- requests

    def create(self, name: str, **attributes: Any) -> Any:
        """Create a user; returns its document."""
        answer = self.client.post("/Users", json={"schemas": [USER], "userName": name, **attributes})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def group(self, name: str, *members: str) -> Any:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": id} for id in members]}
        answer = self.client.post("/Groups", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def patch(self, path: str, *operations: dict[str, Any], **options: Any) -> httpx.Response:
        return self.client.patch(
            path, json={"schemas": [PATCH_OP], "Operations": list(operations)}, **options
        )

    def title(self, id: str, title: str) -> httpx.Response:
        """Set the title of a user."""
        return self.patch(f"/Users/{id}", {"op": "replace", "path": "title", "value": title})

    def bulk(self, *operations: dict[str, Any], **options: Any) -> httpx.Response:
        return self.client.post("/Bulk", json={"schemas": [BULK], "Operations": list(operations), **options})

    def names(self, query: str = "") -> list[str]:
        """Return the userNames of a listing, in order."""
        answer = self.client.get(f"/Users?{query}")
        assert answer.status_code == 200, answer.text
        return [user["userName"] for user in answer.json().get("Resources", [])]

    # ---- control

    def add(self, do: dict[str, Any], name: str = "rule", **rest: Any) -> None:
        answer = self.control.post("/faults", json={"name": name, "do": do, **rest})
        assert answer.status_code == 201, answer.text

    def refusal(self, do: dict[str, Any]) -> Any:
        """Return the error for a rule that cannot be used."""
        answer = self.control.post("/faults", json={"name": "wrong", "do": do})
        assert answer.status_code == 400, answer.text
        assert all(rule["name"] != "wrong" for rule in self.control.get("/faults").json()["faults"])
        return answer.json()["error"]

    def rule(self, name: str = "rule") -> Any:
        rules = self.control.get("/faults").json()["faults"]
        return next(rule for rule in rules if rule["name"] == name)

    def hits(self, name: str = "rule") -> int:
        return int(self.rule(name)["hits"])

    def exchanges(self, **query: Any) -> list[Any]:
        return list(self.control.get("/journal", params={"limit": 1000, **query}).json()["exchanges"])

    def last(self) -> Any:
        return self.exchanges()[-1]

    def fired(self) -> list[Any]:
        """Return what the rules did to the last request."""
        return list(self.last()["trace"]["rules"])

    def state(self) -> Any:
        return self.control.get("/state").json()

    def stored(self, id: str) -> Any:
        """Return a resource as the directory has it, None if it does not."""
        return next((one for kind in self.state().values() for one in kind if one["id"] == id), None)

    def freeze(self) -> None:
        assert self._clock.post("/clock", json={"freeze": True}).status_code == 200

    def now(self) -> str:
        """Return the time of the server."""
        return str(self._clock.get("/clock").json()["now"])

    def advance(self, duration: str) -> None:
        assert self._clock.post("/clock", json={"advance": duration}).status_code == 200


Targets = Callable[..., Target]


@pytest.fixture(scope="module")
def faulty_server(launch_for_module: Any) -> Any:
    return launch_for_module("--users", "0", "--groups", "0")


@pytest.fixture
def targets(faulty_server: Any) -> Iterator[Targets]:
    """Make fresh tenants: ``targets(users=3)``."""
    opened: list[httpx.Client] = []

    def opening(url: str, headers: dict[str, str] | None = None) -> httpx.Client:
        opened.append(httpx.Client(base_url=url, headers=headers, timeout=20))
        return opened[-1]

    clock = opening(f"{faulty_server.url}/_scimmock")

    def make(**options: Any) -> Target:
        name = f"faulty-{next(_numbers)}"
        about = clock.put(f"/tenants/{name}", json={"users": 0, "groups": 0, **options}).json()
        client = opening(about["base_url"], {"Authorization": f"Bearer {about['token']}"})
        return Target(client, opening(about["control_url"]), clock)

    yield make
    clock.post("/clock", json={"release": True})
    for client in opened:
        client.close()


@pytest.fixture
def target(targets: Targets) -> Target:
    """A tenant with an empty directory and no rules."""
    return targets()
