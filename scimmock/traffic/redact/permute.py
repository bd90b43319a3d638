"""Keyed permutations: what has a form becomes something else of the same form, and no two things the same.

Words are permuted among all words of their form by a Feistel network of four rounds of HMAC-SHA-256
(RFC 2104): the same key gives the same words, without the key nobody can go back, and since it is a
permutation two words never become one, however short they are.  Words of a form of which there are many
are drawn instead, by one code: two of them can meet, and whoever asks for them sees to that (`words`).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from .alphabets import DIGITS, LETTERS, alphabet, place

_MANY = 6  # letters, or 8 with digits among them: over 10^8 words
# Letters of a word that are permuted at once: what that takes grows with their square, and Python makes no
# text of numbers with more than 4,300 digits.
_LONGEST = 1_024
_MOST_FORMS = 48  # whose rounds are remembered
_MOST_HALVES = 1_024  # of one round
_FORM = str.maketrans(DIGITS + LETTERS, "0" * 10 + "a" * 26)
_PAIRS = [first + second for first in LETTERS for second in LETTERS]
_NOT_ZERO = DIGITS[1:]
_BASE_26 = str.maketrans(LETTERS, DIGITS + LETTERS[:16])
# The letter and the digit that a byte draws, and which letters are digits.
_LETTER = bytes(ord(LETTERS[byte % 26]) for byte in range(256))
_DIGIT = bytes(ord(DIGITS[byte % 10]) for byte in range(256))
_IS_DIGIT = bytes(255 if chr(byte) in DIGITS else 0 for byte in range(256))


class Keyed:
    """HMAC-SHA-256 with a key that is prepared once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        block = hashlib.sha256(key).digest() if len(key) > 64 else key
        block = block.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block)).copy
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block)).copy

    def __reduce__(self) -> tuple[Any, ...]:
        return Keyed, (self._key,)

    def digest(self, message: bytes) -> bytes:
        """Return the 32 bytes of the code of a message."""
        inner = self._inner()
        inner.update(message)
        outer = self._outer()
        outer.update(inner.digest())
        return outer.digest()

    def number(self, message: str) -> int:
        """Return the code of a message as a number of 256 bits."""
        return int.from_bytes(self.digest(message.encode("utf-8", "surrogatepass")))


class _Round(dict[int, int]):
    """One round of a network: what is added to a half for the other half, a number below ``size``.

    Halves of short words are few, so that most are found again without a code.
    """

    __slots__ = ("_keyed", "_prefix", "_size")

    def __init__(self, keyed: Keyed, prefix: str, size: int) -> None:
        super().__init__()
        self._keyed, self._prefix, self._size = keyed, prefix, size

    def __missing__(self, half: int) -> int:
        found = int.from_bytes(self._keyed.digest(f"{self._prefix}{half}".encode())) % self._size
        if len(self) < _MOST_HALVES:
            self[half] = found
        return found


