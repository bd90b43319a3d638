"""Findings of a real server, as they are read through its journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM_JSON = {"Content-Type": "application/scim+json"}


def control_of(scim: httpx.Client) -> httpx.Client:
    root = str(scim.base_url).rstrip("/").removesuffix("/scim/v2")
    return httpx.Client(base_url=f"{root}/_scimmock", timeout=20, verify=False)


def found(own: httpx.Client, **parameters: Any) -> list[list[str]]:
    """Return the names of the findings of each exchange that the journal tells."""
    answer = own.get("/journal", params=parameters)
    assert answer.status_code == 200, answer.text
    return [
        [finding["name"] for finding in exchange["trace"]["findings"]]
        for exchange in answer.json()["exchanges"]
    ]


def create(scim: httpx.Client, name: str, **headers: str) -> httpx.Response:
    body = {"schemas": [USER], "userName": name, "active": True}
    return scim.post("/Users", content=json.dumps(body), headers=SCIM_JSON | headers)


@pytest.fixture
def own(scim: httpx.Client) -> Any:
    with control_of(scim) as client:
        yield client


@pytest.fixture(scope="module")
def timed(launch_for_module: Any) -> Any:
    """A server of this module's own, for its clock."""
    return launch_for_module("--users", "0", "--groups", "0")


# ---- reading


def test_findings_stand_in_the_trace(scim: httpx.Client, own: httpx.Client) -> None:
    id = create(scim, "a").json()["id"]
    body = {"schemas": [PATCH_OP], "Operations": [{"op": "Replace", "path": "active", "value": False}]}
    scim.patch(f"/Users/{id}", content=json.dumps(body), headers=SCIM_JSON)
    first, second = own.get("/journal").json()["exchanges"]
    assert first["trace"]["findings"] == []
    (finding,) = [item for item in second["trace"]["findings"] if item["name"] == "op-case"]
    assert list(finding) == ["name", "section", "severity", "profile", "message"]
    assert finding["section"].startswith("RFC 7644") and "Replace" in finding["message"]


def test_the_journal_by_finding(scim: httpx.Client, own: httpx.Client) -> None:
    create(scim, "a")
    scim.get("/Users", params={"count": "-1"})
    scim.get("/Users", params={"filter": "userName eq"})
    scim.get("/Users", params={"startIndex": "0"})
    clean, *odd = found(own)
    assert clean == [] and all(odd)
    assert found(own, finding="*") == odd
    assert [names for names in found(own, finding="count-negative")] == [odd[0]]
    assert found(own, finding="filter-syntax", status="4xx") == [odd[1]]
    assert found(own, finding="filter-syntax", status="200") == []
    assert found(own, finding="*", limit=2) == odd[:2] and found(own, finding="*", last=1) == odd[-1:]
    assert own.get("/journal", params={"finding": ""}).status_code == 400


def test_read_once_or_often_it_is_the_same(tenant: Callable[..., httpx.Client]) -> None:
    """When the journal is read has no say in what is found."""
    told = []
    for often in (True, False):
        scim = tenant()
        with control_of(scim) as own:
            for name in ("a", "a", "b"):
                create(scim, name)
                scim.get("/Users", params={"filter": f'userName eq "{name}"', "count": "-1"})
                if often:
                    found(own)
            told.append(found(own))
            assert found(own) == told[-1]
    assert told[0] == told[1]


def test_findings_never_change_the_answer(tenant: Callable[..., httpx.Client]) -> None:
    """The same odd requests get the same answers, whether somebody reads the findings or not."""

    def session(read: bool) -> list[tuple[int, str]]:
        scim, answers = tenant(seed=5), []
        with control_of(scim) as own:
            for method, path, body in (
                ("POST", "/Users", '{"userName": "a", "active": "True"}'),
                ("POST", "/Users", '{"userName": "a", "userName": "b"}'),
                ("POST", "/Users", "{"),
                ("PATCH", "/Users/none", '{"Operations": []}'),
                ("GET", "/Users//", ""),
                ("GET", "/Users?filter=userName+eq+a&count=-1&access_token=x", ""),
                ("PUT", "/Users/none", "null"),
                ("POST", "/Users/none", "{}"),
            ):
                answer = scim.request(method, path, content=body, headers={"Content-Type": "text/plain"})
                answers.append((answer.status_code, answer.json().get("detail", "")))
                if read:
                    assert len(found(own)) == len(answers)
            assert len(found(own, finding="*")) >= 6
        return answers

    assert session(read=True) == session(read=False)


def test_findings_are_those_of_a_tenant(tenant: Callable[..., httpx.Client]) -> None:
    one, other = tenant(), tenant()
    with control_of(one) as own, control_of(other) as others:
        one.get("/Users?count=-1")
        other.get("/Users")
        assert found(own, finding="*") == [["count-negative"]] and found(others, finding="*") == []


def test_secrets_are_masked(scim: httpx.Client, own: httpx.Client) -> None:
    body = {"schemas": [USER], "userName": "a", "password": ["pa55-word-of-a"]}
    scim.post("/Users", content=json.dumps(body), headers=SCIM_JSON)
    text = own.get("/journal", params={"finding": "*"}).text
    assert "findings" in text and "pa55-word-of-a" not in text


# ---- profiles


