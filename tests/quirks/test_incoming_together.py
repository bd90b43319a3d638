"""Quirks of what comes in, all of them and together: each is shown, and any of them compose."""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scimmock.quirks.base import quirks
from scimmock.scim.policy import SWITCHES

_FILES = (
    "methods",
    "patching",
    "members",
    "filtering",
    "lifecycle",
    "identity",
    "requests",
    "presets",
    "rate_limits",
)
_CATALOGUE = "scimmock.quirks.catalogue"
MINE = {
    name: kind
    for name, kind in quirks().items()
    if kind.__module__ in [importlib.import_module(f"{_CATALOGUE}.{file}").__name__ for file in _FILES]
}
PLAIN = sorted(name for name, kind in MINE.items() if not kind().rules())
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
_numbers = itertools.count(1)


def test_each_has_a_test() -> None:
    text = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    shown = set(re.findall(r'(?:both|each|ask)\(\s*(?:\{"quirk": )?"([a-z0-9-]+)"', text))
    shown |= set(re.findall(r'(?:switch\(frozen, |\(|"quirk": )"(rate-limit-[a-z]+)"', text))
    assert set(MINE) - shown == set()


def test_all_say_what_they_do() -> None:
    for name, kind in MINE.items():
        sentence = (kind.__doc__ or "").strip()
        assert sentence and kind.who and kind.standard, name
        assert kind(), name


@pytest.fixture(scope="module")
def site(control: httpx.Client) -> Iterator[tuple[httpx.Client, str]]:
    """One tenant for all examples, and its control URL."""
    about = control.put("/tenants/quirks-together", json={"users": 0, "groups": 0}).json()
    headers = {"Authorization": f"Bearer {about['token']}"}
    with httpx.Client(base_url=about["base_url"], headers=headers, timeout=20) as client:
        yield client, about["control_url"]
    control.delete("/tenants/quirks-together")


def _requests(name: str, ids: list[str], groups: list[str]) -> list[tuple[str, str, Any]]:
    """Return requests of all kinds, for resources that may be there."""
    one, other, group = ids[0], ids[-1], groups[0]
    members = [{"value": one}, {"value": other, "display": "x"}, {"value": "nobody"}]
    operations: list[Any] = [
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "value": {"displayName": name, "externalId": name}},
        {"op": "add", "path": 'emails[type eq "work"].value', "value": "a@example.com"},
        {"op": "replace", "path": "userName", "value": f"{name}@Example.com"},
        {"op": "replace", "path": "active", "value": True},
    ]
    on_groups: list[Any] = [
        {"op": "add", "path": "members", "value": [{"value": one}]},
        {"op": "remove", "path": f'members[value eq "{one}"]'},
        {"op": "remove", "path": "members", "value": [{"value": other}, {"value": one}]},
        {"op": "replace", "value": {"displayName": name}},
        {"op": "replace", "path": "members", "value": members},
        {"op": "remove", "path": "members"},
    ]
    emails = [{"value": f"{name}@example.com", "type": "work"}, {"value": "b@example.com"}]
    user = {"schemas": [USER], "userName": name, "emails": emails, "externalId": name}
    found: list[tuple[str, str, Any]] = [
        ("POST", "/Users", {**user, "userName": name.upper()}),
        ("PUT", f"/Users/{one}", user),
        ("PUT", f"/Groups/{group}", {"schemas": [GROUP], "displayName": name, "members": members[:2]}),
        ("GET", '/Users?filter=userName eq "X" or active pr and title sw "y"', None),
        ("GET", "/Users?count=3&startIndex=2&sortBy=userName", None),
        ("GET", "/groups?cursor=", None),
        ("POST", "/Users/.search", {"schemas": ["urn:x"], "filter": 5}),
        ("PATCH", f"/Users/{one}", [1, None]),
        ("PATCH", f"/Groups/{group}", {"schemas": [PATCH_OP], "Operations": "no list"}),
        ("PATCH", f"/Groups/{group}", {"schemas": [PATCH_OP], "Operations": [7, {"op": 3, "path": 4}]}),
        ("GET", f"/Groups/{group}?excludedAttributes=members", None),
    ]
    for operation in operations:
        found.append(("PATCH", f"/Users/{one}", {"schemas": [PATCH_OP], "Operations": [operation]}))
    for operation in (*on_groups, on_groups[:3]):
        listed = operation if isinstance(operation, list) else [operation]
        found.append(("PATCH", f"/Groups/{group}", {"schemas": [PATCH_OP], "Operations": listed}))
    bulk = [
        {
            "method": "PATCH",
            "path": f"/Users/{other}",
            "data": {"schemas": [PATCH_OP], "Operations": operations},
        },
        {"method": "DELETE", "path": f"/Users/{other}"},
        {"method": "POST", "path": "/Users", "bulkId": "b", "data": {**user, "externalId": f"{name}-b"}},
    ]
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]
    return [
        *found,
        ("POST", "/Bulk", {"schemas": schemas, "Operations": bulk}),
        ("DELETE", f"/Users/{one}", None),
    ]


def _all(client: httpx.Client, endpoint: str) -> list[dict[str, Any]]:
    answer = client.get(endpoint, params={"count": 1000})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["Resources"]
    return found


def _check_directory(client: httpx.Client) -> None:
    """What the strict service says of users and of groups fits together."""
    users, groups = _all(client, "/Users"), _all(client, "/Groups")
    belongs = {user["id"]: {item["value"] for item in user.get("groups", [])} for user in users}
    for user in users:
        assert client.get(f"/Users/{user['id']}").json() == user
        found = client.get("/Users", params={"filter": f'userName eq "{user["userName"]}"'}).json()
        assert user["id"] in [item["id"] for item in found["Resources"]]
    for group in groups:
        for member in group.get("members", []):
            assert group["id"] in belongs.get(member["value"], {group["id"]})
    members = {group["id"]: {item["value"] for item in group.get("members", [])} for group in groups}
    for id, above in belongs.items():
        assert all(id in members[group] for group in above)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from([*PLAIN, *PLAIN, *SWITCHES]), unique=True, max_size=12))
def test_any_of_them_compose(
    chosen: list[str],
    site: tuple[httpx.Client, str],
    shared_server: Any,
    new_user: Callable[..., str],
    new_group: Callable[..., str],
) -> None:
    client, control = site
    httpx.put(f"{control}/quirks", json={"quirks": []})
    for endpoint in ("/Users", "/Groups"):
        for resource in _all(client, endpoint):
            assert (
                client.delete(
                    f"{endpoint}/{httpx.URL(resource['meta']['location']).raw_path.decode().rpartition('/')[2]}"
                ).status_code
                == 204
            )
    name = f"n{next(_numbers)}"
    ids = [new_user(client, f"{name}-{place}", externalId=f"{name}-{place}") for place in range(3)]
    groups = [new_group(client, name, *ids)]
    answer = httpx.put(f"{control}/quirks", json={"quirks": chosen})
    assert answer.status_code == 200, answer.text
    for method, path, body in _requests(name, ids, groups):
        got = client.request(method, path, json=body) if body is not None else client.request(method, path)
        assert 200 <= got.status_code < 500 or got.status_code == 501, (method, path, body, got.text)
        if method == "POST" and path == "/Bulk" and got.status_code == 200:
            assert all(item["status"] < "500" or item["status"] == "501" for item in got.json()["Operations"])
    httpx.put(f"{control}/quirks", json={"quirks": []})
    _check_directory(client)
    assert "Traceback" not in shared_server.log.read_text("utf-8")