class Permutation:
    """Permutes words and numbers under one key."""

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed
        self._single = lru_cache(maxsize=256)(self._shuffled)
        self._rounds: dict[str, tuple[_Round, _Round, _Round, _Round]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Permutation, (self._keyed,)

    def word(self, word: str, salt: int = 0) -> str:
        """Return the pseudonym of a word of folded letters and digits; equal forms in and out.

        A number does not get a leading zero, nor lose one.  ``salt`` other than 0 gives another word.
        Of long words each piece is permuted by itself.
        """
        length = len(word)
        if length > _LONGEST:
            return "".join(self.word(word[at : at + _LONGEST], salt) for at in range(0, length, _LONGEST))
        is_alpha, is_decimal = word.isalpha(), word.isdecimal()
        if length >= _MANY and (is_alpha or (not is_decimal and length > 7)) and word.isascii():
            return self._drawn(word, salt)
        middle = length // 2
        if is_alpha and length > 1 and word.isascii():
            # What most words are; the general way below would find the same.
            code = word.translate(_BASE_26)
            left, right = self._mixed(
                (int(code[:middle], 26), 26**middle),
                (int(code[middle:], 26), 26 ** (length - middle)),
                f"{salt}:{'a' * length}",
            )
            return _letters(left, middle) + _letters(right, length - middle)
        if is_decimal and length > 1 and word[0] != "0" and word.isascii():
            low = 10 ** (middle - 1)  # the first digit is none of them
            high = 10 ** (length - middle)
            number = int(word)
            form = f"{salt}:1{'0' * (length - 1)}"
            left, right = self._mixed((number // high - low, 9 * low), (number % high, high), form)
            return str((left + low) * high + right)
        if not is_decimal and length > 1 and word.isascii():
            left, right = self._mixed(
                _code_of(word[:middle]), _code_of(word[middle:]), f"{salt}:{word.translate(_FORM)}"
            )
            return _word_of(left, word[:middle]) + _word_of(right, word[middle:])
        alphabets = _alphabets(word)
        if length == 1:
            return self._single(alphabets[0], salt)[alphabets[0].index(word)]
        left, right = self._mixed(
            _number(word[:middle], alphabets[:middle]),
            _number(word[middle:], alphabets[middle:]),
            f"{salt}:{''.join(letters[0] for letters in alphabets)}",
        )
        return _word(left, alphabets[:middle]) + _word(right, alphabets[middle:])

    def _drawn(self, word: str, salt: int) -> str:
        """Return a word whose letters are drawn, each from a byte of a code."""
        length = len(word)
        code = self._keyed.digest(f"0:{salt}:{word}".encode())
        while len(code) < length:
            code += self._keyed.digest(f"{len(code)}:{salt}:{word}".encode())
        drawn = code[:length]
        letters = drawn.translate(_LETTER)
        if word.isalpha():
            return letters.decode()
        # All at once, as numbers whose bytes they are: a digit where there was one.
        number = int.from_bytes
        of_letters, of_digits = number(letters), number(drawn.translate(_DIGIT))
        mixed = of_letters ^ ((of_letters ^ of_digits) & number(word.encode().translate(_IS_DIGIT)))
        return mixed.to_bytes(length).decode()

    def _mixed(self, left: tuple[int, int], right: tuple[int, int], form: str) -> tuple[int, int]:
        """Return two numbers for two, each given with how many there are: a Feistel network."""
        (a, a_size), (b, b_size) = left, right
        rounds = self._rounds.get(form)
        if rounds is None:
            rounds = self._prepared(form, a_size, b_size)
        one, two, three, four = rounds
        a = (a + one[b]) % a_size
        b = (b + two[a]) % b_size
        a = (a + three[b]) % a_size
        b = (b + four[a]) % b_size
        return a, b

    def _prepared(self, form: str, a_size: int, b_size: int) -> tuple[_Round, _Round, _Round, _Round]:
        """Return the rounds of a form; what all rounds remember together is bounded."""
        if len(self._rounds) >= _MOST_FORMS:
            self._rounds.clear()
        found = (
            _Round(self._keyed, f"0:{form}:", a_size),
            _Round(self._keyed, f"1:{form}:", b_size),
            _Round(self._keyed, f"2:{form}:", a_size),
            _Round(self._keyed, f"3:{form}:", b_size),
        )
        self._rounds[form] = found
        return found

    def below(self, number: int, size: int, form: str) -> int:
        """Return the pseudonym of a number from 0 to ``size`` - 1 among those."""
        width = 1
        while width * width < size:
            width += 1
        # Walking on until the number is in range keeps it a permutation.
        while True:
            left, right = divmod(number, width)
            left, right = self._mixed((left, width), (right, width), form)
            number = left * width + right
            if number < size:
                return number

    def _shuffled(self, letters: str, salt: int) -> str:
        """Return an alphabet in another order."""
        return "".join(sorted(letters, key=lambda letter: self._keyed.digest(f"{salt}:{letter}".encode())))


def _code_of(word: str) -> tuple[int, int]:
    """Return the number that a word of ASCII letters and digits is among all of its form, and their count."""
    number, size = 0, 1
    for letter in word:
        if letter < ":":
            number, size = number * 10 + ord(letter) - 48, size * 10
        else:
            number, size = number * 26 + ord(letter) - 97, size * 26
    return number, size


def _word_of(number: int, form: str) -> str:
    found = ""
    for letter in reversed(form):
        if letter < ":":
            number, at = divmod(number, 10)
            found = DIGITS[at] + found
        else:
            number, at = divmod(number, 26)
            found = LETTERS[at] + found
    return found


def _letters(number: int, length: int) -> str:
    found = ""
    while len(found) < length:
        number, at = divmod(number, 676)
        found = _PAIRS[at] + found
    return found[-length:] if length else ""


def _alphabets(word: str) -> list[str]:
    if word.isascii():
        alphabets = [DIGITS if "0" <= letter <= "9" else LETTERS for letter in word]
        if "0" <= word[0] <= "9" and word.isdecimal():
            alphabets[0] = "0" if word[0] == "0" else _NOT_ZERO
        return alphabets
    return [alphabet(letter) for letter in word]


def _number(word: str, alphabets: list[str]) -> tuple[int, int]:
    """Return the number that a word is among all of its form, and how many there are."""
    number, size = 0, 1
    for letter, letters in zip(word, alphabets, strict=True):
        count = len(letters)
        at = place(letter) if count not in (1, 9) else letters.index(letter)
        number = number * count + at
        size *= count
    return number, size


def _word(number: int, alphabets: list[str]) -> str:
    found = []
    for letters in reversed(alphabets):
        number, at = divmod(number, len(letters))
        found.append(letters[at])
    return "".join(reversed(found))
