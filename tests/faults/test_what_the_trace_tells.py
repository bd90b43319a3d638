"""Whatever state faults do to writes, the directory is what the traces say was done to it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import GROUP, USER, Target, Targets

DO: list[dict[str, Any]] = [
    {"lost_response": "reset"},
    {"lost_response": "close"},
    {"lost_response": 503},
    {"lost_write": True},
    {"lost_write": 204},
    {"partial_patch": 0},
    {"partial_patch": 1},
    {"lost_update": True},
    {"duplicate_create": True},
    {"uniqueness_race": True},
    {"delete_resurrects": {"requests": 2}},
    {"stale_read": {"reads": 2}},
    {"page_drift": "shuffle"},
    {"status": 503},
    {"sequence": [503, {"lost_response": "reset"}, "pass"]},
]
WHEN: list[dict[str, Any]] = [{}, {"every": 2}, {"probability": 0.5}, {"after": 2, "times": 3}]
RULES = st.lists(st.tuples(st.sampled_from(DO), st.sampled_from(WHEN), st.booleans()), min_size=1, max_size=5)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["create", "create", "patch", "patch", "put", "delete", "group", "join", "leave", "read", "list"]
        ),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=25,
)


class Workload:
    """Random requests for what is there, as a client would send them that knows everything."""

    def __init__(self, target: Target) -> None:
        self.target = target

    def send(self, method: str, path: str, body: Any = None) -> None:
        with suppress(httpx.HTTPError):
            answer = self.target.client.request(method, path, json=body)
            assert answer.status_code != 500 or "duplicate key" in answer.text or "could not" in answer.text

    def patch(self, path: str, *operations: dict[str, Any]) -> None:
        with suppress(httpx.HTTPError):
            self.target.patch(path, *operations)

    def step(self, kind: str, number: int, other: int) -> None:
        state = self.target.state()
        users = [user["id"] for user in state["Users"]] or ["nobody"]
        groups = [group["id"] for group in state["Groups"]] or ["nobody"]
        user, group = users[number % len(users)], groups[other % len(groups)]
        member = {"value": user}
        if kind == "create":
            self.send("POST", "/Users", {"schemas": [USER], "userName": f"user-{number}"})
        elif kind == "patch":
            nick = {"op": "replace", "path": "nickName", "value": f"n{other}"}
            name = {"op": "replace", "path": "userName", "value": f"user-{other}"}
            self.patch(f"/Users/{user}", nick, name)
        elif kind == "put":
            self.send("PUT", f"/Users/{user}", {"schemas": [USER], "userName": f"user-{other}"})
        elif kind == "delete":
            self.send("DELETE", f"/Groups/{group}" if other == 3 else f"/Users/{user}")
        elif kind == "group":
            body = {"schemas": [GROUP], "displayName": f"group-{other}", "members": [member]}
            self.send("POST", "/Groups", body)
        elif kind == "join":
            named = {"op": "replace", "path": "displayName", "value": f"group-{number}"}
            self.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [member]}, named)
        elif kind == "leave":
            self.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{user}"]'})
        elif kind == "read":
            self.send("GET", f"/Users/{user}")
        else:
            self.send("GET", "/Users?startIndex=2&count=2")


def story(exchanges: list[Any], ruled: int | None = None) -> dict[str, Any]:
    """Return which resources there are after all that the traces say was done.

    The rules were there for the first ``ruled`` of them, None for all: what they had yet to do was not done.
    """
    there: dict[str, Any] = {}
    gone: set[str] = set()
    waiting: list[list[Any]] = []  # requests that still find it gone, id, document
    for index, exchange in enumerate(exchanges):
        waiting = [] if index == ruled else waiting
        for item in list(waiting):
            if item[0] == 0:
                waiting.remove(item)
                back = dict(item[2])
                members = [one for one in back.pop("members", []) if one["value"] not in gone]
                there.setdefault(item[1], back | ({"members": members} if members else {}))
                gone.discard(item[1])
            else:
                item[0] -= 1
        trace = exchange["trace"]
        if "after" not in trace:
            continue
        if trace["after"] is not None:
            there[trace["id"]] = trace["after"]
            continue
        assert trace["operation"] == "delete"
        there.pop(trace["id"])
        gone.add(trace["id"])
        for resource in there.values():
            if "members" in resource:
                resource["members"] = [one for one in resource["members"] if one["value"] != trace["id"]]
        if any(rule["action"] == "delete_resurrects" for rule in trace["rules"]):
            waiting.append([2, trace["id"], trace["before"]])
    return {id: plain(document) for id, document in there.items()}


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """A resource without its version, which memberships move, and with the ids of its members only."""
    kept = {name: value for name, value in document.items() if name not in ("meta", "members")}
    return kept | {"members": sorted(one["value"] for one in document.get("members", []))}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rules=RULES, steps=STEPS)
def test_the_directory_is_what_the_traces_tell(targets: Targets, rules: Any, steps: Any) -> None:
    target = targets(seed=1)
    for number, (do, when, goes_on) in enumerate(rules):
        target.add(do, name=f"rule-{number}", when=when, **{"continue": goes_on})
    workload = Workload(target)
    for kind, number, other in steps:
        workload.step(kind, number, other)
    exchanges = target.exchanges()
    assert len(exchanges) == len(steps)
    state = {one["id"]: plain(one) for kind in target.state().values() for one in kind}
    assert state == story(exchanges)
    # Every hit that is counted is told by the trace of one exchange.
    told = [rule["name"] for exchange in exchanges for rule in exchange["trace"]["rules"]]
    listed = target.control.get("/faults").json()["faults"]
    assert {rule["name"]: rule["hits"] for rule in listed} == {
        rule["name"]: told.count(rule["name"]) for rule in listed
    }
    # Without the rules everything works on what is left.
    target.control.delete("/faults")
    for _ in range(3):
        listing = target.client.get("/?count=100")
        assert listing.status_code == 200
    state = {one["id"]: plain(one) for kind in target.state().values() for one in kind}
    assert {one["id"] for one in listing.json().get("Resources", [])} == set(state)
    assert state == story(target.exchanges(), len(exchanges))
