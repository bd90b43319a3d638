"""Users and groups in Python: looked at and changed by the engine's rules, without a trace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scimmock import ScimError, Server, Tenant, UnknownResource, UsageError
from scimmock.errors import InvalidFilter

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def test_what_is_added_is_what_clients_see(made: Tenant) -> None:
    """Ids, meta and schemas are the service's; the journal has the client's request only."""
    user = made.users.add({ENTERPRISE: {"department": "Sales"}}, userName="ann", active=True)
    seen = made.client.get(f"/Users/{user['id']}").json()
    assert seen == user
    assert (
        user["schemas"] == [USER, ENTERPRISE] and user["meta"]["location"] == f"{made.url}/Users/{user['id']}"
    )
    assert [entry.operation for entry in made.journal] == ["read"]


def test_a_resource_is_found_by_id_and_by_name(made: Tenant) -> None:
    user = made.users.add(userName="ann", externalId="e-1")
    assert made.users["ann"] == made.users["ANN"] == made.users["e-1"] == made.users[user["id"]] == user
    assert made.users[user] == user and "ann" in made.users and "bob" not in made.users
    assert 1 not in made.users and made.users.get("bob") is None
    with pytest.raises(UnknownResource, match="there is no User 'anm', did you mean 'ann'"):
        made.users["anm"]


def test_what_is_handed_out_is_the_caller_s_own(made: Tenant) -> None:
    """Nothing that a test does to a resource that it got reaches the directory, nor the other way round."""
    emails = [{"value": "ann@example.com"}]
    user = made.users.add(userName="ann", emails=emails)
    emails[0]["value"] = user["emails"][0]["value"] = "changed"
    for found in (made.users["ann"], next(iter(made.users)), made.users.find('userName eq "ann"')[0]):
        assert found["emails"][0]["value"] == "ann@example.com"
        found["emails"].clear()
    assert made.state()["Users"][0]["emails"] == [{"value": "ann@example.com"}]


def test_groups_have_members_by_name(made: Tenant) -> None:
    ann, bob = made.users.add(userName="ann"), made.users.add(userName="bob")
    staff = made.groups.add(displayName="Staff", members=[ann, "bob"])
    assert [member["value"] for member in staff["members"]] == [ann["id"], bob["id"]]
    assert made.users["ann"]["groups"][0]["display"] == "Staff"
    made.groups.update("Staff", members=[bob["id"], {"value": ann["id"]}])
    made.users.remove("ann")
    assert [member["value"] for member in made.groups["Staff"]["members"]] == [bob["id"]]
    with pytest.raises(ScimError, match="the member 'eve' is nobody"):
        made.groups.add(displayName="Spies", members=["eve"])


def test_attributes_are_updated_and_removed(made: Tenant) -> None:
    user = made.users.add(userName="ann", title="Boss", password="secret")
    changed = made.users.update("ann", {ENTERPRISE: {"department": "Sales"}}, title=None, active=False)
    assert "title" not in changed and changed["active"] is False and ENTERPRISE in changed["schemas"]
    assert changed["meta"]["version"] != user["meta"]["version"] and changed["id"] == user["id"]
    with pytest.raises(UnknownResource):
        made.users.update("bob", active=False)


def test_many_are_seen_one_after_the_other(made: Tenant) -> None:
    """Who iterates sees those that were there at the beginning and are still there."""
    made.restore({"Users": [{"schemas": [USER], "userName": f"u{number}"} for number in range(250)]})
    assert len(made.users) == 250
    seen = []
    for user in made.users:
        seen.append(user["userName"])
        if len(seen) == 1:
            made.users.remove("u249")
    assert seen == [f"u{number}" for number in range(249)]
    made.users.clear()
    assert list(made.users) == []
    assert repr(made.users) == "<0 Users>"


def test_filters_are_those_of_the_standard(server: Server, made: Tenant) -> None:
    """Also on a service that knows few of them, and for people whom it hides from its clients."""
    with server.tenant(fixture="slack", users=0, groups=0) as slack:
        user = slack.users.add(userName="ann", emails=[{"value": "ann@example.com"}], active=False)
        assert slack.users.find('not (active eq true) and emails.value co "ann"')[0]["id"] == user["id"]
    with pytest.raises(InvalidFilter, match="at character"):
        made.users.find('userName equals "ann"')


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "userName"),
        ({"userName": "ann"}, "exists already"),
        ({"userName": "bob", "active": "maybe"}, "active"),
    ],
)
def test_what_the_service_would_refuse_is_refused(made: Tenant, given: dict[str, Any], told: str) -> None:
    made.users.add(userName="ann")
    with pytest.raises(ScimError, match=told):
        made.users.add(given)
    assert len(made.users) == 1


def test_values_are_those_of_json(made: Tenant) -> None:
    user = made.users.add(userName="ann", emails=({"value": "a@example.com"},))
    assert user["emails"] == [{"value": "a@example.com"}]
    at = datetime(2026, 1, 31, tzinfo=UTC)
    added = made.users.add(userName="bob", x509Certificates=[], nickName=at.isoformat())
    assert added["nickName"].startswith("2026-01-31")
    with pytest.raises(UsageError, match="the values of JSON"):
        made.users.add(userName="eve", title=object())
    with pytest.raises(UsageError, match="the values of JSON"):
        made.users.add(userName="\ud800")


def test_other_endpoints_have_a_hint(made: Tenant) -> None:
    assert len(made.resources("Groups")) == 0
    with pytest.raises(UsageError, match="no endpoint 'Usrs', did you mean 'Users'"):
        len(made.resources("Usrs"))


def test_state_is_restored_and_reset(made: Tenant) -> None:
    made.users.add(userName="ann")
    state = made.state()
    made.users.remove("ann")
    made.restore(state)
    assert made.users["ann"]["id"] == state["Users"][0]["id"]
    made.reset()
    assert len(made.users) == 0
    with pytest.raises(UsageError, match="Usrs"):
        made.restore({"Usrs": []})
