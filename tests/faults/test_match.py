"""Which requests rules are for."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.faults.call import Call
from scimmock.faults.errors import RuleError
from scimmock.faults.match import METHODS, OPERATIONS, Match, Matcher, check_match
from scimmock.faults.rule import read_rule
from scimmock.faults.values import convert
from scimmock.traffic.exchange import Exchange


def call(
    method: str = "GET",
    path: str = "/Users",
    body: Any = None,
    query: str = "",
    headers: dict[str, str] | None = None,
    operation: str | None = "list",
    tenant: str = "",
    token: str | None = "default",
) -> Call:
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    exchange = Exchange(0.0, 0.0, tenant, method, path, query.encode(), pairs, "1.1")
    exchange.identity = token
    made = Call(exchange, cast(Any, None), method, path, operation, "Users", None)
    if body is not None:
        made.raw_body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return made


def matcher(**match: Any) -> Matcher:
    read = convert(match, Match)
    check_match(read, "match")
    return Matcher(read)


def fits(made: Call, **match: Any) -> bool:
    ready = matcher(**match)
    kind = (made.method, made.operation, made.resource)
    return ready.fits_kind(*kind, "User") and ready.fits(made)


def test_no_match_is_everything() -> None:
    assert matcher().fits_all
    assert fits(call()) and fits(call("DELETE", "/", operation=None))


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"method": "GET"}, True),
        ({"method": "get"}, True),
        ({"method": ["POST", "GET"]}, True),
        ({"method": "POST"}, False),
        ({"operation": "list"}, True),
        ({"operation": ["create", "read"]}, False),
        ({"resource": "Users"}, True),
        ({"resource": "/users/"}, True),
        ({"resource": "User"}, True),
        ({"resource": ["Groups", "Users"]}, True),
        ({"resource": "Groups"}, False),
        ({"path": "/Users"}, True),
        ({"path": "/U*"}, True),
        ({"path": "/users"}, False),
        ({"path": "*"}, True),
        ({"path": ["/Groups", "/Users"]}, True),
        ({"path": "/User"}, False),
        ({"token": "default"}, True),
        ({"token": "DEF*"}, True),
        ({"token": "other"}, False),
        ({"tenant": ""}, True),
        ({"tenant": "a"}, False),
        ({"method": "GET", "path": "/Groups"}, False),
        ({"method": "GET", "path": "/Users", "token": "default", "resource": "Users"}, True),
    ],
)
def test_one_condition_or_several(match: dict[str, Any], expected: bool) -> None:
    assert fits(call(), **match) is expected


@pytest.mark.parametrize(
    ("path", "glob", "expected"),
    [
        ("/Users/1", "/Users/*", True),
        ("/Users", "/Users/*", False),
        ("/Users/1/extra", "/Users/*", True),
        ("/Users/1", "*/1", True),
        ("/Groups", "*/Groups", True),
        ("/Users/a1", "/Users/a?", True),
        ("/Users/a12", "/Users/a?", False),
        ("/Users/b", "/Users/[ab]", True),
        ("/Users/c", "/Users/[ab]", False),
        ("/Users.x", "/Users?x", True),
        ("/UsersAx", "/Users.x", False),
    ],
)
def test_paths_are_globs(path: str, glob: str, expected: bool) -> None:
    assert fits(call(path=path), path=glob) is expected


@given(st.text(st.characters(codec="utf-8", exclude_characters="*?["), min_size=1, max_size=20))
def test_a_path_without_wildcards_fits_itself_only(path: str) -> None:
    path = f"/{path}"
    assert fits(call(path=path), path=path)
    assert not fits(call(path=f"{path}x"), path=path)
    assert fits(call(path=f"{path}x"), path=f"{path}*")


@given(st.text("/ab]", max_size=8), st.lists(st.sampled_from(["*", "?", "/", "a", "b", "[ab]"]), max_size=6))
def test_what_fits_a_glob_has_the_literal_that_is_looked_for_first(path: str, parts: list[str]) -> None:
    path, ready = f"/{path}", matcher(path="/" + "".join(parts))
    if ready.fits(call(path=path)):
        assert ready.literal in path


@pytest.mark.parametrize(
    ("query", "match", "expected"),
    [
        ("startIndex=101&count=5", {"startIndex": "101"}, True),
        ("startIndex=101", {"startIndex": 101}, True),
        ("startIndex=1010", {"startIndex": 101}, False),
        ("startIndex=101", {"startIndex": "1*"}, True),
        ("startIndex=101", {"startIndex": "101", "count": "5"}, False),
        ("startIndex=101", {"startindex": "101"}, False),
        ("a=true", {"a": True}, True),
        ("filter=userName%20eq+%22a%22", {"filter": 'userName eq "a"'}, True),
        ("filter=userName+eq+%22B%22", {"filter": "username*"}, True),
        ("count", {"count": ""}, True),
        ("", {"count": "*"}, False),
        ("a=1&a=2", {"a": "2"}, True),
    ],
)
def test_queries(query: str, match: dict[str, Any], expected: bool) -> None:
    assert fits(call(query=query), query=match) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"X-Test": "one"}, True),
        ({"x-test": "ONE"}, True),
        ({"X-Test": "o*"}, True),
        ({"X-Test": "two"}, False),
        ({"X-Other": "*"}, False),
        ({"X-Test": "one", "Accept": "*json"}, True),
    ],
)
def test_headers(header: dict[str, str], expected: bool) -> None:
    made = call(headers={"X-Test": "one", "Accept": "application/json"})
    assert fits(made, header=header) is expected


def test_clients_are_known_by_their_user_agent() -> None:
    made = call(headers={"User-Agent": "python-httpx/0.28.1"})
    assert fits(made, client=made.exchange.client)
    assert fits(made, client="*httpx*")
    assert not fits(made, client="curl*")


@pytest.mark.parametrize(
    ("body", "filter", "expected"),
    [
        ({"userName": "bjensen"}, 'userName eq "bjensen"', True),
        ({"userName": "BJensen"}, 'username eq "bjensen"', True),
        ({"userName": "other"}, 'userName eq "bjensen"', False),
        ({"active": False}, "active eq false", True),
        ({"active": "False"}, "active eq false", True),
        ({"active": "no"}, "active eq false", False),
        ({"name": {"familyName": "Jensen"}}, 'name.familyName sw "j"', True),
        ({"emails": [{"type": "work"}, {"type": "home"}]}, 'emails[type eq "home"]', True),
        ({"Operations": [{"op": "replace", "path": "active"}]}, 'operations[path eq "active"]', True),
        ({}, "userName pr", False),
        ([1, 2], "userName pr", False),
        (b"{no json", "userName pr", False),
        (b"", "userName pr", False),
        (b"\xff\xfe", "userName pr", False),
        (b"[" * 5000, "userName pr", False),
    ],
)
def test_filters_over_the_body(body: Any, filter: str, expected: bool) -> None:
    assert fits(call("POST", body=body), filter=filter) is expected


def test_only_a_filter_needs_the_body() -> None:
    assert matcher(filter="active eq true").needs_body
    assert not matcher(path="/U*", query={"a": "b"}, header={"a": "b"}).needs_body


def test_a_filter_is_for_requests_that_have_a_body() -> None:
    assert not fits(call("GET", body={"active": True}), filter="active eq true")


@given(st.sampled_from(METHODS), st.sampled_from(METHODS), st.sampled_from(OPERATIONS))
def test_the_kind_decides_by_itself(method: str, wanted: str, operation: str) -> None:
    assert matcher(method=wanted).fits_kind(method, operation, "Users", "User") is (method == wanted)
    assert matcher(operation=operation).fits_kind(method, operation, None, None)
    assert matcher(resource="Users").fits_kind(method, None, None, None) is False


@pytest.mark.parametrize(
    ("match", "path", "suggestion"),
    [
        ({"method": "PSOT"}, "faults[0].match.method", "POST"),
        ({"operation": "creat"}, "faults[0].match.operation", "create"),
        ({"operation": ["read", "serach"]}, "faults[0].match.operation", "search"),
        ({"resorce": "Users"}, "faults[0].match.resorce", "resource"),
        ({"filter": "userName eq"}, "faults[0].match.filter", None),
        ({"method": 3}, "faults[0].match.method", None),
        ({"query": "a=b"}, "faults[0].match.query", None),
    ],
)
def test_a_wrong_match_says_where_and_what_was_meant(
    match: dict[str, Any], path: str, suggestion: str | None
) -> None:
    with pytest.raises(RuleError) as caught:
        read_rule({"do": {"status": 503}, "match": match}, "faults[0]", "rule", "control")
    assert (caught.value.path, caught.value.suggestion) == (path, suggestion)
    assert str(caught.value).startswith(f"{path}: ")
