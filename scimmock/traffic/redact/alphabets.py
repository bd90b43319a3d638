"""Which characters may take each other's place: those of one kind in one script.

A word keeps its form that way: letters stay letters of their script, digits digits, what has an accent
gets a letter with one.  Cases and ways of composing characters are put back afterwards.
"""

from __future__ import annotations

import unicodedata
from functools import cache

DIGITS = "0123456789"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Scripts that fill more than one block; any of their characters may stand for any other.
_RANGES = ((0x4E00, 0x9FFF), (0xAC00, 0xD7A3))
_BLOCK = 128


@cache
def fold(character: str) -> str:
    """Return what a character is compared by, always one character (RFC 7643 section 2.1, caseExact)."""
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


@cache
def alphabet(character: str) -> str:
    """Return the characters that a folded, composed one may become, itself among them."""
    if character in DIGITS:
        return DIGITS
    if character in LETTERS:
        return LETTERS
    code = ord(character)
    for low, high in _RANGES:
        if low <= code <= high:
            return _range(low, high)
    start, kind = code - code % _BLOCK, _kind(character)
    found = "".join(other for other in map(chr, range(start, start + _BLOCK)) if _kind(other) == kind)
    return found if character in found else character


@cache
def _range(low: int, high: int) -> str:
    return "".join(map(chr, range(low, high + 1)))


@cache
def place(character: str) -> int:
    """Return where a character stands in its alphabet."""
    letters = alphabet(character)
    at = ord(character) - ord(letters[0])
    return at if letters[at : at + 1] == character else letters.index(character)


def _kind(character: str) -> tuple[str | bool, ...] | None:
    """Return what must be the same in two characters, None for those that are not for words."""
    if not character.isalnum() or character.isascii() or character.casefold() != character:
        return None
    if unicodedata.normalize("NFC", character) != character:
        return None
    composed = unicodedata.normalize("NFD", character) != character
    upper = character.upper()
    has_case = len(upper) == 1 and upper != character and fold(upper) == character
    script = unicodedata.name(character, "").partition(" ")[0]
    return script, composed, has_case, character.isdecimal(), character.isalpha()
