"""Expectations held against exchanges: counts, order, bodies, and what came nearest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.journal.criteria import criterion, glob
from scimmock.journal.expectations import ExpectationError, read_expectations
from scimmock.journal.ring import Journal
from scimmock.journal.verify import Result, verify, verify_within
from scimmock.traffic.exchange import Exchange

Make = Callable[..., Exchange]


def body(document: Any) -> bytes:
    return json.dumps(document).encode()


def filled(*exchanges: Exchange) -> Journal:
    journal = Journal()
    for exchange in exchanges:
        journal.add(exchange)
    return journal


def check(journal: Journal, *expect: dict[str, Any], **rest: Any) -> Result:
    return verify(journal.since(), read_expectations({"expect": list(expect), **rest}))


@pytest.fixture
def journal(made: Make) -> Journal:
    """Create bjensen (1), fail to create him again (2), list (3), deactivate (4), delete (5)."""
    bjensen = {"userName": "bjensen", "active": True, "emails": [{"type": "work", "value": "b@x.org"}]}
    off = {"schemas": [], "Operations": [{"op": "Replace", "path": "active", "value": False}]}
    okta = [(b"user-agent", b"Okta SCIM Client 1.0.0"), (b"authorization", b"Bearer s3cret")]
    return filled(
        made("create", "Users", status=201, request_body=body(bjensen), headers=okta, identity="default"),
        made("create", "Users", status=409, request_body=body(bjensen), rules=[{"name": "dup"}]),
        made("list", "Users", query=b"filter=userName%20eq%20%22bjensen%22&startIndex=1"),
        made(
            "patch",
            "Users",
            path="/Users/7",
            id="7",
            request_body=body(off),
            after=bjensen | {"active": False},
        ),
        made("delete", "Users", path="/Users/7", id="7", status=204, before=bjensen),
    )


@pytest.mark.parametrize(
    ("criteria", "count"),
    [
        ({}, 5),
        ({"operation": "create"}, 2),
        ({"resource": "Users", "method": "post"}, 2),
        ({"path": "/Users/*"}, 2),
        ({"path": "*"}, 5),
        ({"path": "/Users"}, 3),
        ({"id": "7"}, 2),
        ({"status": 201}, 1),
        ({"status": "4xx"}, 1),
        ({"status": "2XX"}, 4),
        ({"status": 0}, 0),
        ({"client": "okta"}, 1),
        ({"token": "default"}, 1),
        ({"rule": "dup"}, 1),
        ({"rule": "*"}, 1),
        ({"rule": "other"}, 0),
        ({"query": {"startIndex": 1}}, 1),
        ({"query": {"startIndex": "2"}}, 0),
        ({"query": {"startIndex": None}}, 4),
        ({"query": {"filter": 'username  EQ "bjensen"'}}, 1),
        ({"query": {"filter": 'userName eq "BJENSEN"'}}, 0),
        ({"header": {"user-agent": "Okta*"}}, 1),
        ({"header": {"user-agent": "Okta"}}, 0),
        ({"header": {"User-Agent": None}}, 4),
        ({"header": {"authorization": "Bearer s3cret"}}, 1),
        ({"operation": "create", "filter": 'userName eq "BJensen" and emails[type eq "work"]'}, 2),
        ({"operation": "create", "filter": "active eq false"}, 0),
        ({"operation": "patch", "filter": 'active eq false and userName eq "bjensen"'}, 1),
        ({"operation": "delete", "filter": 'userName eq "bjensen"'}, 1),
        ({"filter": "userName pr"}, 4),
    ],
)
def test_criteria(journal: Journal, criteria: dict[str, Any], count: int) -> None:
    result = check(journal, {**criteria, "times": count})
    assert result.ok, result.failures
    assert result.found == [count] and result.checked == 5
    assert not check(journal, {**criteria, "times": count + 1}).ok


@pytest.mark.parametrize(
    ("operations", "filter"),
    [
        ([{"op": "replace", "path": "active", "value": False}], "active eq false"),
        ([{"op": "Add", "value": {"title": "x", "name.givenName": "Bo"}}], 'name.givenName eq "bo"'),
        ([{"op": "replace", "path": 'emails[type eq "work"].value', "value": "a"}], 'emails.value eq "a"'),
        (
            [{"op": "add", "path": "members", "value": [{"value": n}]} for n in "12"],
            'members.value eq "1" and members[value eq "2"]',
        ),
        (
            [{"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title", "value": "x"}],
            'title eq "x"',
        ),
        (
            [{"op": "add", "path": "urn:x:2.0:User:department", "value": "d"}],
            'urn:x:2.0:User:department eq "d"',
        ),
        ([{"op": "add", "value": {"urn:x:2.0:User": {"a": 1}}}], "urn:x:2.0:User:a eq 1"),
    ],
)
def test_a_patch_that_stored_nothing_is_read_by_its_operations(
    made: Make, operations: list[Any], filter: str
) -> None:
    failed = made("patch", "Users", status=404, request_body=body({"Operations": operations}))
    journal = filled(failed)
    assert check(journal, {"filter": filter}).ok
    assert not check(journal, {"filter": f"not ({filter})"}).ok


@pytest.mark.parametrize(
    ("bounds", "ok"),
    [
        ({}, True),
        ({"times": 2}, True),
        ({"times": 1}, False),
        ({"times": 3}, False),
        ({"at_least": 2}, True),
        ({"at_least": 3}, False),
        ({"at_most": 2}, True),
        ({"at_most": 1}, False),
        ({"at_least": 1, "at_most": 3}, True),
        ({"never": True}, False),
        ({"times": 0}, False),
    ],
)
def test_how_often(journal: Journal, bounds: dict[str, Any], ok: bool) -> None:
    result = check(journal, {"operation": "create", **bounds})
    assert result.ok is ok
    if not ok:
        (failure,) = result.failures
        assert failure["found"] == 2 and failure["index"] == 0
        assert failure["expect"] == {"operation": "create", **bounds}
        assert failure["message"].startswith("create: 2 found, ")
        assert [match["n"] for match in failure["matched"]] == [1, 2]


def test_order(journal: Journal) -> None:
    create, patch, delete = ({"operation": name} for name in ("create", "patch", "delete"))
    assert check(journal, create, patch, delete, order=True).ok
    assert check(journal, create | {"times": 2}, {"rule": "none", "never": True}, patch, order=True).ok
    assert check(journal, delete, create).ok
    result = check(journal, patch, delete, create, order=True)
    (failure,) = result.failures
    assert failure["index"] == 2 and "after delete (exchange 5)" in failure["message"]


def test_others(journal: Journal) -> None:
    expect = [{"operation": "create", "times": 2}, {"id": "7", "times": 2}]
    (failure,) = check(journal, *expect, no_others=True).failures
    assert failure["found"] == 1 and failure["index"] is None
    assert [match["n"] for match in failure["matched"]] == [3]
    assert check(journal, *expect, {"operation": "list"}, no_others=True).ok
    assert check(filled(), no_others=True).ok


def test_since(journal: Journal) -> None:
    assert check(journal, {"operation": "create", "never": True}, since=2).ok
    assert check(journal, {"operation": "create", "times": 1}, since=1).ok


def test_the_nearest_misses(journal: Journal) -> None:
    expect = {"operation": "create", "status": 201, "filter": 'userName eq "carol"'}
    (failure,) = check(journal, expect).failures
    assert failure["found"] == 0 and "carol" in failure["message"]
    first, second = failure["nearest"]
    assert (first["n"], second["n"]) == (1, 2)
    assert first["summary"] == "POST User bjensen -> 201"
    assert first["differs"] == [
        {"field": "filter", "wanted": 'userName eq "carol"', "found": 'userName is "bjensen"'}
    ]
    assert [differs["field"] for differs in second["differs"]] == ["filter", "status"]
    (failure,) = check(journal, {"operation": "search"}).failures
    assert [miss["n"] for miss in failure["nearest"]] == [5, 4, 3], "the most recent first"


def test_what_differs_tells_no_secret(journal: Journal) -> None:
    failures = check(journal, {"header": {"Authorization": "Bearer ***"}}, {"query": {"token": "x"}}).failures
    assert failures and "s3cret" not in json.dumps(failures)


words = st.sampled_from(("none", "no answer", "", "create", "Users", "/Users", "404", "0", "*", "a"))


@given(
    name=st.sampled_from(("operation", "resource", "method", "path", "id", "client", "token", "rule")),
    wanted=words.filter(bool),
    operation=words,
    path=words,
    rules=st.lists(words, max_size=2),
)
def test_a_difference_never_shows_two_equal_texts(
    name: str, wanted: str, operation: str, path: str, rules: list[str]
) -> None:
    exchange = Exchange(0.0, 0.0, "", "GET", path, b"", [], "1.1")
    exchange.operation, exchange.rules = operation or None, [{"name": rule} for rule in rules]
    (one,) = criterion(name, wanted)
    differs = one.differs(exchange)
    assert (differs is None) == one.look(exchange)[0]
    assert differs is None or differs["wanted"] != differs["found"]


@given(pattern=st.text("ab*", max_size=6), text=st.text("ab", max_size=8))
def test_globs(pattern: str, text: str) -> None:
    import re

    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None
    assert glob(pattern)(text) is expected


@pytest.mark.parametrize(
    ("document", "field", "meant"),
    [
        ([], None, None),
        ({}, "expect", None),
        ({"expect": {}}, "expect", None),
        ({"expect": []}, "expect", None),
        ({"expect": [{}], "ordr": True}, "ordr", "order"),
        ({"expect": [{}], "order": 1}, "order", None),
        ({"expect": [{}], "within": "soon"}, "within", None),
        ({"expect": [{}], "within": "2h"}, "within", None),
        ({"expect": [{}], "within": None}, "within", None),
        ({"expect": [{}], "since": -1}, "since", None),
        ({"expect": ["create"]}, "expect[0]", None),
        ({"expect": [{}, {"operaton": "create"}]}, "expect[1].operaton", "operation"),
        ({"expect": [{"operation": "creat"}]}, "expect[0].operation", "create"),
        ({"expect": [{"operation": 5}]}, "expect[0].operation", None),
        ({"expect": [{"resource": "User"}]}, "expect[0].resource", "Users"),
        ({"expect": [{"status": "6xx"}]}, "expect[0].status", None),
        ({"expect": [{"status": True}]}, "expect[0].status", None),
        ({"expect": [{"filter": "userName"}]}, "expect[0].filter", None),
        ({"expect": [{"filter": 'password eq "x"'}]}, "expect[0].filter", None),
        ({"expect": [{"filter": 'x[Password eq "x"]'}]}, "expect[0].filter", None),
        ({"expect": [{"query": "x"}]}, "expect[0].query", None),
        ({"expect": [{"query": {"a": []}}]}, "expect[0].query.a", None),
        ({"expect": [{"times": -1}]}, "expect[0].times", None),
        ({"expect": [{"times": True}]}, "expect[0].times", None),
        ({"expect": [{"times": 1, "at_least": 1}]}, "expect[0].times", None),
        ({"expect": [{"never": False}]}, "expect[0].never", None),
        ({"expect": [{"at_least": 2, "at_most": 1}]}, "expect[0].at_least", None),
    ],
)
def test_wrong_expectations(document: Any, field: str | None, meant: str | None) -> None:
    with pytest.raises(ExpectationError) as caught:
        read_expectations(document, ("Users", "Groups"))
    assert caught.value.field == field and caught.value.did_you_mean == meant and caught.value.message


def within(journal: Journal, later: list[Exchange], document: dict[str, Any]) -> tuple[Result, bool]:
    """Verify while exchanges come; return the result and whether the last of them was waited for."""

    async def run() -> tuple[Result, bool]:
        task = asyncio.create_task(verify_within(journal, read_expectations(document)))
        for exchange in later:
            for _ in range(5):
                await asyncio.sleep(0)
            if task.done():
                return await task, False
            journal.add(exchange)
        return await task, True

    return asyncio.run(run())


def test_waiting_until_it_is_met(made: Make) -> None:
    expect = {"expect": [{"operation": "create", "times": 2}], "within": "60s"}
    result, waited = within(filled(made("create")), [made("list"), made("create")], expect)
    assert result.ok and waited and result.checked == 3
    result, waited = within(filled(made("create"), made("create")), [made("create")], expect)
    assert result.ok and not waited, "it is met at once"


def test_waiting_in_vain(made: Make) -> None:
    expect = {"expect": [{"operation": "create"}], "within": "50ms"}
    result, _ = within(filled(), [made("list")], expect)
    assert not result.ok and result.checked == 1


def test_an_upper_bound_needs_the_whole_time(made: Make) -> None:
    for expect in (
        {"expect": [{"operation": "create", "never": True}], "within": "50ms"},
        {"expect": [{"operation": "list", "at_least": 0}], "no_others": True, "within": "50ms"},
    ):
        result, waited = within(filled(made("list")), [made("list")], expect)
        assert result.ok and waited and result.checked == 2


def test_an_upper_bound_that_is_broken_ends_the_waiting(made: Make) -> None:
    expect = {"expect": [{"operation": "create", "never": True}], "within": "60s"}
    result, waited = within(filled(), [made("create")], expect)
    assert not result.ok and waited


def test_a_body_that_is_not_kept_whole(made: Make) -> None:
    journal = Journal(max_body=10)
    journal.add(made("create", "Users", request_body=body({"userName": "somebody"})))
    (failure,) = check(journal, {"filter": "userName pr"}).failures
    assert "not kept whole" in failure["nearest"][0]["differs"][0]["found"]
