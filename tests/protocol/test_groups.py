"""Groups, members and the groups of users (RFC 7643 sections 4.1.2 and 4.2)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]
Patch = Callable[..., httpx.Response]


def groups_of(client: httpx.Client, user: dict[str, Any]) -> dict[str, str]:
    """The groups of a user by name, with their type."""
    entries = client.get(f"/Users/{user['id']}").json().get("groups", [])
    for entry in entries:
        assert entry["$ref"] == f"{client.base_url}Groups/{entry['value']}"
    return {entry["display"]: entry["type"] for entry in entries}


def member_ids(client: httpx.Client, group: dict[str, Any]) -> list[str]:
    return [member["value"] for member in client.get(f"/Groups/{group['id']}").json().get("members", [])]


def version(client: httpx.Client, resource: dict[str, Any]) -> str:
    return str(client.get(resource["meta"]["location"]).json()["meta"]["version"])


def test_members_are_described(scim: httpx.Client, user: Make, group: Make) -> None:
    """Section 4.2: $ref, type and display of a member follow from its id."""
    ada = user(scim, "ada", displayName="Ada")
    inner = group(scim, "Inner")
    outer = group(scim, "Outer", ada["id"], inner["id"])
    assert outer["members"] == [
        {"value": ada["id"], "type": "User", "$ref": ada["meta"]["location"], "display": "Ada"},
        {"value": inner["id"], "type": "Group", "$ref": inner["meta"]["location"], "display": "Inner"},
    ]


def test_direct_and_indirect_groups(scim: httpx.Client, user: Make, group: Make, patch: Patch) -> None:
    """Section 4.1.2: groups are "direct" or, through nested groups, "indirect"; each once."""
    ada = user(scim)
    inner = group(scim, "Inner", ada["id"])
    middle = group(scim, "Middle", inner["id"])
    outer = group(scim, "Outer", middle["id"], ada["id"])
    assert groups_of(scim, ada) == {"Inner": "direct", "Middle": "indirect", "Outer": "direct"}
    assert groups_of(scim, ada) == groups_of(scim, ada)
    patch(scim, f"/Groups/{middle['id']}", {"op": "remove", "path": "members"})
    assert groups_of(scim, ada) == {"Inner": "direct", "Outer": "direct"}
    patch(scim, f"/Groups/{outer['id']}", {"op": "replace", "path": "displayName", "value": "New"})
    assert groups_of(scim, ada) == {"Inner": "direct", "New": "direct"}
    scim.delete(f"/Groups/{inner['id']}")
    assert groups_of(scim, ada) == {"New": "direct"}


def test_groups_in_circles(scim: httpx.Client, user: Make, group: Make, patch: Patch) -> None:
    """Groups that contain each other end in no endless walk."""
    ada = user(scim)
    one = group(scim, "One", ada["id"])
    two = group(scim, "Two", one["id"])
    add = {"op": "add", "path": "members", "value": [{"value": two["id"]}]}
    assert patch(scim, f"/Groups/{one['id']}", add).status_code in (200, 204)
    assert groups_of(scim, ada) == {"One": "direct", "Two": "indirect"}


def test_groups_of_a_user_cannot_be_set(
    scim: httpx.Client, user: Make, group: Make, fails: Fails, patch: Patch
) -> None:
    """Section 4.1.2: read-only, changes are made at the group."""
    staff = group(scim, "Staff")
    ada = user(scim, groups=[{"value": staff["id"]}])
    assert groups_of(scim, ada) == {}
    fails(
        patch(scim, f"/Users/{ada['id']}", {"op": "add", "path": "groups", "value": [{"value": "x"}]}),
        400,
        "mutability",
    )


def test_deleting_a_member(scim: httpx.Client, user: Make, group: Make) -> None:
    """A deleted resource leaves its groups, and these change their version."""
    ada, bob = user(scim, "ada"), user(scim, "bob")
    staff = group(scim, "Staff", ada["id"], bob["id"])
    scim.delete(f"/Users/{ada['id']}")
    assert member_ids(scim, staff) == [bob["id"]]
    assert version(scim, staff) != staff["meta"]["version"]
    scim.delete(f"/Users/{bob['id']}")
    assert "members" not in scim.get(f"/Groups/{staff['id']}").json()


def test_deleting_a_member_is_a_modification_of_the_group(
    scim: httpx.Client, user: Make, group: Make
) -> None:
    """RFC 7643 section 3.1: lastModified is when the details of the resource were updated most recently."""
    ada = user(scim)
    staff = group(scim, "Staff", ada["id"])
    time.sleep(0.003)
    scim.delete(f"/Users/{ada['id']}")
    assert scim.get(f"/Groups/{staff['id']}").json()["meta"]["lastModified"] > staff["meta"]["lastModified"]


@pytest.mark.parametrize("how", ["create", "patch", "put", "delete", "remove"])
def test_membership_moves_the_version_of_the_user(
    scim: httpx.Client, user: Make, group: Make, patch: Patch, how: str
) -> None:
    """RFC 7644 section 3.14: a 304 never stands for groups that have changed."""
    ada = user(scim)
    staff = group(scim, "Staff", *([] if how in ("create", "patch", "put") else [ada["id"]]))
    before = version(scim, ada)
    path = f"/Groups/{staff['id']}"
    if how == "create":
        group(scim, "Other", ada["id"])
    elif how == "patch":
        patch(scim, path, {"op": "add", "path": "members", "value": [{"value": ada["id"]}]})
    elif how == "put":
        scim.put(path, json={"schemas": [GROUP], "displayName": "Staff", "members": [{"value": ada["id"]}]})
    elif how == "delete":
        scim.delete(path)
    else:
        patch(scim, path, {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'})
    fresh = scim.get(f"/Users/{ada['id']}", headers={"If-None-Match": before})
    assert fresh.status_code == 200
    assert bool(fresh.json().get("groups")) == (how in ("create", "patch", "put"))


def test_a_304_never_stands_for_other_group_names(
    scim: httpx.Client, user: Make, group: Make, patch: Patch
) -> None:
    """RFC 9110 section 8.8.1: a validator changes when the representation does, here groups.display."""
    ada = user(scim)
    staff = group(scim, "Staff", ada["id"])
    before = version(scim, ada)
    patch(scim, f"/Groups/{staff['id']}", {"op": "replace", "path": "displayName", "value": "New"})
    fresh = scim.get(f"/Users/{ada['id']}", headers={"If-None-Match": before})
    assert fresh.status_code == 200
    assert fresh.json()["groups"][0]["display"] == "New"


def test_a_304_never_stands_for_other_indirect_groups(
    scim: httpx.Client, user: Make, group: Make, patch: Patch
) -> None:
    """RFC 9110 section 8.8.1, for a group that comes in between."""
    ada = user(scim)
    inner = group(scim, "Inner", ada["id"])
    before = version(scim, ada)
    group(scim, "Outer", inner["id"])
    fresh = scim.get(f"/Users/{ada['id']}", headers={"If-None-Match": before})
    assert fresh.status_code == 200
    assert len(fresh.json()["groups"]) == 2


def test_display_follows_the_member(scim: httpx.Client, user: Make, group: Make, patch: Patch) -> None:
    ada = user(scim, "ada", displayName="Ada")
    staff = group(scim, "Staff", ada["id"])
    patch(scim, f"/Users/{ada['id']}", {"op": "replace", "path": "displayName", "value": "Countess"})
    assert scim.get(f"/Groups/{staff['id']}").json()["members"][0]["display"] == "Countess"


@pytest.mark.parametrize("member", [{"value": "nobody"}, {"value": 5}, {}, {"display": "x"}, "nobody"])
def test_members_must_exist(scim: httpx.Client, group: Make, fails: Fails, patch: Patch, member: Any) -> None:
    """A member that is nobody is 400 invalidValue, and the group stays as it was."""
    staff = group(scim, "Staff")
    path = f"/Groups/{staff['id']}"
    empty = member == {}
    for answer in (
        scim.post("/Groups", json={"schemas": [GROUP], "displayName": "New", "members": [member]}),
        scim.put(path, json={"schemas": [GROUP], "displayName": "New", "members": [member]}),
        patch(scim, path, {"op": "add", "path": "members", "value": [member]}),
    ):
        if not empty:
            fails(answer, 400, "invalidValue")
    if not empty:
        assert scim.get(path).json() == staff


def test_a_wrong_member_spoils_the_whole_patch(
    scim: httpx.Client, user: Make, group: Make, fails: Fails, patch: Patch
) -> None:
    """Section 3.5.2: all or none."""
    ada, bob = user(scim), user(scim)
    staff = group(scim, "Staff", ada["id"])
    answer = patch(
        scim,
        f"/Groups/{staff['id']}",
        {"op": "replace", "path": "displayName", "value": "New"},
        {"op": "remove", "path": f'members[value eq "{ada["id"]}"]'},
        {"op": "add", "path": "members", "value": [{"value": bob["id"]}, {"value": "nobody"}]},
    )
    fails(answer, 400, "invalidValue")
    assert scim.get(f"/Groups/{staff['id']}").json() == staff
    assert groups_of(scim, bob) == {}


def test_type_of_a_member_is_true(scim: httpx.Client, user: Make, fails: Fails) -> None:
    """Judgement: a strict service refuses a member whose type contradicts the resource."""
    ada = user(scim)
    body = {"schemas": [GROUP], "displayName": "G", "members": [{"value": ada["id"], "type": "Group"}]}
    fails(scim.post("/Groups", json=body), 400, "invalidValue")


def test_a_member_is_there_once(scim: httpx.Client, user: Make, group: Make, patch: Patch) -> None:
    ada = user(scim)
    staff = group(scim, "Staff", ada["id"], ada["id"])
    before = version(scim, staff)
    patch(scim, f"/Groups/{staff['id']}", {"op": "add", "path": "members", "value": [{"value": ada["id"]}]})
    assert member_ids(scim, staff) == [ada["id"]]
    assert version(scim, staff) == before


def test_removing_what_is_not_there(scim: httpx.Client, user: Make, group: Make, patch: Patch) -> None:
    """Section 3.5.2.2: it succeeds and changes nothing, the version stays."""
    ada = user(scim)
    staff = group(scim, "Staff", ada["id"])
    answer = patch(scim, f"/Groups/{staff['id']}", {"op": "remove", "path": 'members[value eq "nobody"]'})
    assert answer.status_code == 204
    assert scim.get(f"/Groups/{staff['id']}").json() == staff


def test_answers_to_patch(scim: httpx.Client, group: Make, patch: Patch) -> None:
    """Section 3.5.2: 204 or 200 with the resource; always 200 when `attributes` is given."""
    staff = group(scim, "Staff")
    operation = {"op": "replace", "path": "displayName", "value": "New"}
    short = patch(scim, f"/Groups/{staff['id']}", operation)
    assert (short.status_code, short.content) == (204, b"")
    assert short.headers["etag"] == version(scim, staff)
    full = patch(scim, f"/Groups/{staff['id']}", operation, params={"attributes": "displayName"})
    assert full.status_code == 200
    assert full.json() == {"schemas": [GROUP], "id": staff["id"], "displayName": "New"}


def test_filters_on_membership(scim: httpx.Client, user: Make, group: Make) -> None:
    """Filters see what the representation shows."""
    ada = user(scim, "ada", displayName="Ada")
    inner = group(scim, "Inner", ada["id"])
    outer = group(scim, "Outer", inner["id"])

    def found(endpoint: str, text: str) -> list[str]:
        answer = scim.get(endpoint, params={"filter": text})
        assert answer.status_code == 200, answer.text
        return [entry["id"] for entry in answer.json()["Resources"]]

    assert found("/Groups", f'members.value eq "{ada["id"]}"') == [inner["id"]]
    assert found("/Groups", f'members eq "{ada["id"]}"') == [inner["id"]]
    assert found("/Groups", f'members[value eq "{inner["id"]}" and type eq "Group"]') == [outer["id"]]
    assert found("/Groups", 'members.type eq "group"') == [outer["id"]]
    assert found("/Groups", 'members.display eq "ADA"') == [inner["id"]]
    assert found("/Groups", "not (members pr)") == []
    assert found("/Users", f'groups.value eq "{outer["id"]}"') == [ada["id"]]
    assert found("/Users", f'groups[value eq "{outer["id"]}" and type eq "direct"]') == []
    assert found("/Users", 'groups.display sw "Out"') == [ada["id"]]
    assert found("/Users", "groups pr") == [ada["id"]]


def test_filters_on_addresses(scim: httpx.Client, user: Make, group: Make) -> None:
    """meta.location and members.$ref are strings to a filter as to a client."""
    ada = user(scim)
    staff = group(scim, "Staff", ada["id"])
    location = ada["meta"]["location"]
    by_location = scim.get("/Users", params={"filter": f'meta.location eq "{location}"'}).json()
    by_ref = scim.get("/Groups", params={"filter": f'members.$ref eq "{location}"'}).json()
    assert [entry["id"] for entry in by_location["Resources"]] == [ada["id"]]
    assert [entry["id"] for entry in by_ref["Resources"]] == [staff["id"]]


def test_a_patch_selects_members_by_what_is_shown(
    scim: httpx.Client, user: Make, group: Make, patch: Patch
) -> None:
    """Section 3.5.2: the filter of a path is applied to the resource that the client sees."""
    ada, bob = user(scim, "ada", displayName="Ada"), user(scim, "bob", displayName="Bob")
    staff = group(scim, "Staff", ada["id"], bob["id"])
    patch(scim, f"/Groups/{staff['id']}", {"op": "remove", "path": 'members[display eq "Ada"]'})
    assert member_ids(scim, staff) == [bob["id"]]


def test_users_are_found_by_their_groups(scim: Any) -> None:
    """groups.value, groups and groups[...] find direct and indirect members, each once and in order."""
    user = "urn:ietf:params:scim:schemas:core:2.0:User"
    group = "urn:ietf:params:scim:schemas:core:2.0:Group"
    ids = [scim.post("/Users", json={"schemas": [user], "userName": f"u{n}"}).json()["id"] for n in range(4)]

    def make(name: str, *members: str) -> str:
        body = {"schemas": [group], "displayName": name, "members": [{"value": id} for id in members]}
        return str(scim.post("/Groups", json=body).json()["id"])

    inner = make("inner", ids[2], ids[0])
    outer = make("outer", inner, ids[0], ids[3])
    for text in (f'groups.value eq "{outer}"', f'groups eq "{outer}"', f'groups[value eq "{outer}"]'):
        found = scim.get("/Users", params={"filter": text}).json()["Resources"]
        assert [resource["id"] for resource in found] == [ids[0], ids[2], ids[3]], text
    text = f'groups[value eq "{outer}" and type eq "indirect"]'
    found = scim.get("/Users", params={"filter": text}).json()["Resources"]
    assert [resource["id"] for resource in found] == [ids[2]]
    assert scim.get("/Users", params={"filter": 'groups.value eq "nobody"'}).json()["totalResults"] == 0
    text = f'groups.value eq "{inner}" and userName eq "U2"'
    assert scim.get("/Users", params={"filter": text}).json()["totalResults"] == 1