def test_a_stricter_profile_is_asked_for(launch: Any, scim: httpx.Client, own: httpx.Client) -> None:
    server = launch("--users", "0", "--groups", "0", "--lint", "interop")
    body = json.dumps({"schemas": [USER], "userName": "a", "active": True})
    plain_json = {"Content-Type": "application/json"}
    scim.post("/Users", content=body, headers=plain_json)
    assert "interop-media-type" not in found(own)[0]
    for path in ("", "/t/one"):
        with httpx.Client(base_url=f"{server.url}{path}/_scimmock") as control:
            url, token = f"{server.url}{path}/scim/v2/Users", {"Authorization": "Bearer scimmock"}
            assert httpx.post(url, content=body, headers=plain_json | token).status_code == 201
            assert "interop-media-type" in found(control)[0]
            assert len(found(control, finding="interop-media-type")) == 1
            assert control.get("/info").json()["profiles"] == ["behaviour", "interop", "rfc"]


def test_all_profiles(launch: Any) -> None:
    server = launch("--users", "0", "--groups", "0", "--lint", "interop", "--lint", "ipsie", "--no-auth")
    with server.client() as scim, control_of(scim) as own:
        create(scim, "a")
        names = found(own)[0]
        assert any(name.startswith("ipsie-") for name in names), names
        assert own.get("/info").json()["profiles"] == ["behaviour", "interop", "ipsie", "rfc"]


# ---- what is remembered


@pytest.mark.parametrize("form", ["40s", "date"])
def test_who_does_not_wait(timed: Any, form: str) -> None:
    do: dict[str, Any] = {"status": 429, "retry_after": "40s"}
    if form == "date":
        do["retry_after_as"] = "date"
    with timed.client() as scim, control_of(scim) as own:
        own.post("/clock", json={"freeze": "2026-01-01T00:00:00Z"})
        own.delete("/journal")
        answer = own.post("/faults", json={"name": "busy", "when": {"first": 1}, "do": do})
        assert answer.status_code == 201, answer.text
        assert scim.get("/Users").status_code == 429
        own.post("/clock", json={"advance": "39s"})
        assert scim.get("/Users").status_code == 200
        own.post("/clock", json={"advance": "2s"})
        scim.get("/Groups")
        assert [("retry-after-ignored" in names) for names in found(own)] == [False, True, False]
        (early,) = own.get("/journal?finding=retry-after-ignored").json()["exchanges"]
        (finding,) = [f for f in early["trace"]["findings"] if f["name"] == "retry-after-ignored"]
        assert "1.0 s before" in finding["message"] and early["response"]["status"] == 200
        own.delete("/faults")


def test_who_waits_as_long_as_asked(timed: Any) -> None:
    with timed.client() as scim, control_of(scim) as own:
        own.post("/clock", json={"freeze": "2026-02-01T00:00:00Z"})
        own.delete("/journal")
        own.post("/faults", json={"when": {"first": 1}, "do": {"status": 503, "retry_after": "7s"}})
        scim.get("/Users")
        own.post("/clock", json={"advance": "7s"})
        scim.get("/Users")
        assert found(own, finding="retry-after-ignored") == []
        own.delete("/faults")


@pytest.mark.parametrize("lost", ["reset", "close", 503])
def test_a_create_that_is_made_again_blindly(scim: httpx.Client, own: httpx.Client, lost: Any) -> None:
    rule = {"match": {"operation": "create"}, "when": {"first": 1}, "do": {"lost_response": lost}}
    assert own.post("/faults", json=rule).status_code == 201
    if lost == 503:
        assert create(scim, "lost").status_code == 503
    else:
        with pytest.raises(httpx.TransportError):
            create(scim, "lost")
    assert create(scim, "lost").status_code == 409
    first, again = found(own)
    assert "create-retried-blindly" not in first and "create-retried-blindly" in again
    assert len(found(own, finding="create-retried-blindly")) == 1


def test_a_create_after_a_look_up(scim: httpx.Client, own: httpx.Client) -> None:
    own.post("/faults", json={"when": {"first": 1}, "do": {"lost_response": 503}})
    create(scim, "lost")
    assert scim.get("/Users", params={"filter": 'userName eq "LOST"'}).json()["totalResults"] == 1
    create(scim, "lost")
    assert found(own, finding="create-retried-blindly") == []


@pytest.mark.parametrize("replaced", ["reset", "restore"])
def test_another_state_is_another_story(scim: httpx.Client, own: httpx.Client, replaced: str) -> None:
    """What clients did before the directory was replaced is forgotten, what was found stays."""
    scim.get("/Users?count=-1")
    own.post("/faults", json={"when": {"first": 1}, "do": {"lost_response": 503}})
    assert create(scim, "lost").status_code == 503
    if replaced == "reset":
        assert own.delete("/state").status_code == 204
    else:
        assert own.put("/state", json={"Users": [], "Groups": []}).status_code == 200
    assert create(scim, "lost").status_code == 201
    assert found(own, finding="create-retried-blindly") == []
    assert found(own, finding="duplicate-created") == []
    assert "count-negative" in found(own)[0]


def test_a_cleared_journal_has_no_findings(scim: httpx.Client, own: httpx.Client) -> None:
    scim.get("/Users?count=-1")
    assert found(own, finding="*") == [["count-negative"]]
    assert own.delete("/journal").status_code == 204
    assert found(own) == [] == found(own, finding="*")
    scim.get("/Users?count=-1")
    assert found(own) == [["count-negative"]]
