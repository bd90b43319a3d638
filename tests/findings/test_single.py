from __future__ import annotations

from typing import Any

import pytest

from .conftest import Session

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def user(**attributes: Any) -> dict[str, Any]:
    return {"schemas": [USER], "userName": "bjensen", **attributes}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (user(), []),
        (user(externalId="b", name={"formatted": "Ms. B", "familyName": "J", "givenName": "B"}), []),
        (user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"manager": {"value": "1"}}}), []),
        (user(title=None, emails=[], USERTYPE="x", phoneNumbers=[{"value": "tel:+1-555"}]), []),
        (user(active="False"), ["boolean-as-string"]),
        (user(**{ENTERPRISE: {"manager": "26"}}), ["complex-as-string", "extension-not-declared"]),
        (user(schemas=[USER, ENTERPRISE], **{ENTERPRISE: {"manager": ""}}), ["empty-string-removes"]),
        (user(shoeSize=4), ["unknown-attribute"]),
        (user(name={"givenname": "B", "familiyName": "J"}), ["unknown-attribute"]),
        (user(title=5), ["wrong-type"]),
        (user(emails={"value": "a"}), ["wrong-type"]),
        (user(roles=[{"value": '{"id": "1"}'}]), ["json-in-string"]),
        (
            user(emails=[{"value": "a", "primary": True}, {"value": "b", "primary": True}]),
            ["several-primaries"],
        ),
        (user(emails=[{"value": "a", "display": None}]), ["null-in-value"]),
        (user(id=None), ["id-in-create"]),
        (user(groups=[], meta={"resourceType": "User"}), ["read-only-in-create"] * 2),
        ({"userName": "b"}, ["schemas-missing"]),
        (user(schemas=[ENTERPRISE], **{ENTERPRISE: {}}), ["schemas-wrong"]),
        (user(schemas=[USER, "http://schemas.microsoft.com/2006/11/ADSCIM"]), ["schemas-wrong"]),
        (user(schemas=[USER, ENTERPRISE]), ["extension-unused"]),
        ({"schemas": ["urn:scim:schemas:core:1.0"], "userName": "b"}, ["schemas-wrong", "scim-1-body"]),
        ({"schemas": [USER]}, ["required-missing"]),
        (user(username="b"), ["attribute-twice"]),
        (user(locale="en_US"), ["locale-no-language-tag"]),
        (user(addresses=[{"country": "USA"}]), ["country-not-alpha-2"]),
        (b"{", ["body-not-json"]),
        (b"[1]", ["body-not-json"]),
        (
            b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a","userName":"b"}',
            ["key-twice"],
        ),
    ],
)
def test_creates(session: Session, body: Any, names: list[str]) -> None:
    assert sorted(session.names("POST", "/Users", body, status=201)) == sorted(names)


@pytest.mark.parametrize(
    ("operation", "names"),
    [
        ({"op": "replace", "path": "active", "value": False}, []),
        ({"op": "replace", "value": {"active": False, "name": {"givenName": "B"}}}, []),
        ({"op": "add", "value": {"emails": [{"value": "b@x.org", "type": "home"}], "nickname": "B"}}, []),
        ({"op": "replace", "path": "name.familyName", "value": "J"}, []),
        ({"op": "remove", "path": 'emails[type eq "work" and value ew "example.com"]'}, []),
        ({"op": "replace", "path": f"{ENTERPRISE}:department", "value": "x"}, []),
        ({"op": "replace", "value": {ENTERPRISE: {"department": "x"}}}, []),
        ({"op": "Replace", "path": "active", "value": "False"}, ["boolean-as-string", "op-case"]),
        ({"op": "move", "path": "active"}, ["op-unknown"]),
        ({"op": "add", "path": "active", "value": True}, ["active-by-add"]),
        ({"op": "add", "path": "title"}, ["patch-value-missing"]),
        ({"op": "remove"}, ["remove-without-path"]),
        ({"op": "remove", "path": "emails", "value": [{"value": "b"}]}, ["remove-with-value"]),
        ({"op": "replace", "value": {"name.givenName": "B"}}, ["pathless-dotted-key"]),
        ({"op": "replace", "value": {f"{ENTERPRISE}:department": "x"}}, ["pathless-qualified-key"]),
        ({"op": "replace", "value": "x"}, ["pathless-no-object"]),
        ({"op": "replace", "path": f"{ENTERPRISE}.department", "value": "x"}, ["path-dot-after-urn"]),
        ({"op": "replace", "path": "emails[", "value": "x"}, ["path-invalid", "path-unknown-attribute"]),
        ({"op": "replace", "path": "emails[type is 5].value", "value": "x"}, ["path-invalid"]),
        ({"op": "replace", "path": 'roles[primary eq "True"].value', "value": "x"}, ["path-filter-value"]),
        ({"op": "replace", "path": "shoeSize", "value": 4}, ["path-unknown-attribute"]),
        ({"op": "replace", "path": "id", "value": "x"}, ["read-only-in-patch"]),
        ({"op": "replace", "value": {"id": "2"}}, ["id-in-patch-value"]),
        ({"op": "add", "path": f"{ENTERPRISE}:manager", "value": "271"}, ["complex-as-string"]),
    ],
)
def test_patches(session: Session, operation: Any, names: list[str]) -> None:
    body = {"schemas": [PATCH_OP], "Operations": [operation]}
    assert sorted(session.names("PATCH", "/Users/2", body)) == sorted(names)


