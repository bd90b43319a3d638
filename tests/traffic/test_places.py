"""Ids in odd places and of odd forms: what is taken for one, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from scimmock.traffic.alike import Rules
from scimmock.traffic.bindings import Bindings
from scimmock.traffic.diff import Comparer
from scimmock.traffic.places import has_own_text, kind_in_address, place_of, place_within
from scimmock.traffic.routes import Aim
from tests.traffic.test_pairing_and_bindings import answer, learned, request, user

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    "name, kind, place",
    [
        ("id", "Groups", ("id", "Groups")),
        ("members", "Groups", ("members", "")),
        ('members[value eq "a.b"].display', "Groups", ("display", None)),
        (f"{ENTERPRISE}:manager.value", "Users", ("manager", "Users")),
        (f"{ENTERPRISE}:manager", "Users", ("manager", "Users")),
        ("managerId", "Users", ("managerid", "Users")),
        ('emails[type eq "work"].value', "Users", ("emails", None)),
        ("title", "Users", ("title", None)),
    ],
)
def test_the_place_that_a_path_leads_to(name: str, kind: str, place: tuple[str, str | None]) -> None:
    assert place_of(name, kind) == place


def test_the_place_within_an_object() -> None:
    assert place_within({"type": "Group"}, "members", "value") == ("members", "Groups")
    assert place_within({"$ref": "../Groups/1"}, "members", "Value") == ("members", "Groups")
    assert place_within({"$ref": "https://a.example/Users/1"}, "owner", "value") == ("owner", "Users")
    assert place_within({"displayName": "x"}, "manager", "value") == ("manager", "Users")
    assert place_within({}, "emails", "value") == ("emails", None) and has_own_text("emails")
    assert (
        kind_in_address("../users/1") == "Users" and kind_in_address("/people/1") == kind_in_address(1) == ""
    )


# ---- ids that are numbers


def numbered() -> Bindings:
    """User 1 is user 7 here, group 1 is group 3."""
    bindings = Bindings()
    for kind, live in (("Users", "7"), ("Groups", "3")):
        learned(bindings, request("POST", f"/{kind}"), answer(201, {"id": "1"}), answer(201, {"id": live}))
    return bindings


def test_a_user_and_a_group_of_one_number() -> None:
    bindings = numbered()
    body = {
        "id": "1",
        "members": [
            {"value": "1"},
            {"value": "1", "type": "Group"},
            {"value": "1", "$ref": "https://a.example/v2/Groups/1"},
        ],
    }
    sent = bindings.rewrite(request("PUT", "/Groups/1", body))
    assert sent.path == "/Groups/3"
    assert sent.body == (
        b'{"id":"3","members":[{"value":"7"},{"value":"3","type":"Group"},'
        b'{"value":"3","$ref":"https://a.example/v2/Groups/3"}]}'
    )
    assert bindings.rewrite(request("GET", "/Users/1")).path == "/Users/7"
    assert bindings.rewrite(request("GET", "/Devices/1")).path == "/Devices/1"
    sent = bindings.rewrite(request("GET", "/Groups", query='filter=id eq "1" or members.value eq "1"'))
    assert sent.query == 'filter=id eq "3" or members.value eq "7"'
    operations = [{"method": "PATCH", "path": "/Groups/1", "data": {"id": "1"}}]
    sent = bindings.rewrite(request("POST", "/Bulk", {"Operations": operations}))
    assert sent.body == b'{"Operations":[{"method":"PATCH","path":"/Groups/3","data":{"id":"3"}}]}'


def test_answers_with_a_user_and_a_group_of_one_number() -> None:
    comparer = Comparer(numbered(), Rules())
    one = {"id": "1", "members": [{"value": "1", "type": "User", "display": "a"}]}
    other = {"id": "3", "members": [{"value": "7", "type": "User", "display": "a"}]}
    assert comparer.answers(Aim("read", "Groups", "1"), answer(200, one), answer(200, other)) == []
    assert comparer.same_address("/Groups/1", "/Groups/3") and not comparer.same_address(
        "/Users/1", "/Users/3"
    )
    lists = [{"Resources": [{"id": id, "x": 1}, {"id": "9", "x": 2}]} for id in ("1", "7")]
    aim = Aim("list", "Users")
    assert comparer.answers(aim, answer(200, lists[0]), answer(200, lists[1])) == []


def test_ids_that_are_numbers_in_json() -> None:
    bindings = Bindings()
    one, other = ({"id": number, "userName": "a", "x": 17} for number in (17, 42))
    learned(bindings, request("POST", "/Users"), answer(201, one), answer(201, other))
    assert (
        Comparer(bindings, Rules()).answers(Aim("create", "Users"), answer(201, one), answer(201, other))
        == []
    )
    sent = bindings.rewrite(request("PUT", "/Users/17", one))
    assert (sent.path, sent.body) == ("/Users/42", b'{"id":42,"userName":"a","x":17}')
    bindings.bind("17", "no-number", "Users")
    assert bindings.rewrite(request("PUT", "/Users/17", {"id": 17})).body == b'{"id":"no-number"}'


# ---- ids that are other values as well


def test_an_id_that_is_a_user_name() -> None:
    name = "bjensen@example.com"
    bindings = Bindings()
    one = user(name, name, emails=[{"value": name}], meta={"location": f"https://a.example/Users/{name}"})
    other = {**one, "id": "l1", "meta": {"location": "https://b.example/Users/l1"}}
    learned(bindings, request("POST", "/Users"), answer(201, one), answer(201, other))
    assert (
        Comparer(bindings, Rules()).answers(Aim("create", "Users"), answer(201, one), answer(201, other))
        == []
    )
    changes = [
        {"op": "replace", "path": "userName", "value": name},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": name},
        {"op": "add", "path": "emails", "value": [{"value": name, "type": "work"}]},
    ]
    for body in ({"userName": name, "emails": [{"value": name}]}, {"Operations": changes}):
        sent = bindings.rewrite(request("PATCH", "/Users/bjensen%40example.com", body))
        assert name in str(sent.body) and "l1" not in str(sent.body) and sent.path == "/Users/l1"
    query = "filter=userName+eq+%22bjensen%40example.com%22"
    assert bindings.rewrite(request("GET", "/Users", query=query)).query == query


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "manager", "value": "r1"},
        {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": "r1"},
        {"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": "r1"},
        {"op": "add", "value": {f"{ENTERPRISE}:manager.value": "r1"}},
        {"op": "add", "path": ENTERPRISE, "value": {"manager": {"value": "r1", "displayName": "Ada"}}},
        {"op": "remove", "path": "members", "value": [{"value": "r1", "operation": "delete"}]},
        {"op": "remove", "path": 'members[$ref eq "https://a.example/Users/r1"]'},
        {"managerId": "r1"},
    ],
)
def test_a_short_id_of_somebody_else(operation: dict[str, Any]) -> None:
    bindings = Bindings()
    bindings.bind("r1", "l1", "Users")
    sent = str(bindings.rewrite(request("PATCH", "/Users/x", {"Operations": [operation]})).body)
    assert "l1" in sent and "r1" not in sent


# ---- what else was issued


def test_versions_are_weak_or_strong_as_the_client_has_them() -> None:
    bindings = Bindings()
    learned(
        bindings,
        request("GET", "/Me"),
        answer(200, user("r1", "a"), ETag='W/"1,2"'),
        answer(200, user("l1", "a"), ETag='W/"live"'),
    )
    for path in ("/Me", "/Users/r1"):
        if path != "/Me":
            learned(
                bindings,
                request("GET", path),
                answer(200, user("r1", "a"), ETag='"1,2"'),
                answer(200, user("l1", "a"), ETag='"live"'),
            )
        for sent, wanted in (('"1,2"', '"live"'), ('W/"1,2", "x"', 'W/"live", "x"'), ("*", "*")):
            found = bindings.rewrite(request("PUT", path, {}, "", ["If-Match", sent]))
            assert found.headers == [("If-Match", wanted)]


def test_versions_in_a_bulk_and_the_cursor_of_a_search() -> None:
    bindings = Bindings()
    one, other = (user(id, "a", meta={"version": f"{id}-v"}) for id in ("r1", "l1"))
    lists = [{"Resources": [user_], "nextCursor": f"c-{user_['id']}"} for user_ in (one, other)]
    learned(bindings, request("POST", "/Users/.search", {}), answer(200, lists[0]), answer(200, lists[1]))
    operations = [{"method": "DELETE", "path": "/Users/r1", "version": "r1-v"}, {"method": "POST"}, "x"]
    sent = bindings.rewrite(request("POST", "/Bulk", {"Operations": operations})).body
    assert b'{"method":"DELETE","path":"/Users/l1","version":"l1-v"}' in sent
    sent = bindings.rewrite(request("POST", "/Users/.search", {"cursor": "c-r1", "count": 1})).body
    assert sent == b'{"cursor":"c-l1","count":1}'


def test_a_filter_keeps_its_spelling() -> None:
    bindings = Bindings()
    bindings.bind("r1", 'l"1', "Users")
    for query, wanted in [
        (
            'filter=id%20eq%20"r1"%20and%20title%20pr&x=%zz',
            'filter=id%20eq%20"l%5C%221"%20and%20title%20pr&x=%zz',
        ),
        (
            "filter=id+eq+%22r1%22%20or+title+eq+%22%FF%22",
            "filter=id+eq+%22l%5C%221%22%20or+title+eq+%22%FF%22",
        ),
        (
            "filter=title+eq+%22a%5C%22b%22+or+id+eq+%22r1%22",
            "filter=title+eq+%22a%5C%22b%22+or+id+eq+%22l%5C%221%22",
        ),
        ("filter=", "filter="),
    ]:
        assert bindings.rewrite(request("GET", "/Users", query=query)).query == wanted


def test_people_who_are_called_the_same_are_two() -> None:
    bindings = Bindings()
    one = {"Resources": [user("r1", "ada", displayName="Sam"), user("r2", "bob")]}
    other = {"Resources": [user("l9", "carl", displayName="Sam"), user("l2", "bob")]}
    learned(bindings, request("GET", "/Users"), answer(200, one), answer(200, other))
    assert bindings.live("r1") is None and bindings.live("r2") == "l2"


def test_an_id_that_is_given_again() -> None:
    bindings = Bindings()
    bindings.bind("r1", "ada", "Users")
    assert bindings.is_newest("r1", "Users") and not bindings.is_newest("r2", "Users")
    bindings.bind("r2", "ada", "Users")
    bindings.bind("r3", "ada", "Groups")
    assert [bindings.is_newest(id, "Users") for id in ("r1", "r2")] == [False, True]
    assert bindings.is_newest("r3", "Groups")
