"""`stale_read`: what a lagging service shows after a write, by id and by filter."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import SEARCH, USER, Target


@pytest.fixture
def frozen(target: Target) -> Target:
    target.freeze()
    return target


def test_a_new_user_is_seen_when_the_time_has_passed(frozen: Target) -> None:
    frozen.add({"stale_read": "5s"})
    id = frozen.create("bjensen")["id"]
    assert frozen.client.get(f"/Users/{id}").status_code == 404
    trace = frozen.last()["trace"]
    assert trace["rules"][0]["effect"] == "answered from an earlier state"
    assert trace["rules"][0]["hit"] == 1
    assert frozen.names('filter=userName eq "bjensen"') == []
    search = {"schemas": [SEARCH], "filter": 'userName eq "bjensen"'}
    assert frozen.client.post("/Users/.search", json=search).json()["totalResults"] == 0
    assert frozen.client.post("/.search", json=search).json()["totalResults"] == 0
    assert frozen.stored(id)["userName"] == "bjensen"
    frozen.advance("4900ms")
    assert frozen.client.get(f"/Users/{id}").status_code == 404
    hits = frozen.hits()
    frozen.advance("200ms")
    assert frozen.client.get(f"/Users/{id}").status_code == 200
    assert frozen.names('filter=userName eq "bjensen"') == ["bjensen"]
    assert frozen.client.post("/.search", json=search).json()["totalResults"] == 1
    assert (frozen.hits(), hits) == (5, 5)  # what is not stale is no hit


def test_a_change_and_a_delete_are_seen_late(frozen: Target) -> None:
    id = frozen.create("bjensen", title="Old")["id"]
    frozen.advance("1m")
    frozen.add({"stale_read": "5s"})
    assert frozen.title(id, "New").json()["title"] == "New"  # a write shows what it did
    assert frozen.client.get(f"/Users/{id}").json()["title"] == "Old"
    assert frozen.names('filter=title eq "New"') == []
    assert frozen.names('filter=title eq "Old"') == ["bjensen"]
    frozen.advance("6s")
    assert frozen.client.get(f"/Users/{id}").json()["title"] == "New"
    assert frozen.client.delete(f"/Users/{id}").status_code == 204
    assert frozen.client.get(f"/Users/{id}").json()["title"] == "New"
    assert frozen.names() == ["bjensen"]
    # A write meets the directory as it is.
    assert frozen.title(id, "Gone").status_code == 404
    frozen.create("bjensen")
    assert frozen.names() == ["bjensen"]
    assert frozen.client.get("/Users").json()["Resources"][0]["id"] == id
    frozen.advance("6s")
    assert frozen.client.get(f"/Users/{id}").status_code == 404
    assert len(frozen.state()["Users"]) == 1


def test_a_membership_is_seen_late(frozen: Target) -> None:
    id = frozen.create("bjensen")["id"]
    group = frozen.group("crew")["id"]
    frozen.advance("1m")
    frozen.add({"stale_read": "5s"})
    member = {"op": "add", "path": "members", "value": [{"value": id}]}
    assert frozen.patch(f"/Groups/{group}", member).status_code == 204
    for seen in (0, 1):
        assert len(frozen.client.get(f"/Groups/{group}").json().get("members", [])) == seen
        assert len(frozen.client.get(f"/Users/{id}").json().get("groups", [])) == seen
        assert len(frozen.names(f'filter=groups.value eq "{group}"')) == seen
        frozen.advance("6s")


def test_by_reads_each_of_so_many_does_not_see_a_write(target: Target) -> None:
    id = target.create("bjensen", title="0")["id"]
    target.add({"stale_read": {"reads": 2}})
    read = f"/Users/{id}"
    for number in (1, 2):
        target.title(id, str(number))
        seen = [target.client.get(read).json()["title"] for _ in range(4)]
        assert seen == [str(number - 1)] * 2 + [str(number)] * 2
    assert target.hits() == 4
    target.title(id, "3")
    assert target.client.get(read).json()["title"] == "2"
    target.title(id, "4")  # another write meanwhile
    assert [target.client.get(read).json()["title"] for _ in range(3)] == ["2", "3", "4"]


@pytest.mark.parametrize(("only", "by_id", "by_filter"), [("id", 404, 1), ("filter", 200, 0)])
@pytest.mark.parametrize("lag", ["5s", True])
def test_by_id_and_by_filter_apart(frozen: Target, only: str, by_id: int, by_filter: int, lag: Any) -> None:
    frozen.add({"stale_read": lag, "only": only})
    id = frozen.create("bjensen")["id"]
    assert len(frozen.names('filter=userName eq "bjensen"')) == by_filter
    assert frozen.client.get(f"/Users/{id}").status_code == by_id
    assert frozen.hits() == 1


def test_two_lags_do_not_shorten_each_other(frozen: Target) -> None:
    frozen.add({"stale_read": "2s", "only": "id"}, name="by-id")
    frozen.add({"stale_read": "5s", "only": "filter"}, name="by-filter")
    id = frozen.create("bjensen")["id"]
    frozen.advance("3s")
    assert frozen.client.get(f"/Users/{id}").status_code == 200
    assert frozen.names() == []
    frozen.advance("3s")
    assert frozen.names() == ["bjensen"]
    assert (frozen.hits("by-id"), frozen.hits("by-filter")) == (0, 1)


def test_conditional_reads_are_of_the_old_version(frozen: Target) -> None:
    old = frozen.create("bjensen", title="Old")
    frozen.advance("1m")
    frozen.add({"stale_read": "5s"})
    new = frozen.title(old["id"], "New").json()

    def read(version: str) -> int:
        return frozen.client.get(f"/Users/{old['id']}", headers={"If-None-Match": version}).status_code

    assert [read(old["meta"]["version"]), read(new["meta"]["version"])] == [304, 200]
    assert frozen.last()["response"]["body"]["json"]["title"] == "Old"
    assert frozen.hits() == 2
    frozen.advance("6s")
    assert [read(old["meta"]["version"]), read(new["meta"]["version"])] == [200, 304]


@pytest.mark.parametrize("lag", ["1h", {"reads": 50}])
def test_another_directory_has_no_past(frozen: Target, lag: Any) -> None:
    frozen.add({"stale_read": lag})
    id = frozen.create("bjensen")["id"]
    dump = frozen.state()
    assert frozen.names() == []
    assert frozen.control.delete("/state").status_code == 204
    assert frozen.names() == [] and frozen.client.get(f"/Users/{id}").status_code == 404
    assert frozen.control.put("/state", json=dump).status_code == 200
    assert frozen.names() == ["bjensen"] and frozen.client.get(f"/Users/{id}").status_code == 200
    frozen.create("smith")
    assert frozen.names() == ["bjensen"]
    frozen.control.put("/state", json={"Users": [{"schemas": [USER], "userName": "other"}]})
    assert frozen.names() == ["other"]


def test_pages_and_projections_of_an_earlier_state(frozen: Target) -> None:
    for number in range(6):
        frozen.create(f"user-{number}", title=f"t{5 - number}")
    frozen.advance("1m")
    frozen.add({"stale_read": "5s"})
    ids = [user["id"] for user in frozen.state()["Users"]]
    frozen.client.delete(f"/Users/{ids[1]}")
    frozen.create("user-9", title="a")
    assert frozen.names("startIndex=2&count=2") == ["user-1", "user-2"]
    assert frozen.names("sortBy=title&count=2") == ["user-5", "user-4"]
    answer = frozen.client.get("/Users?attributes=title").json()
    assert answer["totalResults"] == 6
    assert all(set(user) == {"schemas", "id", "title"} for user in answer["Resources"])
    assert frozen.client.get("/Users?count=0").json()["totalResults"] == 6


def test_a_rule_that_is_off_keeps_nothing(frozen: Target) -> None:
    frozen.add({"stale_read": "5s"})
    frozen.control.patch("/faults/rule", json={"enabled": False})
    frozen.create("one")
    assert frozen.names() == ["one"] and frozen.hits() == 0
    frozen.control.patch("/faults/rule", json={"enabled": True})
    frozen.create("two")
    assert frozen.names() == ["one"]


def test_a_stale_reader_and_a_conflict(frozen: Target) -> None:
    """The client looks, finds nobody, creates, and meets the race."""
    frozen.add({"stale_read": "5s"}, name="stale")
    frozen.add({"uniqueness_race": True}, name="race")
    frozen.create("bjensen")
    assert frozen.names('filter=userName eq "bjensen"') == []
    answer = frozen.client.post("/Users", json={"schemas": [USER], "userName": "bjensen"})
    assert answer.status_code == 500
    assert (frozen.hits("stale"), frozen.hits("race")) == (1, 1)


@pytest.mark.parametrize("drift_first", [True, False])
def test_an_earlier_state_drifts_as_that_state(frozen: Target, drift_first: bool) -> None:
    for number in range(6):
        frozen.create(f"user-{number}")
    frozen.advance("1m")
    rules = [("stale", {"stale_read": "5s"}), ("drift", {"page_drift": "repeat"})]
    for name, do in reversed(rules) if drift_first else rules:
        frozen.add(do, name=name)
    for user in frozen.state()["Users"][:3]:
        frozen.client.delete(f"/Users/{user['id']}")
    assert frozen.names("startIndex=4&count=3") == ["user-2", "user-3", "user-4"]
    assert {rule["name"] for rule in frozen.fired()} == {"stale", "drift"}
