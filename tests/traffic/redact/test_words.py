"""Words: the same everywhere, in every case, and what filters look for in them is kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.traffic.redact.fragments import holds
from scimmock.traffic.redact.permute import Keyed
from scimmock.traffic.redact.words import Words, folded

KEY = b"a key of the tests, 32 bytes lon"
NAMES = st.text(st.sampled_from("abkmno"), min_size=1, max_size=7)
PARTS = st.tuples(
    st.sampled_from(("sw", "ew", "co")), st.text(st.sampled_from("abkmno"), min_size=1, max_size=3)
)


def words(key: bytes = KEY) -> Words:
    return Words(Keyed(key))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Jensen", "jensen"),
        ("JENSEN", "jenSEN"),
        ("Zoë", "ZOË"),
        ("Zo\u00eb", "Zo\u0065\u0308"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Łukasz", "łukasz"),
        ("Straße", "STRASSE"),
    ],
)
def test_what_compares_equal_still_does(first: str, second: str) -> None:
    found = [unicodedata.normalize("NFC", words().text(text)).casefold() for text in (first, second)]
    assert found[0] == found[1]
    assert found[0] != first.casefold()


@given(st.text(max_size=40))
def test_what_stands_between_words_stays(text: str) -> None:
    found = words().text(text)
    strip = lambda value: [c for c in unicodedata.normalize("NFC", value) if not c.isalnum()]  # noqa: E731
    assert strip(found) == strip(text)


@given(
    st.lists(
        st.text(st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), max_size=12), max_size=8
    )
)
def test_equal_texts_and_no_others_become_equal(texts: list[str]) -> None:
    own = words()
    for a in texts:
        for b in texts:
            assert (folded(own.text(a)) == folded(own.text(b))) == (folded(a) == folded(b)), (a, b)


def test_case_is_kept() -> None:
    found = words().text("Barbara JENSEN mcDonald O'Brien A1b2")
    pattern = ["".join("A" if c.isupper() else "a" for c in word if c.isalpha()) for word in found.split()]
    assert pattern == ["Aaaaaaa", "AAAAAA", "aaAaaaaa", "AAaaaa", "Aa"]


def test_long_code_does_not_even_keep_its_case() -> None:
    token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9eyJzdWIiOiJhZGEi"
    found = words().word(token)
    assert len(found) == len(token) and found.isalnum()
    assert [c.isupper() for c in found] != [c.isupper() for c in token]
    assert words().word(token) == found != words(b"other").word(token)
    assert words().word(token.lower()) == found.lower()


def test_reserved_names_stay() -> None:
    assert words().text("a@b.example").endswith(".example")


@given(st.lists(PARTS, min_size=1, max_size=3), st.lists(NAMES, min_size=1, max_size=12, unique=True))
def test_parts_that_are_looked_for_are_kept(parts: list[tuple[str, str]], names: list[str]) -> None:
    """A word begins with, ends with or has a part afterwards exactly when it did before."""
    own = words()
    for operator, part in parts:
        own.learn(operator, part)
    found = {name: own.word(name) for name in names}
    if own.unkept:
        return  # said so: two parts overlap in a word
    assert len(set(found.values())) == len(names)
    overlapping = len({part for _, part in own.fragments.all()}) > 1
    for operator, part in own.fragments.all():
        for name in names:
            kept = holds(operator, found[name], own.word(part)) == holds(operator, name, part)
            assert kept or overlapping, (operator, part, name, found[name], own.word(part))


@pytest.mark.parametrize(
    ("operator", "part", "names"),
    [
        ("sw", "mak", ["makoto", "makena", "mary", "mak", "kamak"]),
        ("ew", "son", ["jonson", "olson", "sonja", "son"]),
        ("co", "an", ["anna", "banana", "diane", "bob", "na"]),
        ("co", "e", ["eve", "pete", "bob", "e", "x"]),
    ],
)
def test_a_part_is_kept_in_every_word(operator: str, part: str, names: list[str]) -> None:
    own = words()
    own.learn(operator, part.upper())
    found = {name: own.word(name) for name in names}
    assert own.unkept == 0
    for name in names:
        assert holds(operator, found[name], own.word(part)) == holds(operator, name, part)
        assert len(found[name]) == len(name) and found[name] != name


def test_a_word_stays_what_it_was_when_a_part_of_it_is_looked_for_later() -> None:
    own = words()
    before = own.word("bjensen")
    own.learn("sw", "bjen")
    assert own.word("bjensen") == before
    # The part becomes what it became in the one word that is out, and so do words that come later.
    assert own.word("bjen") == before[:4] and own.word("bjenson").startswith(before[:4])
    assert own.unkept == 0


def test_parts_of_several_words_that_are_out_cannot_be_kept_and_are_counted() -> None:
    own = words()
    out = [own.word(name) for name in ("makoto", "makena")]
    own.learn("sw", "mak")
    assert own.unkept == 1
    assert [own.word(name) for name in ("makoto", "makena")] == out


def test_a_session_that_begins_again_keeps_everything_it_learned() -> None:
    own = words()
    own.word("makoto"), own.word("makena")
    own.learn("sw", "mak")
    own.begin_again()
    assert own.unkept == 0
    assert own.word("makoto")[:3] == own.word("makena")[:3] == own.word("mak")


def test_frozen_words_are_those_without_any_filter() -> None:
    own = words()
    own.freeze()
    own.learn("sw", "mak")
    assert own.word("makoto") == words().word("makoto")


@pytest.mark.parametrize(
    ("operator", "text", "kept"),
    [
        ("sw", "makoto y", {("sw", "y")}),
        ("sw", "emp-", set()),
        ("co", "ensen@ac", {("ew", "ensen"), ("sw", "ac")}),
        ("co", "@acme", {("sw", "acme")}),
        ("co", "acme.", {("ew", "acme")}),
        ("ew", "son", {("ew", "son")}),
        ("ew", "@acme.com", set()),
        ("co", "jen", {("co", "jen")}),
        ("eq", "jen", set()),
    ],
)
def test_what_is_learned_are_the_parts_at_the_ends(
    operator: str, text: str, kept: set[tuple[str, str]]
) -> None:
    own = words()
    own.learn(operator, text)
    assert set(own.fragments.all()) == kept


def test_memory_is_bounded() -> None:
    own = words()
    for number in range(40_000):
        own.word(f"w{number}")
    assert len(own._known) <= 16_384 and len(own._issued) <= 16_384
