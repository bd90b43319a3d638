"""Every shipped fixture in each of its variants, served for real; a new folder is covered by itself."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import pytest

from scimmock.fixture import Fixture, load_fixture, shipped_names, variants_of
from scimmock.scim.schema import ResourceType
from tests.contract.words import Words

_numbers = itertools.count(1)


@cache
def every_fixture() -> list[str]:
    """Return each fixture with each of its variants; one that has a default stands under that name."""
    found = []
    for name in shipped_names():
        variants = variants_of(name)
        if load_fixture(name).variant is None:
            found.append(name)
        found += [f"{name}@{variant}" for variant in variants]
    return found


def listed(answer: httpx.Response) -> list[dict[str, Any]]:
    """Return the resources of a list, whatever its envelope calls them."""
    envelope = answer.json()
    key = next(key for key in envelope if key.lower() == "resources")
    return list(envelope[key])


@cache
def every_service() -> list[str]:
    """Return those of them that have more than an endpoint for bulk requests."""
    return [
        name
        for name in every_fixture()
        if "bulk-only" not in [item.name for item in load_fixture(name).quirks]
    ]


@dataclass
class Service:
    """A tenant that plays a fixture, and what is known of it."""

    fixture: Fixture
    client: httpx.Client
    control: httpx.Client
    words: Words = field(init=False)

    def __post_init__(self) -> None:
        self.words = Words(self.fixture)

    @property
    def quirks(self) -> dict[str, dict[str, Any]]:
        """The quirks by name, with their parameters."""
        return {item.name: item.parameters for item in self.fixture.quirks}

    @property
    def user_type(self) -> ResourceType:
        return next(kind for kind in self.fixture.types if kind.name == "User")

    def types(self) -> list[ResourceType]:
        """The resource types that lists can be asked of."""
        missing = self.missing()
        return [kind for kind in self.fixture.types if kind.endpoint.strip("/") not in missing]

    def missing(self) -> set[str]:
        """The endpoints that the fixture says are not there."""
        found: set[str] = set()
        for name in ("no-endpoints", "no-discovery"):
            if name in self.quirks:
                default = ("ServiceProviderConfig", "ResourceTypes", "Schemas")
                given = self.quirks[name].get("endpoints", default)
                found |= {given} if isinstance(given, str) else set(given)
        return found

    def create(self, number: int = 1) -> dict[str, Any]:
        """Create a user that fits and return its representation."""
        answer = self.client.post("/Users", json=self.words.user(number))
        assert answer.status_code == 201, answer.text
        if answer.content:
            return dict(answer.json())
        location = answer.headers["location"]
        return dict(self.client.get(location).json())

    def fault(self, rule: dict[str, Any]) -> None:
        answer = self.control.post("/faults", json=rule)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def play(control: httpx.Client) -> Iterator[Callable[..., Service]]:
    """Make tenants that play a fixture: ``play("slack@v1", users=3)``, without limits of rate."""
    made: list[tuple[str, Service]] = []

    def make(name: str, limits: bool = False, server: httpx.Client | None = None, **options: Any) -> Service:
        at = server or control
        tenant = f"contract-{os.getpid()}-{next(_numbers)}"
        layers = options.pop("layers", [])
        answer = at.put(
            f"/tenants/{tenant}", json={"fixture": [*layers, name], "users": 0, "groups": 0, **options}
        )
        assert answer.status_code == 201, answer.text
        about = answer.json()
        headers = {
            "Authorization": f"Bearer {about['token']}",
            "User-Agent": "contract-test/1",
            "Accept": "application/scim+json, application/json",
        }
        client = httpx.Client(base_url=about["base_url"], headers=headers, timeout=60)
        inner = httpx.Client(base_url=about["control_url"], timeout=60)
        service = Service(load_fixture(name), client, inner)
        client.event_hooks["request"] = [service.words.media]
        made.append((tenant, service))
        if not limits:
            for rule in inner.get("/faults").json()["faults"]:
                if "rate_limit" in rule["do"] or "concurrency" in rule["do"]:
                    inner.patch(f"/faults/{rule['name']}", json={"enabled": False})
        return service

    yield make
    for tenant, service in made:
        service.client.close()
        service.control.delete("/journal")
        service.control.close()
        control.delete(f"/tenants/{tenant}")
