"""Words and what takes their place, the same everywhere under one key."""

from __future__ import annotations

import re
import unicodedata
from copy import deepcopy
from hashlib import blake2b

from .fragments import WORD, Fragments, holds
from .known import Known
from .permute import Keyed, Permutation

# Names that are reserved for examples (RFC 2606) tell of nobody.
_RESERVED = frozenset(("example", "test", "invalid", "localhost"))
# Words and what stands between them.
_PIECES = re.compile(r"[^\W_]+|[\W_]+").findall
_LONG = 40  # characters; a word from there on that mixes digits and cases is code, not language
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Za-z0-9]+")
_MOST_KNOWN = 16_384  # words that are remembered for speed
_MOST_AGES = 16
_TRIES = 64
_LAST_BIT = (1 << 20) - 1  # of a filter of words


def folded(text: str) -> str:
    """Return a text as words are compared: composed, without case (RFC 7643 section 2.1)."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


class Words:
    """Pseudonyms of words: they keep length, kinds of characters and case, and no two become one.

    That is certain for short words, and for the first 16,384 of a session; of two others one pair in some
    hundred millions may meet.

    ``learn`` makes words keep what filters look for in them, from then on: a word that was seen before
    stays what it was.
    """

    def __init__(self, keyed: Keyed) -> None:
        self._keyed = keyed
        self._permutation = Permutation(keyed)
        self._known = Known(self._new, _MOST_KNOWN)
        self._shown = self._known.__getitem__
        self._ages = [_Age(Fragments())]
        self._unkept: set[str] = set()
        # Whether this is a first look at a session, of which nothing is kept but what is learned.
        self.is_collecting = False
        # What the first words became and which word has what, and what parts of words became thereby.
        self._issued: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._parts: dict[str, str] = {}

    @property
    def fragments(self) -> Fragments:
        """The parts of words that are kept by now."""
        return self._ages[-1].fragments

    @property
    def unkept(self) -> int:
        """For how many words and filters what is looked for could not be kept."""
        return len(self._unkept)

    def learn(self, operator: str, text: str) -> bool:
        """Learn what a filter compares with ``sw``, ``ew`` or ``co``; returns whether it was new."""
        if self.is_collecting:
            return self.fragments.learn(operator, folded(text))
        before = self.fragments
        more = deepcopy(before)
        if not more.learn(operator, folded(text)):
            return False
        if self._ages[-1].is_new:
            self._ages[-1].fragments = more
        elif len(self._ages) < _MOST_AGES:
            self._ages[-1].first = frozenset(self._issued)
            self._ages.append(_Age(more))
        else:
            self._unkept.add(text)
        for how, part in set(more.all()) - set(before.all()):
            self._take_over(how, part)
        self._known.clear()
        return True

    def _take_over(self, operator: str, part: str) -> None:
        """Let a part become what it became within the words that are out already, if that is one thing."""
        found = set()
        for word, pseudonym in self._issued.items():
            if holds(operator, word, part):
                at = (
                    0 if operator == "sw" else len(word) - len(part) if operator == "ew" else word.index(part)
                )
                found.add(pseudonym[at : at + len(part)])
        if len(found) == 1:
            self._parts[part] = found.pop()
        elif found:
            self._unkept.add(part)

    def cannot_keep(self, text: str) -> None:
        """Count something that a filter looks for and that does not stay true."""
        self._unkept.add(text)

    def begin_again(self) -> None:
        """Forget which words were seen, and keep from the first one on what was learned."""
        self.is_collecting = False
        self._ages = [_Age(self.fragments)]
        self._known.clear()
        self._taken.clear()
        self._unkept.clear()
        self._issued.clear()
        self._parts.clear()

    def freeze(self) -> None:
        """Keep words as they are without any filter: other runs have written some of them."""
        self._ages = [_Age(Fragments())] * _MOST_AGES
        self._ages[-1].is_new = False

    def text(self, text: str) -> str:
        """Return a text with each of its words replaced; what stands between them stays."""
        if text.isascii():
            return self._known[text] if text.isalnum() else "".join(map(self._shown, _PIECES(text)))
        return in_form_of(text, WORD.sub(self._match, unicodedata.normalize("NFC", text)))

    def _match(self, match: re.Match[str]) -> str:
        return self._known[match[0]]

    def word(self, word: str) -> str:
        """Return the pseudonym of one word."""
        return self._known[word]

    def _new(self, word: str) -> str:
        if not word.isalnum():
            return word
        plain = word.lower() if word.isascii() else folded(word)
        found = plain if plain in _RESERVED else self._pseudonym(plain)
        if word == plain:
            return found
        if len(word) >= _LONG and _MIXED.fullmatch(word):
            return self._in_drawn_cases(found, word)
        if len(found) != len(word):  # a letter such as ß stands for two
            return found.upper() if word.isupper() else found.title() if word[0].isupper() else found
        if word.isascii():
            if word.istitle():
                return found.title()
            if word.isupper():
                return found.upper()
        return "".join(map(_in_case_of, found, word))

    def _in_drawn_cases(self, found: str, word: str) -> str:
        """Return code with other cases than it had: they would tell much of what it encodes."""
        bits = self._keyed.number(f"cases:{word}")
        return "".join(
            letter.upper() if bits >> (place % 256) & 1 else letter for place, letter in enumerate(found)
        )

    def _pseudonym(self, word: str) -> str:
        ages, issued, taken = self._ages, self._issued, self._taken
        age = ages[-1]
        if len(ages) > 1:
            age = next((age for age in ages if word in age), age)
        age.is_new = False
        if age.fragments.size:
            found = self._fitting(word, age.fragments)
        else:
            found = self._permutation.word(word)
            if found in taken and taken[found] != word:
                found = self._free(word)
        if len(issued) < _MOST_KNOWN:
            issued[word] = found
            taken[found] = word
        elif word not in issued:
            age.add(word)
        return found

    def _free(self, word: str) -> str:
        """Return the pseudonym of a word of which another word has the first one already."""
        for salt in range(1, _TRIES):
            found = self._permutation.word(word, salt)
            if self._taken.get(found, word) == word:
                break
        return found

    def _fitting(self, word: str, fragments: Fragments) -> str:
        """Return a pseudonym that holds what is looked for in a word, and nothing else that is."""
        if word in fragments:
            return self._part(word, fragments)
        pieces = fragments.pieces(word)
        for salt in range(_TRIES):
            found = "".join(
                self._part(piece, fragments) if is_part else self._permutation.word(piece, salt)
                for piece, is_part in pieces
            )
            if self._taken.get(found, word) == word and all(
                holds(operator, word, part) == holds(operator, found, self._part(part, fragments))
                for operator, part in fragments.all()
            ):
                break
        else:
            self._unkept.add(word)
        return found

    def _part(self, part: str, fragments: Fragments) -> str:
        """Return the pseudonym of what is looked for, which may have other such parts in it."""
        return self._parts.get(part) or "".join(
            self._part(piece, fragments) if is_part else self._permutation.word(piece)
            for piece, is_part in fragments.pieces(part)
        )


def in_form_of(text: str, found: str) -> str:
    """Return what was made of a text when it was composed (NFC): decomposed (NFD) where the text was."""
    if unicodedata.is_normalized("NFC", text) or not unicodedata.is_normalized("NFD", text):
        return found
    return unicodedata.normalize("NFD", found)


def _in_case_of(found: str, letter: str) -> str:
    upper = found.upper()
    return upper if letter.isupper() and len(upper) == 1 else found


class _Age:
    """The time between two lessons: what is kept in it, and which words were first seen in it.

    ``first`` are the words that were out when it ended, of those that are remembered as they are; others
    are remembered in a filter of fixed size (Bloom): it forgets none, and takes one of some hundreds for
    seen that was not, which then keeps less.
    """

    def __init__(self, fragments: Fragments) -> None:
        self.fragments = fragments
        self.is_new = True
        self.first: frozenset[str] = frozenset()
        self._bits: bytearray | None = None

    def _places(self, word: str) -> tuple[int, int, int]:
        # Not `hash`, which is another one in each process.
        code = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
        return code & _LAST_BIT, code >> 20 & _LAST_BIT, code >> 40 & _LAST_BIT

    def add(self, word: str) -> None:
        """Remember a word for which there is no other room."""
        bits = self._bits
        if bits is None:
            bits = self._bits = bytearray((_LAST_BIT + 1) // 8)
        one, two, three = self._places(word)
        bits[one >> 3] |= 1 << (one & 7)
        bits[two >> 3] |= 1 << (two & 7)
        bits[three >> 3] |= 1 << (three & 7)

    def __contains__(self, word: str) -> bool:
        if word in self.first:
            return True
        bits = self._bits
        return bits is not None and all(bits[place >> 3] >> (place & 7) & 1 for place in self._places(word))
