"""The faults of time and body, on a real server: what the client gets, and what the trace says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.faults.rule import read_action

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BJENSEN = {
    "schemas": [USER, ENTERPRISE],
    "userName": "bjensen",
    "active": True,
    "name": {"givenName": "Barbara", "familyName": 'O\'Neil "Babs"'},
    "emails": [{"value": "w@example.com", "type": "work"}, {"value": "h@example.com", "type": "home"}],
    ENTERPRISE: {"department": "Sales"},
}
SMITH = {"schemas": [USER], "userName": "smith", "active": False}


@dataclass
class Faulty:
    """A tenant with two users and the rules of a test; ``id`` is that of bjensen."""

    client: httpx.Client
    id: str

    def control(self, path: str) -> str:
        return str(self.client.base_url).replace("/scim/v2/", f"/_scimmock/{path}")

    def add(self, do: dict[str, Any], **rest: Any) -> None:
        answer = self.client.post(self.control("faults"), json={"name": "rule", "do": do, **rest})
        assert answer.status_code == 201, answer.text

    @property
    def rule(self) -> dict[str, Any]:
        rules = self.client.get(self.control("faults")).json()["faults"]
        return next(rule for rule in rules if rule["name"] == "rule")

    def last(self) -> dict[str, Any]:
        exchange: dict[str, Any] = self.client.get(self.control("journal")).json()["exchanges"][-1]
        return exchange

    def read(self) -> httpx.Response:
        return self.client.get(f"/Users/{self.id}")

    def stored(self) -> dict[str, Any]:
        """Return bjensen without any rule."""
        assert self.client.delete(self.control("faults")).status_code == 204
        document: dict[str, Any] = self.read().json()
        return document


@pytest.fixture
def faulty(scim: httpx.Client) -> Faulty:
    made = scim.post("/Users", json=BJENSEN)
    assert made.status_code == 201, made.text
    assert scim.post("/Users", json=SMITH).status_code == 201
    return Faulty(scim, made.json()["id"])


def strictly(text: bytes) -> Any:
    """Parse JSON that is JSON: Python's own parser takes NaN."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def assert_acted(faulty: Faulty, before: dict[str, Any], changed: httpx.Response, **facts: Any) -> None:
    """The answer was changed, was entered with what the service meant, and nothing was changed but that."""
    assert int(changed.headers["content-length"]) == len(changed.content)
    exchange = faulty.last()
    (trace,) = exchange["trace"]["rules"]
    assert trace.items() >= {"name": "rule", "hit": 1, **facts}.items()
    assert exchange["upstream"]["body"]["json"] == before
    assert exchange["response"]["body"]["size"] == len(changed.content)
    assert exchange["error"] is None
    assert (faulty.rule["hits"], faulty.rule["left"]) == (1, 0)
    # The rule has had its turn: the same request is untouched.
    assert faulty.read().json() == before
    assert faulty.last()["trace"]["rules"] == [] and "upstream" not in faulty.last()
    assert faulty.stored() == before


