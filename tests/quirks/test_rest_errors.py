"""Errors of a REST API that stands beside SCIM."""

from __future__ import annotations

from collections.abc import Callable

import httpx

Both = Callable[..., list[httpx.Client]]


def test_errors_of_a_status_have_the_form_of_the_rest_api(both: Both) -> None:
    strict, quirky = both("error-message-url")
    assert strict.get("/Users/nobody").json()["schemas"]
    answer = quirky.get("/Users/nobody")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json; charset=utf-8")
    assert answer.json() == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest",
        "status": "404",
    }
    assert quirky.post("/Users", json={}).json()["schemas"]


def test_the_statuses_and_the_address_can_be_others(both: Both) -> None:
    everything = {"quirk": "error-message-url", "statuses": [], "url": "https://example.com/docs"}
    _, quirky = both(everything)
    answer = quirky.post("/Users", json={})
    assert answer.status_code == 400
    assert answer.json()["documentation_url"] == "https://example.com/docs"
    _, quirky = both({"quirk": "error-message-url", "statuses": 400})
    assert quirky.get("/Users/nobody").json()["schemas"]
    assert "message" in quirky.post("/Users", json={}).json()
