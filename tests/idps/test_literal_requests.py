"""The requests of identity providers as their documentation, logs and code have them, by a dry run."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from scimmock.idps.dry import DryTarget
from scimmock.idps.job import Job, load_client
from scimmock.idps.scenario import in_order
from scimmock.outgoing.timeline import DryTimeline
from tests.idps.made_dialect import Listener

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":['


@cache
def said(name: str) -> tuple[str, ...]:
    """Return the requests of an identity provider in all scenarios."""
    shown: list[str] = []
    client = load_client(name)
    target = DryTarget(shown.append, "http://app/scim/v2", client.dialect.protocol, "Bearer secret")
    job = Job(client, target, Listener(), DryTimeline(), users=6, groups=3, seed=1)
    job.play(in_order(["update", "membership", "lifecycle", "full-sync", "offboard", "import"]))
    return tuple(shown)


def lines(name: str, method: str) -> list[str]:
    """Return the targets of a method's requests."""
    asked = [
        text.split(" ")[1].removeprefix("/scim/v2") for text in said(name) if text.startswith(f"{method} ")
    ]
    assert asked
    return asked


def bodies(name: str, method: str, path: str) -> list[str]:
    """Return the bodies of the requests to a path as they are sent."""
    start = f"{method} /scim/v2{path}"
    return [
        text.split("\n\n", 1)[1].rstrip("\n")
        for text in said(name)
        if text.startswith(start) and "\n\n" in text
    ]


@pytest.mark.parametrize(
    ("name", "method", "target"),
    [
        ("okta", "GET", "/Users?startIndex=1&count=2"),
        ("okta", "GET", "/Groups?startIndex=1&count=100"),
        (
            "okta",
            "GET",
            "/Users?filter=userName%20eq%20%22makoto.yamamoto%40example.com%22&startIndex=1&count=100",
        ),
        ("okta", "GET", "/Users?startIndex=1&count=100"),
        (
            "okta",
            "GET",
            "/Groups?filter=displayName%20eq%20%22IT%20San%20Francisco%22&startIndex=1&count=100",
        ),
        ("entra", "GET", "/Users?filter=userName+eq+%22makoto.yamamoto%40example.com%22"),
        ("entra", "GET", "/Groups?excludedAttributes=members&filter=displayName+eq+%22IT+San+Francisco%22"),
        ("entra", "GET", "/Groups/group-1?excludedAttributes=members"),
        ("entra", "GET", "/Schemas"),
        ("entra", "GET", "/Users?filter=id+eq+%22user-2%22+and+manager+eq+%22user-1%22&attributes=id"),
        ("authentik", "GET", "/ServiceProviderConfig"),
        ("authentik", "GET", "/Users?startIndex=1"),
        ("google-workspace", "GET", "/Users?count=1"),
        ("onelogin", "GET", "/Users?filter=userName%20eq%20%22makoto.yamamoto%40example.com%22"),
        ("jumpcloud", "GET", "/Users"),
        ("sailpoint", "GET", "/ResourceTypes/User"),
        ("sailpoint", "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"),
    ],
)
def test_a_target(name: str, method: str, target: str) -> None:
    assert target in lines(name, method)


@pytest.mark.parametrize(
    ("name", "method", "path", "operations"),
    [
        ("okta", "PATCH", "/Users/", '{"op":"replace","value":{"active":false}}'),
        (
            "okta",
            "PATCH",
            "/Groups/",
            '{"op":"replace","value":{"id":"group-3","displayName":"Design Warsaw (new)"}}',
        ),
        ("okta", "PATCH", "/Groups/", '{"op":"replace","path":"members","value":[]}'),
        ("entra", "PATCH", "/Users/", '{"op":"Replace","path":"active","value":"False"}'),
        ("entra", "PATCH", "/Users/", f'{{"op":"Add","path":"{ENTERPRISE}:manager","value":"user-1"}}'),
        ("entra", "PATCH", "/Users/", f'{{"op":"Replace","path":"{ENTERPRISE}:manager","value":""}}'),
        ("entra@aadOptscim062020", "PATCH", "/Users/", '{"op":"replace","path":"active","value":false}'),
    ],
)
def test_a_patch(name: str, method: str, path: str, operations: str) -> None:
    assert f"{PATCH}{operations}]}}" in bodies(name, method, path)


