"""All quirks of what goes out, in any choice and order: no defect, and nothing stored is harmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.quirks.base import quirks

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

FAMILIES = ("documents", "keys", "dates", "ids", "lists", "paging", "errors", "answers", "waits", "discovery")
NAMES = sorted(name for name, kind in quirks().items() if kind.__module__.rpartition(".")[2] in FAMILIES)

# Parameters at their most different.
OTHERWISE: dict[str, dict[str, Any]] = {
    "members-empty": {"null": True},
    "nulls-emitted": {"top_level": True},
    "booleans-as-strings-out": {"attributes": ["primary"]},
    "flat-dotted-keys": {"attributes": ["name", "meta", ENTERPRISE, "members"]},
    "snake-case-key": {"attributes": ["externalId", "userName", "meta"], "resources": ["Users", "Groups"]},
    "dates-nonstandard": {"format": "us", "capital_keys": True},
    "no-paging": {"size": 1},
    "page-cap": {"size": 1},
    "cursor-paging": {"size": 2},
    "total-results-wrong": {"by": -5},
    "error-not-scim": {"shape": "nested"},
    "error-empty-body": {"statuses": []},
    "retry-after-missing": {"zero": True},
    "spc-missing-fields": {"fields": ["pagination", "patch", "bulk"]},
    "patch-lies": {"cursor": False, "patch": True},
    "no-discovery": {"endpoints": "Schemas"},
}


@pytest.fixture(scope="module")
def service(control: httpx.Client, shared_server: Any) -> Iterator[httpx.Client]:
    """A client of a directory with people and a limit; the server must have no defect to report."""
    begin = len(shared_server.log.read_text())
    about = control.put("/tenants/together", json={"users": 3, "groups": 1}).json()
    base, headers = about["base_url"], {"Authorization": f"Bearer {about['token']}"}
    limit = {"status": 429, "retry_after": 5, "headers": {"X-RateLimit-Reset": "2000000000"}}
    rule = {"match": {"path": "/Groups/limited"}, "do": limit}
    httpx.post(f"{about['control_url']}/faults", json=rule).raise_for_status()
    with httpx.Client(base_url=base, headers=headers, timeout=20) as client:
        yield client
    control.delete("/tenants/together")
    log = shared_server.log.read_text()[begin:]
    assert "Traceback" not in log and "defect" not in log, log


chosen = st.lists(st.sampled_from(NAMES), unique=True, max_size=len(NAMES)).flatmap(
    lambda names: st.tuples(
        *(st.sampled_from([{"quirk": name}, {"quirk": name, **OTHERWISE.get(name, {})}]) for name in names)
    )
)


def _requests(client: httpx.Client, ada: str, staff: str) -> list[tuple[str, str, Any]]:
    user = {
        "schemas": [USER, ENTERPRISE],
        "userName": "ada",
        "name": {"familyName": "L"},
        "active": False,
        ENTERPRISE: {"manager": {"value": ada}},
    }
    add = {"schemas": [PATCH_OP], "Operations": [{"op": "add", "path": "members", "value": [{"value": ada}]}]}
    inner = {
        "method": "POST",
        "path": "/Users",
        "bulkId": "a",
        "data": {"schemas": [USER], "userName": "ada"},
    }
    bulk = {"schemas": [BULK], "Operations": [inner, {"method": "DELETE", "path": "/Users/nobody"}]}
    return [
        ("GET", f"/Users/{ada}", None),
        ("GET", f"/Users/{ada}?attributes=name,active", None),
        ("GET", f"/Groups/{staff}?excludedAttributes=members", None),
        ("GET", "/Users?startIndex=2&count=1&sortBy=userName", None),
        ("GET", "/Users?cursor=&count=1", None),
        ("GET", '/Users?filter=userName eq "nobody"', None),
        ("GET", "/Groups?count=0", None),
        ("GET", "/?count=2", None),
        ("POST", "/Users/.search", {"schemas": [SEARCH], "filter": "active eq false"}),
        ("POST", "/Users", user),
        ("PUT", f"/Users/{ada}", user),
        ("PATCH", f"/Groups/{staff}", add),
        ("PATCH", f"/Users/{ada}", {"schemas": [PATCH_OP], "Operations": [{"op": "remove"}]}),
        ("POST", "/Bulk", bulk),
        ("DELETE", "/Users/nobody", None),
        ("GET", "/ServiceProviderConfig", None),
        ("GET", "/ServiceProviderConfigs", None),
        ("GET", f"/Schemas/{USER}", None),
        ("GET", "/ResourceTypes", None),
        ("GET", "/Nothing", None),
        ("GET", "/Groups/limited", None),
    ]


@settings(max_examples=40, deadline=None)
@given(chosen)
def test_any_of_them_go_together(service: httpx.Client, specs: tuple[dict[str, Any], ...]) -> None:
    control = str(service.base_url).rpartition("/scim/v2")[0] + "/_scimmock/quirks"
    httpx.put(control, json={"quirks": []}).raise_for_status()
    ada = service.get("/Users?count=1").json()["Resources"][0]
    staff = service.get("/Groups?count=1").json()["Resources"][0]
    switched = httpx.put(control, json={"quirks": list(specs)})
    assert switched.status_code == 200, switched.text
    for method, path, body in _requests(service, ada["id"], staff["id"]):
        answer = service.request(method, path, json=body) if body else service.request(method, path)
        assert 200 <= answer.status_code < 500, (method, path, answer.text)
        if answer.content and "json" in answer.headers.get("content-type", ""):
            answer.json()
    # The standard answers tell what is stored.
    httpx.put(control, json={"quirks": []}).raise_for_status()
    assert service.get(f"/Users/{ada['id']}").json()["schemas"] == [USER, ENTERPRISE]
    listed = service.get("/Users").json()
    ids = [user["id"] for user in listed["Resources"]]
    assert len(ids) == len(set(ids)) == listed["totalResults"]
    members = service.get(f"/Groups/{staff['id']}").json()["members"]
    assert {member["value"] for member in members} <= set(ids)
    for user in listed["Resources"]:
        again = service.put(f"/Users/{user['id']}", json=user).json()
        assert {name: again[name] for name in user if name != "meta"} == {
            name: value for name, value in user.items() if name != "meta"
        }


def test_parameters_are_those_that_there_are() -> None:
    assert set(OTHERWISE) <= set(NAMES)
