"""The main job, end to end: create, read, change and delete a user over HTTP."""

from __future__ import annotations

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def test_a_user_lives_and_dies(scim: httpx.Client) -> None:
    created = scim.post("/Users", json={"schemas": [USER], "userName": "bjensen", "active": True})
    assert created.status_code == 201
    id = created.json()["id"]
    assert created.headers["location"] == created.json()["meta"]["location"] == f"{scim.base_url}Users/{id}"
    assert created.headers["etag"] == created.json()["meta"]["version"]

    found = scim.get("/Users", params={"filter": 'userName eq "BJENSEN"'})
    assert [user["id"] for user in found.json()["Resources"]] == [id]

    operation = {"op": "replace", "path": "active", "value": False}
    changed = scim.patch(f"/Users/{id}", json={"schemas": [PATCH_OP], "Operations": [operation]})
    assert changed.status_code == 200 and changed.json()["active"] is False
    assert changed.json()["meta"]["version"] != created.json()["meta"]["version"]

    assert scim.delete(f"/Users/{id}").status_code == 204
    assert scim.get(f"/Users/{id}").status_code == 404
