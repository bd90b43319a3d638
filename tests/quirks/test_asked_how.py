"""What a request must be like beyond what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Both = Callable[..., list[httpx.Client]]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        ("application/json", True),
        ("text/html, application/json;q=0.9", True),
        ("application/*", True),
        ("*/*", True),
        ("application/scim+json", False),
        (None, False),
    ],
)
def test_an_accept_header_is_required(both: Both, accept: str | None, taken: bool) -> None:
    statuses = []
    for client in both("accept-required"):
        del client.headers["accept"]
        statuses.append(client.get("/Users", headers={"Accept": accept} if accept else {}).status_code)
    assert statuses == [200, 200 if taken else 400]


@pytest.mark.parametrize(
    ("query", "taken"),
    [
        ("count=1", True),
        ("count%20=1", False),
        ("count+=1", False),
        ("count=%201", False),
        ('filter=userName+eq+"a"', True),
        ('filter=+userName+eq+"a"', False),
    ],
)
def test_no_spaces_beside_the_equals_sign(both: Both, query: str, taken: bool) -> None:
    strict, quirky = (client.get(f"/Users?{query}").status_code for client in both("query-spaces-refused"))
    assert (strict, quirky) == (200, 200 if taken else 400)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"name": {"givenName": "Ada"}, ENTERPRISE: {"department": "R&D"}}, None),
        ({"NAME": {"GIVENNAME": "Ada"}, ENTERPRISE.upper(): {"Department": "R&D"}}, None),
        ({"name": {"givenName": ""}, ENTERPRISE: {"department": "R&D"}}, "name.givenName"),
        ({"name": {"familyName": "King"}, ENTERPRISE: {"department": "R&D"}}, "name.givenName"),
        ({"name": {"givenName": "Ada"}}, f"{ENTERPRISE}:department"),
        ({"name": None, ENTERPRISE: []}, "name.givenName"),
    ],
    ids=["all", "any-case", "empty-text", "part", "extension", "null"],
)
def test_what_a_create_must_bring(both: Both, given: dict[str, Any], missing: str | None) -> None:
    wanted = {"Users": ["name.givenName", f"{ENTERPRISE}:department"]}
    _, quirky = both({"quirk": "create-requires", "resources": wanted})
    schemas = [USER, *([ENTERPRISE] if len(given) > 1 else [])]
    answer = quirky.post("/Users", json={"schemas": schemas, "userName": "ada", **given})
    if missing is None:
        assert answer.status_code == 201, answer.text
    else:
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
        assert missing in answer.json()["detail"]


def test_who_was_there_before_may_lack_it(tenant: Callable[..., httpx.Client]) -> None:
    client = tenant(users=2, quirks=[{"quirk": "create-requires", "resources": {"Users": ["password"]}}])
    assert client.get("/Users").json()["totalResults"] == 2
    assert client.post("/Users", json={"schemas": [USER], "userName": "eve"}).status_code == 400
