"""How services can be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import InvalidFilter
from scimmock.scim.filter import Compare, Dialect, Not, parse

from ..conftest import ENTERPRISE

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


def _statuses(clients: list[httpx.Client], **query: str) -> list[int]:
    """Ask by GET, and by POST to see that it is the same."""
    found = []
    for client in clients:
        status = client.get("/Users", params=query).status_code
        assert client.post("/Users/.search", json={"schemas": [SEARCH], **query}).status_code == status
        found.append(status)
    return found


def test_only_some_attributes_sort(both: Both, new_user: Make) -> None:
    clients = both("sort-only")
    for client in clients:
        new_user(client, "ada")
    for name in ("userName", "USERNAME", "id", "meta.lastModified"):
        assert _statuses(clients, sortBy=name) == [200, 200], name
    assert _statuses(clients, sortBy="displayName") == [200, 400]
    assert _statuses(clients, filter='userName eq "ada"') == [200, 200]
    error = clients[1].get("/Users", params={"sortBy": "title"}).json()
    assert error["scimType"] == "invalidValue"


def test_only_some_endpoints_sort(both: Both) -> None:
    clients = both({"quirk": "sort-only", "attributes": [], "resources": "Groups", "scim_type": ""})
    assert _statuses(clients, sortBy="userName") == [200, 400]
    assert [client.get("/Groups?sortBy=displayName").status_code for client in clients] == [200, 200]


def _found(clients: list[httpx.Client], text: str) -> list[Any]:
    found: list[Any] = []
    for client in clients:
        answer = client.get("/Users", params={"filter": text})
        body = answer.json()
        found.append(
            sorted(user["userName"] for user in body["Resources"])
            if answer.status_code == 200
            else body["scimType"]
        )
    return found


ALIASES = {
    "quirk": "filter-aliases",
    "names": {
        "email": "emails.value",
        "login": "userName",
        "restricted": f'{ENTERPRISE}:division eq "guest"',
    },
}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('email eq "ada@example.com"', ["ada"]),
        ('EMAIL sw "ada" and login eq "ada"', ["ada"]),
        ('login eq "eva" or email pr', ["ada", "eva"]),
        ('restricted eq "1"', ["eva"]),
        ("restricted eq true", ["eva"]),
        ('restricted eq "0"', ["ada"]),
        ('restricted ne "1" and login eq "ada"', ["ada"]),
        ('not (restricted eq "1")', ["ada"]),
    ],
)
def test_other_names_in_filters(both: Both, new_user: Make, text: str, names: list[str]) -> None:
    clients = both(ALIASES)
    for client in clients:
        new_user(client, "ada", emails=[{"value": "ada@example.com"}])
        new_user(client, "eva", **{ENTERPRISE: {"division": "guest"}})
    assert _found(clients, text) == ["invalidFilter", names]
    assert _found(clients, text) == ["invalidFilter", names]
    assert _found(clients, 'userName eq "ada"') == [["ada"], ["ada"]]


def test_the_names_of_slack(both: Both, new_user: Make) -> None:
    clients = both("filter-aliases")
    for client in clients:
        new_user(client, "ada", emails=[{"value": "ada@example.com"}])
    assert _found(clients, 'email co "EXAMPLE"') == ["invalidFilter", ["ada"]]
    assert _found(clients, 'USERNAME eq "ada"') == [["ada"], ["ada"]]


def test_what_an_alias_stands_for_is_a_filter(tenant: Callable[..., httpx.Client]) -> None:
    client = tenant()
    control = str(client.base_url).rpartition("/scim/v2")[0] + "/_scimmock"
    wrong = {"quirk": "filter-aliases", "names": {"guest": "type eq guest"}}
    answer = client.put(f"{control}/quirks", json={"quirks": [wrong]})
    assert answer.status_code == 400 and "no filter" in answer.text


def test_filters_have_so_many_nodes(both: Both) -> None:
    clients = both("filter-max-nodes")
    for count, wanted in ((100, 200), (101, 400)):
        text = " or ".join('id eq "x"' for _ in range(count))
        assert _statuses(clients, filter=text) == [200, wanted], count
    small = both({"quirk": "filter-max-nodes", "most": 2, "detail": "too long", "scim_type": "tooMany"})
    assert _statuses(small, filter='not (id eq "x")') == [200, 200]
    error = small[1].get("/Users", params={"filter": 'emails[type eq "x" and primary eq true]'}).json()
    assert (error["detail"], error["scimType"]) == ("too long", "tooMany")
    assert _statuses(small, filter="id eq") == [400, 400]


def test_only_a_get_filters(both: Both) -> None:
    clients = both("filter-get-only")
    search = {"schemas": [SEARCH], "filter": 'userName eq "ada"'}
    answers = [client.post("/Users/.search", json=search) for client in clients]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json()["scimType"] == "invalidFilter"
    assert [client.post("/Users/.search", json={"schemas": [SEARCH]}).status_code for client in clients] == [
        200,
        200,
    ]
    assert _found(clients, 'userName eq "ada"') == [[], []]


def test_the_refusal_of_an_attribute_in_own_words(both: Both) -> None:
    words = "The current filter does not support the filter name: {name}"
    clients = both({"quirk": "filter-only-eq", "attributes": "userName", "detail": words})
    assert _found(clients, 'title eq "x"') == [[], "invalidFilter"]
    error = clients[1].get("/Users", params={"filter": 'title eq "x"'}).json()
    assert error["detail"] == "The current filter does not support the filter name: title"


SINGLE = Dialect(single_quotes=True)


def test_strings_in_single_quotes(both: Both, new_user: Make) -> None:
    clients = both("single-quoted-filter-values")
    for client in clients:
        new_user(client, "ada", title='a "b" c')
        new_user(client, "eva", title="b")
    for text, names in (
        ("userName eq 'ada'", ["ada"]),
        ("title eq 'a \"b\" c'", ["ada"]),
        ("title eq 'b'", ["eva"]),
        ("userName eq 'ada' or title eq \"b\"", ["ada", "eva"]),
    ):
        assert _found(clients, text) == ["invalidFilter", names], text
    assert _found(clients, 'title eq "it\'s"') == [[], []]


@given(st.text(max_size=20))
def test_any_string_can_stand_in_single_quotes(value: str) -> None:
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    try:
        node = parse(f"title eq '{text}'", SINGLE)
    except InvalidFilter:
        assert any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in value)
        return
    assert node == Compare("title", "eq", value, 1)


@given(st.sampled_from(["1", "true", "TRUE", "0", "false", "x"]), st.sampled_from(["eq", "ne"]))
def test_an_alias_holds_where_it_is_true(value: str, op: str) -> None:
    dialect = Dialect(aliases=(("guest", 'userType eq "guest"'),))
    node = parse(f'Guest {op} "{value}"', dialect)
    assert isinstance(node, Not) == ((value.lower() in ("1", "true")) != (op == "eq"))
    assert "guest" in str(node)
