"""Tenants: isolated, made on first use, limited in number, deleted without trace."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"

_names = itertools.count(1)


@pytest.fixture
def name(shared_server: Any) -> Any:
    """A name that no tenant has; the tenant is deleted afterwards."""
    chosen = f"made-{next(_names)}"
    yield chosen
    httpx.delete(f"{shared_server.url}/_scimmock/tenants/{chosen}")


@pytest.fixture
def ask(shared_server: Any) -> Any:
    """Ask for a path below the server's root with its token."""
    headers = {"Authorization": f"Bearer {shared_server.ready['token']}"}
    with httpx.Client(base_url=shared_server.url, headers=headers, timeout=20) as client:
        yield client


def test_a_tenant_is_made_on_first_use(ask: httpx.Client, name: str) -> None:
    """The first request to a new name finds the server's own fixture behind it."""
    assert name not in ask.get("/_scimmock/info").json()["tenants"]
    assert ask.get(f"/t/{name}/scim/v2/Users").json()["totalResults"] == 0
    assert name in ask.get("/_scimmock/info").json()["tenants"]


def test_tenants_do_not_see_each_other(ask: httpx.Client, name: str) -> None:
    """The same userName in two tenants is no conflict, and neither sees the other's,
    nor does the default one.
    """
    created = ask.post(f"/t/{name}/scim/v2/Users", json={"schemas": [USER], "userName": "isolated"})
    assert created.status_code == 201
    id = created.json()["id"]
    other = f"{name}-other"
    try:
        assert ask.get(f"/t/{other}/scim/v2/Users/{id}").status_code == 404
        assert ask.get(f"/scim/v2/Users/{id}").status_code == 404
        again = ask.post(f"/t/{other}/scim/v2/Users", json={"schemas": [USER], "userName": "isolated"})
        assert again.status_code == 201 and again.json()["id"] != id
        assert ask.delete(f"/t/{other}/scim/v2/Users/{again.json()['id']}").status_code == 204
        assert ask.get(f"/t/{name}/scim/v2/Users/{id}").status_code == 200
        journal = ask.get(f"/t/{other}/_scimmock/journal").json()["exchanges"]
        assert all(entry["trace"]["tenant"] == other for entry in journal) and len(journal) == 3
    finally:
        ask.delete(f"/_scimmock/tenants/{other}")


def test_locations_stay_inside_the_tenant(ask: httpx.Client, name: str, shared_server: Any) -> None:
    """meta.location, Location, $ref and the locations of discovery lead back into the same tenant."""
    base = f"{shared_server.url}/t/{name}/scim/v2"
    user = ask.post(f"/t/{name}/scim/v2/Users", json={"schemas": [USER], "userName": "u"})
    location = f"{base}/Users/{user.json()['id']}"
    assert user.json()["meta"]["location"] == user.headers["location"] == location
    group = {"schemas": [GROUP], "displayName": "g", "members": [{"value": user.json()["id"]}]}
    made = ask.post(f"/t/{name}/scim/v2/Groups", json=group)
    assert made.json()["members"][0]["$ref"] == location
    read = ask.get(location).json()
    assert read["groups"][0]["$ref"] == made.headers["location"] == f"{base}/Groups/{made.json()['id']}"
    listed = ask.get(f"/t/{name}/scim/v2/Users").json()["Resources"][0]
    assert listed["meta"]["location"] == location
    for schema in ask.get(f"/t/{name}/scim/v2/Schemas").json()["Resources"]:
        assert schema["meta"]["location"].startswith(f"{base}/Schemas/")


def test_tenants_share_the_people_of_a_fixture_until_they_change_them(launch: Any) -> None:
    """Every tenant starts with the same people, each has its own afterwards."""
    server = launch("--users", "20", "--groups", "3")
    with httpx.Client(headers={"Authorization": "Bearer scimmock"}) as client:
        bases = [f"{server.url}/t/{name}/scim/v2" for name in ("a", "b")] + [server.base_url]
        people = [client.get(f"{base}/Users").json()["Resources"] for base in bases]
        assert [len(found) for found in people] == [20, 20, 20]
        assert len({tuple(user["userName"] for user in found) for found in people}) == 1
        id = people[0][0]["id"]
        assert client.delete(f"{bases[0]}/Users/{id}").status_code == 204
        assert [client.get(f"{base}/Users").json()["totalResults"] for base in bases] == [19, 20, 20]
        group = client.get(f"{bases[1]}/Groups").json()["Resources"][0]
        operation = {"op": "replace", "path": "displayName", "value": "renamed"}
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
        assert client.patch(f"{bases[1]}/Groups/{group['id']}", json=body).status_code == 204
        names = [client.get(f"{base}/Groups/{group['id']}").json()["displayName"] for base in bases]
        assert names[1] == "renamed" and names[0] == names[2] == group["displayName"]


