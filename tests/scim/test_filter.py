"""The filter grammar of RFC 7644 section 3.4.2.2: what parses, to which tree, and what is refused where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimmock.errors import InvalidFilter
from scimmock.scim.filter import And, Compare, Dialect, Node, Not, Or, Present, ValuePath, parse


def shape(node: Node) -> Any:
    """The tree without positions."""
    if isinstance(node, Compare):
        return (node.op, node.path, node.value)
    if isinstance(node, Present):
        return ("pr", node.path)
    if isinstance(node, ValuePath):
        return ("[]", node.path, shape(node.inner))
    if isinstance(node, Not):
        return ("not", shape(node.inner))
    kind = "and" if isinstance(node, And) else "or"
    return (kind, *map(shape, node.terms))


A, B, C, D = (("eq", name, 1) for name in "abcd")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param('userName eq "bjensen"', ("eq", "userName", "bjensen"), id="figure-example-eq"),
        pytest.param(
            'name.familyName co "O\'Malley"', ("co", "name.familyName", "O'Malley"), id="sub-attribute"
        ),
        pytest.param(
            'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J"',
            ("sw", "urn:ietf:params:scim:schemas:core:2.0:User:userName", "J"),
            id="urn-with-dots",
        ),
        pytest.param("title pr", ("pr", "title"), id="pr"),
        pytest.param("a EQ 1", ("eq", "a", 1), id="operators-in-any-case"),
        pytest.param("a PR AnD b Pr", ("and", ("pr", "a"), ("pr", "b")), id="logical-operators-in-any-case"),
        pytest.param("a eq 1 or b eq 1 and c eq 1", ("or", A, ("and", B, C)), id="and-before-or-right"),
        pytest.param("a eq 1 and b eq 1 or c eq 1", ("or", ("and", A, B), C), id="and-before-or-left"),
        pytest.param("(a eq 1 or b eq 1) and c eq 1", ("and", ("or", A, B), C), id="grouping-overrides"),
        pytest.param(
            "a eq 1 or b eq 1 and c eq 1 or d eq 1", ("or", A, ("and", B, C), D), id="and-between-two-ors"
        ),
        pytest.param("not (a eq 1) and b eq 1", ("and", ("not", A), B), id="not-before-and"),
        pytest.param("not (a eq 1) or b eq 1", ("or", ("not", A), B), id="not-before-or"),
        pytest.param("NOT(a eq 1)", ("not", A), id="not-without-space"),
        pytest.param("not (not (a eq 1))", ("not", ("not", A)), id="double-not"),
        pytest.param("((a eq 1))", A, id="needless-parentheses"),
        pytest.param(
            'emails[type eq "work" and value co "@x"]',
            ("[]", "emails", ("and", ("eq", "type", "work"), ("co", "value", "@x"))),
            id="value-path",
        ),
        pytest.param(
            'emails[type eq "work"] or ims[type eq "xmpp"]',
            ("or", ("[]", "emails", ("eq", "type", "work")), ("[]", "ims", ("eq", "type", "xmpp"))),
            id="two-value-paths",
        ),
        pytest.param(
            'emails[not (type eq "work")]',
            ("[]", "emails", ("not", ("eq", "type", "work"))),
            id="not-in-value-path",
        ),
        pytest.param("a eq true", ("eq", "a", True), id="true"),
        pytest.param("a ne false", ("ne", "a", False), id="false"),
        pytest.param("a eq null", ("eq", "a", None), id="null"),
        pytest.param("a gt -1.5e3", ("gt", "a", -1500.0), id="number"),
        pytest.param(
            r'a eq "q\"b\\s\u00e9\ud83d\ude00"', ("eq", "a", 'q"b\\s\u00e9\U0001f600'), id="escapes"
        ),
        pytest.param('a eq ""', ("eq", "a", ""), id="empty-string"),
        pytest.param('a eq ") or (b pr"', ("eq", "a", ") or (b pr"), id="syntax-inside-a-string"),
        pytest.param("  a   eq   1  ", A, id="spaces"),
        pytest.param("and eq 1 and or pr", ("and", ("eq", "and", 1), ("pr", "or")), id="keywords-as-names"),
        pytest.param('members.$ref eq "x"', ("eq", "members.$ref", "x"), id="dollar-ref"),
        pytest.param('a-b_c eq "x"', ("eq", "a-b_c", "x"), id="hyphen-and-underscore"),
    ],
)
def test_tree(text: str, tree: Any) -> None:
    assert shape(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "position"),
    [
        pytest.param("", 1, id="empty"),
        pytest.param("   ", 1, id="blank"),
        pytest.param("userName", 9, id="no-operator"),
        pytest.param("userName eq", 12, id="no-value"),
        pytest.param('userName xx "a"', 10, id="unknown-operator"),
        pytest.param('userName eq "a', 13, id="unclosed-string"),
        pytest.param("userName eq bjensen", 13, id="unquoted-value"),
        pytest.param("active eq TRUE", 11, id="json-literals-are-lower-case"),
        pytest.param("a eq 01", 6, id="number-with-leading-zero"),
        pytest.param("a eq 'x'", 6, id="single-quotes"),
        pytest.param("(a eq 1", 8, id="unclosed-parenthesis"),
        pytest.param("a eq 1)", 7, id="unopened-parenthesis"),
        pytest.param("a eq 1 b eq 2", 8, id="missing-logical-operator"),
        pytest.param("a eq 1 and", 11, id="dangling-and"),
        pytest.param("not a eq 1", 5, id="not-needs-parentheses"),
        pytest.param("emails[type eq 1", 17, id="unclosed-bracket"),
        pytest.param("emails[]", 8, id="empty-brackets"),
        pytest.param("emails [type pr]", 8, id="space-before-bracket"),
        pytest.param("a[b[c eq 1] ]", 4, id="nested-brackets"),
        pytest.param('emails[type eq "work"].value eq "x"', 23, id="sub-attribute-after-brackets"),
        pytest.param("1a eq 1", 1, id="name-starts-with-digit"),
        pytest.param("a.b.c eq 1", 1, id="two-levels-of-sub-attributes"),
        pytest.param(r'a eq "\x"', 6, id="bad-escape"),
        pytest.param(r'a eq "\ud800"', 6, id="half-a-surrogate-pair"),
        pytest.param("()", 2, id="empty-parentheses"),
        pytest.param("a pr pr", 6, id="pr-twice"),
    ],
)
def test_refused_with_position(text: str, position: int) -> None:
    """Whatever is wrong is 400 invalidFilter, and the detail leads to the place (section 3.12 table 9)."""
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert (caught.value.status, caught.value.scim_type) == (400, "invalidFilter")
    assert caught.value.position == position
    assert str(position) in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a eq " + "1" * 5000, id="a-number-of-5000-digits"),
        pytest.param("a eq 1e999", id="a-number-beyond-double"),
        pytest.param("(" * 50, id="deep-and-unfinished"),
        pytest.param("(" * 51 + "a pr" + ")" * 51, id="deep"),
        pytest.param("not (" * 60 + "a pr" + ")" * 60, id="deep-not"),
        pytest.param("a pr or " * 1100 + "a pr", id="too-long"),
        pytest.param("[" * 4000, id="brackets"),
    ],
)
def test_past_a_limit_is_an_invalid_filter(text: str) -> None:
    """Limits end in invalidFilter; a position, where there is one, lies in the text."""
    with pytest.raises(InvalidFilter) as caught:
        parse(text)
    assert caught.value.position is None or 1 <= caught.value.position <= len(text) + 1


def test_limits_are_the_dialects() -> None:
    tight = Dialect(max_length=10, max_depth=2)
    assert shape(parse("(a eq 1)", tight)) == A
    with pytest.raises(InvalidFilter, match="longer than 10"):
        parse("abc eq 1234", tight)
    with pytest.raises(InvalidFilter, match="deeper than 2"):
        parse("((a pr))", tight)


def test_long_chains_are_flat_and_allowed() -> None:
    """A list of 400 alternatives is no nesting."""
    tree = parse(" or ".join(f'userName eq "u{n}"' for n in range(300)))
    assert isinstance(tree, Or)
    assert len(tree.terms) == 300


def test_leniency_for_unquoted_values() -> None:
    """Beyond the grammar, by name only: okta and others have been seen to send it."""
    lenient = Dialect(unquoted_values=True)
    assert shape(parse("userName eq jyoung", lenient)) == ("eq", "userName", "jyoung")
    assert shape(parse("active eq True", lenient)) == ("eq", "active", True)
    assert shape(parse('a eq "true"', lenient)) == ("eq", "a", "true")


def test_leniency_for_a_sub_attribute_after_the_brackets() -> None:
    lenient = Dialect(sub_attribute_after_value_path=True)
    tree = shape(parse('emails[type eq "work"].value eq "x" and a eq 1', lenient))
    assert tree == ("and", ("[]", "emails", ("and", ("eq", "type", "work"), ("eq", "value", "x"))), A)


# ---- properties

_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_name = st.text(_letters + "0123456789-_", max_size=6).flatmap(
    lambda rest: st.sampled_from(_letters).map(lambda first: first + rest)
)
_path = st.one_of(
    _name,
    st.tuples(_name, _name).map(".".join),
    _name.map(lambda name: f"urn:ietf:params:scim:schemas:core:2.0:User:{name}"),
)
_value = st.one_of(
    st.booleans(), st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()
)
_operator = st.sampled_from(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"])
_compare = st.tuples(_operator, _path, _value)
_leaf = st.one_of(_compare, st.tuples(st.just("pr"), _path))
_inner_leaf = st.one_of(st.tuples(_operator, _name, _value), st.tuples(st.just("pr"), _name))


def _grow(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(children, min_size=2, max_size=3)
    return st.one_of(
        children.map(lambda node: ("not", node)),
        several.map(lambda nodes: ("and", *nodes)),
        several.map(lambda nodes: ("or", *nodes)),
    )


_inside = st.recursive(_inner_leaf, _grow, max_leaves=4)
_trees = st.recursive(st.one_of(_leaf, st.tuples(st.just("[]"), _name, _inside)), _grow, max_leaves=8)


def render(tree: Any) -> str:
    kind = tree[0]
    if kind == "pr":
        return f"{tree[1]} pr"
    if kind == "[]":
        return f"{tree[1]}[{render(tree[2])}]"
    if kind == "not":
        return f"not ({render(tree[1])})"
    if kind in ("and", "or"):
        parts = [f"({render(part)})" if part[0] in ("and", "or") else render(part) for part in tree[1:]]
        return f" {kind} ".join(parts)
    return f"{tree[1]} {kind} {json.dumps(tree[2])}"


def _same(left: Any, right: Any) -> bool:
    return repr(left) == repr(right)  # tells 1 from 1.0 and True


@settings(max_examples=150, deadline=None)
@given(_trees)
def test_a_rendered_tree_parses_back(tree: Any) -> None:
    """The parser inverts rendering: precedence, escapes and numbers survive."""
    assert _same(shape(parse(render(tree))), tree)


_fragments = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "a",
                "emails",
                "eq",
                "and",
                "or",
                "not",
                "pr",
                "(",
                ")",
                "[",
                "]",
                " ",
                '"',
                '"x"',
                "\\",
                ".",
                "1",
                "-",
                "null",
                "urn:a:b",
                "\x00",
                "é",
                "\n",
                "[type",
                "].value",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=14,
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=60), _fragments.map("".join), _fragments.map(" ".join)))
def test_any_text_parses_or_is_refused_inside_the_text(text: str) -> None:
    """No text brings anything but a tree or InvalidFilter with a position in it."""
    for dialect in (Dialect(), Dialect(unquoted_values=True, sub_attribute_after_value_path=True)):
        try:
            parse(text, dialect)
        except InvalidFilter as error:
            assert error.position is not None
            assert 1 <= error.position <= len(text) + 1
