"""One line for each exchange: what it says, and what it never says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.journal.words import describe
from scimmock.traffic.exchange import Exchange

BJENSEN = {"schemas": ["x"], "id": "1", "userName": "bjensen", "active": True, "meta": {"version": "1"}}
SALES = {"id": "2", "displayName": "Sales", "members": [{"value": "1"}]}


def body(document: Any) -> bytes:
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("operation", "resource", "fields", "line"),
    [
        ("create", "Users", {"status": 201, "after": BJENSEN}, "POST User bjensen -> 201"),
        ("create", "Users", {"status": 201, "request_body": body(BJENSEN)}, "POST User bjensen -> 201"),
        (
            "create",
            "Users",
            {"status": 409, "request_body": body(BJENSEN), "response_body": b'{"scimType": "uniqueness"}'},
            "POST User bjensen -> 409 uniqueness",
        ),
        (
            "patch",
            "Users",
            {"before": BJENSEN, "after": BJENSEN | {"active": False, "meta": {"version": "2"}}},
            "PATCH User bjensen: active true -> false",
        ),
        (
            "patch",
            "Users",
            {"before": BJENSEN, "after": BJENSEN | {"name": {"givenName": "Bo"}, "password": "{sha256}x"}},
            'PATCH User bjensen: name.givenName set to "Bo", password changed',
        ),
        ("patch", "Users", {"before": BJENSEN, "after": BJENSEN}, "PATCH User bjensen: nothing changed"),
        (
            "replace",
            "Users",
            {"before": BJENSEN | {"title": "a"}, "after": BJENSEN | {"urn:a:2.0:User": {"department": "d"}}},
            'PUT User bjensen: title "a" removed, department set to "d"',
        ),
        (
            "patch",
            "Users",
            {
                "before": BJENSEN | {"emails": [{"type": "work", "value": "a"}]},
                "after": BJENSEN | {"emails": [{"type": "work", "value": "b"}]},
            },
            'PATCH User bjensen: emails[work].value "a" -> "b"',
        ),
        (
            "patch",
            "Groups",
            {"before": SALES, "after": SALES | {"members": [{"value": "2"}, {"value": "3"}]}},
            "PATCH Group Sales: +2 members, -1 member",
        ),
        (
            "patch",
            "Users",
            {
                "id": "2819c223-7f76-453a",
                "status": 404,
                "request_body": body({"Operations": [{"op": "replace", "path": "active", "value": False}]}),
            },
            "PATCH User 2819c223-7f…: replace active -> 404",
        ),
        (
            "patch",
            "Users",
            {
                "before": BJENSEN,
                "after": BJENSEN | {"active": False},
                "status": 0,
                "error": {"kind": "reset", "message": ""},
                "upstream": (200, [], b""),
            },
            "PATCH User bjensen: active true -> false -> no answer (reset), the service had said 200",
        ),
        (
            "create",
            "Users",
            {"after": BJENSEN, "status": 503, "upstream": (201, [], b"{}")},
            "POST User bjensen -> 503, the service had said 201",
        ),
        ("delete", "Users", {"before": BJENSEN, "status": 204}, "DELETE User bjensen"),
        ("delete", "Users", {"id": "7", "status": 404}, "DELETE User 7 -> 404"),
        ("read", "Users", {"response_body": body(BJENSEN)}, "GET User bjensen -> 200"),
        (
            "list",
            "Users",
            {
                "query": b"filter=userName+eq+%22bjensen%22",
                "response_body": b'{"totalResults":1,"Resources":[',  # as a body that was cut
            },
            'GET Users where userName eq "bjensen" -> 1 found',
        ),
        (
            "list",
            "Users",
            {"query": b"startIndex=101&count=100", "response_body": b'{"totalResults": 250}'},
            "GET Users from 101 -> 250 found",
        ),
        ("search", None, {"path": "/.search", "status": 400, "method": "POST"}, "SEARCH /.search -> 400"),
        (
            "bulk",
            "Bulk",
            {
                "request_body": body({"Operations": [{}] * 12}),
                "response_body": body({"Operations": [{"status": "201"}] * 11 + [{"status": "409"}]}),
            },
            "BULK 12 operations, 1 failed",
        ),
        ("discovery", "Schemas", {}, "GET Schemas -> 200"),
        (None, None, {"path": "/Nothing", "status": 404}, "GET /Nothing -> 404"),
        (
            None,
            None,
            {"method": "?", "path": "?", "status": 431, "error": {"kind": "refused", "message": "too large"}},
            "refused: too large -> 431",
        ),
    ],
)
def test_lines(
    made: Callable[..., Exchange], operation: str, resource: str, fields: dict[str, Any], line: str
) -> None:
    assert describe(made(operation, resource, **fields)) == line


SECRET = "t0p-s3cret&more"


@pytest.mark.parametrize("name", ["password", "Password", "urn:x:2.0:User:password", "apiKey", "accessToken"])
def test_no_secret_is_told(made: Callable[..., Exchange], name: str) -> None:
    before, after = {"userName": "a", name: "old"}, {"userName": "a", name: SECRET}
    nested = {"userName": "a", "x": {"y": [{name: SECRET}]}}
    operations = {"Operations": [{"op": "add", "path": name, "value": SECRET}]}
    exchanges = [
        made("patch", "Users", before=before, after=after),
        made("patch", "Users", before={"userName": "a", "x": 1}, after=nested),
        made("patch", "Users", request_body=body(operations)),
        made("create", "Users", request_body=body(after), after=after),
    ]
    assert all("s3cret" not in describe(exchange) for exchange in exchanges)


@pytest.mark.parametrize(
    "query", [b"filter=password+eq+%22s3cret%22", b"filter=%70assword%20co%20%22x%26s3cret%22"]
)
def test_no_secret_of_a_filter_is_told(made: Callable[..., Exchange], query: bytes) -> None:
    assert "s3cret" not in describe(made("list", "Users", query=query))
    found = body({"filter": 'password eq "x&s3cret"'})
    assert "s3cret" not in describe(made("search", "Users", request_body=found))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(("userName", "members", "Operations", "op", "path", "value", "type"))
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
bodies = st.binary(max_size=30) | anything.map(lambda value: json.dumps(value).encode())


@given(
    operation=st.sampled_from(
        (None, "create", "patch", "replace", "list", "search", "bulk", "read", "token")
    ),
    resource=st.none() | st.sampled_from(("Users", "Policies", "s", "")),
    request=bodies,
    response=bodies,
    before=st.none() | st.dictionaries(st.text(max_size=4), anything, max_size=4),
    after=st.none() | st.dictionaries(st.text(max_size=4), anything, max_size=4),
    status=st.sampled_from((0, 200, 204, 400, 500)),
    error=st.none() | st.dictionaries(st.sampled_from(("kind", "message")), st.text(max_size=9)),
    upstream=st.none() | st.tuples(st.just(200), st.just([]), bodies),
    query=st.binary(max_size=30),
    path=st.text(max_size=600),
)
def test_any_exchange_has_a_line(
    operation: str | None, resource: str | None, request: bytes, response: bytes, **fields: Any
) -> None:
    exchange = Exchange(0.0, 0.0, "", "PATCH", fields.pop("path"), fields.pop("query"), [], "1.1")
    exchange.operation, exchange.resource = operation, resource
    exchange.request_body, exchange.response_body = request, response
    for name, value in fields.items():
        setattr(exchange, name, value)
    line = describe(exchange)
    assert line and line.isprintable() and len(line) <= 400


def test_many_changes_are_counted(made: Callable[..., Exchange]) -> None:
    after = {"userName": "a"} | {f"a{number}": number for number in range(20)}
    line = describe(made("patch", "Users", before={"userName": "a"}, after=after))
    assert line.endswith("a5 set to 5, 14 more")
