"""Endpoints, methods and media types that services do not have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..conftest import GROUP, PATCH_OP, USER

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
SEARCH = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def _bulk(method: str, path: str, **rest: Any) -> dict[str, Any]:
    return {"schemas": [BULK], "Operations": [{"method": method, "path": path, **rest}]}


@pytest.mark.parametrize(
    ("method", "path", "strict"),
    [
        ("POST", "/.search", 200),
        ("POST", "/Users/.search", 200),
        ("GET", "/.search", 405),
        ("POST", "/Bulk", 200),
        ("GET", "/Bulk", 405),
        ("GET", "/Me", 501),
    ],
)
def test_endpoints_that_are_not_there(both: Both, method: str, path: str, strict: int) -> None:
    body = None if method == "GET" else SEARCH if "search" in path else _bulk("DELETE", "/Users/nobody")
    answers = [client.request(method, path, json=body) for client in both("no-endpoints")]
    assert [answer.status_code for answer in answers] == [strict, 404]
    assert answers[1].json()["detail"] == f"There is no endpoint {path}"


def test_other_endpoints_stay(both: Both) -> None:
    for path in ("/", "/Users", "/Groups", "/Schemas", "/ServiceProviderConfig"):
        assert [client.get(path).status_code for client in both("no-endpoints")] == [200, 200]


def test_endpoints_of_resources_and_the_root_can_be_missing(both: Both, new_group: Make) -> None:
    found = []
    for client in both({"quirk": "no-endpoints", "endpoints": ["Groups", "/"]}):
        listed = [client.get(path).status_code for path in ("/Groups", "/Groups/x/", "/", "/Users")]
        inner = client.post("/Bulk", json=_bulk("DELETE", "/Groups/nobody")).json()["Operations"][0]
        found.append((listed, client.post("/.search", json=SEARCH).status_code, inner["status"]))
    assert found[0] == ([200, 404, 200, 200], 200, "404")
    assert found[1] == ([404, 404, 404, 200], 200, "404")


def test_methods_that_groups_do_not_have(both: Both, switch: Callable[..., None], new_group: Make) -> None:
    found, allowed = [], []
    for place, client in enumerate(both("no-methods")):
        switch(client)
        group = new_group(client, "Staff")
        switch(client, *(["no-methods"] if place else []))
        body = {"schemas": [GROUP], "displayName": "Crew"}
        add = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "externalId", "value": "1"}]}
        answers = [
            client.get("/Groups"),
            client.post("/Groups/.search", json=SEARCH),
            client.post("/Groups", json=body),
            client.put(f"/Groups/{group}", json=body),
            client.patch(f"/Groups/{group}", json=add),
            client.delete(f"/Groups/{group}"),
        ]
        found.append([answer.status_code for answer in answers])
        allowed.append([answer.headers.get("allow") for answer in (answers[2], answers[5])])
    assert found == [[200, 200, 201, 200, 204, 204], [200, 200, 405, 200, 204, 405]]
    assert allowed[1] == ["GET, OPTIONS", "GET, PUT, PATCH, OPTIONS"]


@pytest.mark.parametrize("status", [400, 403, 404, 501])
def test_methods_refused_in_other_ways(both: Both, new_user: Make, status: int) -> None:
    quirk = {"quirk": "no-methods", "methods": {"Users": ["PUT", "GET"]}, "status": status}
    found = []
    for client in both(quirk):
        path = f"/Users/{new_user(client, 'ada')}"
        put = client.put(path, json={"schemas": [USER], "userName": "ada"})
        inner = client.post("/Bulk", json=_bulk("PUT", path, data={"schemas": [USER], "userName": "ada"}))
        inner_status = inner.json()["Operations"][0]["status"]
        found.append(
            (put.status_code, inner_status, client.get(path).status_code, client.head(path).status_code)
        )
        assert "allow" not in put.headers
    assert found == [(200, "200", 200, 200), (status, str(status), status, status)]


@pytest.mark.parametrize(
    ("media_type", "strict", "quirky"),
    [
        ("application/scim+json", 201, 201),
        ("Application/SCIM+JSON; charset=utf-8", 201, 201),
        ("application/json", 201, 415),
        ("text/plain", 415, 415),
        (None, 201, 415),
    ],
)
def test_bodies_have_the_media_type_of_scim(
    both: Both, media_type: str | None, strict: int, quirky: int
) -> None:
    body = json.dumps({"schemas": [USER], "userName": "ada"}).encode()
    headers = {} if media_type is None else {"content-type": media_type}
    statuses = [
        client.post("/Users", content=body, headers=headers).status_code
        for client in both("media-type-strict")
    ]
    assert statuses == [strict, quirky]


def test_answers_have_the_media_type_of_scim(both: Both) -> None:
    accept = {"accept": "application/json"}
    for answers, wanted in ((True, "application/scim+json"), (False, "application/json")):
        clients = both({"quirk": "media-type-strict", "answers": answers})
        types = [client.get("/Users", headers=accept).headers["content-type"] for client in clients]
        assert types == ["application/json", wanted]
