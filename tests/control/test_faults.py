"""The control calls for fault rules, against a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.faults.files import packs
from scimmock.faults.ruleset import MAX_RULES

UNAVAILABLE: dict[str, Any] = {"match": {"resource": "Users"}, "do": {"status": 503}}


def own_control(scim: httpx.Client) -> httpx.Client:
    return httpx.Client(
        base_url=str(scim.base_url).replace("/scim/v2/", "/_scimmock"), timeout=20, verify=False
    )


@pytest.fixture
def own(scim: httpx.Client) -> Iterator[httpx.Client]:
    """A client of the control API of the tenant that ``scim`` speaks to."""
    with own_control(scim) as client:
        yield client


def error(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    document = answer.json()
    assert list(document) == ["error"]
    found: dict[str, Any] = document["error"]
    assert {"field", "message"} <= found.keys() <= {"field", "message", "did_you_mean"}
    assert found["message"]
    return found


def listed(own: httpx.Client) -> list[dict[str, Any]]:
    answer = own.get("/faults")
    assert answer.status_code == 200 and list(answer.json()) == ["faults"]
    rules: list[dict[str, Any]] = answer.json()["faults"]
    return rules


def names(own: httpx.Client) -> list[str]:
    return [rule["name"] for rule in listed(own)]


# ---- adding


def test_a_rule_is_stored_as_it_was_given(own: httpx.Client, scim: httpx.Client) -> None:
    rule = {
        "name": "busy",
        "match": {"method": "GET", "query": {"count": "5"}},
        "when": {"after": 1, "times": 2},
        "do": {"status": 429, "retry_after": "30s"},
        "continue": True,
    }
    answer = own.post("/faults", json=rule)
    counts = {"enabled": True, "origin": "control", "hits": 0, "seen": 0, "left": 2}
    assert answer.status_code == 201 and answer.json() == {"faults": [rule | counts]}
    assert [scim.get("/Users?count=5").status_code for _ in range(4)] == [200, 429, 429, 200]
    assert scim.get("/Users").status_code == 200
    assert listed(own) == [rule | counts | {"hits": 2, "seen": 4, "left": 0}]


def test_rules_without_a_name_get_one(own: httpx.Client) -> None:
    for body in (UNAVAILABLE, {"faults": [UNAVAILABLE, UNAVAILABLE]}, UNAVAILABLE):
        assert own.post("/faults", json=body).status_code == 201
    assert names(own) == ["rule-1", "rule-2", "rule-3", "rule-4"]


def test_only_what_was_added_is_answered(own: httpx.Client) -> None:
    own.post("/faults", json={"name": "a", **UNAVAILABLE})
    answer = own.post("/faults", json={"faults": [{"name": "b", **UNAVAILABLE}]})
    assert [rule["name"] for rule in answer.json()["faults"]] == ["b"]
    assert own.post("/faults", json={"faults": []}).json() == {"faults": []}
    assert names(own) == ["a", "b"]


@pytest.mark.parametrize("name", sorted(packs()))
def test_a_pack_by_its_name(own: httpx.Client, name: str) -> None:
    answer = own.post("/faults", json={"pack": name})
    assert answer.status_code == 201 and answer.json()["faults"] == listed(own)
    assert listed(own)
    assert error(own.post("/faults", json={"pack": name}), 409)["field"] == "faults[0].name"
    assert own.delete("/faults").status_code == 204 and listed(own) == []


@pytest.mark.parametrize(
    ("body", "status", "field", "meant"),
    [
        ({}, 400, None, None),
        ([], 400, None, None),
        ([UNAVAILABLE], 400, None, None),
        ("slow", 400, None, None),
        (5, 400, None, None),
        ({"do": 5}, 400, "do", None),
        ({"do": {}}, 400, "do", None),
        ({"do": {"staus": 503}}, 400, "do.staus", "status"),
        ({"do": {"status": "x"}}, 400, "do.status", None),
        ({"do": {"status": 503, "retry_aftr": 5}}, 400, "do.retry_aftr", "retry_after"),
        ({"do": {"status": 503, "reset": True}}, 400, "do", None),
        ({**UNAVAILABLE, "mach": {}}, 400, "mach", "match"),
        ({**UNAVAILABLE, "match": {"resorce": "Users"}}, 400, "match.resorce", "resource"),
        ({**UNAVAILABLE, "match": {"filter": "userName eq"}}, 400, "match.filter", None),
        ({**UNAVAILABLE, "when": {"afer": 1}}, 400, "when.afer", "after"),
        ({**UNAVAILABLE, "when": {"first": 1, "times": 2}}, 400, "when.first", None),
        ({**UNAVAILABLE, "when": {"ttl": "soon"}}, 400, "when.ttl", None),
        ({**UNAVAILABLE, "name": "a b"}, 400, "name", None),
        ({**UNAVAILABLE, "name": ""}, 400, "name", None),
        ({**UNAVAILABLE, "name": "taken"}, 409, "name", None),
        ({"falts": []}, 400, "falts", "faults"),
        ({"faults": {}}, 400, "faults", None),
        ({"faults": [5]}, 400, "faults[0]", None),
        ({"faults": [UNAVAILABLE, {"do": {"staus": 1}}]}, 400, "faults[1].do.staus", "status"),
        ({"faults": [UNAVAILABLE], "name": "x"}, 400, "name", None),
        ({"faults": [{**UNAVAILABLE, "name": "taken"}]}, 409, "faults[0].name", None),
        ({"faults": [{**UNAVAILABLE, "name": "b"}] * 2}, 409, "faults[1].name", None),
        ({"pack": "slw"}, 400, "pack", "slow"),
        ({"pack": 5}, 400, "pack", None),
        ({"pack": "slow", "name": "x"}, 400, "name", None),
        ({"pack": "../packs/slow"}, 400, "pack", None),
    ],
)  # fmt: skip
def test_a_wrong_body_is_named_and_nothing_of_it_done(
    own: httpx.Client, body: Any, status: int, field: str | None, meant: str | None
) -> None:
    own.post("/faults", json={"name": "taken", **UNAVAILABLE})
    before = listed(own)
    found = error(own.post("/faults", json=body), status)
    assert (found["field"], found.get("did_you_mean")) == (field, meant)
    assert listed(own) == before


def test_a_bare_list_is_told_where_it_belongs(own: httpx.Client) -> None:
    assert '{"faults": [...]}' in error(own.post("/faults", json=[UNAVAILABLE]), 400)["message"]


def test_of_calls_at_the_same_time_one_gets_the_name(own: httpx.Client) -> None:
    with ThreadPoolExecutor(6) as pool:
        body = {"faults": [UNAVAILABLE, {"name": "only", **UNAVAILABLE}]}
        answers = list(pool.map(lambda _: own.post("/faults", json=body).status_code, range(12)))
    assert sorted(answers) == [201] + [409] * 11
    assert names(own) == ["rule-1", "only"]


def test_there_are_so_many_rules_and_no_more(own: httpx.Client) -> None:
    answer = own.post("/faults", json={"faults": [UNAVAILABLE] * (MAX_RULES - 1)})
    assert answer.status_code == 201 and len(answer.json()["faults"]) == MAX_RULES - 1
    for body in ({"faults": [UNAVAILABLE] * 2}, {"pack": "chaos-harsh"}):
        found = error(own.post("/faults", json=body), 400)
        assert found["field"] == "faults" and str(MAX_RULES) in found["message"]
    assert own.post("/faults", json=UNAVAILABLE).status_code == 201
    assert str(MAX_RULES) in error(own.post("/faults", json=UNAVAILABLE), 400)["message"]
    assert len(listed(own)) == MAX_RULES


# ---- switching and removing


def test_a_rule_is_switched_off_and_on(own: httpx.Client, scim: httpx.Client) -> None:
    own.post("/faults", json={"name": "a.b_c-d", **UNAVAILABLE})
    assert scim.get("/Users").status_code == 503
    answer = own.patch("/faults/a.b_c-d", json={"enabled": False})
    assert answer.status_code == 200 and answer.json() == listed(own)[0]
    assert answer.json()["enabled"] is False and answer.json()["hits"] == 1
    assert scim.get("/Users").status_code == 200
    # The escapes in a path do not count (RFC 3986 section 6.2.2.2).
    assert own.patch("/faults/a%2Eb%5Fc%2Dd", json={"enabled": True}).json()["enabled"] is True
    assert scim.get("/Users").status_code == 503
    assert own.delete("/faults/%61.b_c-d").status_code == 204
    assert listed(own) == [] and scim.get("/Users").status_code == 200


@pytest.mark.parametrize("name", ["bsy", "other", "a%2Fb", "%C3%A4", "%20", "a%3Fb", "%5B"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_rule_that_is_not_there(own: httpx.Client, name: str, method: str) -> None:
    own.post("/faults", json={"name": "busy", **UNAVAILABLE})
    body: dict[str, Any] = {"json": {"enabled": False}} if method == "PATCH" else {}
    found = error(own.request(method, f"/faults/{name}", **body), 404)
    assert found["field"] == "name"
    assert found.get("did_you_mean") == ("busy" if name == "bsy" else None)
    assert listed(own)[0]["enabled"] is True


@pytest.mark.parametrize(
    ("body", "field", "meant"),
    [
        ({}, "enabled", None),
        ({"enabled": 1}, "enabled", None),
        ({"enabled": "false"}, "enabled", None),
        ({"enabled": None}, "enabled", None),
        ({"enabld": False}, "enabld", "enabled"),
        ({"enabled": False, "do": {}}, "do", None),
        ([], "enabled", None),
        (False, "enabled", None),
    ],
)
def test_a_wrong_switch(own: httpx.Client, body: Any, field: str, meant: str | None) -> None:
    own.post("/faults", json={"name": "busy", **UNAVAILABLE})
    found = error(own.patch("/faults/busy", json=body), 400)
    assert (found["field"], found.get("did_you_mean")) == (field, meant)
    assert listed(own)[0]["enabled"] is True


def test_all_but_the_fixtures_rules_are_removed(launch: Any, tmp_path: Any) -> None:
    fixture = tmp_path / "mine"
    fixture.mkdir()
    (fixture / "fixture.yaml").write_text(
        "fixture: mine\ntitle: Mine\nkind: service\n"
        "behaviour: {quirks: [write-lock-429]}\n"
        "faults: [{name: own, do: {status: 503}}]\n"
    )
    server = launch("--fixture", str(fixture), "--faults", "slow", "--users", "0")
    for control in (f"{server.url}/_scimmock", f"{server.url}/t/a/_scimmock"):
        with httpx.Client(base_url=control) as own:
            brought = {rule["origin"] for rule in listed(own)}
            assert brought == {"fixture", "quirk", "faults"}
            own.post("/faults", json={"name": "added", **UNAVAILABLE})
            assert own.delete("/faults").status_code == 204
            assert {rule["origin"] for rule in listed(own)} == {"fixture", "quirk"}
            own.post("/faults", json={"name": "added", **UNAVAILABLE})
            assert own.delete("/faults?all=false").status_code == 204
            assert "added" not in names(own) and "own" in names(own)
            assert own.delete("/faults?all=true").status_code == 204 and listed(own) == []


@pytest.mark.parametrize(
    ("method", "call", "field"),
    [
        ("GET", "faults?al=true", "al"),
        ("POST", "faults?all=true", "all"),
        ("DELETE", "faults?al=true", "al"),
        ("DELETE", "faults?all=yes", "all"),
        ("DELETE", "faults?all=", "all"),
        ("DELETE", "faults?all=true&all=true", "all"),
        ("DELETE", "faults/busy?all=true", "all"),
        ("PATCH", "faults/busy?enabled=false", "enabled"),
        ("GET", "quirks?x=1", "x"),
        ("PUT", "quirks?x=1", "x"),
        ("DELETE", "quirks?x=1", "x"),
        ("GET", "info?x", "x"),
    ],
)
def test_parameters_that_a_call_does_not_take(own: httpx.Client, method: str, call: str, field: str) -> None:
    own.post("/faults", json={"name": "busy", **UNAVAILABLE})
    before = listed(own)
    bodies: dict[str, Any] = {
        "POST": {"json": UNAVAILABLE},
        "PATCH": {"json": {"enabled": False}},
        "PUT": {"json": {"quirks": []}},
    }
    found = error(own.request(method, f"/{call}", **bodies.get(method, {})), 400)
    assert found["field"] == field
    assert listed(own) == before


def test_a_near_parameter_is_suggested(own: httpx.Client) -> None:
    assert error(own.delete("/faults?al=true"), 400)["did_you_mean"] == "all"


# ---- tenants


def test_rules_are_those_of_a_tenant(tenant: Callable[..., httpx.Client]) -> None:
    one, other = tenant(), tenant()
    with own_control(one) as own, own_control(other) as others:
        own.post("/faults", json={"name": "same", **UNAVAILABLE})
        assert listed(others) == [] and others.post("/faults", json={"name": "same", **UNAVAILABLE})
        assert one.get("/Users").status_code == 503
        assert (listed(own)[0]["hits"], listed(others)[0]["hits"]) == (1, 0)
        assert others.delete("/faults").status_code == 204 and names(own) == ["same"]
        assert other.get("/Users").status_code == 200


def test_a_tenant_starts_with_rules_and_quirks(tenant: Callable[..., httpx.Client]) -> None:
    scim = tenant(
        faults=[{"name": "busy", "match": {"method": "POST"}, "do": {"status": 503}}, UNAVAILABLE],
        quirks=["write-lock-429", {"quirk": "slow", "delay": "1ms"}],
    )
    with own_control(scim) as own:
        rules = {rule["name"]: rule["origin"] for rule in listed(own)}
        assert list(rules)[:2] == ["busy", "rule-2"] and rules["busy"] == "control"
        assert set(rules.values()) == {"control", "quirk"}
        assert own.get("/quirks").json()["quirks"] == [
            {"quirk": "write-lock-429"},
            {"quirk": "slow", "delay": "1ms"},
        ]
        assert scim.get("/Users").status_code == 503


@pytest.mark.parametrize(
    ("body", "status", "field", "meant"),
    [
        ({"faults": [UNAVAILABLE, {"do": {"staus": 5}}]}, 400, "faults[1].do.staus", "status"),
        ({"faults": [{**UNAVAILABLE, "name": "x"}] * 2}, 409, "faults[1].name", None),
        ({"faults": {}}, 400, "faults", None),
        ({"faults": [5]}, 400, "faults[0]", None),
        ({"falts": []}, 400, "falts", "faults"),
        ({"quirks": ["slw"]}, 400, "quirks[0]", "slow"),
        ({"quirks": [{"quirk": "slow", "dely": 1}]}, 400, "quirks[0].dely", "delay"),
        ({"quirks": ["slow", "slow"]}, 400, "quirks[1]", None),
        ({"faults": [UNAVAILABLE], "quirks": [5]}, 400, "quirks[0]", None),
        ({"faults": [UNAVAILABLE] * (MAX_RULES + 1)}, 400, "faults", None),
    ],
)
def test_a_tenant_with_a_wrong_rule_or_quirk_does_not_come_to_be(
    control: httpx.Client, body: dict[str, Any], status: int, field: str, meant: str | None
) -> None:
    found = error(control.put("/tenants/never-made", json={"users": 0, "groups": 0, **body}), status)
    assert (found["field"], found.get("did_you_mean")) == (field, meant)
    assert "never-made" not in control.get("/info").json()["tenants"]


def test_a_rule_with_the_name_of_a_quirks_rule(control: httpx.Client) -> None:
    body = {"faults": [{"name": "slow", **UNAVAILABLE}], "quirks": ["slow"], "users": 0, "groups": 0}
    assert "'slow'" in error(control.put("/tenants/never-made", json=body), 409)["message"]
    assert "never-made" not in control.get("/info").json()["tenants"]


def test_info_counts_the_rules(launch: Any) -> None:
    server = launch("--users", "0", "--groups", "0", "--quirk", "slow:delay=1ms")
    with httpx.Client(base_url=f"{server.url}/_scimmock") as own:
        assert own.get("/info").json()["faults"] == 1 == len(listed(own))
        own.post("/faults", json={"faults": [UNAVAILABLE, UNAVAILABLE]})
        info = own.get("/info").json()
        assert info["faults"] == 3 and info["quirks"] == ["slow"]


# ---- time to live


def test_a_rule_is_gone_when_its_time_has_ended(launch: Any) -> None:
    server = launch("--users", "1", "--groups", "0")
    with httpx.Client(base_url=f"{server.url}/_scimmock") as own, server.client() as scim:
        own.post("/clock", json={"freeze": True})
        short = {"name": "short", **UNAVAILABLE, "when": {"ttl": "40m"}}
        (stored,) = own.post("/faults", json=short).json()["faults"]
        assert stored["expires_in"] == 2400
        own.post("/clock", json={"advance": "39m"})
        assert listed(own)[0]["expires_in"] == 60 and scim.get("/Users").status_code == 503
        own.post("/clock", json={"advance": "1m"})
        assert scim.get("/Users").status_code == 200
        assert listed(own) == [] and own.get("/info").json()["faults"] == 0
        # Its name is free and nobody can bring it back.
        (again,) = own.post("/faults", json=short).json()["faults"]
        assert again["hits"] == 0
        own.post("/clock", json={"advance": "41m"})
        error(own.patch("/faults/short", json={"enabled": True}), 404)
        error(own.delete("/faults/short"), 404)
        assert scim.get("/Users").status_code == 200


def test_a_rule_without_any_time_is_answered_all_the_same(own: httpx.Client) -> None:
    answer = own.post("/faults", json={"name": "brief", **UNAVAILABLE, "when": {"ttl": 0}})
    assert answer.status_code == 201
    assert [rule["expires_in"] for rule in answer.json()["faults"]] == [0]
    assert listed(own) == []


# ---- any order of calls

_ACTS = st.lists(
    st.tuples(st.sampled_from(["add", "add2", "off", "on", "remove", "clear"]), st.sampled_from("abc")),
    max_size=8,
)


@given(_ACTS)
@settings(max_examples=25, deadline=None)
def test_the_list_follows_the_calls(control: httpx.Client, acts: list[tuple[str, str]]) -> None:
    """Adding, switching and removing in any order leave what a simple model says."""
    model: dict[str, bool] = {}
    made = control.put("/tenants/test-model", json={"users": 0, "groups": 0}).json()
    try:
        with httpx.Client(base_url=made["control_url"], timeout=20, verify=False) as own:
            for act, name in acts:
                if act in ("add", "add2"):
                    extra: list[dict[str, Any]] = [{"name": "extra", **UNAVAILABLE}] if act == "add2" else []
                    wanted = {rule["name"] for rule in extra} | {name}
                    body = {"faults": [*extra, {"name": name, **UNAVAILABLE}]}
                    free = not wanted & model.keys()
                    assert own.post("/faults", json=body).status_code == (201 if free else 409)
                    if free:
                        model |= {rule["name"]: True for rule in body["faults"]}
                elif act == "clear":
                    assert own.delete("/faults").status_code == 204
                    model.clear()
                elif act == "remove":
                    known = model.pop(name, None) is not None
                    assert own.delete(f"/faults/{name}").status_code == (204 if known else 404)
                else:
                    answer = own.patch(f"/faults/{name}", json={"enabled": act == "on"})
                    assert answer.status_code == (200 if name in model else 404)
                    if name in model:
                        model[name] = act == "on"
                assert {rule["name"]: rule["enabled"] for rule in listed(own)} == model
    finally:
        control.delete("/tenants/test-model")


def test_rules_begin_anew_with_the_directory(own: httpx.Client, scim: httpx.Client) -> None:
    """Only where that is asked for; a rule that was switched off stays so."""
    once = {"name": "once", "when": {"first": 1}, **UNAVAILABLE}
    own.post("/faults", json={"faults": [once, {**once, "name": "off", "enabled": False}]}).raise_for_status()
    assert [scim.get("/Users").status_code for _ in range(2)] == [503, 200]
    assert own.delete("/state").status_code == 204
    assert scim.get("/Users").status_code == 200
    assert own.delete("/state", params={"faults": "true"}).status_code == 204
    assert [(rule["name"], rule["hits"], rule["enabled"]) for rule in listed(own)] == [
        ("once", 0, True),
        ("off", 0, False),
    ]
    assert [scim.get("/Users").status_code for _ in range(2)] == [503, 200]
    assert error(own.delete("/state", params={"faults": "yes"}), 400)["field"] == "faults"
