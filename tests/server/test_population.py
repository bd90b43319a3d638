"""The first content: deterministic made-up people, people of one's own, ids that depend on nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def everyone(server: Any) -> dict[str, Any]:
    """All resources of a server without what depends on its address and start."""
    state: dict[str, Any] = httpx.get(f"{server.url}/_scimmock/state").json()
    for resources in state.values():
        for resource in resources:
            resource["meta"].pop("created")
            resource["meta"].pop("lastModified")
    return state


def create(server: Any, name: str) -> str:
    with server.client() as client:
        answer = client.post("/Users", json={"schemas": [USER], "userName": name})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def test_one_seed_one_directory(launch: Any) -> None:
    """The same --seed gives the same people, groups, members and ids; another seed gives others."""
    options = ("--users", "60", "--groups", "6")
    # One of them warm and one cold: their hash values differ.
    first, second = launch(*options, "--seed", "7"), launch(*options, "--seed", "7", cold=True)
    state = everyone(first)
    assert len(state["Users"]) == 60 and len(state["Groups"]) == 6
    assert everyone(second) == state
    other = everyone(launch(*options, "--seed", "8"))
    assert {user["id"] for user in other["Users"]}.isdisjoint(user["id"] for user in state["Users"])
    assert [user["userName"] for user in other["Users"]] != [user["userName"] for user in state["Users"]]
    # What goes on between does not move the ids that follow.
    expected = [create(first, name) for name in ("ann", "bob", "cid")]
    with second.client() as client:
        for number in range(5):
            client.post("/Users", json={"schemas": [USER], "userName": f"between {number}"})
            client.post("/Users", json={"schemas": [USER]})
            client.get("/Users", params={"filter": "active eq true"})
        client.delete(f"/Users/{state['Users'][3]['id']}")
        client.post("/Groups", json={"schemas": [GROUP], "displayName": "between"})
        httpx.get(f"{second.url}/t/x/scim/v2/Users", headers={"Authorization": "Bearer scimmock"})
    assert [create(second, name) for name in ("cid", "ann", "bob")] == [expected[2], expected[0], expected[1]]


def test_a_name_that_comes_again_gets_a_new_id(scim: httpx.Client) -> None:
    """A deleted id is not issued again, for the same name either (RFC 7643 section 3.1)."""
    body = {"schemas": [USER], "userName": "again"}
    seen = []
    for _ in range(4):
        seen.append(scim.post("/Users", json=body).json()["id"])
        assert scim.delete(f"/Users/{seen[-1]}").status_code == 204
    assert len(set(seen)) == 4


def test_the_fixture_decides_unless_asked(launch: Any) -> None:
    """Without --users the fixture's people are there, and --users 0 --groups 0 is an empty directory."""
    state = everyone(launch("--fixture", "okta"))
    assert (len(state["Users"]), len(state["Groups"])) == (25, 5)
    assert all(user["externalId"].startswith("00u") for user in state["Users"])


@pytest.fixture
def people(tmp_path: Path) -> Any:
    def write(name: str, content: str) -> str:
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return str(path)

    return write


def test_people_of_ones_own(launch: Any, people: Any) -> None:
    """--people takes the place of the fixture's people; members may name users by userName; ids are kept."""
    users = [{"schemas": [USER], "id": "own-1", "userName": "zoë", "active": "False"}, {"userName": "yan"}]
    groups = [{"schemas": [GROUP], "displayName": "Staff", "members": [{"value": "yan"}, {"value": "own-1"}]}]
    path = people("people.json", json.dumps({"Users": users, "Groups": groups}))
    server = launch("--people", path)
    with server.client() as client:
        found = {user["userName"]: user for user in client.get("/Users").json()["Resources"]}
        assert set(found) == {"zoë", "yan"}
        assert found["zoë"]["id"] == "own-1" and found["zoë"]["active"] == "False"
        assert found["yan"]["groups"][0]["display"] == "Staff"
        (group,) = client.get("/Groups").json()["Resources"]
        assert [member["value"] for member in group["members"]] == [found["yan"]["id"], "own-1"]
        again = client.post("/Users", json={"schemas": [USER], "userName": "ZOË"})
        assert again.status_code == 409


def test_people_beside_made_up_ones(launch: Any, people: Any) -> None:
    """--users beside --people adds made-up people; several files add up; CSV has paths as headings."""
    table = people(
        "a.csv", 'userName,name.givenName,"emails[type eq ""work""].value"\njane,Jane,j@example.com\n'
    )
    lines = people("b.jsonl", '{"userName": "kim"}\n{"userName": "lee"}\n')
    server = launch("--people", table, "--people", lines, "--users", "5", "--groups", "1")
    with server.client() as client:
        names = [user["userName"] for user in client.get("/Users").json()["Resources"]]
        assert len(names) == 8 and {"jane", "kim", "lee"} <= set(names)
        found = client.get("/Users", params={"filter": 'emails[type eq "work" and value eq "j@example.com"]'})
        assert found.json()["totalResults"] == 1


def test_passwords_of_people_files_are_not_kept(launch: Any, people: Any, tmp_path: Path) -> None:
    """A password from a file of people or from a restored state is not on disk in clear either."""
    path = people("people.json", json.dumps([{"userName": "jane", "password": "hunter2-file"}]))
    server = launch("--people", path, "--db", str(tmp_path / "d.json"))
    state = {"Users": [{"userName": "kim", "password": "hunter2-state"}]}
    assert httpx.put(f"{server.url}/t/restored/_scimmock/state", json=state).status_code == 200
    assert server.stop() == 0
    stored = (tmp_path / "d.json").read_text()
    assert "jane" in stored and "kim" in stored
    assert "hunter2-file" not in stored
    assert "hunter2-state" not in stored


def test_a_password_that_looks_concealed_is_concealed(launch: Any, tmp_path: Path) -> None:
    """A client's password is digested whatever it begins with."""
    server = launch("--users", "0", "--groups", "0", "--db", str(tmp_path / "d.json"))
    with server.client() as client:
        body = {"schemas": [USER], "userName": "p", "password": "{sha256}hunter2"}
        assert client.post("/Users", json=body).status_code == 201
    assert server.stop() == 0
    assert "hunter2" not in (tmp_path / "d.json").read_text()
