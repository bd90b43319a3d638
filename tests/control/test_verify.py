"""``POST verify``: the answers over HTTP, and waiting for what is still to come."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def control_url(scim: httpx.Client) -> str:
    return str(scim.base_url).replace("/scim/v2/", "/_scimmock")


def verify(url: str, document: Any) -> httpx.Response:
    return httpx.post(f"{url}/verify", json=document, timeout=20, verify=False)


def test_met_and_not_met(scim: httpx.Client, control_url: str) -> None:
    scim.post("/Users", json={"schemas": [USER], "userName": "a"})
    create = {"operation": "create", "resource": "Users", "filter": 'userName eq "a"', "times": 1}
    answer = verify(control_url, {"expect": [create]})
    assert answer.status_code == 200 and answer.json() == {"ok": True, "checked": 1, "found": [1]}
    answer = verify(control_url, {"expect": [create, {"operation": "delete"}]})
    document = answer.json()
    assert answer.status_code == 409 and document["ok"] is False and document["found"] == [1, 0]
    (failure,) = document["failures"]
    assert failure["expect"] == {"operation": "delete"} and failure["found"] == 0
    assert failure["nearest"] == [
        {
            "n": 1,
            "summary": "POST User a -> 201",
            "differs": [{"field": "operation", "wanted": "delete", "found": "create"}],
        }
    ]


@pytest.mark.parametrize(
    ("document", "field", "meant"),
    [
        ({"expect": [{"operaton": "create"}]}, "expect[0].operaton", "operation"),
        ({"expect": [{"resource": "User"}]}, "expect[0].resource", "Users"),
        ({"expect": [{}], "witin": 1}, "witin", "within"),
        ([], None, None),
    ],
)
def test_errors_name_the_field(control_url: str, document: Any, field: str | None, meant: str | None) -> None:
    answer = verify(control_url, document)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field and answer.json()["error"].get("did_you_mean") == meant


def test_waiting_for_a_request(scim: httpx.Client, control_url: str) -> None:
    timer = threading.Timer(0.1, lambda: scim.get("/Groups"))
    timer.start()
    answer = verify(control_url, {"expect": [{"resource": "Groups"}], "within": "15s"})
    timer.join()
    assert answer.status_code == 200, answer.text
    assert answer.elapsed.total_seconds() < 10


def test_tenants_have_nothing_to_do_with_each_other(
    scim: httpx.Client, control_url: str, control: httpx.Client
) -> None:
    scim.get("/Groups")
    last = control.get("/journal", params={"last": 1}).json()["next"]
    expect = {"expect": [{"resource": "Groups", "never": True}], "since": last}
    assert verify(str(control.base_url).rstrip("/"), expect).status_code == 200
    assert verify(control_url, expect | {"since": 0}).status_code == 409
