"""What services make of bulk requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Both = Callable[..., list[httpx.Client]]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
WRONG: list[Any] = [[], {"Operations": 1}, {"schemas": [BULK], "Operations": [1, {"method": 2}]}]


def bulk(*names: str, method: str = "POST", path: str = "/Users", **more: Any) -> dict[str, Any]:
    operations = [
        {"method": method, "path": path, "bulkId": name, "data": {"schemas": [USER], "userName": name}}
        for name in names
    ]
    return {"schemas": [BULK], "Operations": operations, **more}


def test_there_is_nothing_but_bulk(both: Both) -> None:
    strict, quirky = both({"quirk": "bulk-only", "endpoint": "bulkUpload"})
    paths = ("/Users", "/Groups/1", "/ServiceProviderConfig", "/Me", "/", "/.search", "/Bulk")
    assert [strict.post("/bulkUpload", json=bulk("ada")).status_code] == [404]
    assert {quirky.get(path).status_code for path in paths} == {404}
    assert quirky.post("/Bulk", json=bulk("ada")).status_code == 404
    answer = quirky.post("/bulkUpload", json=bulk("ada", "bob"))
    assert [item["status"] for item in answer.json()["Operations"]] == ["201", "201"]
    assert quirky.get("/bulkUpload").status_code == 405


def test_a_bulk_request_is_taken(both: Both) -> None:
    answers = []
    for client in both({"quirk": "bulk-accepted", "location": "https://logs.example/?job=1"}):
        answers.append(client.post("/Bulk", json=bulk("ada", "ada2")))
        assert client.get("/Users").json()["totalResults"] == 2
        assert client.post("/Bulk", json={"schemas": [BULK]}).status_code == 400
    assert [answer.status_code for answer in answers] == [200, 202]
    assert (answers[1].content, answers[1].headers["location"]) == (b"", "https://logs.example/?job=1")
    assert "content-type" not in answers[1].headers


def test_a_bulk_request_is_taken_without_location(both: Both) -> None:
    _, quirky = both("bulk-accepted")
    answer = quirky.post("/Bulk", json=bulk("ada"))
    assert (answer.status_code, "location" in answer.headers) == (202, False)


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        (bulk("ada"), False),
        (bulk("ada", method="post"), False),
        (bulk("ada", failOnErrors=100), False),
        (bulk("ada", failOnErrors=101), True),
        (bulk("ada", path="/Groups"), True),
        ({**bulk("ada"), "Operations": [{"method": "PUT", "path": "/Users/1", "data": {}}]}, True),
    ],
    ids=["fits", "small-letters", "most-errors", "too-many-errors", "endpoint", "method"],
)
def test_operations_of_a_bulk_request(both: Both, body: dict[str, Any], refused: bool) -> None:
    quirk = {
        "quirk": "bulk-operations",
        "methods": ["POST", "PATCH"],
        "endpoints": "Users",
        "fail_on_errors": 100,
    }
    strict, quirky = (client.post("/Bulk", json=body) for client in both(quirk))
    assert (strict.status_code, quirky.status_code) == (200, 400 if refused else 200)


def test_operations_of_a_bulk_request_that_is_none(both: Both) -> None:
    for client in both("bulk-operations"):
        for body in WRONG:
            assert client.post("/Bulk", json=body).status_code in (200, 400)
