"""Services that know less of the filter language, or read it in their own way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.errors import InvalidFilter
from scimmock.scim.filter import And, Compare, Dialect, Node, Or, parse
from scimmock.scim.match import Semantics, compile_filter
from scimmock.scim.policy import Filtering
from scimmock.scim.schema import user_type
from scimmock.scim.supported import check_supported

USER = user_type()
FLAT = Dialect(flat=True)


def _passes(text: str, **restrictions: Any) -> bool:
    try:
        check_supported(parse(text), USER, Filtering(**restrictions))
    except InvalidFilter:
        return False
    return True


@pytest.mark.parametrize(
    "text",
    ['userName eq "a"', "title pr", 'emails[type eq "work" and not (value co "x")]', "meta.created pr"],
)
def test_all_of_it_by_default(text: str) -> None:
    assert not Filtering().restricted
    assert _passes(text)


@pytest.mark.parametrize(
    ("restrictions", "fits", "does_not"),
    [
        ({"operators": frozenset(("eq",))}, 'emails[type eq "x"]', 'emails[type sw "x"]'),
        ({"operators": frozenset(("eq", "pr"))}, "title pr", 'title ne "x"'),
        ({"joins": frozenset(("and",))}, 'title pr and userName eq "a"', 'title pr or userName eq "a"'),
        ({"joins": frozenset(("[]",))}, "emails[value pr]", "not (title pr)"),
        ({"joins": frozenset()}, "title pr", "emails[value pr]"),
        ({"attributes": frozenset(("username",))}, 'USERNAME eq "a"', "title pr"),
        ({"attributes": frozenset(("emails.value",))}, 'emails[value eq "a"]', 'emails[type eq "a"]'),
        ({"attributes": frozenset(("emails",))}, 'emails.type eq "a"', "title pr"),
        ({"exact_names": True}, "userName pr", "username pr"),
        ({"exact_names": True}, "name.givenName pr", "Name.givenName pr"),
    ],
)
def test_restrictions(restrictions: dict[str, Any], fits: str, does_not: str) -> None:
    assert Filtering(**restrictions).restricted
    assert _passes(fits, **restrictions)
    assert not _passes(does_not, **restrictions)


def _holds(node: Node, values: dict[str, bool]) -> bool:
    if isinstance(node, And):
        return all(_holds(term, values) for term in node.terms)
    if isinstance(node, Or):
        return any(_holds(term, values) for term in node.terms)
    assert isinstance(node, Compare)
    return values[node.path]


@given(
    st.lists(st.tuples(st.sampled_from(["and", "or"]), st.booleans()), max_size=8),
    st.booleans(),
)
def test_flat_is_from_left_to_right(rest: list[tuple[str, bool]], first: bool) -> None:
    values, text, wanted = {"a0": first}, "a0 eq 1", first
    for number, (join, value) in enumerate(rest, 1):
        values[f"a{number}"] = value
        text += f" {join} a{number} eq 1"
        wanted = (wanted and value) if join == "and" else (wanted or value)
    assert _holds(parse(text, FLAT), values) == wanted


def test_brackets_hold_in_flat_too() -> None:
    nothing = {"a": False, "b": True, "c": True}
    assert not _holds(parse("a eq 1 and (b eq 1 or c eq 1)", FLAT), nothing)
    assert _holds(parse("a eq 1 and b eq 1 or c eq 1", FLAT), nothing)
    assert _holds(parse("b eq 1 or (c eq 1 and a eq 1)", FLAT), nothing)
    assert not _holds(parse("b eq 1 or c eq 1 and a eq 1", FLAT), nothing)
    with pytest.raises(InvalidFilter):
        parse("a eq 1 and", FLAT)


@pytest.mark.parametrize("op", ["eq", "sw", "ew", "co"])
def test_values_with_regard_to_case(op: str) -> None:
    exact = Semantics(case_exact=True)
    for semantics, wanted in ((Semantics(), [True, True]), (exact, [True, False])):
        found = [
            compile_filter(parse(f'userName {op} "{value}"'), USER, semantics)({"userName": "Ada"})
            for value in ("Ada", "ADA")
        ]
        assert found == wanted
