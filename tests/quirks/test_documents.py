"""Quirks of what resources show: the standard representation and the quirky one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import pytest

from scimmock.quirks.base import quirks

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class World:
    """A manager, a user of hers who is not active, and a group with that user."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.boss = self._post("/Users", {"schemas": [USER], "userName": "boss"})
        ada = {
            "schemas": [USER, ENTERPRISE],
            "userName": "ada",
            "externalId": "e-1",
            "active": False,
            "name": {"familyName": "Lovelace"},
            "emails": [{"value": "ada@example.com", "type": "work", "primary": True}],
            ENTERPRISE: {"department": "R&D", "manager": {"value": self.boss}},
        }
        self.ada = self._post("/Users", ada)
        staff = {"schemas": [GROUP], "displayName": "Staff", "externalId": "g-1"}
        self.staff = self._post("/Groups", staff | {"members": [{"value": self.ada}]})

    def _post(self, path: str, body: dict[str, Any]) -> str:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _get(self, path: str) -> dict[str, Any]:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        return shown

    @property
    def user(self) -> dict[str, Any]:
        return self._get(f"/Users/{self.ada}")

    @property
    def group(self) -> dict[str, Any]:
        return self._get(f"/Groups/{self.staff}")


@pytest.fixture
def world(scim: httpx.Client) -> World:
    return World(scim)


class Case(NamedTuple):
    """What is looked at, and what is seen there under the standard and under the quirk."""

    name: str
    look: Callable[[World], Any]
    standard: Any
    quirky: Any
    parameters: dict[str, Any] = {}  # noqa: RUF012


ABSENT = "absent"
MEMBERS = [{"type": "User", "display": "ada"}]


def _members(world: World) -> Any:
    shown = world.group.get("members", ABSENT)
    if isinstance(shown, list):
        return [{key: member[key] for key in ("type", "display")} for member in shown]
    return shown


def _names(world: World) -> Any:
    return {key: value for key, value in world.user.items() if key.startswith("name")}


