"""Templates: what a text, an instruction and a whole request give, and what is refused."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.fixture.dialect import DialectSpec, HeaderSpec, RequestSpec
from scimmock.idps.template import (
    MISSING,
    TemplateError,
    has_value,
    render,
    render_request,
    variables,
)
from scimmock.scim.filter import parse

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
CONTEXT: dict[str, Any] = {
    "user": {
        "userName": "ada",
        "active": False,
        "password": None,
        "name": {"givenName": "Ada"},
        "emails": [{"value": "ada@example.com", "type": "work"}],
        "roles": [],
    },
    "members": [{"id": "1", "display": "Ada"}, {"id": "2"}],
    "none": [],
    "changes": {"name.givenName": "Eve", f"{ENTERPRISE}:department": "R&D"},
    "found": {"id": "7", "title": "Old", "name": {"givenName": "Ada", "middleName": "K"}},
    "seen": 100,
}
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("${user.userName}", "ada"),
        ("${user.active}", False),
        ("${seen}", 100),
        ("${user.emails}", [{"value": "ada@example.com", "type": "work"}]),
        ("${none}", []),
        ("${user.title}", MISSING),
        ("${user.password}", MISSING),
        ("${user.userName.x}", MISSING),
        ("${user.title|null}", None),
        ("${user.title|Dr}", "Dr"),
        ("${user.title|}", ""),
        ("${user.userName|null}", "ada"),
        ("tel:${user.phone}", "tel:"),
        ("<${user.active}> <${seen}> <${none}>", "<false> <100> <[]>"),
        ("${user.title|Dr} ${user.userName}", "Dr ada"),
        ("5 $$ and $${seen}", "5 $ and ${seen}"),
        ("5 $ only", "5 $ only"),
        ("${changes.name.givenName}", "Eve"),
        (f"${{changes.{ENTERPRISE}:department}}", "R&D"),
        (True, True),
        (None, None),
        ({"a": "${user.title}", "b": {"c": "${user.title}"}}, {"b": {}}),
        ({"a": None, "$ref": None}, {"a": None, "$ref": None}),
        (["${user.title}", "${user.userName}", None], ["ada", None]),
        ({"${user.userName}": 1, "$$each": 2}, {"ada": 1, "$each": 2}),
    ],
)
def test_what_a_template_gives(template: Any, expected: Any) -> None:
    given = render(template, CONTEXT)
    assert given is MISSING if expected is MISSING else given == expected and type(given) is type(expected)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            {
                "$each": "members",
                "$as": "member",
                "$give": {"value": "${member.id}", "d": "${member.display}"},
            },
            [{"value": "1", "d": "Ada"}, {"value": "2"}],
        ),
        ({"$each": "members", "$give": "${item.display}"}, ["Ada"]),
        ({"$each": "none", "$give": "${item}"}, []),
        ({"x": {"$each": "nobody", "$give": "${item}"}}, {}),
        (
            {"$merge": ["${found}", {"title": None, "name": {"givenName": "Eve", "middleName": None}}]},
            {"id": "7", "name": {"givenName": "Eve"}},
        ),
        ({"$merge": ["${nothing}", {"a": None, "b": 1}, {"b": {"c": None}}]}, {"a": None, "b": {}}),
        ({"$merge": ["${nothing}"]}, MISSING),
        ({"$text": {"id": "${found.id}", "gone": "${nothing}"}}, '{"id":"7"}'),
        ({"$text": "${nothing}"}, MISSING),
        ({"$when": "user.active", "$then": "yes", "$else": "no"}, "yes"),
        ({"$when": "none", "$then": "yes", "$else": "no"}, "no"),
        ({"$when": "user.password", "$then": "yes"}, MISSING),
        (["a", {"$when": "nothing", "$then": "b"}], ["a"]),
    ],
)
def test_what_an_instruction_gives(template: Any, expected: Any) -> None:
    given = render(template, CONTEXT)
    assert given is MISSING if expected is MISSING else given == expected


def test_a_value_is_a_copy() -> None:
    given = render({"$merge": ["${found}", {"name": {"middleName": None}}]}, CONTEXT)
    given["name"]["givenName"] = "Eve"
    render("${found}", CONTEXT)["name"].clear()
    assert CONTEXT["found"]["name"] == {"givenName": "Ada", "middleName": "K"}


@pytest.mark.parametrize(
    ("template", "where", "message"),
    [
        ("${user", "$", "not closed"),
        ({"a": ["${}"]}, "$.a[0]", "no name"),
        ({"a": "${a b}"}, "$.a", "no name"),
        ({"$eahc": "members", "$give": 1}, "$", "did you mean '$each'"),
        ({"$each": "members"}, "$", "needs '$give'"),
        ({"$each": "members", "$give": 1, "b": 2}, "$", "'b' does not belong"),
        ({"$each": "${members}", "$give": 1}, "$", "name of a variable"),
        ({"$each": "user", "$give": 1}, "$", "not a list"),
        ({"$each": "members", "$give": {"a": {"$merge": 1}}}, "$.$give.a", "list of templates"),
        ({"$merge": ["${found}", "${seen}"]}, "$.$merge[1]", "only objects"),
        ({"$then": 1}, "$", "without what it belongs to"),
    ],
)
def test_what_is_refused(template: Any, where: str, message: str) -> None:
    with pytest.raises(TemplateError, match=message.replace("$", r"\$")) as error:
        render(template, CONTEXT)
    assert error.value.where == where


def test_the_variables_of_a_template() -> None:
    template = {
        "a": ["${user.userName|x} ${seen}", 1],
        "${op.path}": {"$each": "members", "$as": "m", "$give": ["${m.id}", "${m}", "${mine}"]},
        "b": {"$when": "flag", "$then": {"$text": {"$merge": ["${found}"]}}, "$else": "$${no}"},
        "$ref": None,
    }
    assert variables(template) == {
        "user.userName",
        "seen",
        "op.path",
        "members",
        "mine",
        "flag",
        "found",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [("user.active", True), ("seen", True), ("none", False), ("user.password", False), ("no.thing", False)],
)
def test_what_has_a_value(name: str, expected: bool) -> None:
    assert has_value(CONTEXT, name) is expected


def _request(**options: Any) -> RequestSpec:
    return RequestSpec(**{"method": "GET", "path": "/Users", **options})


CLIENT = DialectSpec(
    headers=[
        HeaderSpec(name="Accept", value="application/scim+json"),
        HeaderSpec(name="Content-Type", value="application/scim+json", on="body"),
        HeaderSpec(name="X-Reads", value="${tenant}", on="no-body"),
        HeaderSpec(name="User-Agent", value="${app.agent}"),
    ]
)


def test_a_request_without_body() -> None:
    query = {
        "startIndex": "1",
        "filter": 'userName eq "${user.userName}"',
        "attributes": "${app.attributes}",
        "count": "${seen}",
    }
    rendered = render_request(_request(query=query), CLIENT, {**CONTEXT, "tenant": "t1"})
    assert rendered.method == "GET"
    assert rendered.target == "/Users?startIndex=1&filter=userName%20eq%20%22ada%22&count=100"
    assert rendered.headers == [("Accept", "application/scim+json"), ("X-Reads", "t1")]
    assert rendered.body is None


def test_a_request_with_body() -> None:
    request = _request(method="PUT", path="/Users/${found.id}", body={"userName": "${user.userName}"})
    rendered = render_request(request, CLIENT, {**CONTEXT, "app": {"agent": "x/1"}})
    assert rendered.target == "/Users/7"
    assert rendered.headers == [
        ("Accept", "application/scim+json"),
        ("Content-Type", "application/scim+json"),
        ("User-Agent", "x/1"),
    ]
    assert rendered.body == {"userName": "ada"}


def test_a_body_without_value_is_none() -> None:
    rendered = render_request(_request(body="${nothing}"), CLIENT, CONTEXT)
    assert rendered.body is None
    assert ("Content-Type", "application/scim+json") not in rendered.headers


def test_a_space_is_written_as_the_client_does() -> None:
    request = _request(query={"filter": 'displayName eq "a b+c@d"'})
    plus = DialectSpec(space="+")
    assert render_request(request, plus, {}).target == "/Users?filter=displayName+eq+%22a+b%2Bc%40d%22"
    assert render_request(request, CLIENT, {}).target.endswith("displayName%20eq%20%22a%20b%2Bc%40d%22")


@pytest.mark.parametrize("dots", [".", ".."])
def test_dots_are_no_steps_in_the_path(dots: str) -> None:
    rendered = render_request(_request(path="/Users/${id}"), CLIENT, {"id": dots})
    assert rendered.target == f"/Users/{'%2E' * len(dots)}"


@pytest.mark.parametrize("value", ["", None])
def test_a_path_needs_its_values(value: str | None) -> None:
    with pytest.raises(TemplateError, match="'id' has no value") as error:
        render_request(_request(method="DELETE", path="/Users/${id}"), CLIENT, {"id": value})
    assert error.value.where == "path"


def test_where_in_a_request_something_is_wrong() -> None:
    with pytest.raises(TemplateError) as in_query:
        render_request(_request(query={"filter": "${"}), CLIENT, {})
    with pytest.raises(TemplateError) as in_body:
        render_request(_request(body={"a": [{"$each": "user", "$give": 1}]}), CLIENT, CONTEXT)
    with pytest.raises(TemplateError) as in_header:
        render_request(_request(), CLIENT, {"app": {"agent": "a\r\nHost: b"}})
    with pytest.raises(TemplateError) as in_path:
        render_request(_request(path="/Users/${id}"), CLIENT, {"id": "\ud800"})
    places = [error.value.where for error in (in_query, in_body, in_header, in_path)]
    assert places == ["query.filter", "body.a[0]", "headers.User-Agent", "path"]


@given(values)
def test_a_variable_alone_keeps_its_value(value: Any) -> None:
    assert render({"a": ["${x}"]}, {"x": value}) == {"a": [value]}


@given(values)
def test_plain_json_is_a_template_of_itself(value: Any) -> None:
    escaped = json.loads(json.dumps(value).replace("$", "$$"))
    assert render(escaped, {}) == value
    assert variables(escaped) == set()


@given(values)
def test_json_text_can_be_read_back(value: Any) -> None:
    assert json.loads(render({"$text": {"v": "${x}"}}, {"x": value})) == {"v": value}


@given(texts, st.sampled_from(["%20", "+"]))
def test_a_filter_finds_exactly_the_value(value: str, space: Any) -> None:
    request = _request(query={"filter": 'userName eq "${x}" and title eq "${x}"', "n": "${x}"})
    target = render_request(request, DialectSpec(space=space), {"x": value}).target
    parsed = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing=True))
    assert parsed["n"] == value
    quoted = json.dumps(value, ensure_ascii=False)
    assert parsed["filter"] == f"userName eq {quoted} and title eq {quoted}"
    parse(parsed["filter"])


@given(texts.filter(bool))
def test_a_value_in_the_path_is_one_segment(value: str) -> None:
    target = render_request(_request(path="/Users/${x}/y"), CLIENT, {"x": value}).target
    segments = target.split("/")
    assert len(segments) == 4
    assert unquote(segments[2]) == value
    assert not set("?#") & set(target)


@given(st.dictionaries(texts, values, max_size=4), st.dictionaries(texts, values, max_size=4))
def test_a_merge_without_nulls_is_an_update(old: dict[str, Any], new: dict[str, Any]) -> None:
    merged = render({"$merge": ["${a}", "${b}"]}, {"a": old, "b": new})
    assert set(merged) == {*old, *new}
    assert all(merged[key] == value for key, value in new.items() if not isinstance(value, dict))
    assert all(merged[key] == value for key, value in old.items() if key not in new)
