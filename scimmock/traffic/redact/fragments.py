"""Parts of words that filters look for, and words that keep them.

A pseudonym keeps whole words apart, not what they begin with.  A filter such as ``userName sw "mak"``
needs more: every word that begins with "mak" must begin with the pseudonym of "mak", and no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W_]+")


@dataclass(slots=True)
class Fragments:
    """The parts of words that a session looks for, folded: beginnings, ends, and parts anywhere.

    ``size`` is how many they are.
    """

    prefixes: set[str] = field(default_factory=set)
    suffixes: set[str] = field(default_factory=set)
    infixes: set[str] = field(default_factory=set)
    size: int = 0

    def learn(self, operator: str, folded: str) -> bool:
        """Learn from a comparison with a folded string; returns whether there was something new."""
        words = list(WORD.finditer(folded))
        if not words or operator not in ("sw", "ew", "co"):
            return False
        first, last = words[0], words[-1]
        opens = operator != "sw" and first.start() == 0
        closes = operator != "ew" and last.end() == len(folded)
        before = self.size
        if len(words) == 1 and opens and closes:
            self.infixes.add(first[0])
        else:
            if opens:
                self.suffixes.add(first[0])
            if closes:
                self.prefixes.add(last[0])
        self.size = len(self.prefixes) + len(self.suffixes) + len(self.infixes)
        return before != self.size

    def pieces(self, word: str) -> list[tuple[str, bool]]:
        """Cut a word at what is looked for; returns (piece, whether it is looked for itself).

        Where two overlap the one at the beginning wins, then the one at the end.
        """
        head = _longest(word, self.prefixes, str.startswith)
        rest = word[len(head) :]
        tail = _longest(rest, self.suffixes, str.endswith) if len(rest) < len(word) else ""
        if not head:
            tail = _longest(word, self.suffixes, str.endswith)
        middle = rest[: len(rest) - len(tail)] if tail else rest
        found = [(head, True)] if head else []
        found += self._within(middle, word)
        return found + ([(tail, True)] if tail else [])

    def _within(self, middle: str, word: str) -> list[tuple[str, bool]]:
        """Cut at the parts that may stand anywhere, the longest first."""
        wanted = sorted((part for part in self.infixes if part in middle and part != word), key=len)
        if not wanted:
            return [(middle, False)] if middle else []
        part = wanted[-1]
        before, _, after = middle.partition(part)
        return [*self._within(before, word), (part, True), *self._within(after, word)]

    def __contains__(self, word: str) -> bool:
        return word in self.prefixes or word in self.suffixes or word in self.infixes

    def all(self) -> list[tuple[str, str]]:
        """Return (operator, part) of everything that is looked for."""
        return [
            *(("sw", part) for part in self.prefixes),
            *(("ew", part) for part in self.suffixes),
            *(("co", part) for part in self.infixes),
        ]


def holds(operator: str, word: str, part: str) -> bool:
    """Whether a word begins with, ends with or has a part."""
    if operator == "sw":
        return word.startswith(part)
    return word.endswith(part) if operator == "ew" else part in word


def _longest(word: str, parts: set[str], fits: Callable[[str, str], bool]) -> str:
    """Return the longest part that a word begins or ends with and is not, "" for none."""
    found = [part for part in parts if part != word and fits(word, part)]
    return max(found, key=len, default="")
