"""`status` and `sequence`: answers in the service's stead."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from scimmock.faults.shapes import shapes

from .conftest import USER, Target

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
DETAIL = "a <detail>"
JSON_SHAPES: dict[str, Any] = {
    "scim": {"schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": DETAIL},
    "slack": {"schemas": [ERROR], "status": 409, "detail": DETAIL},
    "nested": {
        "status": "409",
        "response": {"schemas": [ERROR], "status": "409", "scimType": "uniqueness", "detail": DETAIL},
    },
    "code-message": {"code": 409, "message": DETAIL},
    "errors-array": {"Errors": [{"description": DETAIL, "code": 409}]},
    "errors-object": {"Errors": {"description": DETAIL, "code": 409}},
}
TEXT_SHAPES = {
    "html": ("text/html", "409 Conflict"),
    "google-html": ("text/html; charset=UTF-8", "Error 409 (Conflict)"),
    "text": ("text/plain; charset=utf-8", f"Conflict: {DETAIL}"),
    "proxy-text": ("text/plain; charset=UTF-8", "error code: 409"),
}


def test_the_service_does_not_see_the_request(target: Target) -> None:
    target.add({"status": 503, "detail": "down"}, match={"operation": "create"}, when={"first": 1})
    answer = target.client.post("/Users", json={"schemas": [USER], "userName": "bjensen"})
    assert answer.status_code == 503
    assert answer.json() == {"schemas": [ERROR], "status": "503", "detail": "down"}
    assert answer.headers["content-type"] == "application/scim+json"
    exchange = target.last()
    assert exchange["trace"]["rules"] == [{"name": "rule", "action": "status", "hit": 1, "seen": 1}]
    assert "upstream" not in exchange and "before" not in exchange["trace"]
    assert target.state()["Users"] == []
    assert (target.rule()["hits"], target.rule()["left"]) == (1, 0)
    target.create("bjensen")


@pytest.mark.parametrize("shape", shapes())
def test_every_shape_words_the_error_in_its_way(target: Target, shape: str) -> None:
    target.add({"status": 409, "scim_type": "uniqueness", "detail": DETAIL, "shape": shape})
    answer = target.client.get("/Users")
    assert answer.status_code == 409
    if shape in JSON_SHAPES:
        assert answer.json() == JSON_SHAPES[shape]
        assert "json" in answer.headers["content-type"]
    elif shape in TEXT_SHAPES:
        media_type, text = TEXT_SHAPES[shape]
        assert answer.headers["content-type"] == media_type and text in answer.text
        assert "<detail>" not in answer.text or shape == "text"
    elif shape == "framework":
        body = answer.json()
        assert body.pop("reqId").startswith("req-")
        assert body == {"statusCode": 409, "message": DETAIL, "error": "Conflict"}
    else:
        assert shape == "empty" and answer.content == b"" and "content-type" not in answer.headers


def test_retry_after_in_seconds_and_as_a_date(target: Target) -> None:
    target.freeze()
    now = target.now()
    target.add({"status": 429, "retry_after": "1500ms"}, when={"first": 1}, name="seconds")
    target.add({"status": 429, "retry_after": "2m", "retry_after_as": "date"}, name="date")
    assert target.client.get("/Users").headers["retry-after"] == "2"
    date = parsedate_to_datetime(target.client.get("/Users").headers["retry-after"])
    assert date.timestamp() == pytest.approx(datetime.fromisoformat(now).timestamp() + 120, abs=1)
    assert target.client.get("/Users").headers["retry-after"].endswith(" GMT")


def test_body_media_type_and_headers_of_ones_own(target: Target) -> None:
    do = {
        "status": 200,
        "body": "a,b\né",
        "content_type": "text/csv",
        "headers": {"X-Trace": "1", "Via": "x"},
    }
    target.add(do)
    answer = target.client.get("/Users")
    assert (answer.status_code, answer.content) == (200, "a,b\né".encode())
    assert answer.headers["content-type"] == "text/csv"
    assert (answer.headers["x-trace"], answer.headers["via"]) == ("1", "x")


def test_a_content_type_among_the_headers_is_the_only_one(target: Target) -> None:
    target.add({"status": 500, "headers": {"Content-Type": "text/plain"}})
    assert target.client.get("/Users").headers.get_list("content-type") == ["text/plain"]


@pytest.mark.parametrize("status", [200, 201, 204, 302, 304, 401, 599])
def test_any_status_leaves_the_connection_usable(target: Target, status: int) -> None:
    target.add({"status": status}, when={"first": 1})
    assert target.client.get("/Users").status_code == status
    assert target.client.get("/Users").status_code == 200
    first, second = target.exchanges()
    assert first["connection"] == second["connection"]
    if status in (200, 201, 204, 304):
        assert first["response"]["body"] is None or first["response"]["body"]["size"] == 0


def test_a_head_request_gets_no_body(target: Target) -> None:
    target.add({"status": 503}, when={"first": 1})
    assert target.client.head("/Users").status_code == 503
    assert target.client.get("/Users").status_code == 200


@pytest.mark.parametrize(
    ("do", "field"),
    [
        ({"status": 99}, "do.status"),
        ({"status": 600}, "do.status"),
        ({"status": "503"}, "do.status"),
        ({"status": 503, "shape": "htm"}, "do.shape"),
        ({"status": 503, "retry_after": "soon"}, "do.retry_after"),
        ({"status": 503, "retry_after": 1e12}, "do.retry_after"),
        ({"status": 503, "retry_after_as": "epoch"}, "do.retry_after_as"),
        ({"status": 503, "content_type": "a\r\nX: y"}, "do.content_type"),
        ({"status": 503, "headers": {"a b": "c"}}, "do.headers.a b"),
        ({"status": 503, "headers": {"a": "c\nd"}}, "do.headers.a"),
        ({"status": 503, "headers": {"Content-Length": "5"}}, "do.headers.Content-Length"),
        ({"status": 204, "body": "x"}, "do.body"),
        ({"status": 503, "detial": "x"}, "do.detial"),
        ({"sequence": [503, {"statsu": 1}]}, "do.sequence[1].statsu"),
        ({"sequence": [503, {"status": 1}]}, "do.sequence[1].status"),
        ({"sequence": [True]}, "do.sequence[0]"),
        ({"sequence": [{"lost_write": True}]}, "do.sequence[0]"),
        ({"sequence": [{"sequence": [503]}]}, "do.sequence[0]"),
        ({"lost_write": False}, "do.lost_write"),
        ({"lost_write": 500}, "do.lost_write"),
        ({"stale_read": {"writes": 1}}, "do.stale_read"),
        ({"stale_read": "5s", "only": "name"}, "do.only"),
        ({"page_drift": "jump"}, "do.page_drift"),
        ({"page_drift": "total", "rows": 0}, "do.rows"),
        ({"partial_patch": -1}, "do.partial_patch"),
        ({"partial_bulk": 1, "code": 200}, "do.code"),
        ({"uniqueness_race": 200}, "do.uniqueness_race"),
        ({"delete_resurrects": -1}, "do.delete_resurrects"),
    ],
)
def test_a_wrong_value_names_its_field(target: Target, do: dict[str, Any], field: str) -> None:
    error = target.refusal(do)
    assert error["field"] == field and error["message"]
    if field in ("do.shape", "do.detial"):
        assert error["did_you_mean"] == {"do.shape": "html", "do.detial": "detail"}[field]


# ---- sequence


def test_each_resource_has_its_own_place_in_a_sequence(target: Target) -> None:
    """The example of the contract: twice 503 for each resource, then it works."""
    one, two = target.create("one")["id"], target.create("two")["id"]
    target.add(
        {"sequence": [503, 503, "pass"]}, name="flap", match={"resource": "Users"}, when={"per": "resource"}
    )
    reads = [target.client.get(f"/Users/{id}").status_code for id in (one, two, one, one, two, two, one)]
    assert reads == [503, 503, 503, 200, 503, 200, 200]
    assert target.fired()[0]["entry"] == "pass" and target.fired()[0]["key"] == f"Users/{one}"
    assert target.client.get("/Groups").status_code == 200
    assert target.hits("flap") == 7


def test_the_last_entry_holds(target: Target) -> None:
    target.add({"sequence": [503, "pass", 502]})
    assert [target.client.get("/Users").status_code for _ in range(5)] == [503, 200, 502, 502, 502]


def test_a_sequence_can_begin_again(target: Target) -> None:
    target.add({"sequence": [503, "pass"], "repeat": True}, when={"times": 5})
    assert [target.client.get("/Users").status_code for _ in range(7)] == [503, 200, 503, 200, 503, 200, 200]


def test_entries_can_be_actions(target: Target) -> None:
    entries: list[Any] = [
        {"status": 429, "retry_after": "7s"},
        {"reset": True},
        {"truncate": 0.5},
        {"lost_response": 504},
        "pass",
    ]
    target.add({"sequence": entries}, match={"operation": "create"})
    body = {"schemas": [USER], "userName": "bjensen"}
    assert target.client.post("/Users", json=body).headers["retry-after"] == "7"
    with pytest.raises(httpx.ReadError):
        target.client.post("/Users", json=body)
    assert target.state()["Users"] == []
    with pytest.raises(httpx.RemoteProtocolError):
        target.client.post("/Users", json=body)
    assert [user["userName"] for user in target.state()["Users"]] == ["bjensen"]
    body["userName"] = "smith"
    assert target.client.post("/Users", json=body).status_code == 504
    assert len(target.state()["Users"]) == 2
    assert target.client.post("/Users", json=body).status_code == 409
    entries_told = [exchange["trace"]["rules"][0]["entry"] for exchange in target.exchanges(rule="rule")]
    assert entries_told == entries
