"""One directory under several behaviours, each at a base path of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import USER, Launch, LiveServer

OTHER = """
fixture: other
title: The same people, otherwise
kind: service
behaviour:
  base_path: /other/v2
  quirks: [error-status-int, {quirk: attributes-left-out, attributes: [meta.version]}]
  paging: {default_page_size: 3, max_page_size: 5}
"""


@pytest.fixture
def server(launch: Launch, tmp_path: Path) -> LiveServer:
    """A strict service whose directory is served at /other/v2 too."""
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / "fixture.yaml").write_text(OTHER)
    return launch("--users", "10", "--groups", "2", "--also", str(folder))


def other(server: LiveServer) -> httpx.Client:
    url = server.ready["also"]["other"]
    return httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {server.ready['token']}"}, timeout=20
    )


def test_what_one_face_writes_the_other_shows(server: LiveServer) -> None:
    with server.client() as own, other(server) as side:
        made = side.post("/Users", json={"schemas": [USER], "userName": "ada"})
        assert made.status_code == 201
        id = made.json()["id"]
        assert made.headers["location"] == f"{side.base_url}Users/{id}"
        assert "version" not in made.json()["meta"]
        shown = own.get(f"/Users/{id}").json()
        assert shown["userName"] == "ada" and shown["meta"]["version"]
        assert shown["meta"]["location"] == f"{own.base_url}Users/{id}"
        patch = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "replace", "path": "title", "value": "Countess"}],
        }
        assert own.patch(f"/Users/{id}", json=patch).json()["title"] == "Countess"
        assert side.get(f"/Users/{id}").json()["title"] == "Countess"
        assert side.delete(f"/Users/{id}").status_code == 204
        assert own.get(f"/Users/{id}").status_code == 404


def test_each_face_keeps_its_own_rules(server: LiveServer) -> None:
    with server.client() as own, other(server) as side:
        assert own.get("/Users/nobody").json()["status"] == "404"
        assert side.get("/Users/nobody").json()["status"] == 404
        assert len(own.get("/Users").json()["Resources"]) == 10
        assert len(side.get("/Users").json()["Resources"]) == 3
        assert len(side.get("/Users", params={"count": 100}).json()["Resources"]) == 5
        filter = side.get("/ServiceProviderConfig").json()["filter"]
        assert filter == {"supported": True, "maxResults": 5}
        assert own.get("/ServiceProviderConfig").json()["filter"]["maxResults"] == 1000


def test_groups_and_members_show_the_addresses_of_the_face(server: LiveServer) -> None:
    with server.client() as own, other(server) as side:
        group = side.get("/Groups", params={"count": 1}).json()["Resources"][0]
        member = group["members"][0]
        assert member["$ref"].startswith(str(side.base_url))
        user = side.get(f"/Users/{member['value']}").json()
        assert group["id"] in [entry["value"] for entry in user["groups"]]
        assert all(entry["$ref"].startswith(str(side.base_url)) for entry in user["groups"])
        # A group that is renamed is shown with its new name by every face at once.
        body = {**own.get(f"/Groups/{group['id']}").json(), "displayName": "Renamed"}
        assert own.put(f"/Groups/{group['id']}", json=body).status_code == 200
        names = [entry["display"] for entry in side.get(f"/Users/{user['id']}").json()["groups"]]
        assert "Renamed" in names


def test_faults_credentials_and_journal_are_the_tenants(server: LiveServer) -> None:
    with server.client() as own, other(server) as side, httpx.Client(base_url=server.url) as control:
        assert httpx.get(f"{side.base_url}Users").status_code == 401
        rule = {"name": "busy", "match": {"resource": "Users"}, "do": {"status": 503}}
        assert control.post("/_scimmock/faults", json=rule).status_code == 201
        assert (own.get("/Users").status_code, side.get("/Users").status_code) == (503, 503)
        assert control.delete("/_scimmock/faults").status_code == 204
        side.get("/Groups")
        last = control.get("/_scimmock/journal").json()["exchanges"][-1]
        assert last["request"]["path"] == "/Groups"
        assert last["trace"]["base_path"] == "/other/v2"
        own.get("/Groups")
        last = control.get("/_scimmock/journal").json()["exchanges"][-1]
        assert "base_path" not in last["trace"]


def test_a_reset_is_for_all_faces(server: LiveServer) -> None:
    with server.client() as own, other(server) as side, httpx.Client(base_url=server.url) as control:
        id = side.post("/Users", json={"schemas": [USER], "userName": "ada"}).json()["id"]
        assert control.delete("/_scimmock/state").status_code == 204
        assert (own.get(f"/Users/{id}").status_code, side.get(f"/Users/{id}").status_code) == (404, 404)
        assert side.get("/Users").json()["totalResults"] == 10


def test_a_tenant_may_have_faces_of_its_own(
    control: httpx.Client, tenant: Callable[..., httpx.Client]
) -> None:
    answer = control.put("/tenants/faced", json={"fixture": "rfc", "also": "okta", "users": 2})
    try:
        # Both are at /scim/v2, which cannot be.
        assert answer.status_code == 400 and "side by side" in answer.text
    finally:
        control.delete("/tenants/faced")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("behaviour: {base_path: /scim/v2}\n", "both are at /scim/v2"),
        (
            "behaviour:\n  base_path: /x\n  resource_types:\n"
            "    - {name: Person, endpoint: /People, schema: user}\n",
            "Person at /People",
        ),
    ],
)
def test_what_cannot_stand_side_by_side(
    tmp_path: Path, text: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scimmock.errors import FileError
    from scimmock.fixture import check_beside, combine

    (tmp_path / "fixture.yaml").write_text(f"fixture: x\ntitle: X\nkind: service\n{text}")
    with pytest.raises(FileError, match=what):
        check_beside(combine(("rfc",), (str(tmp_path),)))


@pytest.mark.parametrize(("own", "beside"), [("/scim", "/scim/v1"), ("/scim/v1/new", "/scim/v1")])
def test_one_base_path_may_lie_below_another(launch: Launch, own: str, beside: str) -> None:
    server = launch("--fixture", "slack", "--base-path", own, "--users", "2")
    assert server.ready["also"] == {"slack@v1": f"{server.url}{beside}"}
    with server.client() as new, server.client() as old:
        old.base_url = server.ready["also"]["slack@v1"]
        assert new.get("/Users").json()["schemas"] != old.get("/Users").json()["schemas"] == [OLD_CORE]


# ---- SCIM 1.1 and 2.0 side by side

OLD_CORE = "urn:scim:schemas:core:1.0"


@pytest.fixture
def versions(launch: Launch) -> Iterator[tuple[httpx.Client, httpx.Client, httpx.Client]]:
    """Clients of one directory in SCIM 2.0 and 1.1, and of the control API."""
    server = launch("--users", "3", "--groups", "1", "--also", "rfc@scim11")
    assert list(server.ready["also"]) == ["rfc@scim11"]
    with server.client() as new, server.client() as old, httpx.Client(base_url=server.url) as control:
        old.base_url = server.ready["also"]["rfc@scim11"]
        yield new, old, control


Versions = tuple[httpx.Client, httpx.Client, httpx.Client]


def test_one_directory_in_two_versions_of_scim(versions: Versions) -> None:
    new, old, _ = versions
    body = {"schemas": [OLD_CORE], "userName": "ada", "emails": [{"value": "a@x.org"}, {"value": "b@x.org"}]}
    made = old.post("/Users", json=body)
    assert made.status_code == 201 and made.json()["schemas"] == [OLD_CORE]
    id = made.json()["id"]
    shown = new.get(f"/Users/{id}").json()
    assert shown["schemas"] == [USER] and shown["meta"]["resourceType"] == "User"
    patch = {"schemas": [OLD_CORE], "emails": [{"value": "a@x.org", "operation": "delete"}]}
    assert old.patch(f"/Users/{id}", json=patch).status_code == 200
    assert [email["value"] for email in new.get(f"/Users/{id}").json()["emails"]] == ["b@x.org"]
    group = new.get("/Groups").json()["Resources"][0]
    body = {"schemas": [OLD_CORE], "members": [{"value": id}]}
    assert old.patch(f"/Groups/{group['id']}", json=body).status_code in (200, 204)
    assert id in [member["value"] for member in new.get(f"/Groups/{group['id']}").json()["members"]]
    # Each version refuses the words of the other.
    refused = old.post("/Users", json={"schemas": [USER], "userName": "eve"})
    assert refused.status_code == 400 and refused.json()["Errors"][0]["code"] == "400"
    refused = new.post("/Users", json={"schemas": [OLD_CORE], "userName": "eve"})
    assert refused.status_code == 400 and refused.json()["scimType"]
    assert old.get(f"/Users/{id}").headers["etag"] == new.get(f"/Users/{id}").headers["etag"]


def test_findings_do_not_hold_the_rules_of_one_version_against_the_other(versions: Versions) -> None:
    new, old, control = versions
    id = old.post("/Users", json={"schemas": [OLD_CORE], "userName": "ada"}).json()["id"]
    old.patch(f"/Users/{id}", json={"schemas": [OLD_CORE], "active": False})
    exchanges = control.get("/_scimmock/journal").json()["exchanges"]
    assert [exchange["trace"]["protocol"] for exchange in exchanges] == ["1.1", "1.1"]
    assert [exchange["trace"]["findings"] for exchange in exchanges] == [[], []]
    new.post("/Users", json={"schemas": [OLD_CORE], "userName": "eve"})
    found = control.get("/_scimmock/journal").json()["exchanges"][-1]["trace"]["findings"]
    assert "scim-1-body" in [finding["name"] for finding in found]
