"""Filters by a table of attributes and operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TABLE: dict[str, Any] = {
    "quirk": "filter-operators",
    "resources": {
        "Users": {
            "userName": ["eq", "sw"],
            "externalId": ["eq"],
            "meta.lastModified": ["gt"],
            "emails.value": ["eq", "pr"],
            "emails.type": ["eq"],
            f"{ENTERPRISE}:department": ["eq"],
        }
    },
    "joins": ["and", "not", "[]"],
    "alone": ["externalId"],
}


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ('userName eq "ada"', True),
        ('USERNAME Sw "ada"', True),
        ('userName co "ada"', False),
        ("userName pr", False),
        ("emails.value pr", True),
        ('meta.lastModified gt "2020-01-01T00:00:00Z"', True),
        ('meta.lastModified lt "2020-01-01T00:00:00Z"', False),
        ('displayName eq "Ada"', False),
        (f'{ENTERPRISE}:department eq "R&D"', True),
        (f'{ENTERPRISE}:division eq "R&D"', False),
        ('emails[type eq "work" and value eq "a@example.com"]', True),
        ('emails[type eq "work" and primary eq true]', False),
        ('not (userName sw "b") and userName sw "a"', True),
        ('userName eq "a" or userName eq "b"', False),
        ('externalId eq "1"', True),
        ('externalId eq "1" and userName eq "a"', False),
        ("userName eq", False),
    ],
)
def test_each_attribute_has_its_operators(both: Both, new_user: Make, text: str, taken: bool) -> None:
    for client, quirky in zip(both(TABLE), (False, True), strict=True):
        new_user(client, "ada")
        answer = client.get("/Users", params={"filter": text})
        wrong = text == "userName eq" or (quirky and not taken)
        assert answer.status_code == (400 if wrong else 200), answer.text
        if wrong:
            assert answer.json()["scimType"] == "invalidFilter"


def test_other_endpoints_filter_by_anything(both: Both) -> None:
    for client in both(TABLE):
        assert client.get("/Groups", params={"filter": 'displayName co "x"'}).status_code == 200


def test_a_search_is_filtered_so_too(both: Both) -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName co "a"',
    }
    assert [client.post("/Users/.search", json=body).status_code for client in both(TABLE)] == [200, 400]


def test_only_operators_that_there_are(tenant: Callable[..., httpx.Client]) -> None:
    with pytest.raises(AssertionError, match="'is' is no operator"):
        tenant(quirks=[{"quirk": "filter-operators", "resources": {"Users": {"userName": ["is"]}}}])