def changed(before: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {name: members.get(name, value) for name, value in before.items() if members.get(name) is not ...}


@pytest.mark.parametrize(
    ("do", "expected", "places"),
    [
        ({"drop_attribute": "userName"}, lambda old: changed(old, userName=...), 1),
        ({"drop_attribute": ["meta", "ID"]}, lambda old: changed(old, meta=..., id=...), 2),
        (
            {"drop_attribute": "emails.type"},
            lambda old: changed(old, emails=[{"value": item["value"]} for item in old["emails"]]),
            2,
        ),
        ({"drop_attribute": "emails[value pr]"}, lambda old: changed(old, emails=[]), 2),
        ({"drop_attribute": 'emails[type eq "work"]'}, lambda old: changed(old, emails=old["emails"][1:]), 1),
        ({"drop_attribute": ENTERPRISE}, lambda old: changed(old, **{ENTERPRISE: ...}), 1),
        ({"drop_attribute": f"{ENTERPRISE}:department"}, lambda old: changed(old, **{ENTERPRISE: {}}), 1),
        ({"set_attribute": "active", "value": "False"}, lambda old: changed(old, active="False"), 1),
        ({"set_attribute": "nickName", "value": None}, lambda old: {**old, "nickName": None}, 1),
        (
            {"set_attribute": "name.givenName", "value": {"a": [1]}},
            lambda old: changed(old, name={**old["name"], "givenName": {"a": [1]}}),
            1,
        ),
        (
            {"set_attribute": "phoneNumbers.value", "value": "1"},
            lambda old: {**old, "phoneNumbers": [{"value": "1"}]},
            1,
        ),
        (
            {"set_attribute": "name.middleName", "value": 1},
            lambda old: changed(old, name=old["name"] | {"middleName": 1}),
            1,
        ),
        ({"change_type": "active", "to": "string"}, lambda old: changed(old, active="true"), 1),
        ({"change_type": "active", "to": "number"}, lambda old: changed(old, active=1), 1),
        ({"change_type": "userName", "to": "number"}, lambda old: changed(old, userName=7), 1),
        ({"change_type": "userName", "to": "boolean"}, lambda old: changed(old, userName=True), 1),
        ({"change_type": "userName", "to": "array"}, lambda old: changed(old, userName=["bjensen"]), 1),
        (
            {"change_type": "userName", "to": "object"},
            lambda old: changed(old, userName={"value": "bjensen"}),
            1,
        ),
        ({"change_type": "emails", "to": "null"}, lambda old: changed(old, emails=None), 1),
        (
            {"change_type": "schemas", "to": "string"},
            lambda old: changed(old, schemas=f'["{USER}","{ENTERPRISE}"]'),
            1,
        ),
    ],
)
def test_an_attribute_is_not_as_it_was(
    faulty: Faulty, do: dict[str, Any], expected: Callable[[dict[str, Any]], dict[str, Any]], places: int
) -> None:
    before = faulty.read().json()
    faulty.add(do, match={"operation": "read"}, when={"first": 1})
    answer = faulty.read()
    wanted = expected(before)
    assert json.dumps(answer.json()) == json.dumps(wanted) != json.dumps(before)
    assert_acted(faulty, before, answer, action=next(iter(do)), places=places)


def test_a_renamed_attribute_keeps_its_place(faulty: Faulty) -> None:
    before = faulty.read().json()
    faulty.add({"rename_attribute": "userName", "to": "user_name"}, when={"first": 1})
    answer = faulty.read()
    assert list(answer.json()) == [name if name != "userName" else "user_name" for name in before]
    assert answer.json()["user_name"] == "bjensen"
    assert_acted(faulty, before, answer, attribute="userName", to="user_name", places=1)


def test_a_renamed_attribute_takes_the_name_of_another(faulty: Faulty) -> None:
    before = faulty.read().json()
    faulty.add({"rename_attribute": "emails.value", "to": "type"}, when={"first": 1})
    answer = faulty.read()
    assert answer.json()["emails"] == [{"type": "w@example.com"}, {"type": "h@example.com"}]
    assert_acted(faulty, before, answer, places=2)


@pytest.mark.parametrize(
    ("do", "second"),
    [
        ({"duplicate_key": "userName"}, "bjensen-2"),
        ({"duplicate_key": "userName", "value": None}, None),
        ({"duplicate_key": "active"}, False),
        ({"duplicate_key": "active", "value": {"#": ["#", "##"]}}, {"#": ["#", "##"]}),
        ({"duplicate_key": "schemas"}, None),
    ],
)
def test_a_key_stands_twice(faulty: Faulty, do: dict[str, Any], second: Any) -> None:
    before = faulty.read().json()
    faulty.add(do, when={"first": 1})
    answer = faulty.read()
    name = do["duplicate_key"]
    pairs = json.loads(answer.content, object_pairs_hook=list)
    at = [index for index, (key, _) in enumerate(pairs) if key == name]
    assert at == [at[0], at[0] + 1]
    assert answer.json() == {**before, name: second}
    assert pairs[at[0]][1] == before[name] or name == "schemas"
    assert_acted(faulty, before, answer, attribute=name, places=1)


def test_a_list_is_changed_in_each_of_its_resources(faulty: Faulty) -> None:
    before = faulty.client.get("/Users").json()
    faulty.add({"change_type": "active", "to": "string"}, match={"operation": "list"})
    answer = faulty.client.get("/Users").json()
    assert [user["active"] for user in answer["Resources"]] == ["true", "false"]
    assert {**answer, "Resources": 0} == {**before, "Resources": 0}
    assert faulty.last()["trace"]["rules"][0]["places"] == 2


@pytest.mark.parametrize(
    ("do", "expected"),
    [
        ({"drop_attribute": "totalResults"}, lambda old: changed(old, totalResults=...)),
        ({"set_attribute": "totalResults", "value": 99}, lambda old: changed(old, totalResults=99)),
        ({"change_type": "totalResults", "to": "string"}, lambda old: changed(old, totalResults="2")),
        ({"drop_attribute": "Resources"}, lambda old: changed(old, Resources=...)),
        (
            {"change_type": "Resources", "to": "object"},
            lambda old: changed(old, Resources={"value": old["Resources"]}),
        ),
    ],
)
def test_a_list_is_changed_itself_where_the_path_names_it(
    faulty: Faulty, do: dict[str, Any], expected: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    before = faulty.client.get("/Users").json()
    faulty.add(do)
    assert faulty.client.get("/Users").json() == expected(before)


@pytest.mark.parametrize(
    "do",
    [
        {"drop_attribute": "nickName"},
        {"rename_attribute": "name.title", "to": "x"},
        {"set_attribute": "userName", "value": "bjensen"},
        {"change_type": "active", "to": "boolean"},
        {"duplicate_key": "emails.primary"},
        {"drop_attribute": "totalResults"},
    ],
)
def test_where_there_is_nothing_to_change_the_rule_is_not_counted(faulty: Faulty, do: dict[str, Any]) -> None:
    before = faulty.read()
    faulty.add(do, when={"first": 1})
    assert faulty.read().content == before.content
    assert faulty.last()["trace"]["rules"] == []
    assert (faulty.rule["hits"], faulty.rule["left"], faulty.rule["seen"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("do", "touched"),
    [
        ({"drop_attribute": "detail"}, True),
        ({"change_type": "status", "to": "number"}, True),
        ({"set_attribute": "scimType", "value": "tooMany"}, True),
        ({"set_attribute": "active", "value": False}, False),
        ({"drop_attribute": "id"}, False),
    ],
)
def test_an_error_is_changed_where_the_path_names_a_member_of_it(
    faulty: Faulty, do: dict[str, Any], touched: bool
) -> None:
    before = faulty.client.get("/Users/none")
    assert before.status_code == 404
    faulty.add(do)
    answer = faulty.client.get("/Users/none")
    assert answer.status_code == 404
    assert (answer.json() != before.json()) is touched
    assert faulty.rule["hits"] == int(touched)


def test_answers_without_a_body_have_nothing_to_change(faulty: Faulty) -> None:
    for number, do in enumerate(
        ({"malformed_json": True}, {"wrong_content_type": True}, {"drop_attribute": "id"})
    ):
        faulty.client.post(faulty.control("faults"), json={"name": f"r{number}", "do": do, "continue": True})
    answer = faulty.client.delete(f"/Users/{faulty.id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert faulty.last()["trace"]["rules"] == []


@pytest.mark.parametrize("kind", [True, "cut", "trailing_comma", "single_quotes", "bare_nan", "unquoted_key"])
def test_malformed_json(faulty: Faulty, kind: Any) -> None:
    before = faulty.read().json()
    faulty.add({"malformed_json": kind}, when={"first": 1})
    answer = faulty.read()
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        strictly(answer.content)
    assert_acted(faulty, before, answer, kind="cut" if kind is True else kind)


documents = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("a:\",'\\", max_size=4), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@given(documents, st.sampled_from(["cut", "trailing_comma", "single_quotes", "bare_nan", "unquoted_key"]))
def test_what_is_spoiled_is_no_json_and_what_is_not_is_untouched(document: dict[str, Any], kind: str) -> None:
    from scimmock.faults.actions.malformed_json import _KINDS

    body = json.dumps(document).encode()
    spoiled = _KINDS[kind](body)
    if spoiled == body:
        assert kind in ("single_quotes", "bare_nan", "unquoted_key")
        return
    with pytest.raises(ValueError):
        strictly(spoiled)
    if kind == "bare_nan":
        assert json.dumps(json.loads(spoiled)) != json.dumps(document)


@pytest.mark.parametrize(
    ("value", "sent"), [(True, "text/html"), ("application/xml", "application/xml"), ("", None)]
)
def test_another_content_type(faulty: Faulty, value: Any, sent: str | None) -> None:
    before = faulty.read()
    faulty.add({"wrong_content_type": value}, when={"first": 1})
    answer = faulty.read()
    assert answer.headers.get("content-type") == sent
    assert answer.content == before.content
    assert faulty.last()["trace"]["rules"][0]["content_type"] == (sent or "")
    assert faulty.read().headers["content-type"] == before.headers["content-type"]
    assert faulty.rule["hits"] == 1


def test_a_write_is_done_and_its_answer_is_changed(faulty: Faulty) -> None:
    faulty.add({"drop_attribute": "id"}, match={"operation": "create"}, when={"first": 1})
    answer = faulty.client.post("/Users", json={"schemas": [USER], "userName": "new"})
    assert answer.status_code == 201 and "id" not in answer.json()
    found = faulty.client.get("/Users", params={"filter": 'userName eq "new"'}).json()
    assert found["totalResults"] == 1 and found["Resources"][0]["id"]
    again = faulty.client.post("/Users", json={"schemas": [USER], "userName": "newer"})
    assert again.json()["id"]


def test_other_requests_are_left_alone(faulty: Faulty) -> None:
    before = faulty.client.get("/Users")
    faulty.add({"drop_attribute": "userName"}, match={"operation": "read"})
    assert faulty.client.get("/Users").content == before.content
    assert faulty.client.get("/ServiceProviderConfig").status_code == 200
    assert faulty.rule["seen"] == 0


# ---- time


def test_a_delay_is_entered_and_the_answer_is_whole(faulty: Faulty) -> None:
    before = faulty.read()
    faulty.add({"delay": "30ms"}, when={"first": 1})
    answer = faulty.read()
    assert answer.content == before.content and answer.headers["etag"] == before.headers["etag"]
    exchange = faulty.last()
    assert exchange["trace"]["rules"][0].items() >= {"action": "delay", "seconds": 0.03}.items()
    assert exchange["timing"]["wait_ms"] >= 25 and "upstream" not in exchange
    assert (faulty.rule["hits"], faulty.rule["left"]) == (1, 0)


def test_a_delay_in_the_body_comes_after_the_service_has_acted(faulty: Faulty) -> None:
    faulty.add({"delay": "40ms", "where": "body"}, match={"operation": "create"})
    document = {"schemas": [USER], "userName": "new"}
    with faulty.client.stream("POST", "/Users", json=document) as answer:
        assert answer.status_code == 201
        assert int(answer.headers["content-length"]) == len(answer.read())
    exchange = faulty.last()
    assert exchange["trace"]["rules"][0]["seconds"] == 0.04
    assert exchange["timing"]["response_ms"] >= 30  # timers go by whole milliseconds
    assert exchange["error"] is None


def test_drawn_delays_are_the_same_for_the_same_seed(tenant: Callable[..., httpx.Client]) -> None:
    def drawn(seed: int) -> list[float]:
        faulty = Faulty(tenant(seed=seed), "none")
        faulty.add({"delay": {"uniform": ["0ms", "3ms"]}})
        for _ in range(4):
            faulty.read()
        exchanges = faulty.client.get(faulty.control("journal")).json()["exchanges"]
        return [exchange["trace"]["rules"][0]["seconds"] for exchange in exchanges]

    first = drawn(5)
    assert first == drawn(5) != drawn(6)
    assert len(set(first)) == 4 and all(0 <= seconds <= 0.003 for seconds in first)


def test_a_delay_in_a_bulk_makes_the_whole_request_wait(faulty: Faulty) -> None:
    faulty.add({"delay": "20ms", "where": "body"}, match={"operation": "create"})
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": {"schemas": [USER], "userName": name}}
        for name in ("x", "y")
    ]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    answer = faulty.client.post("/Bulk", json=body)
    assert [item["status"] for item in answer.json()["Operations"]] == ["201", "201"]
    exchange = faulty.last()
    assert [rule["seconds"] for rule in exchange["trace"]["rules"]] == [0.02, 0.02]
    assert exchange["timing"]["wait_ms"] >= 30


def test_a_day_is_the_longest_wait() -> None:
    action: Any = read_action({"delay": {"lognormal": {"median": "2h", "sigma": 10}}}, "do")

    class Turn:
        def share(self, label: str) -> float:
            return 0.999999

    class Fired:
        turn, trace = Turn(), {"hit": 1}

        def tell(self, **facts: Any) -> None:
            self.facts = facts

    assert action._seconds(Fired()) == 86_400.0
