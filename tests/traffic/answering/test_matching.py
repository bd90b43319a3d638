"""Which requests are the same, and what may stand for what."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.traffic.answering.asked import Asked
from scimmock.traffic.answering.nodes import Bag, Exact, Fields, Node, Slot
from scimmock.traffic.answering.ties import Ties, Trial
from tests.traffic.made_sessions import patch

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def post(**attributes: Any) -> Asked:
    return Asked("POST", "/Users", body={"schemas": [USER, ENTERPRISE], **attributes})


def query(text: str, resource: str = "Users") -> Asked:
    return Asked("GET", f"/{resource}", text)


def change(*operations: dict[str, Any]) -> Asked:
    return Asked("PATCH", "/Users/u1", body=patch(*operations))


def titled(title: str) -> dict[str, Any]:
    return {"op": "add", "path": "title", "value": title}


def cost(recorded: Asked, live: Asked, ties: Ties | None = None, scope: str = "u1") -> int | None:
    """Return how many new ties one request needs to be the other, None where it cannot be."""
    trial = Trial(ties or Ties(), scope, lambda one, other: False)
    if not trial.unify(recorded.node, live.node):
        return None
    assert recorded.outline == live.outline, "what can be the same is found by its outline"
    return trial.new


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (post(userName="a", active=True), post(USERNAME="a", ACTIVE=True, title=None, emails=[])),
        (
            Asked("POST", "/Users", body={"schemas": [USER, ENTERPRISE], "userName": "a"}),
            Asked("POST", "/users", body={"userName": "a", "schemas": [ENTERPRISE.upper(), USER]}),
        ),
        (
            post(emails=[{"type": "work", "value": "a"}, {"type": "home", "value": "b"}]),
            post(emails=[{"value": "b", "type": "home"}, {"value": "a", "type": "Work"}]),
        ),
        (post(userName="a", password="one", meta={"x": 1}), post(userName="a", password="two")),
        (post(userName="a", title="***"), post(userName="a", title="anything")),
        (
            query("filter=userName%20eq%20%22a%22&count=10&attributes=id,userName"),
            query("attributes=userName%2Cid&count=10&FILTER=(USERNAME+EQ+%22a%22)"),
        ),
        (query("sortBy=userName&x="), query("x=&sortby=USERNAME")),
        (
            change({"op": "Replace", "path": 'emails[type eq "work"].value', "value": "a"}),
            change({"OP": "replace", "Path": 'Emails[TYPE EQ "work"].Value', "value": "a"}),
        ),
        (
            change({"op": "add", "value": {"name.givenName": "a"}}),
            change({"op": "ADD", "value": {"Name.GivenName": "a"}}),
        ),
        (Asked("POST", "/x/oauth/token", body=b"secret"), Asked("POST", "/oauth/token", body=b"other")),
    ],
)
def test_the_same_in_other_words(recorded: Asked, live: Asked) -> None:
    assert cost(recorded, live) == 0


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        (post(userName="a", active=True), post(userName="a", active=False)),
        (post(userName="a"), post(userName="a", title="b")),
        (post(emails=[{"value": "a", "type": "work"}]), post(emails=[{"value": "a", "type": "home"}])),
        (query("filter=userName%20eq%20%22a%22"), query("filter=userName%20sw%20%22a%22")),
        (query("filter=userName%20eq%20%22a%22"), query("filter=title%20eq%20%22a%22")),
        (query("filter=a%20pr%20and%20b%20pr"), query("filter=a%20pr%20or%20b%20pr")),
        (query("startIndex=1"), query("startIndex=101")),
        (change(titled("a")), change(titled("a") | {"op": "replace"})),
        (change(titled("a"), titled("b") | {"path": "x"}), change(titled("b") | {"path": "x"}, titled("a"))),
        (Asked("GET", "/Users/u1"), Asked("GET", "/Users/u2")),
        (Asked("GET", "/Users/u1"), Asked("GET", "/Groups/u1")),
        (Asked("GET", "/Users/u1"), Asked("HEAD", "/Users/u1")),
        (Asked("POST", "/Users", body=b""), post(userName="a")),
    ],
)  # fmt: skip
def test_not_the_same_whoever_it_is(recorded: Asked, live: Asked) -> None:
    assert cost(recorded, live) is None


@pytest.mark.parametrize(
    ("recorded", "live", "new"),
    [
        (post(userName="a", title="b"), post(userName="x", title="y"), 2),
        (post(name={"givenName": "b", "x": "b"}), post(name={"givenName": "x", "x": "y"}), 2),
        (post(userName="a", employeeNumber=1), post(userName="a", employeeNumber=2), 1),
        (post(emails=[{"value": "a"}, {"value": "b"}]), post(emails=[{"value": "x"}, {"value": "a"}]), 1),
        (query("filter=emails.value%20eq%20%22a%22"), query("filter=emails.value%20eq%20%22b%22"), 1),
        (Asked("POST", "/Users", body=b"{not json"), Asked("POST", "/Users", body=b"{nor this"), 1),
    ],
)  # fmt: skip
def test_what_a_client_brings_stands_for_what_was_recorded(recorded: Asked, live: Asked, new: int) -> None:
    assert cost(recorded, live) == new


def test_a_bulk_request_names_its_operations_as_it_likes() -> None:
    def bulk(one: str, other: str) -> Asked:
        member = {"schemas": ["g"], "displayName": "G", "members": [{"value": f"bulkId:{one}"}]}
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": one, "data": {"userName": "a"}},
            {"method": "POST", "path": "/Groups", "bulkId": other, "data": member},
            {"method": "DELETE", "path": f"/Users/bulkId:{one}"},
        ]
        return Asked("POST", "/Bulk", body={"schemas": ["b"], "Operations": operations})

    assert cost(bulk("1", "2"), bulk("x", "y")) == 2
    assert cost(bulk("1", "2"), bulk("x", "x")) is None, "two names are not one"


def test_what_stands_for_a_key_does_so_everywhere() -> None:
    """A key is one for one; a value of one person says nothing of another's."""
    ties, trial = Ties(), Trial(Ties(), "u1", lambda one, other: False)
    assert trial.unify(post(userName="a", title="t").node, post(userName="x", title="s").node)
    ties.add(trial.pairs)
    lookup = "filter=userName%20eq%20%22{}%22".format
    assert cost(query(lookup("a")), query(lookup("x")), ties) == 0
    assert cost(query(lookup("a")), query(lookup("y")), ties) is None
    assert cost(query(lookup("b")), query(lookup("x")), ties) is None
    assert cost(post(userName="b", title="t"), post(userName="y", title="z"), ties, scope="u2") == 2
    assert cost(change(titled("t")), change(titled("q")), ties) is None


WORDS = st.sampled_from("abcd")
LEAVES = st.builds(lambda word: Slot("key", "username", word), WORDS) | st.builds(Exact, WORDS)
NODES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: Bag(tuple(items)))
        | st.dictionaries(WORDS, inner, max_size=3).map(lambda items: Fields(tuple(sorted(items.items()))))
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(NODES, NODES), max_size=6))
def test_no_two_recorded_values_have_one_live_value(pairs: list[tuple[Node, Node]]) -> None:
    """Whatever is laid upon one another, and in which order: it stays one for one."""
    ties = Ties()
    known: dict[str, str] = {}
    for recorded, live in pairs:
        trial = Trial(ties, "", lambda one, other: False)
        if not trial.unify(recorded, live):
            continue
        ties.add(trial.pairs)
        for _, one, other in trial.pairs:
            assert known.setdefault(one, other) == other
    assert len(set(known.values())) == len(known)


@given(NODES)
def test_each_node_is_itself(node: Node) -> None:
    trial = Trial(Ties(), "", lambda one, other: False)
    assert trial.unify(node, node) and trial.new == 0