CASES = [
    Case("members-omitted", _members, MEMBERS, ABSENT),
    Case("members-empty", _members, MEMBERS, []),
    Case("members-empty", _members, MEMBERS, None, {"null": True}),
    Case("active-missing-when-false", lambda world: world.user.get("active", ABSENT), False, ABSENT),
    Case("booleans-as-strings-out", lambda world: world.user["emails"][0]["primary"], True, "true"),
    Case("booleans-as-strings-out", lambda world: world.user["active"], False, "false"),
    Case(
        "booleans-as-strings-out",
        lambda world: (world.user["active"], world.user["emails"][0]["primary"]),
        (False, True),
        (False, "true"),
        {"attributes": "primary"},
    ),
    Case(
        "nulls-emitted",
        lambda world: world.user["name"],
        {"familyName": "Lovelace"},
        {
            "familyName": "Lovelace",
            "formatted": None,
            "givenName": None,
            "middleName": None,
            "honorificPrefix": None,
            "honorificSuffix": None,
        },
    ),
    Case("nulls-emitted", lambda world: world.user[ENTERPRISE].get("division", ABSENT), ABSENT, None),
    Case("nulls-emitted", lambda world: world.user.get("title", ABSENT), ABSENT, None, {"top_level": True}),
    Case(
        "nulls-emitted", lambda world: world.user.get("password", ABSENT), ABSENT, ABSENT, {"top_level": True}
    ),
    Case("flat-dotted-keys", _names, {"name": {"familyName": "Lovelace"}}, {"name.familyName": "Lovelace"}),
    Case(
        "snake-case-key",
        lambda world: (world.group.get("externalId"), world.group.get("external_id")),
        ("g-1", None),
        (None, "g-1"),
    ),
    Case("snake-case-key", lambda world: world.user.get("externalId"), "e-1", "e-1"),
    Case(
        "snake-case-key",
        lambda world: (world.user.get("user_name"), world.user.get("external_id")),
        (None, None),
        ("ada", "e-1"),
        {"attributes": ["userName", "externalId"], "resources": ["Users", "Groups"]},
    ),
    Case(
        "manager-id-key",
        lambda world: {
            key: value == world.boss
            for key, value in world.user[ENTERPRISE]["manager"].items()
            if key in ("value", "managerId")
        },
        {"value": True},
        {"managerId": True},
    ),
    Case(
        "dates-nonstandard",
        lambda world: sorted(key.lower() for key in world.user["meta"] if key[0].isupper()),
        [],
        ["created", "lastmodified", "location", "resourcetype", "version"],
        {"format": "standard", "capital_keys": True},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_resource_is_shown_as_the_standard_says_and_as_the_quirk_does(
    world: World, switch: Callable[..., None], case: Case
) -> None:
    assert case.look(world) == case.standard
    switch(world.client, {"quirk": case.name, **case.parameters})
    assert case.look(world) == case.quirky
    switch(world.client)
    assert case.look(world) == case.standard


def _created(world: World) -> str:
    return str(world.user["meta"]["created"])


@pytest.mark.parametrize(
    ("parameters", "pattern", "read"),
    [
        ({}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-07:00", "%Y-%m-%dT%H:%M:%S%z"),
        ({"offset": 5.5}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+05:30", "%Y-%m-%dT%H:%M:%S%z"),
        ({"format": "no-zone"}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "%Y-%m-%dT%H:%M:%S"),
        ({"format": "us"}, r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d", "%m-%d-%Y %H:%M:%S"),
        ({"format": "microseconds"}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "%Y-%m-%dT%H:%M:%S.%fZ"),
        ({"format": "seconds"}, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "%Y-%m-%dT%H:%M:%SZ"),
    ],
)
def test_dates_have_another_form_and_mean_the_same(
    world: World, switch: Callable[..., None], parameters: dict[str, Any], pattern: str, read: str
) -> None:
    standard = _created(world)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", standard)
    switch(world.client, {"quirk": "dates-nonstandard", **parameters})
    quirky = _created(world)
    assert re.fullmatch(pattern, quirky)
    moment = datetime.strptime(quirky, read)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    assert abs((datetime.fromisoformat(standard) - moment).total_seconds()) < 1


def test_what_is_shown_of_a_manager_can_be_sent_back(world: World, switch: Callable[..., None]) -> None:
    path, client = f"/Users/{world.ada}", world.client
    extension = {ENTERPRISE: {"manager": {"managerId": world.ada}}}
    body = {"schemas": [USER, ENTERPRISE], "userName": "ada", **extension}
    assert client.put(path, json=body).status_code == 400
    switch(client, "manager-id-key")
    assert client.put(path, json=body).json()[ENTERPRISE]["manager"]["managerId"] == world.ada
    operation = {"op": "replace", "path": f"{ENTERPRISE}:manager.managerId", "value": world.boss}
    answer = client.patch(path, json={"schemas": [PATCH_OP], "Operations": [operation]})
    assert answer.json()[ENTERPRISE]["manager"]["managerId"] == world.boss
    switch(client)
    assert world.user[ENTERPRISE]["manager"]["value"] == world.boss


def test_lists_and_chosen_attributes_are_shown_alike(world: World, switch: Callable[..., None]) -> None:
    switch(world.client, "active-missing-when-false", "booleans-as-strings-out", "members-omitted")
    listed = world.client.get("/Users", params={"filter": 'userName eq "ada"'}).json()["Resources"][0]
    assert "active" not in listed and listed["emails"][0]["primary"] == "true"
    chosen = world.client.get(f"/Users/{world.ada}", params={"attributes": "emails,active"}).json()
    assert "active" not in chosen and chosen["emails"][0]["primary"] == "true"
    assert "members" not in world.client.get("/Groups").json()["Resources"][0]


def test_the_directory_itself_is_not_changed(world: World, switch: Callable[..., None]) -> None:
    before = world.user, world.group
    switch(world.client, *sorted({case.name for case in CASES}))
    assert (world.user, world.group) != before
    switch(world.client)
    assert (world.user, world.group) == before


def test_every_quirk_of_documents_is_tested() -> None:
    families = ("documents", "keys", "dates")
    known = {name for name, kind in quirks().items() if kind.__module__.rpartition(".")[2] in families}
    assert known == {case.name for case in CASES}
