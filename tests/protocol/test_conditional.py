"""Versions and conditional requests (RFC 7644 section 3.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
Fails = Callable[..., dict[str, Any]]
Patch = Callable[..., httpx.Response]
RENAME = {"op": "replace", "path": "displayName", "value": "New"}


def test_not_modified(scim: httpx.Client, user: Make, patch: Patch) -> None:
    """If-None-Match with the current version is 304 without a body, until something changes."""
    ada = user(scim)
    path, version = f"/Users/{ada['id']}", ada["meta"]["version"]
    for tag in (version, version.removeprefix("W/"), "*", f'"other", {version}'):
        answer = scim.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == version
    patch(scim, path, RENAME)
    assert scim.get(path, headers={"If-None-Match": version}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_if_match(scim: httpx.Client, user: Make, patch: Patch, fails: Fails, method: str) -> None:
    """A write with an old version is 412 and changes nothing; with the current one or * it is done."""
    ada = user(scim, "ada")
    path, old = f"/Users/{ada['id']}", ada["meta"]["version"]
    patch(scim, path, RENAME)
    current = scim.get(path).json()
    body: dict[str, Any] = {"schemas": ada["schemas"], "userName": "ada", "title": "x"}
    if method == "PATCH":
        body = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{"op": "remove", "path": "displayName"}],
        }

    def send(tag: str) -> httpx.Response:
        return scim.request(method, path, json=body, headers={"If-Match": tag})

    fails(send(old), 412)
    assert scim.get(path).json() == current
    assert send(f'W/"x", {current["meta"]["version"]}').is_success
    if method != "DELETE":
        assert send("*").is_success


def test_an_unchanged_resource_keeps_its_version(scim: httpx.Client, user: Make, patch: Patch) -> None:
    ada = user(scim, displayName="New")
    answer = patch(scim, f"/Users/{ada['id']}", RENAME)
    assert answer.json() == ada
    assert answer.headers["etag"] == ada["meta"]["version"]


def test_versions_never_come_again(scim: httpx.Client, user: Make, patch: Patch) -> None:
    ada = user(scim)
    seen = {ada["meta"]["version"]}
    for number in range(6):
        operation = {"op": "replace", "path": "title", "value": str(number % 2)}
        version = patch(scim, f"/Users/{ada['id']}", operation).json()["meta"]["version"]
        assert version not in seen
        seen.add(version)
