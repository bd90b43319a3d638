"""Rules that meet the operations inside a bulk request."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from .conftest import GROUP, PATCH_OP, USER, Target


def new(name: str, bulk_id: str | None = None, **attributes: Any) -> dict[str, Any]:
    data = {"schemas": [USER], "userName": name, **attributes}
    return {"method": "POST", "path": "/Users", "bulkId": bulk_id or name, "data": data}


def crew(*members: str) -> dict[str, Any]:
    data = {"schemas": [GROUP], "displayName": "crew", "members": [{"value": member} for member in members]}
    return {"method": "POST", "path": "/Groups", "bulkId": "crew", "data": data}


def statuses(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [result["status"] for result in answer.json()["Operations"]]


def names(target: Target) -> list[str]:
    return [user["userName"] for user in target.state()["Users"]]


ONE = {"operation": "create", "resource": "Users", "filter": 'userName sw "bad"'}


def test_an_answer_becomes_the_status_of_the_operation(target: Target) -> None:
    target.add({"status": 429, "detail": "slow down", "scim_type": "tooMany"}, match=ONE)
    answer = target.bulk(new("one"), new("bad"), new("two"))
    assert statuses(answer) == ["201", "429", "201"]
    failed = answer.json()["Operations"][1]
    assert failed["bulkId"] == "bad" and "location" not in failed
    assert (
        failed["response"] | {"status": "429", "detail": "slow down", "scimType": "tooMany"}
        == (failed["response"])
    )
    assert names(target) == ["one", "two"]
    assert (target.hits(), target.rule()["seen"]) == (1, 1)
    assert fired_by(target) == ["rule"]


def fired_by(target: Target) -> list[str]:
    return [rule["name"] for rule in target.fired()]


@pytest.mark.parametrize("match", [{"operation": "create"}, {"method": "POST", "resource": "Users"}, ONE])
def test_what_is_no_bulk_meets_the_rule_as_well(target: Target, match: dict[str, Any]) -> None:
    target.add({"status": 503}, match=match)
    assert target.client.post("/Users", json=new("bad")["data"]).status_code == 503
    assert statuses(target.bulk(new("bad"))) == ["503"]
    assert target.hits() == 2


def test_a_status_that_is_no_error_is_no_failure(target: Target) -> None:
    target.add({"status": 202}, match=ONE)
    answer = target.bulk(new("bad"), new("one"), failOnErrors=1)
    assert statuses(answer) == ["202", "201"]
    assert "response" not in answer.json()["Operations"][0]
    assert names(target) == ["one"]


def test_other_shapes_give_their_status_too(target: Target) -> None:
    target.add({"status": 502, "shape": "html"}, match=ONE)
    failed = target.bulk(new("bad")).json()["Operations"][0]
    assert (failed["status"], failed["response"]["status"]) == ("502", "502")


def test_fail_on_errors_counts_what_rules_answer(target: Target) -> None:
    target.add({"status": 500}, match=ONE)
    answer = target.bulk(new("bad1"), new("one"), new("bad2"), new("two"), failOnErrors=2)
    assert statuses(answer) == ["500", "201", "500"]
    assert names(target) == ["one"] and target.hits() == 2


def test_who_refers_to_a_failed_operation_fails_too(target: Target) -> None:
    target.add({"status": 503}, match=ONE)
    answer = target.bulk(new("one"), new("bad"), crew("bulkId:one", "bulkId:bad"))
    assert statuses(answer) == ["201", "503", "409"]
    assert "bad" in answer.json()["Operations"][2]["response"]["detail"]
    assert target.state()["Groups"] == []


def test_one_of_the_writes_is_lost(target: Target) -> None:
    target.add({"lost_write": True}, match=ONE)
    answer = target.bulk(new("one"), new("bad"), new("two"))
    assert statuses(answer) == ["201", "201", "201"]
    assert names(target) == ["one", "two"]
    lost = answer.json()["Operations"][1]["location"]
    assert target.client.get(lost).status_code == 404
    assert target.exchanges(operation="bulk")[-1]["trace"]["rules"][0]["effect"] == "acknowledged, not stored"


def test_of_a_bulk_request_that_is_lost_every_operation_is(target: Target) -> None:
    id = target.create("old")["id"]
    before = target.state()
    target.add({"lost_write": True}, name="all", match={"operation": "bulk"})
    target.add({"lost_write": True}, name="one", match=ONE)
    delete = {"method": "DELETE", "path": f"/Users/{id}"}
    answer = target.bulk(new("bad", "b"), new("other", "o"), crew("bulkId:o", "bulkId:b"), delete)
    assert statuses(answer) == ["201", "201", "201", "204"]
    assert target.state() == before
    assert (target.hits("all"), target.hits("one")) == (1, 0)


def test_a_conflict_inside_is_a_server_error(target: Target) -> None:
    target.create("bad")
    target.add({"uniqueness_race": True})
    assert statuses(target.bulk(new("bad"), new("one"))) == ["500", "201"]


def test_a_patch_inside_is_applied_in_part(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"partial_patch": 1})
    changes = [{"op": "replace", "path": path, "value": "x"} for path in ("title", "nickName")]
    data = {"schemas": [PATCH_OP], "Operations": changes}
    answer = target.bulk({"method": "PATCH", "path": f"/Users/{id}", "data": data}, new("one"))
    assert statuses(answer) == ["500", "201"]
    assert target.stored(id)["title"] == "x" and "nickName" not in target.stored(id)


def test_a_delete_inside_comes_back(target: Target) -> None:
    id = target.create("bjensen")["id"]
    target.add({"delete_resurrects": {"requests": 1}})
    assert statuses(target.bulk({"method": "DELETE", "path": f"/Users/{id}"})) == ["204"]
    assert [target.client.get(f"/Users/{id}").status_code for _ in range(2)] == [404, 200]


def test_a_lost_answer_with_a_status_is_that_of_the_operation(target: Target) -> None:
    target.add({"lost_response": 504}, match=ONE)
    assert statuses(target.bulk(new("bad"), new("one"))) == ["504", "201"]
    assert names(target) == ["bad", "one"]


@pytest.mark.parametrize("fails", [False, True])
def test_a_lost_connection_is_that_of_the_whole_request(target: Target, fails: bool) -> None:
    if fails:
        target.create("bad")
    target.add({"lost_response": "reset"}, match=ONE)
    with pytest.raises(httpx.ReadError):
        target.bulk(new("one"), new("bad"), new("two"))
    assert sorted(names(target)) == ["bad", "one", "two"]
    assert target.last()["error"]["kind"] == "reset" and target.last()["upstream"]["status"] == 200


@pytest.mark.parametrize(
    ("do", "client_sees", "stored"),
    [
        ({"reset": True}, httpx.ReadError, 0),
        ({"close": True}, httpx.RemoteProtocolError, 0),
        ({"truncate": 0.5}, httpx.RemoteProtocolError, 2),
        ({"garbage": 20}, httpx.RemoteProtocolError, 2),
        ({"sequence": [{"truncate": 0.5}]}, httpx.RemoteProtocolError, 2),
        ({"sequence": [{"reset": True}]}, httpx.ReadError, 0),
    ],
)
def test_wire_faults_act_on_the_whole_request(
    target: Target, do: dict[str, Any], client_sees: Any, stored: int
) -> None:
    target.add(do, match=ONE, when={"first": 1})
    with pytest.raises(client_sees):
        target.bulk(new("one"), new("bad"))
    assert len(names(target)) == stored and target.hits() == 1
    assert fired_by(target) == ["rule"]


def test_wire_faults_act_on_a_request_whose_operation_fails(target: Target) -> None:
    target.create("bad")
    target.add({"truncate": 0.5}, match=ONE)
    with pytest.raises(httpx.RemoteProtocolError):
        target.bulk(new("one"), new("bad"))
    assert target.hits() == 1


def test_delays_are_those_of_the_whole_request(target: Target) -> None:
    target.add({"delay": 0.02}, match=ONE)
    assert statuses(target.bulk(new("bad1"), new("one"), new("bad2"))) == ["201"] * 3
    exchange = target.exchanges(operation="bulk")[-1]
    assert [rule["seconds"] for rule in exchange["trace"]["rules"]] == [0.02, 0.02]
    assert exchange["timing"]["wait_ms"] >= 39 and target.hits() == 2


def test_each_operation_has_a_draw_of_its_own(target: Target) -> None:
    target.add({"status": 500}, match={"operation": "create"}, when={"probability": 0.5})
    got = statuses(target.bulk(*(new(f"user-{number}") for number in range(60))))
    assert 10 < got.count("500") < 50 and set(got) == {"500", "201"}
    assert (target.hits(), target.rule()["seen"]) == (got.count("500"), 60)


def test_counts_go_by_resource_inside_too(target: Target) -> None:
    target.add({"sequence": [503, "pass"]}, match={"operation": "create"}, when={"per": "resource"})
    assert statuses(target.bulk(new("a"), new("b"), new("c", "c1"), new("c", "c2"))) == (
        ["503", "503", "503", "201"]
    )
    assert statuses(target.bulk(new("a"), new("b"))) == ["201", "201"]


def test_a_rule_for_bulk_meets_the_whole_request(target: Target) -> None:
    target.add({"status": 501}, match={"operation": "bulk"})
    assert target.bulk(new("one")).status_code == 501
    assert names(target) == [] and target.hits() == 1


def test_operations_that_are_none_do_no_harm(target: Target) -> None:
    target.add({"status": 503}, match=ONE)
    operations: list[Any] = [
        5,
        None,
        {"method": 7, "path": "/Users"},
        {"method": "POST", "path": 3},
        new("one"),
    ]
    assert statuses(target.bulk(*operations)) == ["400", "400", "400", "400", "201"]
    bodies: list[Any] = [{"Operations": 5}, [], "x"]
    for body in bodies:
        assert target.client.post("/Bulk", json=body).status_code == 400
