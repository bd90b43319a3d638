"""Lost answers and writes, partial writes, races, and what was deleted and comes back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import GROUP, PATCH_OP, USER, Target


def new(name: str) -> dict[str, Any]:
    return {"schemas": [USER], "userName": name}


TITLE = {"op": "replace", "path": "title", "value": "Boss"}
NICK = {"op": "replace", "path": "nickName", "value": "Babs"}

# ---- lost_response


def ask(target: Target, operation: str, id: str) -> httpx.Response:
    """Send one write of a kind; it is for the user of that id where it is for one that exists."""
    if operation == "create":
        return target.client.post("/Users", json=new("new"))
    if operation == "replace":
        return target.client.put(f"/Users/{id}", json={**new("bjensen"), "title": "Boss"})
    if operation == "patch":
        return target.title(id, "Boss")
    if operation == "delete":
        return target.client.delete(f"/Users/{id}")
    return target.bulk({"method": "POST", "path": "/Users", "bulkId": "a", "data": new("new")})


def is_done(target: Target, operation: str, id: str) -> bool:
    users = {user["userName"]: user for user in target.state()["Users"]}
    if operation in ("create", "bulk"):
        return "new" in users
    if operation == "delete":
        return "bjensen" not in users
    return bool(users["bjensen"].get("title") == "Boss")


@pytest.mark.parametrize("operation", ["create", "replace", "patch", "delete", "bulk"])
@pytest.mark.parametrize(
    ("how", "kind", "client_sees"),
    [
        ("reset", "reset", httpx.ReadError),
        ("close", "closed", httpx.RemoteProtocolError),
        ("hang", "hang", httpx.ReadTimeout),
        (503, None, 503),
    ],
)
def test_the_answer_is_lost_and_the_write_is_done(
    target: Target, operation: str, how: Any, kind: str | None, client_sees: Any
) -> None:
    id = target.create("bjensen")["id"]
    target.add({"lost_response": how}, match={"operation": operation}, when={"first": 1})
    if kind is None:
        answer = ask(target, operation, id)
        assert (answer.status_code, answer.json()["status"]) == (503, "503")
    else:
        target.client.timeout = httpx.Timeout(0.3 if how == "hang" else 10)
        with pytest.raises(client_sees):
            ask(target, operation, id)
        target.client.timeout = httpx.Timeout(10)
    assert is_done(target, operation, id)
    exchange = target.exchanges(operation=operation)[-1]
    assert (exchange["error"] or {}).get("kind") == kind
    done = exchange["upstream"]["status"]
    assert 200 <= done < 300
    assert exchange["trace"]["rules"][0]["effect"] == f"done ({done}), the client does not hear it"
    assert (target.rule()["hits"], target.rule()["left"]) == (1, 0)
    if operation == "patch":
        assert "title" not in exchange["trace"]["before"]
        assert exchange["trace"]["after"]["title"] == "Boss"
    # The next one is heard: the retry of a create meets what the first has made.
    after = ask(target, operation, id).status_code
    assert after == {"create": 409, "delete": 404, "patch": 200, "replace": 200, "bulk": 200}[operation]


def test_an_error_can_be_lost_too(target: Target) -> None:
    target.create("bjensen")
    target.add({"lost_response": 502, "detail": "bad gateway"}, match={"operation": "create"})
    answer = target.client.post("/Users", json=new("bjensen"))
    assert (answer.status_code, answer.json()["detail"]) == (502, "bad gateway")
    assert target.fired()[0]["effect"] == "the service said 409, the client does not hear it"
    assert target.last()["upstream"]["status"] == 409
    assert len(target.state()["Users"]) == 1


@pytest.mark.parametrize("status", [204, 304, 600, 0])
def test_a_lost_answer_has_the_status_of_an_error(target: Target, status: int) -> None:
    assert target.refusal({"lost_response": status})["field"] == "do.lost_response"


# ---- lost_write


@pytest.mark.parametrize("operation", ["create", "replace", "patch", "delete", "bulk"])
@pytest.mark.parametrize("form", [True, 202])
def test_a_lost_write_is_acknowledged_and_not_stored(target: Target, operation: str, form: Any) -> None:
    usual = {"create": 201, "replace": 200, "patch": 200, "delete": 204, "bulk": 200}[operation]
    id = target.create("bjensen")["id"]
    before = target.state()
    target.add({"lost_write": form}, match={"operation": operation}, when={"first": 1})
    answer = ask(target, operation, id)
    assert answer.status_code == (usual if form is True else form)
    if form is not True:
        assert answer.content == b""
    elif operation in ("replace", "patch"):
        assert answer.json()["title"] == "Boss"
    assert target.state() == before
    exchange = target.last() if operation == "bulk" else target.exchanges(operation=operation)[-1]
    assert exchange["trace"]["rules"][0]["effect"] == "acknowledged, not stored"
    if operation == "create":
        assert exchange["trace"].get("after") is None
        if form is True:
            assert target.client.get(f"/Users/{answer.json()['id']}").status_code == 404
    assert target.hits() == 1
    ask(target, operation, id)
    assert is_done(target, operation, id)


def test_the_id_of_a_lost_create_is_not_given_again(target: Target) -> None:
    target.add({"lost_write": True}, match={"operation": "create"}, when={"first": 3})
    ids = [target.create("bjensen")["id"] for _ in range(4)]
    assert len(set(ids)) == 4
    assert [user["id"] for user in target.state()["Users"]] == ids[3:]


def test_a_lost_write_to_a_group_leaves_its_members_alone(target: Target) -> None:
    first, second = target.create("first")["id"], target.create("second")["id"]
    group = target.group("crew", first)["id"]
    before = target.state()
    seen = {id: target.client.get(f"/Users/{id}") for id in (first, second)}
    target.add({"lost_write": True}, match={"resource": "Groups"})
    members = {"op": "add", "path": "members", "value": [{"value": second}]}
    changed = target.patch(
        f"/Groups/{group}?attributes=members", members, {"op": "replace", "path": "displayName", "value": "x"}
    )
    assert {member["value"] for member in changed.json()["members"]} == {first, second}
    other = target.client.post(
        "/Groups", json={"schemas": [GROUP], "displayName": "other", "members": [{"value": second}]}
    )
    assert other.status_code == 201
    assert target.client.delete(f"/Groups/{group}").status_code == 204
    assert target.hits() == 3 and target.state() == before
    for id, answer in seen.items():
        again = target.client.get(f"/Users/{id}")
        assert (again.json(), again.headers["etag"]) == (answer.json(), answer.headers["etag"])
    assert target.names(f'filter=groups.value eq "{group}"') == ["first"]


def test_a_write_that_fails_is_not_lost(target: Target) -> None:
    target.create("bjensen")
    target.add({"lost_write": True})
    assert target.client.post("/Users", json=new("bjensen")).status_code == 409
    assert target.client.get("/Users").status_code == 200
    assert target.hits() == 0 and target.last()["trace"]["rules"] == []


# ---- partial_patch and partial_bulk


@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_the_first_operations_of_a_patch_are_applied(target: Target, first: int) -> None:
    id = target.create("bjensen")["id"]
    target.add({"partial_patch": first, "code": 502, "detail": "half way"})
    answer = target.patch(f"/Users/{id}", TITLE, NICK)
    acts = first < 2
    assert answer.status_code == (502 if acts else 200)
    if acts:
        assert answer.json()["detail"] == "half way"
        assert target.fired()[0] | {"applied": first, "of": 2} == target.fired()[0]
        assert ("before" in target.last()["trace"]) == (first == 1)
    stored = target.stored(id)
    assert ("title" in stored, "nickName" in stored) == (first >= 1, first >= 2)
    assert target.hits() == (1 if acts else 0)


def test_what_is_wrong_with_the_first_operations_is_answered_as_usual(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"partial_patch": 1})
    answer = target.patch(f"/Users/{id}", {"op": "replace", "path": "active", "value": "perhaps"}, NICK)
    assert (answer.status_code, target.hits()) == (400, 0)
    assert target.patch("/Users/nobody", TITLE, NICK).status_code == 404


@pytest.mark.parametrize("first", [0, 1, 2])
def test_the_first_operations_of_a_bulk_request_are_applied(target: Target, first: int) -> None:
    target.add({"partial_bulk": first})
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": new(name)} for name in ("a", "b")
    ]
    answer = target.bulk(*operations)
    assert answer.status_code == (500 if first < 2 else 200)
    assert [user["userName"] for user in target.state()["Users"]] == ["a", "b"][:first]
    assert target.hits() == (1 if first < 2 else 0)


# ---- races


def add(member: str) -> dict[str, Any]:
    return {"op": "add", "path": "members", "value": [{"value": member}]}


def test_an_old_list_of_members_wins(target: Target) -> None:
    ids = [target.create(name)["id"] for name in "abc"]
    group = target.group("crew", ids[0])["id"]
    target.add({"lost_update": True}, match={"operation": "patch", "resource": "Groups"}, when={"after": 1})
    assert target.patch(f"/Groups/{group}", add(ids[1])).status_code == 204
    answer = target.patch(
        f"/Groups/{group}?attributes=members", add(ids[2])
    )  # of another client that read before that
    assert {member["value"] for member in answer.json()["members"]} == {ids[0], ids[2]}
    assert {member["value"] for member in target.stored(group)["members"]} == {ids[0], ids[2]}
    assert target.client.get(f"/Users/{ids[1]}").json().get("groups", []) == []
    assert target.names(f'filter=groups.value eq "{group}"') == ["a", "c"]
    trace = target.exchanges(operation="patch")[-1]["trace"]
    assert {member["value"] for member in trace["before"]["members"]} == {ids[0], ids[1]}
    assert trace["rules"][0]["effect"] == "the change before this one is lost"
    assert target.hits() == 1


def test_an_update_that_fails_loses_nothing(target: Target) -> None:
    ids = [target.create(name)["id"] for name in "ab"]
    group = target.group("crew", ids[0])["id"]
    target.add({"lost_update": True})
    target.patch(f"/Groups/{group}", {"op": "add", "path": "externalId", "value": "x"})
    before = target.stored(group)
    hits = target.hits()
    assert target.patch(f"/Groups/{group}", {"op": "add", "path": "nonsense[", "value": 1}).status_code == 400
    assert target.stored(group) == before and target.hits() == hits


def test_a_user_that_was_never_changed_loses_nothing(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"lost_update": True})
    assert target.title(id, "Boss").status_code == 200
    assert (target.hits(), target.stored(id)["title"]) == (0, "Boss")


def test_a_retry_makes_a_second_resource(target: Target) -> None:
    target.add({"duplicate_create": True})
    first = target.create("bjensen")["id"]
    assert target.hits() == 0
    second = target.create("bjensen")["id"]
    assert first != second and target.names('filter=userName eq "bjensen"') == ["bjensen", "bjensen"]
    assert target.fired() == [] and target.hits() == 1
    (create,) = target.exchanges(rule="rule")
    assert create["trace"]["after"]["id"] == second
    assert target.client.post("/Users", json={"schemas": [USER]}).status_code == 400


@pytest.mark.parametrize(("form", "status"), [(True, 500), (503, 503)])
def test_a_conflict_is_a_server_error(target: Target, form: Any, status: int) -> None:
    id = target.create("bjensen")["id"]
    other = target.create("other")["id"]
    target.add({"uniqueness_race": form})
    answer = target.client.post("/Users", json=new("bjensen"))
    assert answer.status_code == status and "scimType" not in answer.json()
    assert "duplicate key" in answer.json()["detail"]
    assert target.fired()[0]["instead_of"] == 409
    assert target.client.put(f"/Users/{other}", json=new("bjensen")).status_code == status
    assert target.client.put(f"/Users/{id}", json=new("bjensen")).status_code == 200
    assert len(target.state()["Users"]) == 2 and target.hits() == 2


# ---- delete_resurrects


def test_a_deleted_user_is_back_after_a_time(target: Target) -> None:
    user = target.create("bjensen")
    group = target.group("crew", user["id"])["id"]
    target.freeze()
    target.add({"delete_resurrects": "40m"})
    assert target.client.delete(f"/Users/{user['id']}").status_code == 204
    assert target.fired()[0]["effect"] == "deleted, will come back"
    target.advance("39m")
    assert target.client.get(f"/Users/{user['id']}").status_code == 404
    assert target.stored(user["id"]) is None and target.hits() == 1
    target.advance("2m")
    assert target.stored(user["id"])["userName"] == "bjensen"  # to look at the state is enough
    back = target.client.get(f"/Users/{user['id']}").json()
    assert back["userName"] == "bjensen" and back["meta"]["version"] != user["meta"]["version"]
    assert "members" not in target.client.get(f"/Groups/{group}").json()


def test_a_deleted_user_is_back_after_some_requests(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"delete_resurrects": {"requests": 2}}, when={"first": 1})
    target.client.delete(f"/Users/{id}")
    for _ in range(5):
        assert target.stored(id) is None  # who looks is no request
    assert [target.client.get(f"/Users/{id}").status_code for _ in range(3)] == [404, 404, 200]
    assert target.client.delete(f"/Users/{id}").status_code == 204
    assert [target.client.get(f"/Users/{id}").status_code for _ in range(3)] == [404] * 3


def test_nothing_comes_back_into_another_directory(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"delete_resurrects": True})
    target.client.delete(f"/Users/{id}")
    target.control.delete("/state")
    assert [target.client.get(f"/Users/{id}").status_code for _ in range(3)] == [404] * 3


# ---- one within the other


def test_a_duplicate_whose_write_is_lost_is_not_stored(target: Target) -> None:
    target.create("bjensen")
    before = target.state()
    target.add({"lost_write": True}, name="lost")
    target.add({"duplicate_create": True}, name="twice")
    assert target.client.post("/Users", json=new("bjensen")).status_code == 201
    assert {rule["name"] for rule in target.fired()} == {"lost", "twice"}
    assert target.state() == before


def test_an_update_that_is_lost_itself_loses_no_other(target: Target) -> None:
    ids = [target.create(name)["id"] for name in "ab"]
    group = target.group("crew", ids[0])["id"]
    target.add({"lost_write": True}, name="lost", when={"after": 1})
    target.add({"lost_update": True}, name="old", when={"after": 1})
    target.patch(f"/Groups/{group}", add(ids[1]))
    before = target.state()
    change = {"op": "add", "path": "externalId", "value": "x"}
    answer = target.patch(f"/Groups/{group}?attributes=members", change)
    assert [member["value"] for member in answer.json()["members"]] == [ids[0]]
    assert target.state() == before
    assert target.hits("old") == target.hits("lost") == 1


def test_a_delete_that_is_lost_does_not_come_back(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"lost_write": True}, name="lost", when={"first": 1}, match={"operation": "delete"})
    target.add({"delete_resurrects": True}, name="back", when={"first": 1})
    assert target.client.delete(f"/Users/{id}").status_code == 204
    assert (target.hits("lost"), target.hits("back")) == (1, 0) and target.stored(id) is not None


def test_a_lost_write_whose_answer_is_lost_too(target: Target) -> None:
    target.add({"lost_write": True}, name="write")
    target.add({"lost_response": "reset"}, name="answer")
    with pytest.raises(httpx.ReadError):
        target.client.post("/Users", json=new("bjensen"))
    assert target.state()["Users"] == []
    assert {rule["name"] for rule in target.fired()} == {"write", "answer"}


def test_a_conflict_in_the_first_operations_of_a_patch(target: Target) -> None:
    target.create("taken")
    id = target.create("bjensen")["id"]
    target.add({"uniqueness_race": True}, name="race")
    target.add({"partial_patch": 1}, name="half")
    rename = {"op": "replace", "path": "userName", "value": "taken"}
    answer = target.patch(f"/Users/{id}", rename, TITLE)
    assert (answer.status_code, target.hits("race"), target.hits("half")) == (500, 1, 0)
    assert "title" not in target.stored(id)
    assert target.patch(f"/Users/{id}", TITLE, NICK).status_code == 500
    assert (target.hits("half"), target.stored(id)["title"]) == (1, "Boss")
    assert PATCH_OP in str(target.last()["request"])
