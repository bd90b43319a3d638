"""The clock over HTTP.  It is that of the shared server, hence released after each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@pytest.fixture
def clock(shared_server: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{shared_server.url}/_scimmock", timeout=20) as client:
        yield client
        client.post("/clock", json={"release": True})


def test_freeze_advance_release(clock: httpx.Client, scim: httpx.Client) -> None:
    answer = clock.post("/clock", json={"freeze": "2026-01-01T00:00:00Z"})
    assert answer.status_code == 200
    frozen = answer.json()
    assert frozen["now"] == "2026-01-01T00:00:00.000Z" and frozen["frozen"] is True
    for step, now in (("40m", "00:40:00.000"), (90, "00:41:30.000"), ("200ms", "00:41:30.200")):
        assert clock.post("/clock", json={"advance": step}).json()["now"] == f"2026-01-01T{now}Z"
    assert clock.get("/clock").json()["elapsed"] == pytest.approx(frozen["elapsed"] + 2490.2, abs=0.01)
    made = scim.post("/Users", json={"schemas": [USER], "userName": "a"}).json()
    assert made["meta"]["created"].startswith("2026-01-01T00:41:30.2")
    released = clock.post("/clock", json={"release": True}).json()
    assert released["frozen"] is False and released["now"] > "2026-01-02"


def test_freezing_now(clock: httpx.Client) -> None:
    before = clock.get("/clock").json()["now"]
    now = clock.post("/clock", json={"freeze": True}).json()["now"]
    assert now >= before and clock.get("/clock").json()["now"] == now


@pytest.mark.parametrize(
    ("body", "field", "meant"),
    [
        ({}, None, None),
        ([], None, None),
        ({"freeze": True, "advance": 1}, None, None),
        ({"freze": True}, "freze", "freeze"),
        ({"freeze": False}, "freeze", None),
        ({"freeze": "yesterday"}, "freeze", None),
        ({"freeze": "0001-01-01T00:00:00+14:00"}, "freeze", None),
        ({"freeze": "9999-12-31T23:59:59Z"}, "freeze", None),
        ({"advance": "-1s"}, "advance", None),
        ({"advance": -1}, "advance", None),
        ({"advance": "soon"}, "advance", None),
        ({"advance": True}, "advance", None),
        ({"advance": None}, "advance", None),
        ({"advance": 1e18}, "advance", None),
        ({"release": 1}, "release", None),
    ],
)
def test_wrong_calls(clock: httpx.Client, body: Any, field: str | None, meant: str | None) -> None:
    before = clock.post("/clock", json={"freeze": "2026-01-01T00:00:00Z"}).json()
    answer = clock.post("/clock", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["field"] == field and answer.json()["error"].get("did_you_mean") == meant
    assert clock.get("/clock").json() == before, "nothing of a wrong call is done"


def test_the_clock_of_a_tenant_is_the_servers(clock: httpx.Client, shared_server: Any) -> None:
    clock.post("/clock", json={"freeze": "2026-01-01T00:00:00Z"})
    assert httpx.get(f"{shared_server.url}/t/a/_scimmock/clock").json() == clock.get("/clock").json()
