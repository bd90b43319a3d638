"""What identity providers send: refused or taken by the strict service, and taken with which switch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from scimmock.scim.policy import SWITCHES

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ADSCIM = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
CUSTOM = "urn:ietf:params:scim:schemas:extension:Badge:2.0:User"
ABSENT: Any = "(absent)"


@dataclass
class Row:
    """One form of a request.

    ``send`` is what a PATCH of the user (operations), a PUT or POST (a body) or a GET (a query) says;
    ``strict`` is the status of the strict service, ``switches`` are what it is accepted with, and
    ``stored`` what can be read afterwards, by path.  ``<id>``, ``<a>`` and ``<group>`` stand for ids.
    """

    name: str
    how: str
    send: Any
    strict: int
    switches: tuple[str, ...] = ()
    stored: dict[str, Any] = field(default_factory=dict)


def _op(op: str, path: str | None = None, value: Any = ABSENT) -> dict[str, Any]:
    parts = {"op": op, "path": path, "value": value}
    return {key: part for key, part in parts.items() if part is not None and part is not ABSENT}


ROLE = '{"id":"8774f594","value":"25","displayName":"Role1234"}'
ROWS = [
    Row("op-capitalized", "patch", [_op("Replace", "displayName", "Ada")], 200, (), {"displayName": "Ada"}),
    Row("op-capitalized", "patch", [_op("Add", "nickName", "Babs")], 200, (), {"nickName": "Babs"}),
    Row("op-capitalized", "patch", [_op("Remove", "title")], 200, (), {"title": ABSENT}),
    Row(
        "active-as-string",
        "patch",
        [_op("Replace", "active", "False")],
        400,
        ("boolean-strings",),
        {"active": False},
    ),
    Row(
        "active-as-string",
        "patch",
        [_op("Replace", "active", "false")],
        400,
        ("boolean-strings",),
        {"active": False},
    ),
    Row(
        "active-as-string",
        "patch",
        [_op("replace", None, {"active": "True"})],
        400,
        ("boolean-strings",),
        {"active": True},
    ),
    Row(
        "active-as-string",
        "patch",
        [_op("Replace", "active", "False")],
        400,
        ("store-wrong-types",),
        {"active": "False"},
    ),
    Row(
        "active-as-string",
        "post",
        {"userName": "eva", "active": "true"},
        400,
        ("boolean-strings",),
        {"active": True},
    ),
    Row("active-op-add", "patch", [_op("Add", "active", False)], 200, (), {"active": False}),
    Row(
        "active-as-string",
        "patch",
        [_op("Replace", "active", [{"$ref": None, "value": "False"}])],
        400,
        ("single-from-list", "boolean-strings"),
        {"active": False},
    ),
    Row(
        "remove-members-with-value",
        "patch-group",
        [_op("Remove", "members", [{"value": "<a>"}])],
        400,
        ("remove-with-value",),
        {"members.value": ["<id>"]},
    ),
    Row(
        "remove-members-with-value",
        "patch-group",
        [_op("Remove", "members", [{"$ref": None, "value": "<a>"}])],
        400,
        ("remove-with-value",),
        {"members.value": ["<id>"]},
    ),
    Row(
        "member-ref-null",
        "patch-group",
        [_op("Add", "members", [{"$ref": None, "value": "<a>"}])],
        204,
        (),
        {"members.value": ["<id>", "<a>"]},
    ),
    Row(
        "pathless-replace",
        "patch",
        [_op("replace", None, {"active": False, "title": "x"})],
        200,
        (),
        {"title": "x"},
    ),
    Row(
        "pathless-dotted-keys",
        "patch",
        [_op("replace", None, {"name.givenName": "Ada", f"{ENTERPRISE}:employeeNumber": "7"})],
        400,
        ("dotted-keys",),
        {"name": {"givenName": "Ada"}, ENTERPRISE: {"employeeNumber": "7"}},
    ),
    Row(
        "urn-colon-path",
        "patch",
        [_op("Add", f"{ENTERPRISE}:department", "Math")],
        200,
        (),
        {ENTERPRISE: {"department": "Math"}},
    ),
    Row(
        "urn-colon-path",
        "patch",
        [_op("Add", f"{ENTERPRISE}.department", "Math")],
        400,
        ("urn-dot-path",),
        {ENTERPRISE: {"department": "Math"}},
    ),
    Row(
        "urn-colon-path",
        "patch",
        [_op("add", f"{USER}.title", "Dr")],
        400,
        ("urn-dot-path",),
        {"title": "Dr"},
    ),
    Row(
        "valuepath-add-missing",
        "patch",
        [_op("Add", 'emails[type eq "work"].value', "ada@example.com")],
        400,
        ("value-path-creates",),
        {"emails": [{"type": "work", "value": "ada@example.com"}]},
    ),
    Row(
        "valuepath-add-missing",
        "patch",
        [_op("Add", 'addresses[type eq "other"].Formatted', "1 Main St")],
        400,
        ("value-path-creates",),
        {"addresses": [{"type": "other", "formatted": "1 Main St"}]},
    ),
    Row(
        "valuepath-add-missing",
        "patch",
        [_op("Add", 'roles[primary eq "True"].value', "Admin")],
        400,
        ("value-path-creates", "boolean-strings"),
        {"roles": [{"primary": True, "value": "Admin"}]},
    ),
    Row(
        "complex-as-string",
        "patch",
        [_op("Add", f"{ENTERPRISE}:manager", "271")],
        400,
        ("complex-from-string",),
        {ENTERPRISE: {"manager": {"value": "271"}}},
    ),
    Row(
        "complex-as-string",
        "patch",
        [_op("Add", "manager", [{"$ref": "http://example.com/Users/x", "value": "271"}])],
        400,
        ("single-from-list",),
        {f"{ENTERPRISE}|manager|value": "271"},
    ),
    Row(
        "json-in-string",
        "patch",
        [_op("Add", "roles", [{"value": ROLE}])],
        200,
        (),
        {"roles": [{"value": ROLE}]},
    ),
    Row(
        "json-in-string",
        "patch",
        [_op("Add", "roles", [{"value": ROLE}])],
        200,
        ("json-strings",),
        {"roles": [{"value": "25", "display": "Role1234"}]},
    ),
    Row(
        "json-in-string",
        "post",
        {"userName": "eva", "roles": [{"primary": True, "value": ROLE}]},
        201,
        ("json-strings",),
        {"roles": [{"primary": True, "value": "25", "display": "Role1234"}]},
    ),
    Row(
        "json-in-string",
        "raw-patch",
        {"schemas": [PATCH_OP], "Operations": '[{"op": "Replace", "path": "title", "value": "Dr"}]'},
        400,
        ("json-strings",),
        {"title": "Dr"},
    ),
    Row(
        "empty-string-removes",
        "patch",
        [_op("add", f"{ENTERPRISE}:manager", {"value": "1"}), _op("Replace", f"{ENTERPRISE}:manager", "")],
        400,
        ("empty-string-removes",),
        {ENTERPRISE: ABSENT},
    ),
    Row(
        "id-in-patch-value",
        "patch-group",
        [_op("replace", None, {"id": "<group>", "displayName": "New"})],
        400,
        ("ignore-read-only",),
        {"displayName": "New"},
    ),
    Row(
        "readonly-in-create",
        "post",
        {"userName": "eva", "id": "x", "meta": {"resourceType": "User"}, "groups": [], "roles": []},
        201,
        (),
        {"userName": "eva", "groups": ABSENT},
    ),
    Row("dummy-password", "post", {"userName": "eva", "password": "1mz050nq"}, 201, (), {"password": ABSENT}),
    Row("put-roundtrip", "put-back", {}, 200, (), {"userName": "ada", "title": "Countess"}),
    Row("full-push-empty", "patch-group", [_op("replace", "members", [])], 204, (), {"members": ABSENT}),
    Row("probe-random-guid", "get", "filter=userName+eq+%22cf4d78e8-cc4f-4d5d-b8b9-183561c0104a%22", 200),
    Row("probe-count2", "get", "startIndex=1&count=2", 200),
    Row("filter-plus-vs-%20", "get", "startIndex=1&count=100&filter=userName%20eq%20%22ada%22", 200),
    Row("filter-plus-vs-%20", "get", "filter=userName+eq+%22ada%22&startIndex=1&count=100", 200),
    Row("filter-unquoted", "get", "filter=externalId eq jyoung", 400, ("unquoted-filter-values",)),
    Row("excluded-members", "get-group", "excludedAttributes=members", 200),
    Row(
        "custom-urn-not-declared",
        "post",
        {"userName": "eva", ENTERPRISE: {"department": "Math"}},
        201,
        (),
        {ENTERPRISE: {"department": "Math"}},
    ),
    Row(
        "custom-urn-not-declared",
        "post",
        {"userName": "eva", CUSTOM: {"badge": "7"}},
        400,
        ("store-unknown-attributes",),
        {CUSTOM: {"badge": "7"}},
    ),
    Row(
        "ms-adscim-schema",
        "post-group",
        {"schemas": [GROUP, ADSCIM], "externalId": "8aa1a0c0", "displayName": "displayName"},
        400,
        ("unknown-schemas",),
        {"schemas": [GROUP], "externalId": "8aa1a0c0"},
    ),
    Row(
        "ms-adscim-schema",
        "post-group",
        {"schemas": [GROUP, ADSCIM], "displayName": "displayName"},
        400,
        ("store-unknown-attributes",),
        {"schemas": [GROUP, ADSCIM]},
    ),
    Row(
        "scim-11-body",
        "post",
        {
            "schemas": ["urn:scim:schemas:core:1.0"],
            "userName": "eva",
            "urn:scim:schemas:extension:enterprise:1.0": {"department": "Math"},
        },
        400,
        ("scim-1-bodies",),
        {"schemas": [USER, ENTERPRISE], ENTERPRISE: {"department": "Math"}},
    ),
    Row(
        "scim-11-body",
        "raw-patch",
        {"schemas": ["urn:scim:schemas:core:1.0"], "id": "<id>", "active": False},
        400,
        ("scim-1-bodies",),
        {"active": False},
    ),
    Row(
        "scim-11-body",
        "raw-patch-group",
        {"schemas": ["urn:scim:schemas:core:1.0"], "members": [{"value": "<a>", "operation": "delete"}]},
        400,
        ("scim-1-bodies",),
        {"members.value": ["<id>"]},
    ),
    Row(
        "scim-11-body",
        "raw-patch-group",
        {
            "schemas": ["urn:scim:schemas:core:1.0"],
            "meta": {"attributes": ["members"]},
            "members": [{"value": "<a>"}],
        },
        400,
        ("scim-1-bodies",),
        {"members.value": ["<a>"]},
    ),
    Row(
        "scim-11-body",
        "post",
        {
            "schemas": ["urn:scim:schemas:core:1.0"],
            "id": None,
            "userName": "eva",
            "active": "true",
            "managerId": "7",
        },
        400,
        ("scim-1-bodies", "boolean-strings", "drop-unknown-attributes"),
        {"active": True, "managerId": ABSENT},
    ),
    Row("omit-active", "post", {"userName": "eva"}, 201, (), {"active": ABSENT}),
    Row("id-null-in-create", "post", {"id": None, "userName": "eva"}, 201, (), {"userName": "eva"}),
    Row("probe-nonexistent-user", "get", 'filter=userName eq "nobody"', 200),
    Row(
        "one-op-per-attribute",
        "patch",
        [_op("Replace", "displayName", "A"), _op("Replace", "title", "B"), _op("Add", "nickName", "C")],
        200,
        (),
        {"displayName": "A", "title": "B", "nickName": "C"},
    ),
    Row("put-null-emails", "put", {"userName": "ada", "emails": None}, 200, (), {"emails": ABSENT}),
    Row(
        "empty-arrays-in-put",
        "put",
        {"userName": "ada", "addresses": [], "phoneNumbers": []},
        200,
        (),
        {"addresses": ABSENT},
    ),
    Row(
        "declares-unused-extension",
        "post",
        {"schemas": [ENTERPRISE, USER], "userName": "eva"},
        201,
        (),
        {"schemas": [USER, ENTERPRISE], ENTERPRISE: ABSENT},
    ),
    Row(
        "phone-as-tel-uri",
        "post",
        {"userName": "eva", "phoneNumbers": [{"type": "work", "value": "tel:+1-555-555-5555"}]},
        201,
        (),
        {"phoneNumbers": [{"type": "work", "value": "tel:+1-555-555-5555"}]},
    ),
    Row(
        "members-value-only",
        "patch-group",
        [_op("add", "members", [{"value": "<a>"}])],
        204,
        (),
        {"members.value": ["<id>", "<a>"]},
    ),
    Row("a path in lower case", "get-lower", "", 404, ("case-insensitive-path",)),
]

Send = Callable[[httpx.Client, Row], tuple[int, dict[str, Any]]]


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, id in ids.items():
            value = value.replace(f"<{name}>", id)
        return value
    if isinstance(value, dict):
        return {key: _filled(inner, ids) for key, inner in value.items()}
    return [_filled(inner, ids) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def sent(new_user: Callable[..., str], new_group: Callable[..., str]) -> Callable[..., Any]:
    """Send a row to a service; returns the status, the ids, and the resource as it is afterwards."""

    def send(client: httpx.Client, row: Row) -> tuple[int, dict[str, str], dict[str, Any]]:
        ids = {"id": new_user(client, "ada", title="Countess"), "a": new_user(client, "bob")}
        members = (
            [ids["id"], ids["a"]] if row.strict == 400 or "members" not in str(row.send) else [ids["id"]]
        )
        ids["group"] = new_group(client, "Staff", *members)
        body = _filled(row.send, ids)
        path = f"/Groups/{ids['group']}" if row.how.endswith("group") else f"/Users/{ids['id']}"
        how = row.how.removesuffix("-group")
        if how == "patch":
            body = {"schemas": [PATCH_OP], "Operations": body}
        if how in ("patch", "raw-patch"):
            answer = client.patch(path, json=body)
        elif how == "put":
            answer = client.put(path, json={"schemas": [USER], **body})
        elif how == "put-back":
            answer = client.put(path, json=client.get(path).json())
        elif how == "post":
            kind, schema = ("/Groups", GROUP) if row.how.endswith("group") else ("/Users", USER)
            answer = client.post(kind, json={"schemas": [schema], **body})
            path = answer.headers.get("location", path)
        elif how == "get-lower":
            return client.get(path.lower()).status_code, ids, client.get(path).json()
        else:
            answer = client.get(f"/{'Groups' if row.how.endswith('group') else 'Users'}?{body}")
        return answer.status_code, ids, client.get(path).json()

    return send


def _at(document: Any, path: str) -> Any:
    """Return what stands at ``a|b``, or the sub-attributes of all values at ``a.b``; ABSENT for nothing."""
    if "|" in path:
        first, _, rest = path.partition("|")
        return _at(document.get(first, {}), rest)
    if path == "members.value":
        return [item["value"] for item in document.get("members", [])]
    return document.get(path, ABSENT)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_clients_send(
    row: Row, tenant: Callable[..., httpx.Client], switch: Any, sent: Callable[..., Any]
) -> None:
    strict = tenant()
    status, ids, after = sent(strict, row)
    assert status == row.strict, after
    if not row.switches:
        assert {path: _at(after, path) for path in row.stored} == _filled(row.stored, ids)
        return
    lenient = tenant()
    switch(lenient, *row.switches)
    status, ids, after = sent(lenient, row)
    assert status in (200, 201, 204), after
    assert {path: _at(after, path) for path in row.stored} == _filled(row.stored, ids)


def test_the_switches_of_clients_are_all_shown() -> None:
    shown = {name for row in ROWS for name in row.switches}
    assert shown <= set(SWITCHES)
    # What these do stands in the tests of the engine, of members and of filters.
    others = {
        "schemas-optional",
        "several-primaries",
        "single-quoted-filter-values",
        "skip-unknown-members",
        "store-unknown-members",
        "sub-attribute-after-value-path",
        "unknown-filter-attributes",
    }
    assert set(SWITCHES) - shown == others


@pytest.mark.parametrize("row", [row for row in ROWS if len(row.switches) > 1], ids=lambda row: row.name)
def test_every_switch_of_a_row_is_needed(
    row: Row, tenant: Callable[..., httpx.Client], switch: Any, sent: Callable[..., Any]
) -> None:
    for left_out in row.switches:
        client = tenant()
        switch(client, *(name for name in row.switches if name != left_out))
        status, ids, after = sent(client, row)
        fits = {path: _at(after, path) for path in row.stored} == _filled(row.stored, ids)
        assert status >= 400 or not fits, left_out
