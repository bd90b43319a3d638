"""What the journal and the events refuse, and what an emptied journal forgets."""

from __future__ import annotations

import httpx
import pytest


@pytest.fixture
def url(scim: httpx.Client) -> str:
    return str(scim.base_url).replace("/scim/v2/", "/_scimmock")


@pytest.mark.parametrize("call", ["journal", "events"])
@pytest.mark.parametrize(
    ("query", "field", "meant"),
    [("operation=creat", "operation", "create"), ("resource=Usrs", "resource", "Users")],
)
def test_unknown_words(url: str, call: str, query: str, field: str, meant: str) -> None:
    answer = httpx.get(f"{url}/{call}?{query}", timeout=10, verify=False)
    error = answer.json()["error"]
    assert answer.status_code == 400 and (error["field"], error["did_you_mean"]) == (field, meant)


def test_a_wrong_last_event_id_is_named(url: str) -> None:
    answer = httpx.get(f"{url}/events", headers={"Last-Event-ID": "abc"}, timeout=10, verify=False)
    assert answer.status_code == 400 and answer.json()["error"]["field"] == "Last-Event-ID"


@pytest.mark.parametrize("emptied", [False, True])
def test_an_emptied_journal_is_forgotten_by_the_checks(scim: httpx.Client, url: str, emptied: bool) -> None:
    with httpx.Client(base_url=url, timeout=10, verify=False) as control:
        for _ in range(2):
            scim.get("/Users/none")
        if emptied:
            assert control.delete("/journal").status_code == 204
        scim.get("/Users/none")
        found = control.get("/journal?finding=404-then-repeat").json()["exchanges"]
        assert bool(found) is not emptied


def test_an_error_does_not_repeat_a_password(scim: httpx.Client, url: str) -> None:
    for text in ('"hunter2" eq password', "password eq hunter2"):
        scim.get("/Users", params={"filter": text})
        schemas = ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]
        scim.post("/Users/.search", json={"schemas": schemas, "filter": text})
    shown = httpx.get(f"{url}/journal", timeout=10, verify=False).json()["exchanges"]
    for one in shown:
        for part in (*one["response"].items(), *one["trace"].items(), *one.items()):
            assert "hunter2" not in str(part), part
