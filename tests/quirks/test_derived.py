"""Values that a service does not take from the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def test_fixed_attributes(both: Both, new_user: Make) -> None:
    shown: list[Any] = []
    for client in both({"quirk": "attributes-fixed", "resources": {"Users": {"title": "N/A"}}}):
        id = new_user(client, "ada", title="Countess")
        listed = client.get("/Users").json()["Resources"][0]
        shown.append([client.get(f"/Users/{id}").json()["title"], listed["title"]])
        narrow = client.get(f"/Users/{id}", params={"attributes": "userName"}).json()
        assert set(narrow) == {"schemas", "id", "userName"}
        new_user(client, "bob")
        found = client.get("/Users", params={"filter": 'title eq "N/A"'}).json()
        shown.append(found["totalResults"])
    assert shown == [["Countess"] * 2, 0, ["N/A"] * 2, 2]


GIVEN = [
    {"value": "ada@home.example", "type": "home", "primary": True},
    {"value": "ADA@example.com", "type": "work"},
]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (False, [{"value": "ada@example.com", "type": "work", "primary": True}]),
        (
            True,
            [
                {"value": "ada@home.example", "type": "home"},
                {"value": "ada@example.com", "type": "work", "primary": True},
            ],
        ),
    ],
)
def test_emails_from_the_username(
    both: Both, new_user: Make, others: bool, expected: list[dict[str, Any]]
) -> None:
    strict, quirky = both({"quirk": "emails-from-username", "others": others})
    ids = [new_user(client, "ada@example.com", emails=GIVEN) for client in (strict, quirky)]
    assert strict.get(f"/Users/{ids[0]}").json()["emails"] == GIVEN
    assert quirky.get(f"/Users/{ids[1]}").json()["emails"] == expected
    body = {"schemas": [USER], "userName": "eva@example.com"}
    assert "emails" not in strict.put(f"/Users/{ids[0]}", json=body).json()
    assert [email["value"] for email in quirky.put(f"/Users/{ids[1]}", json=body).json()["emails"]] == [
        "eva@example.com"
    ]


def test_ignored_attributes(both: Both, new_user: Make) -> None:
    shown = []
    for client in both({"quirk": "attributes-ignored", "resources": {"Groups": ["members"]}}):
        user = new_user(client, "ada")
        body = {"schemas": [GROUP], "displayName": "Staff", "Members": [{"value": user}]}
        made = client.post("/Groups", json=body).json()
        put = client.put(f"/Groups/{made['id']}", json=body).json()
        shown.append(("members" in made, "members" in put))
    assert shown == [(True, True), (False, True)]
