"""Services whose quirks are switched while they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Switch = Callable[..., None]


def _control(client: httpx.Client) -> str:
    return str(client.base_url).rpartition("/scim/v2")[0] + "/_scimmock"


@pytest.fixture
def switch() -> Switch:
    """Put quirks in the place of those that are on: ``switch(client, "no-put", {"quirk": ...})``."""

    def put(client: httpx.Client, *quirks: Any) -> None:
        answer = client.put(f"{_control(client)}/quirks", json={"quirks": list(quirks)})
        assert answer.status_code == 200, answer.text

    return put


@pytest.fixture
def add_fault() -> Switch:
    """Add a fault rule: ``add_fault(client, {"do": {"status": 429}})``."""

    def post(client: httpx.Client, rule: dict[str, Any]) -> None:
        answer = client.post(f"{_control(client)}/faults", json=rule)
        assert answer.status_code == 201, answer.text

    return post


@pytest.fixture
def both(tenant: Callable[..., httpx.Client], switch: Switch) -> Callable[..., list[httpx.Client]]:
    """Make two services that are the same but for a quirk: ``strict, quirky = both("no-put")``.

    ``given`` names what both of them have, options are those of the tenants.
    """

    def make(quirk: Any, *given: Any, **options: Any) -> list[httpx.Client]:
        strict, quirky = tenant(**options), tenant(**options)
        switch(strict, *given)
        switch(quirky, *given, quirk)
        return [strict, quirky]

    return make


@pytest.fixture
def new_user() -> Callable[..., str]:
    """Create a user and return its id: ``new_user(client, "ada", active=True)``."""

    def make(client: httpx.Client, name: str, **attributes: Any) -> str:
        body = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, **attributes}
        answer = client.post("/Users", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return make


@pytest.fixture
def new_group() -> Callable[..., str]:
    """Create a group of ids and return its id: ``new_group(client, "Staff", one, other)``."""

    def make(client: httpx.Client, name: str, *members: str, **attributes: Any) -> str:
        body = {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "displayName": name,
            "members": [{"value": id} for id in members],
            **attributes,
        }
        answer = client.post("/Groups", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return make


@pytest.fixture
def patch() -> Callable[..., httpx.Response]:
    """Send a PATCH: ``patch(client, "/Users/1", {"op": ...}, ...)``."""

    def send(client: httpx.Client, path: str, *operations: Any) -> httpx.Response:
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}
        return client.patch(path, json=body)

    return send
