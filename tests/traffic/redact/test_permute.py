"""Permutations: the same form, no two the same, and only the key decides."""

from __future__ import annotations

import hmac
import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.traffic.redact.alphabets import alphabet, fold
from scimmock.traffic.redact.permute import Keyed, Permutation

KEY = b"a key of the tests, 32 bytes lon"
LETTERS = [
    *string.ascii_lowercase,
    *string.digits,
    *"éüñøþ",
    *"αβώ",
    *"яёй",
    *"אבג",
    *"عمر",
    *"李伟王",
    *"한국",
    *"देव",
]


def permutation(key: bytes = KEY) -> Permutation:
    return Permutation(Keyed(key))


@pytest.mark.parametrize("key", [b"", b"short", b"k" * 64, b"k" * 200])
@given(message=st.binary(max_size=200))
def test_the_code_is_hmac(key: bytes, message: bytes) -> None:
    assert Keyed(key).digest(message) == hmac.digest(key, message, "sha256")


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(list(string.ascii_lowercase), id="letters"),
        pytest.param(list(string.digits), id="digits"),
        pytest.param(
            ["".join(pair) for pair in itertools.product(string.ascii_lowercase, repeat=2)], id="pairs"
        ),
        pytest.param([f"{number:03}" for number in range(1000)], id="three-digits"),
        pytest.param(["".join(pair) for pair in itertools.product("ab1", repeat=3)], id="mixed"),
    ],
)
def test_no_two_words_become_one(words: list[str]) -> None:
    found = [permutation().word(word) for word in words]
    assert len(set(found)) == len(words)
    assert sum(a == b for a, b in zip(found, words, strict=True)) < len(words) / 3


@given(st.text(st.sampled_from(LETTERS), min_size=1, max_size=30))
def test_a_word_keeps_its_form(word: str) -> None:
    found = permutation().word(word)
    assert len(found) == len(word)
    for before, after in zip(word, found, strict=True):
        assert after in alphabet(before)
        assert (before.isdecimal(), before.isascii(), fold(after)) == (
            after.isdecimal(),
            after.isascii(),
            after,
        )


@given(st.integers(min_value=0, max_value=10**30))
def test_a_number_stays_one(number: int) -> None:
    found = permutation().word(str(number))
    assert len(found) == len(str(number)) and str(int(found)) == found


def test_another_key_or_salt_gives_other_words() -> None:
    words = ["jensen", "barbara", "701984", "straße"]
    first = [permutation().word(word) for word in words]
    assert first == [permutation().word(word) for word in words]
    assert all(
        a != b for a, b in zip(first, [permutation(b"other").word(word) for word in words], strict=True)
    )
    assert all(a != b for a, b in zip(first, [permutation().word(word, 1) for word in words], strict=True))


def test_numbers_below_a_bound_are_permuted() -> None:
    found = [permutation().below(number, 1000, "form") for number in range(1000)]
    assert sorted(found) == list(range(1000)) and found != list(range(1000))
    assert [permutation().below(number, 1, "form") for number in range(1)] == [0]


def test_scripts_and_accents_stay_apart() -> None:
    assert "a" not in alphabet("é") and "è" in alphabet("é") and "ø" not in alphabet("é")
    assert "伟" in alphabet("李") and "한" not in alphabet("李")
    assert set("אבגד") <= set(alphabet("א"))


@pytest.mark.parametrize("letters", ["9", "0", "1a", "x", "é", "李"])
def test_a_word_may_be_long(letters: str) -> None:
    """No number that Python refuses to write is made, and the time does not grow with the square."""
    word = letters * 300_000
    found = permutation().word(word)
    assert len(found) == len(word) and found != word
    assert found[0].isdecimal() == word[0].isdecimal() and (found[0] == "0") == (word[0] == "0")