def test_a_path_that_selects_nothing(session: Session) -> None:
    body = {
        "schemas": [PATCH_OP],
        "Operations": [{"op": "replace", "path": 'emails[type eq "work"].value', "value": "b@x.org"}],
    }
    home = {"emails": [{"type": "home", "value": "a"}]}
    assert session.names("PATCH", "/Users/2", body, status=400, before=home) == ["path-no-target"]
    assert session.names("PATCH", "/Users/2", body, answer={"scimType": "noTarget"}, status=400) == [
        "path-no-target"
    ]
    work = {"emails": [{"type": "Work", "value": "a"}]}
    assert session.names("PATCH", "/Users/2", body, before=work) == []


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("filter=userName+eq+%22a%22&startIndex=1&count=100", []),
        ("filter=title%20pr%20and%20not%20(emails.type%20eq%20%22work%22)", []),
        ("filter=emails[type+eq+%22work%22]&attributes=userName,name.givenName", []),
        ("filter=externalId+eq+jyoung", ["filter-unquoted-value"]),
        ("filter=userName+is+%22a%22", ["filter-syntax"]),
        ("filter=emails[type+eq+%22work%22].value+eq+%22x%22", ["filter-after-brackets"]),
        ("filter=usrName+eq+%22a%22", ["filter-unknown-attribute"]),
        ("filter=active+eq+%22true%22", ["filter-boolean-as-string"]),
        ("filter=active+gt+true", ["filter-not-comparable"]),
        ("filter=password+eq+%22hunter22%22", ["filter-password-in-url"]),
        ("startIndex=0", ["start-index-below-1"]),
        ("count=-1", ["count-negative"]),
        ("count=many", ["page-not-a-number"]),
        ("startindex=5", ["parameter-misspelled"]),
        ("attributes=userName&excludedAttributes=name", ["attributes-and-excluded"]),
        ("attributes=shoeSize", ["selection-unknown-attribute"]),
        ("sortBy=userName&sortOrder=up", ["sort-order-unknown"]),
        ("access_token=hunter22", ["secret-in-url"]),
        ("filter=userName+eq+%22" + "a" * 2000 + "%22", ["filter-long-url"]),
    ],
)
def test_queries(session: Session, query: str, names: list[str]) -> None:
    found = session.send("GET", "/Users", query=query)
    assert [finding.name for finding in found] == names
    assert not any("hunter22" in finding.message for finding in found)


def test_the_nearest_name_is_told(session: Session) -> None:
    (found,) = session.send("GET", "/Users", query="filter=usrName+eq+%22a%22")
    assert "'userName'" in found.message
    assert found.as_dict()["section"] == "RFC 7644 section 3.4.2.2"


@pytest.mark.parametrize(
    ("method", "path", "options", "names"),
    [
        ("POST", "/Users", {"headers": {"content-type": "application/json"}}, ["content-type-json"]),
        (
            "POST",
            "/Users",
            {"headers": {"content-type": "text/plain"}, "status": 415},
            ["content-type-wrong"],
        ),
        ("POST", "/Users", {"headers": {"if-match": "*"}}, ["if-match-on-create", "if-match-any"]),
        ("POST", "/Users/", {}, ["trailing-slash"]),
        ("POST", "/Users", {"headers": {"accept": "text/html"}}, ["accept-unusable"]),
        ("POST", "/Users", {"headers": {"x-http-method-override": "PATCH"}}, ["method-override"]),
        ("POST", "/Users/1", {"status": 405}, ["method-not-allowed"]),
        ("POST", "/users", {"status": 404, "operation": None, "resource": None}, ["endpoint-unknown"]),
    ],
)
def test_requests(
    session: Session, method: str, path: str, options: dict[str, Any], names: list[str]
) -> None:
    assert session.names(method, path, user(), **options) == names


def test_reads(session: Session) -> None:
    assert session.names("GET", "/Users/1", headers={"if-none-match": 'W/"1"'}) == []
    assert session.names("GET", "/Users/1", headers={"if-none-match": "1"}) == ["if-match-syntax"]
    assert session.names("GET", "/Users/2", headers={"content-length": "2"}) == ["body-on-read"]
    assert session.names("PATCH", "/Users/1", status=400) == ["body-missing"]


def test_bulk(session: Session) -> None:
    post = {"method": "POST", "path": "/Users", "bulkId": "q", "data": user()}
    group = {"schemas": [GROUP], "displayName": "G", "members": [{"value": "bulkId:q"}]}
    second = {"method": "POST", "path": "/Groups", "bulkId": "r", "data": group}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]

    def names(*operations: Any) -> list[str]:
        return session.names("POST", "/Bulk", {"schemas": schemas, "Operations": list(operations)})

    assert names(post, second, {"method": "DELETE", "path": "/Users/1"}) == []
    assert names(post, {**second, "bulkId": "q"}) == ["bulk-id-twice"]
    assert names(second) == ["bulk-id-unresolved"]
    assert names({**post, "bulkId": None}) == ["bulk-id-missing"]
    assert names({**post, "data": user(active="True")}) == ["boolean-as-string"]
    assert names({"method": "PUT", "path": "/Users", "data": user()}) == ["bulk-operation"]
    assert names() == ["bulk-operation"]


def test_no_secret_is_told(session: Session) -> None:
    body = user(password=["hunter22"], title={"value": "hunter22"}, hunter22="x")
    found = session.send("POST", "/Users", body, headers={"authorization": "Bearer tokentoken"})
    assert found
    assert not any("hunter22" in finding.message for finding in found)