@pytest.mark.parametrize(
    "bad", ["", "%20", "a%20b", "-a", ".a", "..", "_x", "a" * 101, "%C3%A9", "a%2Fb", "a:b", "%00"]
)
@pytest.mark.parametrize("path", ["/scim/v2/Users", "/_scimmock/state"])
def test_bad_names(shared_server: Any, bad: str, path: str) -> None:
    """Names have letters, digits, '.', '_' and '-'; any other is a client error,
    never the default tenant's data.
    """
    import http.client

    host, port = shared_server.address
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request(
        "GET", f"/t/{bad}{path}", headers={"Authorization": f"Bearer {shared_server.ready['token']}"}
    )
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert 400 <= answer.status < 500, text
    assert "json" in str(answer.getheader("content-type"))


@pytest.mark.parametrize("good", ["a", "A1", "a.b", "a_b-c", "0", "a" * 100])
def test_good_names(ask: httpx.Client, good: str) -> None:
    """A hundred characters of the allowed ones are fine, and names keep their case."""
    try:
        assert ask.get(f"/t/{good}/scim/v2/Users").status_code == 200
        assert good in ask.get("/_scimmock/info").json()["tenants"]
    finally:
        assert ask.delete(f"/_scimmock/tenants/{good}").status_code == 204


def test_the_number_of_tenants_is_limited(launch: Any) -> None:
    """Past --max-tenants a new name gets a SCIM error, those that exist serve on,
    and a deletion makes room.
    """
    server = launch("--users", "0", "--groups", "0", "--max-tenants", "3")
    with httpx.Client(base_url=server.url, headers={"Authorization": "Bearer scimmock"}) as client:
        for name in ("a", "b", "c"):
            assert client.get(f"/t/{name}/scim/v2/Users").status_code == 200
        refused = client.get("/t/d/scim/v2/Users")
        assert refused.status_code in (400, 429, 503)
        assert refused.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
        assert "3" in refused.json()["detail"]
        over_control = client.put("/_scimmock/tenants/d", json={})
        assert over_control.status_code == refused.status_code
        assert "3" in over_control.json()["error"]["message"]
        for name in ("a", "b", "c"):
            assert client.get(f"/t/{name}/scim/v2/Users").status_code == 200
        assert client.get("/_scimmock/info").json()["tenants"] == ["a", "b", "c"]
        assert client.get("/_scimmock/info").json()["limits"]["tenants"] == 3
        assert client.delete("/_scimmock/tenants/b").status_code == 204
        assert client.get("/t/d/scim/v2/Users").status_code == 200


def test_a_deleted_tenant_leaves_no_trace(ask: httpx.Client, name: str) -> None:
    """After a deletion the name begins anew: no people, no journal, the same ids as the first time."""
    body = {"schemas": [USER], "userName": "trace"}
    first = ask.post(f"/t/{name}/scim/v2/Users", json=body).json()["id"]
    assert ask.delete(f"/_scimmock/tenants/{name}").status_code == 204
    assert name not in ask.get("/_scimmock/info").json()["tenants"]
    assert ask.get(f"/t/{name}/scim/v2/Users").json()["totalResults"] == 0
    assert len(ask.get(f"/t/{name}/_scimmock/journal").json()["exchanges"]) == 1
    assert ask.post(f"/t/{name}/scim/v2/Users", json=body).json()["id"] == first
    assert ask.delete("/_scimmock/tenants/never-was").status_code == 404


def test_tenants_with_fixtures_of_their_own(tenant: Any) -> None:
    """A tenant may play another fixture with its own people and seed beside the others."""
    okta = tenant(fixture="okta", users=4, seed=5)
    config = okta.get("/ServiceProviderConfig").json()
    assert config["bulk"]["supported"] is False
    people = okta.get("/Users").json()["Resources"]
    assert len(people) == 4 and all(user["externalId"].startswith("00u") for user in people)
    assert tenant().get("/ServiceProviderConfig").json()["bulk"]["supported"] is True
    again = tenant(fixture="okta", users=4, seed=5).get("/Users").json()["Resources"]
    assert [user["userName"] for user in again] == [user["userName"] for user in people]
    other = tenant(fixture="okta", users=4, seed=6).get("/Users").json()["Resources"]
    assert [user["userName"] for user in other] != [user["userName"] for user in people]


def test_limits_of_the_command_line_hold_for_all_tenants(launch: Any) -> None:
    """--max-body and --basic hold for a tenant with its own fixture as for every other."""
    server = launch("--users", "0", "--groups", "0", "--max-body", "1000", "--basic", "ann:secret")
    httpx.put(f"{server.url}/_scimmock/tenants/own", json={"fixture": "okta", "users": 0}).raise_for_status()
    for base in (server.base_url, f"{server.url}/t/own/scim/v2"):
        assert httpx.get(f"{base}/Users", auth=("ann", "secret")).status_code == 200, base
        large = {"schemas": [USER], "userName": "x", "displayName": "d" * 1000}
        answer = httpx.post(f"{base}/Users", json=large, headers={"Authorization": "Bearer scimmock"})
        assert answer.status_code == 413, base
