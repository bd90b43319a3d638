"""Sentences of services: what is known to be harmless stays readable, every other word is replaced."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from ..secrets import MASK, names_secret
from .forms import UUID
from .fragments import WORD
from .places import Place
from .values import Values, is_ip
from .vocabulary import CANONICAL, COMMON, OPERATORS, attributes, words
from .words import folded

# What stands for itself, and then any word; a word keeps what it is joined with for a look at it.
_PARTS = re.compile(
    rf"""(?P<urn>\burn:ietf:[\w.:+-]+)
    | (?<![\w-])(?P<uuid>{UUID.pattern})(?![\w-])
    | \bRFC\s?\d{{3,5}}\b
    | (?P<ip>(?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\w.]))
    | (?P<mail>[^\s"'<>()\[\],;:=@]+@[^\s"'<>()\[\],;:=@]+)
    | (?P<quoted>"[^"\n]{{1,300}}"|“[^”\n]{{1,300}}”|(?<![\w])'[^'\n]{{1,300}}'(?!\w))
    | (?P<escape>(?:%[0-9A-Fa-f]{{2}})+)
    | (?P<word>[^\W_]+)""",
    re.X | re.I,
)
_STRING = re.compile(r'"((?:[^"\\\\]|\\\\.)*)"')
# What errors are about; that somebody is called so makes no difference.
_NOUNS = frozenset("user users group groups resource attribute email emails name id".split())
_SHORT_NUMBER = re.compile(r"\d{1,3}")


class Texts:
    """Redacts sentences.  ``heard`` are the words, folded, that this exchange says of persons."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.heard: set[str] = set()

    def hear(self, text: str) -> None:
        """Know that the words of a text are personal in this exchange."""
        self.heard.update(match[0] for match in WORD.finditer(folded(text)))

    def hear_query(self, path: str, query: str) -> None:
        """Know that what a request asks for is personal in this exchange: the id, and compared strings."""
        self.hear(unquote(path.rpartition("/")[2]))
        for text in _STRING.findall(unquote_plus(query)):
            self.hear(text)

    def sentence(self, text: str, place: Place | None = None) -> str:
        """Return a sentence; one that names a secret and says something unknown is masked."""
        found = _PARTS.sub(self._part, text)
        if found == text:
            return text
        if place is not None:
            place.count += 1
        return MASK if names_secret(text) else found

    def _part(self, match: re.Match[str]) -> str:
        text, kind = match[0], match.lastgroup
        if kind in (None, "urn", "uuid"):
            return text
        if kind == "ip":
            return self.values.ip(text) if is_ip(text) else self.values.words.text(text)
        if kind in ("mail", "escape"):
            return self.values.forced(text)
        if kind == "quoted":
            return text[0] + self._quoted(text[1:-1]) + text[-1]
        return text if self._is_harmless(text) else self.values.words.word(text)

    def _quoted(self, text: str) -> str:
        """Return what stands in quotation marks: a value, unless it is a name of SCIM."""
        low = text.lower()
        if low.startswith("urn:ietf:") or (UUID.fullmatch(text) is not None):
            return text
        names = re.findall(r"[^\W_]+", low)
        known = attributes() | OPERATORS | CANONICAL
        if names and not self.heard.intersection(names) and all(name in known for name in names):
            return text
        return self.values.forced(text)

    def _is_harmless(self, word: str) -> bool:
        low = folded(word)
        if low in COMMON or low in _NOUNS:
            return True
        if low in self.heard:
            return False
        return low in words() or low in attributes() or _SHORT_NUMBER.fullmatch(word) is not None
