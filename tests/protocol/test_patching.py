"""PATCH over HTTP (RFC 7644 section 3.5.2); the operations themselves are in tests/scim/test_patch.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]
Patch = Callable[..., httpx.Response]


def test_a_user_is_answered_whole(scim: httpx.Client, user: Make, patch: Patch) -> None:
    """200 with the resource, a new version, the same created."""
    ada = user(scim, emails=[{"value": "a@x.org", "type": "work"}])
    answer = patch(
        scim,
        f"/Users/{ada['id']}",
        {"op": "Replace", "value": {"active": False, "name": {"givenName": "A"}}},
        {"op": "add", "path": 'emails[type eq "work"].primary', "value": True},
        {"op": "add", "path": f"{ENTERPRISE}:department", "value": "Maths"},
    )
    assert answer.status_code == 200
    result = answer.json()
    assert result == scim.get(f"/Users/{ada['id']}").json()
    assert result["active"] is False
    assert result["emails"] == [{"value": "a@x.org", "type": "work", "primary": True}]
    assert result["schemas"] == [*ada["schemas"], ENTERPRISE]
    assert result["meta"]["created"] == ada["meta"]["created"]
    assert result["meta"]["version"] != ada["meta"]["version"]
    assert answer.headers["etag"] == result["meta"]["version"]
    part = patch(
        scim, f"/Users/{ada['id']}", {"op": "remove", "path": "active"}, params={"attributes": "userName"}
    )
    assert part.json() == {"schemas": result["schemas"], "id": ada["id"], "userName": ada["userName"]}


def test_all_or_none(scim: httpx.Client, user: Make, patch: Patch, fails: Fails) -> None:
    """A failing operation leaves the resource as it was, indexes included."""
    user(scim, "bob")
    ada = user(scim, "ada", emails=[{"value": "a@x.org"}])
    path = f"/Users/{ada['id']}"
    good = {"op": "replace", "path": "emails", "value": [{"value": "n@x.org"}]}
    for bad, status, kind in (
        ({"op": "replace", "path": "id", "value": "x"}, 400, "mutability"),
        ({"op": "replace", "path": 'emails[type eq "x"].value', "value": "x"}, 400, "noTarget"),
        ({"op": "replace", "path": "userName", "value": "BOB"}, 409, "uniqueness"),
        ({"op": "remove", "path": "userName"}, 400, "mutability"),
        ({"op": "replace", "path": "emails[", "value": "x"}, 400, "invalidPath"),
    ):
        fails(patch(scim, path, good, bad), status, kind)
    fails(patch(scim, path, good, params={"attributes": "a", "excludedAttributes": "b"}), 400, "invalidValue")
    assert scim.get(path).json() == ada
    assert scim.get("/Users", params={"filter": 'emails eq "a@x.org"'}).json()["totalResults"] == 1
    assert scim.get("/Users", params={"filter": 'emails eq "n@x.org"'}).json()["totalResults"] == 0


def test_unknown_resources(scim: httpx.Client, patch: Patch, fails: Fails) -> None:
    fails(patch(scim, "/Users/nobody", {"op": "remove", "path": "title"}), 404)
    fails(patch(scim, "/Users", {"op": "remove", "path": "title"}), 405)


@pytest.mark.parametrize(
    "value", [None, 5, "x", [], [[]], {}, {"a": {"b": []}}, [{"value": {"value": []}}], True]
)
def test_nonsense_never_breaks_anything(
    scim: httpx.Client, user: Make, group: Make, patch: Patch, value: Any
) -> None:
    """Whatever stands where, the answer is a success or a 4xx."""
    ada = user(scim, "ada", emails=[{"value": "a", "type": "work"}])
    staff = group(scim, "Staff", ada["id"])
    for path in (
        None,
        value,
        "emails",
        'emails[type eq "work"]',
        "emails.value",
        "name",
        "members",
        "schemas",
        ENTERPRISE,
        f"{ENTERPRISE}:manager",
        "password",
        "x",
        'members[value eq "x"]',
    ):
        for op in ("add", "replace", "remove", value):
            operation = {"op": op, "path": path, "value": value}
            for target in (f"/Users/{ada['id']}", f"/Groups/{staff['id']}"):
                answer = patch(scim, target, operation)
                assert answer.status_code in (200, 204, 400, 409), (operation, answer.text)
                assert scim.get(target).status_code == 200
