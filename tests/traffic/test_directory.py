"""The directory that a session shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.traffic.directory import Learner, learn
from scimmock.traffic.people_file import people_of, people_text
from tests.conftest import ENTERPRISE, Launch

from .made_sessions import GROUP, USER, exchange, patch, provision, recorded

ADA = {"schemas": [USER], "id": "1", "userName": "ada", "emails": [{"value": "a@x.com", "type": "work"}]}
CREATED = exchange(1, "POST", "/Users", {"userName": "ada"}, 201, ADA)


def users(*exchanges: dict[str, Any]) -> dict[str, Any]:
    return learn(exchanges).resources.get("Users", {})


def test_it_knows_what_answers_show() -> None:
    bea = {"schemas": [USER], "id": "2", "userName": "bea"}
    found = {"totalResults": 1, "Resources": [bea]}
    assert users(CREATED, exchange(2, "GET", "/Users", told=found)) == {"1": ADA, "2": bea}
    renamed = ADA | {"userName": "ada2"}
    for method in ("GET", "PUT", "PATCH"):
        assert users(CREATED, exchange(2, method, "/Users/1", told=renamed)) == {"1": renamed}
    assert users(CREATED, exchange(2, "DELETE", "/Users/1", status=204)) == {}
    assert users(CREATED, exchange(2, "GET", "/Users/1", status=404)) == {}
    search = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
    assert users(exchange(1, "POST", "/Users/.search", search, told=found)) == {"2": bea}
    mixed = {
        "Resources": [
            bea | {"meta": {"resourceType": "User"}},
            {"id": "g", "meta": {"resourceType": "Group"}},
        ]
    }
    assert learn([exchange(1, "POST", "/.search", search, told=mixed)]).resources.keys() == {
        "Users",
        "Groups",
    }


def test_see_tells_the_resource_before_and_after() -> None:
    learner = Learner()
    assert learner.see(CREATED) == (None, ADA)
    off = ADA | {"active": False}
    assert learner.see(exchange(2, "PATCH", "/Users/1", patch(), told=off)) == (ADA, off)
    assert learner.see(exchange(3, "GET", "/Users", told={"Resources": []})) == (None, None)
    assert learner.see(exchange(4, "GET", "/Users/1", told=off)) == (off, off)
    assert learner.see(exchange(5, "PUT", "/Users/1", {"userName": "x"}, 400)) == (off, off)
    assert learner.see(exchange(6, "DELETE", "/Users/1", status=204)) == (off, None)
    assert learner.see(exchange(7, "DELETE", "/Users/1", status=404)) == (None, None)


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({"op": "replace", "path": "active", "value": False}, {"active": False}),
        ({"op": "Replace", "path": "active", "value": "False"}, {"active": False}),
        ({"op": "replace", "value": {"name.givenName": "Ada"}}, {"name": {"givenName": "Ada"}}),
        ({"op": "remove", "path": 'emails[type eq "work"]'}, {"emails": None}),
        (
            {"op": "add", "path": f"{ENTERPRISE}:department", "value": "R"},
            {ENTERPRISE: {"department": "R"}, "schemas": [USER, ENTERPRISE]},
        ),
    ],
)
def test_a_patch_without_an_answer_is_applied(operation: dict[str, Any], expected: dict[str, Any]) -> None:
    learner = Learner()
    learner.see(CREATED)
    before, after = learner.see(exchange(2, "PATCH", "/Users/1", patch(operation), 204))
    assert before == ADA
    assert after == {name: value for name, value in (ADA | expected).items() if value is not None}
    assert learner.directory.doubts == {}


def test_what_cannot_be_known_is_in_doubt() -> None:
    learner = Learner()
    learner.see(CREATED)
    odd = exchange(2, "PATCH", "/Users/1", patch({"op": "replace", "path": "no[", "value": 1}), 204)
    assert learner.see(odd) == (ADA, ADA)
    assert "not understood" in learner.directory.doubts["Users", "1"]
    learner.see(exchange(3, "GET", "/Users/1", told=ADA))
    assert learner.directory.doubts == {}
    learner.see(exchange(4, "PUT", "/Users/1", {"userName": "x"}, None))
    assert learner.directory.doubts == {("Users", "1"): "a replace was answered nothing"}
    learner.see(exchange(5, "POST", "/Users", {"userName": "nobody knows"}, 201))
    assert learner.directory.unknown == 1
    assert learner.see(exchange(6, "PATCH", "/Users/9", patch(), 204)) == (None, None)


def test_a_create_without_a_body_is_known_by_its_location() -> None:
    created = exchange(1, "POST", "/Users", {"userName": "x", "password": "y"}, 201)
    created["response"]["headers"] = [["LOCATION", "https://app.example/scim/v2/Users/a%20b?x=1"]]
    directory = learn([created])
    assert directory.resources == {"Users": {"a b": {"userName": "x", "id": "a b"}}}
    assert directory.doubts


def test_a_put_without_an_answer_replaces_all_but_what_the_service_keeps() -> None:
    put = exchange(2, "PUT", "/Users/1", {"userName": "new", "id": "other", "password": "p"}, 204)
    assert users(CREATED, put) == {"1": {"id": "1", "userName": "new"}}


def test_a_part_of_a_resource_takes_nothing_away() -> None:
    part = {"id": "1", "emails": [{"value": "a@x.com"}], "active": True}
    asked = exchange(2, "GET", "/Users/1", told=part, query="attributes=active,emails.value")
    assert users(CREATED, asked) == {"1": ADA | {"active": True}}
    directory = learn([asked])
    assert directory.resources == {"Users": {"1": part}}
    assert directory.doubts == {("Users", "1"): "only some of its attributes were asked for"}


def test_what_the_service_did_counts_not_what_the_client_saw() -> None:
    lost = CREATED | {"response": None, "upstream": CREATED["response"], "error": {"kind": "reset"}}
    assert users(lost) == {"1": ADA}
    made_up = exchange(2, "GET", "/Users/1", status=404, trace={"rule": "gone"})
    assert users(CREATED, made_up) == {"1": ADA}


def test_bulk_operations_are_taken_one_by_one() -> None:
    asked = {
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "a", "data": {"userName": "ada", "password": "x"}},
            {
                "method": "POST",
                "path": "/Groups",
                "bulkId": "g",
                "data": {"displayName": "G", "members": [{"value": "bulkId:a"}]},
            },
            {"method": "DELETE", "path": "/Users/0"},
            {"method": "POST", "path": "/Users", "bulkId": "b", "data": {"userName": "no"}},
        ]
    }
    base = "https://app.example/scim/v2"
    told = {
        "Operations": [
            {"method": "POST", "bulkId": "a", "location": f"{base}/Users/1", "status": "201"},
            {"method": "POST", "bulkId": "g", "location": f"{base}/Groups/2", "status": {"code": "201"}},
            {"method": "DELETE", "location": f"{base}/Users/0", "status": "204"},
            {"method": "POST", "bulkId": "b", "status": "409", "response": {"status": "409"}},
        ]
    }
    old = exchange(1, "GET", "/Users/0", told={"id": "0", "schemas": [USER]})
    assert learn([old, exchange(2, "POST", "/Bulk", asked, told=told)]).resources == {
        "Users": {"1": {"id": "1", "userName": "ada"}},
        "Groups": {"2": {"id": "2", "displayName": "G", "members": [{"value": "1"}]}},
    }


def test_documents_that_were_seen_are_never_changed() -> None:
    learner = Learner()
    _, first = learner.see(CREATED)
    kept = json.dumps(first)
    learner.see(
        exchange(2, "PATCH", "/Users/1", patch({"op": "replace", "path": "emails", "value": []}), 204)
    )
    assert json.dumps(first) == kept


def test_a_file_of_people_has_what_a_server_takes() -> None:
    """No derived groups, no members that are not there, one user for a userName, inner groups first."""
    outer = {"id": "a", "displayName": "Outer", "members": [{"value": "b"}, {"value": "gone"}]}
    inner = {"id": "b", "displayName": "Inner", "members": [{"value": "2"}, {"value": "a"}]}
    twins = [ADA | {"groups": [{"value": "a"}]}, ADA | {"id": "2", "userName": "ADA"}]
    people, notices = people_of(
        learn(
            [
                exchange(1, "GET", "/Groups", told={"Resources": [outer, inner]}),
                exchange(2, "GET", "/Users", told={"Resources": twins}),
            ]
        )
    )
    assert people["Users"] == [ADA | {"id": "2", "userName": "ADA"}]
    assert [group["displayName"] for group in people["Groups"]] == ["Inner", "Outer"]
    assert people["Groups"][1]["members"] == [{"value": "b"}]
    assert len(notices) == 3 and "userName" in notices[0] and "1 member left out" in notices[1]
    assert "members of one another" in notices[2] and people["Groups"][0]["members"] == [{"value": "2"}]


def test_a_server_serves_the_people_of_a_session(scim: httpx.Client, launch: Launch, tmp_path: Path) -> None:
    """What is left at the end of a session is what a server with these people has."""
    provision(scim)
    people, _ = people_of(learn(recorded(scim)[1]))
    path = tmp_path / "people.json"
    path.write_text("".join(people_text(people)))
    assert json.loads(path.read_text()) == people
    with launch("--users", "0", "--groups", "0", "--people", str(path)).client() as client:
        for endpoint in ("/Users", "/Groups"):
            here, there = (one.get(endpoint).json()["Resources"] for one in (client, scim))
            assert [plain(item) for item in here] == [plain(item) for item in there] != []


def plain(resource: dict[str, Any]) -> str:
    """Return a resource without what differs between two servers."""
    kept = {name: value for name, value in resource.items() if name != "meta"}
    for member in (*kept.get("members", ()), *kept.get("groups", ())):
        member.pop("$ref", None)
    return json.dumps(kept, sort_keys=True)


def test_a_group_is_a_group_by_its_endpoint() -> None:
    group = {"schemas": [GROUP], "id": "g", "displayName": "G"}
    removed = patch({"op": "remove", "path": "members", "value": [{"value": "1"}]})
    before = group | {"members": [{"value": "1"}, {"value": "2"}]}
    directory = learn(
        [exchange(1, "POST", "/Groups", group, 201, before), exchange(2, "PATCH", "/Groups/g", removed, 204)]
    )
    assert directory.resources == {"Groups": {"g": group | {"members": [{"value": "2"}]}}}
