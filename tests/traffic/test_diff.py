"""What counts as a difference between two answers, and what does not."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import UsageError
from scimmock.traffic.alike import ABSENT, Difference, Rules
from scimmock.traffic.bindings import Bindings
from scimmock.traffic.diff import Comparer, end_of
from scimmock.traffic.routes import Aim

Document = dict[str, Any]
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
READ, LIST = Aim("read", "Users", "r1"), Aim("list", "Users")
USUAL, STRICT = Rules(), Rules(strict=True)


def comparer(rules: Rules = USUAL, **ids: str) -> Comparer:
    bindings = Bindings(ids)
    for recorded, live in ids.items():
        bindings.bind(recorded, live)
    return Comparer(bindings, rules)


def told(differences: list[Difference]) -> list[tuple[str, str, Any, Any]]:
    return [(one.what, one.path, one.expected, one.got) for one in differences]


def values(one: Any, other: Any, rules: Rules = USUAL, **ids: str) -> list[tuple[str, str, Any, Any]]:
    return told(list(comparer(rules, **ids).values(one, other)))


def answer(status: int, body: Any = None, **headers: str) -> Document:
    form = {"json": body, "size": 9} if body is not None else {"size": 0}
    return {
        "status": status,
        "headers": [[name.replace("_", "-"), v] for name, v in headers.items()],
        "body": form,
    }


@pytest.mark.parametrize(
    "one, other",
    [
        ({"userName": "a"}, {"USERNAME": "a"}),
        ({"schemas": ["urn:A", "urn:b"]}, {"schemas": ["urn:B", "urn:a"]}),
        ({"emails": [{"value": "a"}, {"value": "b"}]}, {"emails": [{"value": "b"}, {"value": "a"}]}),
        ({"title": None, "emails": [], "name": {}}, {}),
        ({}, {"title": None, "members": []}),
        ({"meta": {"created": "1", "version": "2", "location": "3"}}, {"meta": {"lastModified": "4"}}),
        ({"born": "2026-01-01T00:00:00Z"}, {"born": "2026-01-01T01:00:00.000+01:00"}),
        ({"password": "***"}, {"password": "anything"}),
        ({"n": 1}, {"n": 1}),
    ],
)
def test_what_scim_holds_for_the_same(one: Document, other: Document) -> None:
    assert values(one, other) == []


@pytest.mark.parametrize(
    "one, other, path, expected, got",
    [
        ({"userName": "a"}, {"userName": "A"}, "userName", "a", "A"),
        ({"active": True}, {"active": "true"}, "active", True, "true"),
        ({"active": True}, {"active": 1}, "active", True, 1),
        ({"n": 1}, {"n": "1"}, "n", 1, "1"),
        ({"title": ""}, {}, "title", "", ABSENT),
        ({}, {"title": "x"}, "title", ABSENT, "x"),
        ({"name": {"givenName": "A"}}, {"name": {"givenName": "B"}}, "name.givenName", "A", "B"),
        ({"name": {"givenName": "A"}}, {"name": "A"}, "name", {"givenName": "A"}, "A"),
        ({ENTERPRISE: {"department": "A"}}, {ENTERPRISE: {}}, f"{ENTERPRISE}.department", "A", ABSENT),
        ({ENTERPRISE: {"department": "A"}}, {}, ENTERPRISE, {"department": "A"}, ABSENT),
        ({"meta": {"resourceType": "User"}}, {"meta": {}}, "meta.resourceType", "User", ABSENT),
        (
            {"emails": [{"value": "a", "type": "work"}, {"value": "b"}]},
            {"emails": [{"value": "b"}, {"value": "a", "type": "home"}]},
            'emails[value eq "a"].type',
            "work",
            "home",
        ),
        (
            {"emails": [{"value": "a", "type": "work"}, {"value": "b", "type": "home"}]},
            {"emails": [{"value": "a", "type": "work"}]},
            'emails[value eq "b"]',
            {"value": "b", "type": "home"},
            ABSENT,
        ),
        ({"tags": ["a", "a"]}, {"tags": ["a", "b", "a"]}, "tags[b]", ABSENT, "b"),
    ],
)
def test_what_differs(one: Document, other: Document, path: str, expected: Any, got: Any) -> None:
    assert values(one, other) == [("body", path, expected, got)]


def test_ids_are_compared_through_their_bindings() -> None:
    one: Document = {
        "id": "r1",
        "manager": {"value": "r2", "$ref": "https://a.example/v2/Users/r2"},
        "members": [{"value": "r2", "$ref": "/Users/r2"}, {"value": "r1"}],
    }
    other = {
        "id": "l1",
        "manager": {"value": "l2", "$ref": "../Users/l2"},
        "members": [{"value": "l1"}, {"value": "l2", "$ref": "https://b.example/Users/l2"}],
    }
    assert values(one, other, r1="l1", r2="l2") == []
    swapped = values(one, other, r1="l2", r2="l1")
    assert ("body", "id", "r1", "l1") in swapped
    assert values({"title": "r1"}, {"title": "l1"}, r1="l1") == [("body", "title", "r1", "l1")]
    assert values({"title": "a-long-recorded-id"}, {"title": "l"}, **{"a-long-recorded-id": "l"}) == []


def test_ignoring() -> None:
    one: Document = {
        "emails": [{"value": "a", "display": "A"}],
        ENTERPRISE: {"division": "D", "manager": {"value": "m"}},
    }
    other = {"Emails": [{"value": "a", "display": "B"}], ENTERPRISE: {"division": "E"}}
    assert len(values(one, other)) == 3
    rules = Rules(ignore=("Emails.display", f"{ENTERPRISE}:division", f"{ENTERPRISE}.manager.value"))
    assert values(one, other, rules) == []
    assert len(values(one, other, Rules(ignore=(ENTERPRISE,)))) == 1


def test_one_of_several_values_is_left_out() -> None:
    one = {"emails": [{"type": "work", "value": "a", "display": "b"}, {"type": "home", "value": "c"}]}
    other = {"emails": [{"type": "Work", "value": "a", "display": "x"}, {"type": "home", "value": "c"}]}
    rules = Rules(ignore=('Emails[type eq "work"].display', 'emails[type eq "WORK"].type'))
    assert values(one, other, rules) == [] and len(values(one, other)) == 2
    del other["emails"][0]
    assert values(one, other, Rules(ignore=('emails[type eq "work"]',))) == []
    for path in ("emails[type pr]", "emails[", "", "emails..value", "a b"):
        with pytest.raises(UsageError, match="--ignore"):
            Rules(ignore=(path,))
    older = "urn:scim:schemas:extension:enterprise:1.0"
    for path in (older, f"{older}.division", f"{older}:division", "urn:example:people"):
        given = {older: {"division": "a"}, "urn:example:people": 1}
        assert len(values(given, {}, Rules(ignore=(path,)))) == 1
    assert Rules(ignore=("HEADER:ETag",)).ignored_headers == {"etag"}


def test_strict_forgives_nothing_but_ids() -> None:
    assert values({"a": [1, 2]}, {"a": [2, 1]}, STRICT) == [("body", "a", [1, 2], [2, 1])]
    assert values({"a": None}, {}, STRICT) == [("body", "a", None, ABSENT)]
    assert len(values({"A": 1}, {"a": 1}, STRICT)) == 2
    assert len(values({"meta": {"version": "1"}}, {"meta": {"version": "2"}}, STRICT)) == 1
    assert values({"id": "r1"}, {"id": "l1"}, STRICT, r1="l1") == []


# ---- answers


def test_a_status_says_enough() -> None:
    compare = comparer().answers
    assert told(compare(READ, answer(200, {"a": 1}), answer(404, {"detail": "x"}))) == [
        ("status", "", 200, 404)
    ]
    one, other = answer(400, {"scimType": "invalidPath"}), answer(409, {"scimType": "uniqueness"})
    assert told(compare(READ, one, other)) == [
        ("status", "", 400, 409),
        ("scimType", "", "invalidPath", "uniqueness"),
    ]


def test_errors_are_compared_by_their_type_and_form() -> None:
    error = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "detail": "one"}
    compare = comparer().answers
    assert compare(READ, answer(400, error), answer(400, error | {"detail": "two", "status": 400})) == []
    found = told(compare(READ, answer(400, error | {"scimType": "noTarget"}), answer(400, {"message": "no"})))
    assert found == [("scimType", "", "noTarget", ABSENT), ("body", "", "a SCIM error", "no SCIM error")]
    assert compare(READ, answer(401), answer(401)) == []
    strict = comparer(STRICT).answers(READ, answer(400, error), answer(400, error | {"detail": "two"}))
    assert told(strict) == [("body", "detail", "one", "two")]


def test_headers() -> None:
    def found(one: Document, other: Document, rules: Rules = USUAL) -> list[tuple[str, str, Any, Any]]:
        return told(comparer(rules, r1="l1").answers(READ, one, other))

    same = answer(200, {}, Content_Type="application/scim+json; charset=utf-8", ETag="1", Date="x")
    assert found(same, answer(200, {}, content_type="application/scim+json", etag="2")) == []
    assert found(answer(200, {}, content_type="a/b"), answer(200, {}, content_type="c/d")) == [
        ("header", "content-type", "a/b", "c/d")
    ]
    one, other = answer(201, Location="http://a/Users/r1"), answer(201, Location="https://b/x/Users/l1")
    assert found(one, other) == []
    assert found(one, answer(201, Location="https://b/x/Users/l2"))[0][1] == "location"
    assert found(one, answer(201)) == [("header", "location", "http://a/Users/r1", ABSENT)]
    assert found(one, answer(201), Rules(ignore=("header:Location",))) == []
    limits = answer(429, retry_after="5"), answer(429, retry_after="60")
    assert found(*limits) == []
    assert found(*limits, Rules(headers=("Retry-After",))) == [("header", "retry-after", "5", "60")]


def test_lists_by_resource() -> None:
    one: Document = {
        "totalResults": 2,
        "Resources": [{"id": "r1", "userName": "a", "title": "x"}, {"id": "r2", "userName": "b"}],
    }
    other = {
        "totalResults": 2,
        "Resources": [{"id": "l3", "userName": "c"}, {"id": "l1", "userName": "a", "title": "y"}],
    }
    found = comparer(r1="l1").answers(LIST, answer(200, one), answer(200, other))
    assert told(found) == [
        ("body", 'Resources[userName eq "a"].title', "x", "y"),
        ("resource", 'Resources[userName eq "b"]', 'userName eq "b"', ABSENT),
        ("resource", 'Resources[userName eq "c"]', ABSENT, 'userName eq "c"'),
    ]
    assert [one.about for one in found] == ["r1", "r2", "l3"]
    assert found[0].keys == {"r1", "username a"}
    turned = {"totalResults": 2, "Resources": one["Resources"][::-1], "nextCursor": "other"}
    assert comparer().answers(LIST, answer(200, one), answer(200, turned)) == []
    assert told(comparer(STRICT).answers(LIST, answer(200, one), answer(200, turned)))[0][1] == "Resources"


def test_bulks_by_operation() -> None:
    one = {"Operations": [{"bulkId": "a", "status": "201"}, {"bulkId": "b", "status": {"code": "201"}}]}
    other = {"Operations": [{"bulkId": "b", "status": "409"}, {"bulkId": "a", "status": 201}]}
    found = comparer().answers(Aim("bulk", "Bulk"), answer(200, one), answer(200, other))
    assert told(found) == [("status", "Operations[b]", "201", "409")]


def test_bodies_that_are_no_json() -> None:
    text = answer(200) | {"body": {"text": "<html>", "size": 6}}
    compare = comparer().answers
    assert told(compare(READ, answer(200, {}), text)) == [("body", "", "JSON", "another body")]
    assert told(compare(READ, answer(200), answer(200, {}))) == [("body", "", "no body", "JSON")]
    assert compare(READ, answer(204), answer(204)) == []
    cut = answer(200) | {"body": {"text": '{"a"', "size": 600, "cut": True}}
    assert compare(READ, cut, answer(200, {})) == []


def test_how_an_exchange_ended() -> None:
    assert end_of({"kind": "reset"}) == end_of({"kind": "truncated"}) != end_of({"kind": "hang"})
    assert end_of({"kind": "client_gone"}) is None and end_of(None) is None


def test_secrets_are_not_shown() -> None:
    assert values({"password": "one"}, {"password": "two"}) == [("body", "password", "***", "***")]


# ---- properties

_scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3)
_names = st.sampled_from(["title", "name", "emails", "members", "value", "type", "x"])
_documents = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)


def _shaken(value: Any, random_: random.Random) -> Any:
    """The same value in SCIM's terms: names in another case, lists in another order, nulls here and there."""
    if isinstance(value, list):
        items = [_shaken(item, random_) for item in value]
        random_.shuffle(items)
        return items
    if isinstance(value, dict):
        found = {
            (name.upper() if random_.random() < 0.5 else name): _shaken(inner, random_)
            for name, inner in value.items()
            if inner not in (None, [], {}) or random_.random() < 0.5
        }
        return found | ({"absent": None} if random_.random() < 0.3 else {})
    return value


@given(_documents, st.randoms(use_true_random=False))
def test_the_same_in_other_words_is_the_same(value: Any, random_: random.Random) -> None:
    assert values({"a": value}, {"a": _shaken(value, random_)}) == []


@given(_documents, _documents)
def test_a_difference_is_seen_from_both_sides(one: Any, other: Any) -> None:
    there, back = values({"a": one}, {"a": other}), values({"a": other}, {"a": one})
    assert bool(there) == bool(back)
