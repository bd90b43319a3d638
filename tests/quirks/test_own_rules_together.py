"""Quirks of a service's own rules, all of them and together: each is shown, and any of them compose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimmock.quirks.base import quirks

from ..conftest import ENTERPRISE, GROUP, PATCH_OP, USER

_FAMILIES = (
    "endpoints",
    "error_words",
    "patch_forms",
    "patch_profile",
    "querying",
    "rewriting",
    "shown",
    "values",
)
_OTHERS = ("most-resources", "single-valued-multivalue", "409-no-scimtype", "patch-204", "scim-1-bodies")
MINE = {name: kind for name, kind in quirks().items() if kind.__module__.rpartition(".")[2] in _FAMILIES}
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

# Parameters at their most different.
OTHERWISE: dict[str, dict[str, Any]] = {
    "attribute-lengths": {"lengths": {"Users": {"emails.value": 3}, f"{ENTERPRISE}:division": 1}},
    "attribute-names": {"names": {"emails": "mails", "name.familyName": "surname"}, "resources": "Users"},
    "attributes-left-out": {"attributes": [ENTERPRISE, "emails.type", "id", "schemas", "meta"]},
    "attributes-refused": {"attributes": ["*.value", "*.type"], "on": ["replace", "patch"]},
    "attributes-required": {"attributes": ["displayName"], "resources": [], "on": ["patch"]},
    "config-extra": {"fields": {"patch": 1, "filter": {"x": 1}}},
    "error-words": {"words": [{"status": 404, "answer": 410, "as_type": "x"}], "otherwise": ""},
    "filter-aliases": {"names": {"username": "emails", "id": 'active eq true or title co "x"'}},
    "filter-max-nodes": {"most": 1, "scim_type": ""},
    "mirrored-attributes": {"pairs": {"userName": "externalId", "displayName": "title"}},
    "most-resources": {"most": {"Users": 3}},
    "no-endpoints": {"endpoints": ["/", "Groups", ".search"]},
    "no-methods": {"methods": {"Users": ["DELETE", "GET"]}, "status": 404},
    "patch-attributes": {"resources": {"Users": ["emails"], "Groups": []}, "otherwise": "ignored"},
    "patch-not-removable": {"only": ["title"], "resources": []},
    "patch-once": {"attributes": []},
    "patch-op-aliases": {"aliases": {"add": "remove", "remove": "add"}},
    "primary-kept": {"attribute": "roles"},
    "primary-required": {"attributes": ["roles", "emails"]},
    "single-valued-multivalue": {"most": {"emails": 1, "members": 1}},
    "sort-only": {"attributes": [], "resources": "Groups"},
    "unique-attributes": {"attributes": {"Users": ["emails.type", "title"], "Groups": ["externalId"]}},
}


def test_each_has_a_test() -> None:
    files = [path for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name]
    text = "".join(path.read_text("utf-8") for path in files)
    shown = set(re.findall(r'"([a-z0-9-]+)"', text))
    assert set(MINE) - shown == set()
    assert set(OTHERWISE) <= {*MINE, *_OTHERS}


def test_all_say_what_they_do() -> None:
    for name, kind in MINE.items():
        assert (kind.__doc__ or "").strip() and kind.who and kind.standard, name
        assert kind(), name


@pytest.fixture(scope="module")
def site(control: httpx.Client) -> Iterator[tuple[httpx.Client, str]]:
    """One tenant for all examples, and its control URL."""
    about = control.put("/tenants/own-rules", json={"users": 0, "groups": 0}).json()
    headers = {"Authorization": f"Bearer {about['token']}"}
    with httpx.Client(base_url=about["base_url"], headers=headers, timeout=20) as client:
        yield client, about["control_url"]
    control.delete("/tenants/own-rules")


def _requests(ada: str, eva: str, staff: str) -> list[tuple[str, str, Any]]:
    emails: list[Any] = [
        {"value": "a@example.com", "type": "odd"},
        {"value": "b@example.com", "primary": True},
    ]
    user = {
        "schemas": [USER, ENTERPRISE],
        "userName": "new",
        "emails": emails,
        "name": {"familyName": "L"},
        ENTERPRISE: {"division": "one", "manager": {"value": "ada"}},
    }
    operations: list[Any] = [
        {"op": "add", "path": "emails", "value": emails},
        {"op": "add", "path": "emails", "value": emails[0]},
        {"op": "remove", "path": "emails"},
        {"op": "remove", "path": 'emails[type eq "odd"]'},
        {"op": "remove", "path": "emails", "value": [7, emails[0]]},
        {"op": "Update", "path": f"{ENTERPRISE}:manager", "value": "ada"},
        {"op": "replace", "path": f"{ENTERPRISE}:managerValue", "value": "eva"},
        {"op": "replace", "value": {"nickName": "countess", "mails": emails, "surname": None, ENTERPRISE: 5}},
        {"op": "replace", "path": "name", "value": {"surname": "K"}},
        {"op": "replace", "value": {"active": False, "title": "x" * 90}},
        {"op": 5, "path": {}, "value": []},
        7,
    ]
    found: list[tuple[str, str, Any]] = [
        ("POST", "/Users", user),
        ("POST", "/Users", {**user, "emails": "x", "photos": [None, 5]}),
        ("PUT", f"/Users/{eva}", {"schemas": [USER], "userName": "eva", "emails": emails, "active": True}),
        ("PUT", f"/Users/{eva}", {"username": "EVA", ENTERPRISE: None}),
        ("PUT", f"/Users/{eva}", [user]),
        ("PUT", f"/Groups/{staff}", {"schemas": [GROUP], "displayName": "Staff"}),
        ("PATCH", f"/Groups/{staff}", {"op": "add", "path": "members", "value": [{"value": eva}]}),
        ("GET", '/Users?filter=username eq "ada" or id pr&sortBy=meta.lastModified&attributes=mails', None),
        ("GET", "/Users?filter=restricted eq '1'&sortBy=managerValue", None),
        ("GET", '/Users?filter=emails[type eq "odd"] and (title pr or not (userName eq "x"))', None),
        ("POST", "/Users/.search", {"schemas": [SEARCH], "filter": 5, "sortBy": [], "attributes": [5]}),
        ("GET", "/?sortBy=title&sortOrder=descending", None),
        ("GET", "/Me", None),
        ("GET", f"/Users/{ada}?excludedAttributes=mails", None),
        ("GET", "/ServiceProviderConfig", None),
        ("GET", "/Nothing", None),
    ]
    for operation in operations:
        body = {"schemas": [PATCH_OP], "Operations": [operation]}
        found += [("PATCH", f"/Users/{ada}", body), ("PATCH", f"/Groups/{staff}", body)]
    found.append(("PATCH", f"/Users/{ada}", {"schemas": [PATCH_OP], "Operations": operations[:4]}))
    inner = [
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {**user, "userName": "bulk"}},
        {"method": "PUT", "path": f"/Users/{eva}", "data": user, "version": 'W/"1"'},
        {"method": "DELETE", "path": f"/Groups/{staff}"},
    ]
    found.append(("POST", "/Bulk", {"schemas": [BULK], "Operations": inner}))
    found.append(("DELETE", f"/Users/{ada}", None))
    return found


def _specs(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from([{"quirk": name}, {"quirk": name, **OTHERWISE.get(name, {})}])


chosen = st.lists(st.sampled_from(sorted({*MINE, *_OTHERS})), unique=True, max_size=14).flatmap(
    lambda names: st.tuples(*map(_specs, names))
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen)
def test_any_of_them_compose(
    site: tuple[httpx.Client, str],
    shared_server: Any,
    new_user: Callable[..., str],
    new_group: Callable[..., str],
    specs: tuple[dict[str, Any], ...],
) -> None:
    client, control = site
    httpx.put(f"{control}/quirks", json={"quirks": []}).raise_for_status()
    for endpoint in ("/Users", "/Groups"):
        for resource in client.get(endpoint, params={"count": 1000}).json()["Resources"]:
            assert client.delete(f"{endpoint}/{resource['id']}").status_code == 204
    given = {"emails": [{"value": "a@example.com", "type": "odd"}], ENTERPRISE: {"division": "long"}}
    ids = [new_user(client, name, externalId=name, **given) for name in ("ada", "eva")]
    staff = new_group(client, "Staff", *ids)
    switched = httpx.put(f"{control}/quirks", json={"quirks": list(specs)})
    assert switched.status_code == 200, switched.text
    for method, path, body in _requests(*ids, staff):
        answer = client.request(method, path, json=body) if body is not None else client.request(method, path)
        assert 200 <= answer.status_code < 500 or answer.status_code == 501, (method, path, body, answer.text)
        if answer.content:
            answer.json()
    # The standard answers tell what is stored.
    httpx.put(f"{control}/quirks", json={"quirks": []}).raise_for_status()
    users = client.get("/Users", params={"count": 1000}).json()["Resources"]
    for user in users:
        assert client.get(f"/Users/{user['id']}").json() == user
        found = client.get("/Users", params={"filter": f'userName eq "{user["userName"]}"'}).json()
        assert [item["id"] for item in found["Resources"]] == [user["id"]]
        again = client.put(f"/Users/{user['id']}", json=user)
        assert again.status_code == 200, again.text
        assert again.json()["meta"]["version"] == user["meta"]["version"]
    for group in client.get("/Groups", params={"count": 1000}).json()["Resources"]:
        assert {item["value"] for item in group.get("members", [])} <= {user["id"] for user in users}
    assert "Traceback" not in shared_server.log.read_text("utf-8")
