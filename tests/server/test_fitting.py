"""Made-up people in services that have fewer attributes than they, or ask for more."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from scimmock.clock import Clock
from scimmock.errors import FileError
from scimmock.fixture import combine
from scimmock.server.blueprint import Blueprint
from scimmock.server.population import CREATED, Population
from scimmock.server.tenants import Tenants
from scimmock.store.directory import Directory


def people(*fixtures: str, users: int = 40, groups: int = 5, seed: int = 1) -> Directory:
    blueprint = Blueprint(combine(fixtures), seed=seed, population=Population(users=users, groups=groups))
    tenants = Tenants(blueprint, Clock())
    tenants.start()
    return tenants.default.directory


def users_of(directory: Directory) -> list[dict[str, Any]]:
    return [document for _, document in directory.scan("User")]


def test_names_that_are_too_long_become_shorter_and_stay_names() -> None:
    users = users_of(people("slack"))
    assert len(users) == 40
    assert all(re.fullmatch(r"[a-z0-9._-]{1,21}", user["userName"]) for user in users)
    assert len({user["userName"] for user in users}) == 40
    assert sum("." in user["userName"] for user in users) > 20
    assert all(user["nickName"] == user["userName"] for user in users)
    assert any(len(user["emails"]) == 2 for user in users)
    assert {user["meta"]["created"] for user in users} == {CREATED}


def test_several_values_become_one_where_only_one_is_taken() -> None:
    users = users_of(people("aws-identity-center"))
    assert all(len(user.get("phoneNumbers", ())) <= 1 for user in users)
    assert all(user["name"]["givenName"] and user["displayName"] for user in users)
    assert {user["emails"][0]["primary"] for user in users} == {True}
    assert users[0]["userName"] == users_of(people("rfc"))[0]["userName"]


def test_what_is_required_is_made_up() -> None:
    directory = people("google-cloud-identity")
    urn = "urn:ietf:params:scim:schemas:extension:google:2.0:CloudIdentityGroup"
    groups = [document for _, document in directory.scan("Group")]
    emails = [group[urn]["email"] for group in groups]
    assert len(groups) == 5 and all("@" in email for email in emails)
    assert all(set(group["schemas"]) == {groups[0]["schemas"][0], urn} for group in groups)


def test_ids_may_come_from_the_people() -> None:
    for user in users_of(people("gitlab")):
        assert user["id"] == user["externalId"]


def test_the_same_seed_makes_the_same_people() -> None:
    for fixture in ("slack", "gitlab", "okta@scim11"):
        assert users_of(people(fixture)) == users_of(people(fixture))
        assert users_of(people(fixture, seed=2)) != users_of(people(fixture))


def test_people_that_a_service_takes_in_no_form(tmp_path: Path) -> None:
    (tmp_path / "fixture.yaml").write_text(
        "fixture: x\ntitle: X\nkind: service\nbehaviour:\n"
        "  quirks: [{quirk: attribute-lengths, lengths: {userName: 1}}]\n"
    )
    with pytest.raises(FileError, match=r"made-up people cannot be stored here.*--users 0"):
        people(str(tmp_path))
    assert users_of(people(str(tmp_path), users=0)) == []


@pytest.mark.parametrize("fixture", ["rfc", "github"])
def test_users_are_shown_with_the_groups_that_were_made_after_them(fixture: str) -> None:
    directory = people(fixture, groups=3)
    _, group = next(iter(directory.scan("Group")))
    member = group["members"][0]["value"]
    shown = json.loads(directory.prepared("User", member).decode("latin-1").replace("\0", ""))
    assert [item["display"] for item in shown["groups"]].count(group["displayName"]) == 1