@pytest.mark.parametrize(
    ("name", "beginning", "end"),
    [
        ("okta", '{"op":"remove","path":"members[value eq \\"user-', '\\"]"}]}'),
        ("okta", '{"op":"add","path":"members","value":[{"value":"user-', '"}]}]}'),
        ("entra", '{"op":"Add","path":"members","value":[{"$ref":null,"value":"user-', '"}]}]}'),
        ("entra", '{"op":"Remove","path":"members","value":[{"$ref":null,"value":"user-', '"}]}]}'),
        ("entra@aadOptscim062020", '{"op":"remove","path":"members[value eq \\"user-', '\\"]"}]}'),
        ("authentik", '{"op":"add","path":"members","value":[{"value":"user-', '"}]}]}'),
        ("authentik", '{"op":"remove","path":"members","value":[{"value":"user-', '"}]}]}'),
    ],
)
def test_a_patch_of_members(name: str, beginning: str, end: str) -> None:
    found = [body for body in bodies(name, "PATCH", "/Groups/") if body.startswith(PATCH + beginning)]
    assert found
    assert all(body.endswith(end) for body in found)


def test_with_the_flag_several_changes_are_one_value_with_dotted_keys() -> None:
    found = [
        operation["value"]
        for body in bodies("entra@aadOptscim062020", "PATCH", "/Users/")
        for operation in json.loads(body)["Operations"]
        if "path" not in operation
    ]
    assert any("name.familyName" in value and "displayName" in value for value in found)
    assert {} not in found


def test_without_the_flag_each_attribute_has_its_path() -> None:
    found = [
        [operation["path"] for operation in json.loads(body)["Operations"]]
        for body in bodies("entra", "PATCH", "/Users/")
    ]
    assert ["displayName", "name.familyName"] in found


KEYS: list[tuple[str, str, list[str]]] = [
    (
        "okta",
        "/Users",
        [
            "schemas",
            "userName",
            "name",
            "emails",
            "displayName",
            "locale",
            "externalId",
            "groups",
            "password",
            "active",
        ],
    ),
    (
        "entra",
        "/Users",
        [
            "schemas",
            "externalId",
            "userName",
            "active",
            "displayName",
            "emails",
            "meta",
            "name",
            ENTERPRISE,
            "roles",
        ],
    ),
    ("authentik", "/Users", ["schemas", "active", "emails", "name", "displayName", "userName"]),
    ("keycloak", "/Users", ["schemas", "externalId", "userName", "displayName", "name", "emails", "active"]),
    (
        "jumpcloud",
        "/Users",
        ["active", "displayName", "emails", "externalId", "locale", "name", "schemas", "userName"],
    ),
    ("entra", "/Groups", ["schemas", "externalId", "displayName", "meta"]),
    ("okta", "/Groups", ["schemas", "displayName", "members"]),
]


@pytest.mark.parametrize(
    ("name", "path", "keys"), KEYS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_order_of_a_new_resource(name: str, path: str, keys: list[str]) -> None:
    for body in bodies(name, "POST", path):
        document: dict[str, Any] = json.loads(body)
        assert [key for key in document if key in keys] == keys
        assert body == json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def test_the_headers_of_okta() -> None:
    text = next(text for text in said("okta") if text.startswith("POST "))
    assert text.partition("\nContent-Length")[0].split("\n") == [
        "POST /scim/v2/Users HTTP/1.1",
        "Host: app",
        "Authorization: Bearer ***",
        "Accept: application/scim+json",
        "Accept-Charset: utf-8",
        "Accept-Encoding: gzip,deflate",
        "Content-Type: application/scim+json; charset=utf-8",
        "User-Agent: Okta SCIM Client 1.0.0",
        "Connection: Keep-Alive",
    ]
    text = next(text for text in said("okta") if text.startswith("GET "))
    assert "Content-Type" not in text
    assert "secret" not in "".join(said("okta"))


def test_okta_never_deletes_users_and_aiw_never_patches() -> None:
    assert not [text for text in said("okta") if text.startswith("DELETE /scim/v2/Users")]
    assert not [text for text in said("okta@aiw") if text.startswith("PATCH ")]
    assert bodies("okta@aiw", "PUT", "/Groups/")


def test_the_same_seed_says_the_same() -> None:
    before = said("entra")
    said.cache_clear()
    assert said("entra") == before


def test_content_length_counts_bytes() -> None:
    for text in said("authentik"):
        if "\n\n" in text:
            head, body = text.split("\n\n", 1)
            assert int(head.rpartition("Content-Length: ")[2]) == len(body.rstrip("\n").encode())
