"""Methods that services do not have, and what a request must bring."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_no_put_for_groups(both: Both, new_user: Make, new_group: Make, status: int) -> None:
    answers, users = [], []
    for client in both({"quirk": "no-put-groups", "status": status}):
        group = new_group(client, "Staff")
        body = {"schemas": [GROUP], "displayName": "Crew"}
        answers.append(client.put(f"/Groups/{group}", json=body))
        user = new_user(client, "ada")
        users.append(client.put(f"/Users/{user}", json={"schemas": [USER], "userName": "eva"}).status_code)
    assert [answer.status_code for answer in answers] == [200, status]
    assert users == [200, 200]
    assert answers[1].json()["status"] == str(status)
    assert ("PUT" in answers[1].headers.get("allow", "PUT")) == (status != 405)


def test_no_put_leads_to_a_web_page(both: Both, new_user: Make) -> None:
    strict, quirky = both("no-put")
    answers = [
        client.put(f"/Users/{new_user(client, 'ada')}", json={"schemas": [USER], "userName": "eva"})
        for client in (strict, quirky)
    ]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[1].headers["content-type"].startswith("text/html")
    assert "<title>404 Not Found</title>" in answers[1].text
    assert quirky.get("/Users/nobody").json()["status"] == "404"


def test_no_put_as_a_scim_error(both: Both, new_user: Make) -> None:
    _, quirky = both({"quirk": "no-put", "status": 501, "shape": "scim"})
    answer = quirky.put(f"/Users/{new_user(quirky, 'ada')}", json={"schemas": [USER], "userName": "eva"})
    assert (answer.status_code, answer.json()["status"]) == (501, "501")


def test_no_put_inside_bulk(both: Both, new_user: Make) -> None:
    found = []
    for client in both("no-put"):
        path = f"/Users/{new_user(client, 'ada')}"
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
            "Operations": [{"method": "PUT", "path": path, "data": {"schemas": [USER], "userName": "eva"}}],
        }
        answer = client.post("/Bulk", json=body)
        found.append((answer.status_code, answer.json()["Operations"][0]["status"]))
    assert found == [(200, "200"), (200, "404")]


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [({}, 501, False), ({"status": 405}, 405, False), ({"advertised": True}, 501, True)],
)
def test_no_patch(
    both: Both, new_user: Make, patch: Patch, given: dict[str, Any], status: int, says: bool
) -> None:
    statuses, configs = [], []
    for client in both({"quirk": "no-patch", **given}):
        operation = {"op": "replace", "path": "displayName", "value": "Ada"}
        statuses.append(patch(client, f"/Users/{new_user(client, 'ada')}", operation).status_code)
        configs.append(client.get("/ServiceProviderConfig").json()["patch"]["supported"])
    assert statuses == [200, status]
    assert configs == [True, says]


def test_a_user_agent_is_required(both: Both) -> None:
    strict, quirky = both("user-agent-required")
    statuses = []
    for client in (strict, quirky):
        client.headers["user-agent"] = "Okta SCIM Client 1.0.0"
        named = client.get("/Users").status_code
        client.headers["user-agent"] = ""
        statuses.append((named, client.get("/Users").status_code))
    assert statuses == [(200, 200), (200, 403)]


def test_large_payloads_are_413(both: Both, new_user: Make) -> None:
    strict, quirky = both({"quirk": "payload-too-large-413", "bytes": 2000, "members": 2})
    long = {"schemas": [USER], "userName": "ada", "title": "x" * 2000}
    assert [client.post("/Users", json=long).status_code for client in (strict, quirky)] == [201, 413]
    statuses = []
    for client in (strict, quirky):
        members = [{"value": new_user(client, name)} for name in ("a", "b", "c")]
        body = {"schemas": [GROUP], "displayName": "Staff", "members": members}
        statuses.append(client.post("/Groups", json=body).status_code)
    assert statuses == [201, 413]


def test_the_numbers_of_miro(both: Both) -> None:
    strict, quirky = both("payload-too-large-413")
    body = {"schemas": [USER], "userName": "ada", "title": "x" * 800_000}
    assert [client.post("/Users", json=body).status_code for client in (strict, quirky)] == [201, 413]


def test_paths_have_case_unless_a_switch_is_on(both: Both) -> None:
    lenient, quirky = both("case-sensitive-path", "case-insensitive-path")
    assert [client.get("/users").status_code for client in (lenient, quirky)] == [200, 404]
    assert [client.get("/Users").status_code for client in (lenient, quirky)] == [200, 200]
    strict, lenient = both("case-insensitive-path")
    for path in ("/users", "/GROUPS", "/serviceProviderConfig", "/schemas"):
        assert [client.get(path).status_code for client in (strict, lenient)] == [404, 200], path


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"status": 400}, [400, 400, 400]),
        ({"status": 400, "on": "create"}, [400, 204, 200]),
        ({"on": ["replace", "patch"]}, [201, 413, 413]),
    ],
)
def test_too_many_members_in_some_operations(
    both: Both, new_user: Make, new_group: Make, patch: Patch, given: dict[str, Any], wanted: list[int]
) -> None:
    found = []
    for client in both({"quirk": "payload-too-large-413", "members": 2, **given}):
        members = [{"value": new_user(client, name)} for name in ("a", "b", "c")]
        body = {"schemas": [GROUP], "displayName": "Staff", "members": members}
        group = new_group(client, "Crew", members[0]["value"])
        answers = [
            client.post("/Groups", json=body),
            patch(client, f"/Groups/{group}", {"op": "add", "path": "members", "value": members}),
            client.put(f"/Groups/{group}", json=body),
        ]
        found.append([answer.status_code for answer in answers])
    assert found == [[201, 204, 200], wanted]


def test_there_are_so_many_resources(both: Both, new_user: Make, new_group: Make) -> None:
    found = []
    for client in both({"quirk": "most-resources", "most": {"Users": 1}, "status": 400}):
        new_user(client, "ada")
        new_group(client, "Staff")
        more = client.post("/Users", json={"schemas": [USER], "userName": "eva"})
        listed = client.get("/Users").json()["Resources"]
        client.delete(f"/Users/{listed[0]['id']}")
        again = client.post("/Users", json={"schemas": [USER], "userName": "bob"})
        found.append((more.status_code, again.status_code))
    assert found == [(201, 201), (400, 201)]
