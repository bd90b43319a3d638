"""What services show of resources and of their configuration, and under which names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import ENTERPRISE, PATCH_OP, USER

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
MAIL = {"value": "a@example.com", "display": "A."}


def test_parts_of_meta_are_missing(both: Both, new_user: Make, new_group: Make) -> None:
    found = []
    for client in both("attributes-left-out"):
        path = f"/Users/{new_user(client, 'ada')}"
        metas = [client.get(path).json()["meta"], client.get("/Users").json()["Resources"][0]["meta"]]
        group = client.get(f"/Groups/{new_group(client, 'Staff')}").json()["meta"]
        found.append([sorted(meta) for meta in (*metas, group)])
        assert "etag" in client.get(path).headers
        assert "meta" not in client.get(path, params={"attributes": "userName"}).json()
    assert found == [
        [["created", "lastModified", "location", "resourceType", "version"]] * 3,
        [["created", "location"]] * 3,
    ]


def test_any_attribute_can_be_missing(both: Both, new_user: Make, new_group: Make) -> None:
    left_out = ["title", "emails.display", f"{ENTERPRISE}:manager.displayName", f"{ENTERPRISE}:division", "x"]
    quirk = {"quirk": "attributes-left-out", "attributes": left_out, "resources": "Users"}
    body = {
        "title": "x",
        "emails": [MAIL],
        ENTERPRISE: {"division": "1", "costCenter": "2"},
    }
    found = []
    for client in both(quirk):
        user = client.get(f"/Users/{new_user(client, 'ada', **body)}").json()
        found.append((user.get("title"), user["emails"], user[ENTERPRISE]))
        assert client.get("/Users", params={"filter": 'title eq "x"'}).json()["totalResults"] == 1
    assert found == [
        ("x", [MAIL], {"division": "1", "costCenter": "2"}),
        (None, [{"value": "a@example.com"}], {"costCenter": "2"}),
    ]
    _, quirky = both(
        {"quirk": "attributes-left-out", "attributes": [ENTERPRISE, "meta.created"], "resources": "Groups"}
    )
    assert ENTERPRISE in quirky.get(f"/Users/{new_user(quirky, 'ada', **body)}").json()
    assert "created" not in quirky.get(f"/Groups/{new_group(quirky, 'Staff')}").json()["meta"]


def test_the_configuration_says_more(both: Both) -> None:
    strict, quirky = [client.get("/ServiceProviderConfig").json() for client in both("config-extra")]
    assert strict.pop("meta") != quirky.pop("meta")
    assert quirky == strict | {"interopProfileConformant": True}
    fields = {"filter": {"note": "eq"}, "patch": None, "x": [1]}
    _, other = [
        client.get("/ServiceProviderConfig").json()
        for client in both({"quirk": "config-extra", "fields": fields})
    ]
    assert other["filter"] == {**strict["filter"], "note": "eq"}
    assert (other["patch"], other["x"]) == (None, [1])


def test_versions_look_like_times(both: Both, new_user: Make, patch: Patch) -> None:
    for place, client in enumerate(both("meta-version-form")):
        path = f"/Users/{new_user(client, 'ada')}"
        answer = client.get(path)
        tag = answer.headers["etag"]
        assert answer.json()["meta"]["version"] == tag
        assert tag.startswith('W/"17291377') == bool(place)
        assert client.get(path, headers={"if-none-match": tag}).status_code == 304
        assert client.get(path, headers={"if-none-match": f'"x", {tag}'}).status_code == 304
        assert client.get(path, headers={"if-none-match": 'W/"1", W/"2"'}).status_code == (
            200 if place else 304
        )
        body = {"schemas": [USER], "userName": "ada", "title": "x"}
        changed = client.put(path, json=body, headers={"if-match": tag})
        assert (changed.status_code, changed.headers["etag"]) == (200, changed.json()["meta"]["version"])
        assert client.put(path, json=body, headers={"if-match": tag}).status_code == 412
        assert client.delete(path, headers={"if-match": "*"}).status_code == 204


def test_versions_in_bulk(both: Both, new_user: Make) -> None:
    for client in both("meta-version-form"):
        path = f"/Users/{new_user(client, 'ada')}"
        operation = {
            "method": "PATCH",
            "path": path,
            "version": client.get(path).headers["etag"],
            "data": {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "title", "value": "x"}]},
        }
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [operation, operation],
        }
        done = client.post("/Bulk", json=body).json()["Operations"]
        assert [item["status"] for item in done] == ["200", "412"]
        assert done[0]["version"] == client.get(path).headers["etag"]


FLAT = {"managerValue": "1", "department": "x"}


def test_the_manager_lies_flat(both: Both, patch: Patch) -> None:
    strict, quirky = both("attribute-names", "complex-from-string")
    body = {"schemas": [USER, ENTERPRISE], "userName": "ada", ENTERPRISE: FLAT}
    assert strict.post("/Users", json=body).json()["scimType"] == "invalidSyntax"
    made = quirky.post("/Users", json=body).json()
    path = f"/Users/{made['id']}"
    assert made[ENTERPRISE] == FLAT
    assert quirky.put(path, json=made).json()[ENTERPRISE] == FLAT
    steps: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"op": "replace", "path": f"{ENTERPRISE}:managerValue", "value": "2"}, {"managerValue": "2"}),
        ({"op": "replace", "path": ENTERPRISE, "value": {"managerValue": "3"}}, {"managerValue": "3"}),
        ({"op": "replace", "value": {ENTERPRISE: {"ManagerValue": "4"}}}, {"managerValue": "4"}),
        ({"op": "remove", "path": f"{ENTERPRISE}:managerValue"}, {}),
        ({"op": "add", "path": f"{ENTERPRISE}:manager", "value": "5"}, {"managerValue": "5"}),
    ]
    for operation, wanted in steps:
        assert patch(quirky, path, operation).json()[ENTERPRISE] == {"department": "x", **wanted}, operation
    for text in (f'{ENTERPRISE}:managerValue eq "5"', 'managervalue eq "5"'):
        assert quirky.get("/Users", params={"filter": text}).json()["totalResults"] == 1
        assert strict.get("/Users", params={"filter": text}).status_code == 400


def test_a_manager_that_exists_lies_flat(both: Both, new_user: Make) -> None:
    for place, client in enumerate(both("attribute-names")):
        boss = new_user(client, "boss")
        given = {ENTERPRISE: {"manager": {"value": boss}}}
        shown = client.get(f"/Users/{new_user(client, 'ada', **given)}").json()[ENTERPRISE]
        assert shown.keys() == ({"managerValue"} if place else {"manager"})


@pytest.mark.parametrize("parameter", ["attributes", "sortBy"])
def test_another_name_at_one_endpoint(both: Both, new_group: Make, new_user: Make, parameter: str) -> None:
    quirk = {"quirk": "attribute-names", "names": {"externalId": "external_id"}, "resources": "Groups"}
    strict, quirky = both(quirk)
    group = new_group(quirky, "Staff", external_id="1")
    assert quirky.get(f"/Groups/{group}").json()["external_id"] == "1"
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "replace", "path": "external_id", "value": "2"}]}
    quirky.patch(f"/Groups/{group}", json=body)
    query = {parameter: "external_id", "filter": 'external_id eq "2"'}
    for answer in (
        quirky.get("/Groups", params=query),
        quirky.post(
            "/Groups/.search",
            json={"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], **query},
        ),
    ):
        assert answer.json()["Resources"][0]["external_id"] == "2"
    assert strict.get("/Groups", params=query).status_code == 400
    assert quirky.get(f"/Users/{new_user(quirky, 'ada', externalId='3')}").json()["externalId"] == "3"
