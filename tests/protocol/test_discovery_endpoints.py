"""Discovery (RFC 7644 section 4; RFC 7643 sections 5, 6, 7; RFC 9865 section 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
Fails = Callable[..., dict[str, Any]]


def test_service_provider_config(scim: httpx.Client) -> None:
    """RFC 7643 section 5: every REQUIRED feature is described."""
    config = scim.get("/ServiceProviderConfig").json()
    assert config["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]
    assert config["patch"]["supported"] is True
    assert config["bulk"] == {"supported": True, "maxOperations": 1000, "maxPayloadSize": 1048576}
    assert config["filter"]["supported"] is True
    assert isinstance(config["filter"]["maxResults"], int)
    for feature in ("changePassword", "sort", "etag"):
        assert config[feature]["supported"] is True
    schemes = config["authenticationSchemes"]
    assert schemes[0]["type"] == "oauthbearertoken"
    assert {"type", "name", "description"} <= schemes[0].keys()
    assert [scheme.get("primary") for scheme in schemes].count(True) <= 1
    assert config["meta"]["resourceType"] == "ServiceProviderConfig"
    assert config["meta"]["location"] == f"{scim.base_url}ServiceProviderConfig"


def test_pagination_is_advertised(scim: httpx.Client) -> None:
    """RFC 9865 section 4: the pagination object."""
    pagination = scim.get("/ServiceProviderConfig").json()["pagination"]
    assert pagination["cursor"] is True
    assert pagination["index"] is True
    assert pagination["defaultPaginationMethod"] == "index"
    assert all(
        isinstance(pagination[name], int) for name in ("defaultPageSize", "maxPageSize", "cursorTimeout")
    )


def test_okta_advertises_what_it_does(okta: httpx.Client, fails: Fails) -> None:
    """The configuration is true to the fixture: no bulk there, and 501 for who tries."""
    assert okta.get("/ServiceProviderConfig").json()["bulk"]["supported"] is False
    fails(okta.post("/Bulk", json={"schemas": [], "Operations": []}), 501)


@pytest.mark.parametrize(
    ("endpoint", "ids"), [("/ResourceTypes", {"User", "Group"}), ("/Schemas", {USER, GROUP, ENTERPRISE})]
)
def test_lists_and_entries(scim: httpx.Client, endpoint: str, ids: set[str]) -> None:
    """Section 4: lists are ListResponses, each entry can be read by its id and its location."""
    page = scim.get(endpoint).json()
    assert page["schemas"] == [LIST]
    assert page["totalResults"] == page["itemsPerPage"] == len(page["Resources"]) == len(ids)
    assert page["startIndex"] == 1
    assert {entry["id"] for entry in page["Resources"]} == ids
    for entry in page["Resources"]:
        assert scim.get(f"{endpoint}/{entry['id']}").json() == entry
        assert scim.get(entry["meta"]["location"]).json() == entry


def test_resource_types_lead_to_their_schemas(scim: httpx.Client) -> None:
    """RFC 7643 section 6."""
    user = scim.get("/ResourceTypes/User").json()
    assert user["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]
    assert (user["endpoint"], user["schema"]) == ("/Users", USER)
    assert user["schemaExtensions"] == [{"schema": ENTERPRISE, "required": False}]
    group = scim.get("/ResourceTypes/Group").json()
    assert (group["endpoint"], group["schema"]) == ("/Groups", GROUP)


def test_schema_documents(scim: httpx.Client) -> None:
    """RFC 7643 section 7: attributes with their characteristics."""
    schema = scim.get(f"/Schemas/{USER}").json()
    assert schema["schemas"] == ["urn:ietf:params:scim:schemas:core:2.0:Schema"]
    attributes = {attribute["name"]: attribute for attribute in schema["attributes"]}
    assert attributes["userName"]["uniqueness"] == "server"
    assert attributes["password"]["returned"] == "never"
    assert "id" not in attributes and "meta" not in attributes


@pytest.mark.parametrize(
    "endpoint", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", f"/Schemas/{USER}"]
)
def test_read_only(scim: httpx.Client, fails: Fails, endpoint: str) -> None:
    """Section 4: only GET (table 2), so 405 with Allow for everything else."""
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = scim.request(method, endpoint, json={})
        fails(answer, 405)
        assert "GET" in answer.headers["allow"]
    assert scim.head(endpoint).status_code == 200


@pytest.mark.parametrize("endpoint", ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"])
def test_a_filter_is_forbidden(scim: httpx.Client, fails: Fails, endpoint: str) -> None:
    """Section 4: if a filter is provided, the service provider SHOULD respond with 403."""
    fails(scim.get(endpoint, params={"filter": 'id eq "User"'}), 403)


@pytest.mark.parametrize(
    "path",
    [
        "/Schemas/urn:x",
        "/ResourceTypes/Robot",
        "/ServiceProviderConfig/1",
        "/Nothing",
        "/Users/1/2",
        "/Schemas/a/b",
    ],
)
def test_unknown(scim: httpx.Client, fails: Fails, path: str) -> None:
    fails(scim.get(path), 404)
