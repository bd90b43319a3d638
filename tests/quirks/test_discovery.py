"""Quirks of what a service says about itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from scimmock.quirks.base import quirks

Switch = Callable[..., None]
CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ENDPOINTS = ("ServiceProviderConfig", "ResourceTypes", "Schemas")

TESTED = {"no-discovery", "spc-plural-path", "spc-missing-fields", "patch-lies"}


def test_every_quirk_of_discovery_is_tested() -> None:
    known = {name for name, kind in quirks().items() if kind.__module__.endswith(".discovery")}
    assert known == TESTED


def _statuses(client: httpx.Client) -> list[int]:
    return [client.get(f"/{endpoint}").status_code for endpoint in ENDPOINTS]


@pytest.mark.parametrize(
    ("parameters", "statuses"),
    [
        ({}, [404, 404, 404]),
        ({"endpoints": "ServiceProviderConfig"}, [404, 200, 200]),
        ({"endpoints": ["ResourceTypes", "Schemas"]}, [200, 404, 404]),
    ],
)
def test_discovery_is_missing(
    scim: httpx.Client, switch: Switch, parameters: dict[str, Any], statuses: list[int]
) -> None:
    assert _statuses(scim) == [200, 200, 200]
    switch(scim, {"quirk": "no-discovery", **parameters})
    assert _statuses(scim) == statuses
    missing = ENDPOINTS[statuses.index(404)]
    assert scim.get(f"/{missing}").json()["status"] == "404"
    assert scim.post(f"/{missing}", json={}).status_code == 404
    assert scim.get("/Users").status_code == 200


def test_the_configuration_has_the_path_of_the_older_standard(scim: httpx.Client, switch: Switch) -> None:
    standard = scim.get("/ServiceProviderConfig")
    assert (standard.status_code, scim.get("/ServiceProviderConfigs").status_code) == (200, 404)
    switch(scim, "spc-plural-path")
    quirky = scim.get("/ServiceProviderConfigs")
    assert (scim.get("/ServiceProviderConfig").status_code, quirky.status_code) == (404, 200)
    assert quirky.headers["content-type"] == "application/scim+json"
    assert quirky.json()["schemas"] == [CONFIG]
    assert quirky.json()["patch"] == standard.json()["patch"]
    assert scim.head("/ServiceProviderConfigs").status_code == 200
    assert scim.get("/ServiceProviderConfigs", headers={"Authorization": "Bearer no"}).status_code == 401
    assert scim.post("/ServiceProviderConfigs", json={}).status_code == 405
    assert scim.get("/ServiceProviderConfigz").status_code == 404


def test_the_configuration_at_the_other_path_has_its_quirks(scim: httpx.Client, switch: Switch) -> None:
    switch(scim, "spc-plural-path", "spc-missing-fields", "error-empty-body")
    assert "maxResults" not in scim.get("/ServiceProviderConfigs").json()["filter"]


def test_the_configuration_lacks_required_fields(scim: httpx.Client, switch: Switch) -> None:
    standard = scim.get("/ServiceProviderConfig").json()
    assert set(standard["bulk"]) == {"supported", "maxOperations", "maxPayloadSize"}
    assert set(standard["filter"]) == {"supported", "maxResults"}
    switch(scim, "spc-missing-fields")
    quirky = scim.get("/ServiceProviderConfig").json()
    assert quirky["bulk"] == {"supported": True} and quirky["filter"] == {"supported": True}
    switch(scim, {"quirk": "spc-missing-fields", "fields": ["etag", "bulk.supported", "nothing.at.all"]})
    other = scim.get("/ServiceProviderConfig").json()
    assert "etag" not in other and "supported" not in other["bulk"]
    assert other["filter"] == standard["filter"]


def _said(client: httpx.Client) -> dict[str, bool]:
    config = client.get("/ServiceProviderConfig").json()
    said = {
        name: config[name]["supported"]
        for name in ("patch", "bulk", "filter", "changePassword", "sort", "etag")
    }
    return said | {name: config["pagination"][name] for name in ("cursor", "index")}


def test_the_configuration_denies_a_patch_that_works(scim: httpx.Client, switch: Switch) -> None:
    standard = _said(scim)
    assert all(standard.values())
    switch(scim, "patch-lies")
    assert _said(scim) == standard | {"patch": False}
    user = scim.post(
        "/Users", json={"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada"}
    )
    operation = {"op": "replace", "path": "displayName", "value": "Ada"}
    body = {"schemas": [PATCH_OP], "Operations": [operation]}
    assert scim.patch(f"/Users/{user.json()['id']}", json=body).status_code == 200


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("patch", "patch"),
        ("bulk", "bulk"),
        ("filter", "filter"),
        ("change_password", "changePassword"),
        ("sort", "sort"),
        ("etag", "etag"),
        ("cursor", "cursor"),
        ("index", "index"),
    ],
)
def test_any_capability_can_be_denied(scim: httpx.Client, switch: Switch, parameter: str, name: str) -> None:
    standard = _said(scim)
    switch(scim, {"quirk": "patch-lies", parameter: False})
    assert _said(scim) == standard | {name: False}


def test_a_capability_can_be_claimed(scim: httpx.Client, switch: Switch) -> None:
    switch(scim, "no-paging")
    assert (_said(scim)["index"], _said(scim)["cursor"]) == (False, False)
    switch(scim, "no-paging", {"quirk": "patch-lies", "index": True, "cursor": True})
    assert (_said(scim)["index"], _said(scim)["cursor"]) == (True, True)
