"""Where ids stand in requests, and what is put in their place."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.traffic.mentions import filter_with, path_with, query_with, value_with

OLD, NEW = "9f0c6d3e-0b0a-4d1b-9d0e-000000000001", "live-id/with space"


def swap(text: str, kind: str | None) -> str | None:
    """The lookup of a session that has one long id and the short id 7."""
    if text == OLD:
        return NEW
    return "70" if text == "7" and kind is not None else None


@pytest.mark.parametrize(
    "path, wanted",
    [
        (f"/Users/{OLD}", "/Users/live-id%2Fwith%20space"),
        (f"/Groups/{OLD}/", "/Groups/live-id%2Fwith%20space/"),
        ("/Users/7", "/Users/70"),
        ("/7/x", "/7/x"),
        ("/Users/9f0c6d3e%2D0b0a-4d1b-9d0e-000000000001", "/Users/live-id%2Fwith%20space"),
        ("/Users", "/Users"),
        ("/", "/"),
    ],
)
def test_a_segment_of_a_path(path: str, wanted: str) -> None:
    assert path_with(path, swap) == wanted


@pytest.mark.parametrize(
    "filter, wanted",
    [
        (f'id eq "{OLD}"', f'id eq "{NEW}"'),
        (f'members[value eq "{OLD}"]', f'members[value eq "{NEW}"]'),
        (f'members.value EQ "{OLD}" and active eq true', f'members.value EQ "{NEW}" and active eq true'),
        ('members[value eq "7"]', 'members[value eq "70"]'),
        ('manager.value eq "7"', 'manager.value eq "70"'),
        ('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "7"',) * 2,
        # A short id is one only where ids stand.
        ('userName eq "7"', 'userName eq "7"'),
        ('emails[value eq "7"]', 'emails[value eq "7"]'),
        ('title eq "id eq \\"7\\""', 'title eq "id eq \\"7\\""'),
        (
            f'$ref eq "https://a.example/Users/{OLD}"',
            '$ref eq "https://a.example/Users/live-id%2Fwith%20space"',
        ),
        ("active eq true", "active eq true"),
    ],
)
def test_a_literal_of_a_filter(filter: str, wanted: str) -> None:
    if "enterprise" in wanted:
        wanted = wanted.replace('"7"', '"70"')
    assert filter_with(filter, swap) == wanted


def test_a_query_keeps_its_spelling() -> None:
    old, new = f'id eq "{OLD}"', f'id eq "{NEW}"'
    spaced = f"filter={quote(old)}&count=5&x=%zz"
    assert query_with(spaced, swap) == f"filter={quote(new, safe='')}&count=5&x=%zz"
    plus = f"count=5&filter=id+eq+%22{OLD}%22"
    assert dict(parse_qsl(query_with(plus, swap)))["filter"] == new
    assert "+eq+" in query_with(plus, swap)
    assert query_with("filter=a+eq+%22b%22&count=%35", swap) == "filter=a+eq+%22b%22&count=%35"
    assert query_with("cursor=abc&count=2", swap, {"abc": "x y"}.get) == "cursor=x%20y&count=2"


def test_values_of_a_body() -> None:
    body: dict[str, Any] = {
        "externalId": "7",
        "nickName": f"not {OLD}",
        "members": [{"value": "7", "display": "7"}, {"value": OLD, "$ref": f"../Users/{OLD}"}],
        "Operations": [
            {"op": "remove", "path": f'members[value eq "{OLD}"]'},
            {"op": "add", "path": "members", "value": [{"value": "7"}]},
            {"op": "replace", "path": "title", "value": "7"},
        ],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "7"}},
    }
    changed = value_with(body, swap)
    assert changed["externalId"] == "7" and changed["nickName"] == f"not {OLD}"
    assert changed["members"] == [
        {"value": "70", "display": "7"},
        {"value": NEW, "$ref": "../Users/live-id%2Fwith%20space"},
    ]
    removed, added, replaced = changed["Operations"]
    assert removed["path"] == f'members[value eq "{NEW}"]'
    assert added["value"] == [{"value": "70"}] and replaced["value"] == "7"
    assert changed["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["manager"] == {"value": "70"}
    assert body["members"][0]["value"] == "7"


def test_a_bulk_operation() -> None:
    body = {"Operations": [{"method": "PUT", "path": f"/Users/{OLD}", "data": {"id": OLD}}]}
    changed = value_with(body, swap)["Operations"][0]
    assert changed["path"] == "/Users/live-id%2Fwith%20space" and changed["data"] == {"id": NEW}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(OLD),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(_json, st.text(), st.text())
def test_what_has_no_ids_stays_the_same_object(value: Any, path: str, query: str) -> None:
    assert value_with(value, lambda text, kind: None) is value
    assert path_with(path, lambda text, kind: None) == path
    assert query_with(query, lambda text, kind: None) == query
    assert filter_with(path, lambda text, kind: None) == path


@given(_json)
def test_there_and_back(value: Any) -> None:
    there = value_with(value, lambda text, kind: "x" * 30 if text == OLD else None)
    back = value_with(there, lambda text, kind: OLD if text == "x" * 30 else None)
    assert back == value
