"""Sentences of services: what is known to be harmless stays readable, every other word is replaced."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote, unquote_plus

from ..secrets import MASK, names_secret
from .forms import MOMENT, UUID
from .fragments import WORD
from .places import Place
from .values import Values, is_ip
from .vocabulary import CANONICAL, COMMON, ENDPOINTS, OPERATORS, attributes, words
from .words import folded, in_form_of

_MAIL = r"""(?P<mail>(?<![^\s"'<>()\[\],;:=@])[^\s"'<>()\[\],;:=@]{1,128}@[^\s"'<>()\[\],;:=@]{1,255}) |"""
# What stands for itself, and then any word; a word keeps what it is joined with for a look at it.
_PARTS = rf"""(?P<urn>\burn:ietf:[\w.:+-]+)
    | (?P<url>https?://[^\s"'<>\\)\]]+)
    | (?<![\w-])(?P<uuid>{UUID.pattern})(?![\w-])
    | \bRFC\s?\d{{3,5}}\b
    | (?P<ip>(?<![\w.])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\w.]))
    | {{mail}} (?P<quoted>"(?:[^"\\\n]|\\.){{1,300}}"|“[^”\n]{{1,300}}”|(?<![\w])'[^'\n]{{1,300}}'(?!\w))
    | (?P<escaped>[^\W_]*%[0-9A-Fa-f]{{2}}(?:[^\W_]|%[0-9A-Fa-f]{{2}})*)
    | (?P<moment>{MOMENT.pattern}(?!\w))
    | (?P<numbers>(?<![^\W_])\d+(?:[ .,/()+-]{{1,2}}\d+)+(?![^\W_]))
    | (?P<word>[^\W_]+)"""
_WITHOUT_MAIL = re.compile(_PARTS.replace("{mail}", ""), re.X | re.I)
_WITH_MAIL = re.compile(_PARTS.replace("{mail}", _MAIL), re.X | re.I)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SCHEMA = re.compile(r"urn:ietf:params:scim:(?:schemas|api)(?::[a-z]\w*)*:\d[\d.]*:\w+", re.I | re.ASCII)
# What errors are about; that somebody is called so makes no difference.
# How some write the version of a product; no domain ends in digits.
_PRODUCT = re.compile(r"(?P<name>[a-z]+)@\d{1,4}(?:\.\d{1,4}){0,2}", re.I | re.ASCII)
_NOUNS = frozenset("user users group groups resource attribute email emails name id".split())
_SHORT_NUMBER = re.compile(r"\d{1,3}")
_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}")


def _nothing_quoted(text: str) -> str | None:
    return None


class Texts:
    """Redacts sentences.  ``heard`` are the words, folded, that this exchange says of persons.

    ``secrets`` are those that it holds; ``url`` and ``quoted`` redact a URL, and a filter or path where
    one is quoted.
    """

    def __init__(self, values: Values) -> None:
        self.values = values
        self.heard: set[str] = set()
        self.always_heard: set[str] = set()
        self.secrets: set[str] = set()
        self.url: Callable[[str], str] = values.forced
        self.quoted: Callable[[str], str | None] = _nothing_quoted

    def forget(self) -> None:
        """Begin a new exchange."""
        self.heard.clear()
        self.secrets.clear()

    def hear(self, text: str) -> None:
        """Know that the words of a text are personal in this exchange."""
        self.heard.update(match[0] for match in WORD.finditer(folded(text)))

    def hear_query(self, path: str, query: str) -> None:
        """Know that what a request asks for is personal in this exchange: the id, and compared strings."""
        last = path.rpartition("/")[2]
        if last.lower() not in ENDPOINTS:
            self.hear(unquote(last))
        for text in _STRING.findall(unquote_plus(query)):
            self.hear(text)

    def sentence(self, text: str, place: Place | None = None) -> str:
        """Return a sentence; one that names a secret and says something unknown is masked."""
        if self.tells(text):
            found = MASK
        else:
            parts = _WITH_MAIL if "@" in text else _WITHOUT_MAIL
            composed = text if text.isascii() else unicodedata.normalize("NFC", text)
            found = parts.sub(self._part, composed)
            if found == composed:
                return text
            found = MASK if names_secret(text) else in_form_of(text, found)
        if place is not None:
            place.count += 1
        return found

    def tells(self, text: str) -> bool:
        """Whether a text has a secret of this exchange in it."""
        return any(secret in text for secret in self.secrets)

    def _part(self, match: re.Match[str]) -> str:
        text, kind = match[0], match.lastgroup
        if kind is None or kind in ("uuid", "moment"):
            return text
        if kind == "urn":
            return self._urn(text)
        if kind == "url":
            bare = text.rstrip(".,;:!?")
            return self.url(bare) + text[len(bare) :]
        if kind == "ip":
            return self.values.ip(text) if is_ip(text) else self.values.words.text(text)
        if kind == "mail" and (product := _PRODUCT.fullmatch(text)) and self._is_harmless(product["name"]):
            return text
        if kind in ("mail", "escaped"):
            return self.values.forced(text)
        if kind == "quoted":
            return text[0] + self._quoted(text[1:-1]) + text[-1]
        if kind == "numbers":
            return text if _VERSION.fullmatch(text) else self.values.words.text(text)
        return text if self._is_harmless(text) else self.values.words.word(text)

    def _urn(self, text: str) -> str:
        """Return the URN of a schema, and of what follows it the attributes that are known."""
        schema = _SCHEMA.match(text)
        if schema is None:
            return self.values.forced(text)
        rest = text[schema.end() :]
        return schema[0] + WORD.sub(lambda match: self._attribute(match[0]), rest)

    def _attribute(self, word: str) -> str:
        return word if word.lower() in attributes() else self.values.words.word(word)

    def _quoted(self, text: str) -> str:
        """Return what stands in quotation marks: a value, unless it is a name of SCIM."""
        if _SCHEMA.match(text) and WORD.sub("", text).strip(":.-") == "":
            return self._urn(text)
        names = re.findall(r"[^\W_]+", text.lower())
        known = attributes() | OPERATORS | CANONICAL
        if names and not self.heard.intersection(names) and all(name in known for name in names):
            return text
        shown = self.quoted(text)
        return self.values.person(text) if shown is None else shown

    def _is_harmless(self, word: str) -> bool:
        low = folded(word)
        if low in COMMON or low in _NOUNS:
            return True
        if low in self.heard or low in self.always_heard:
            return False
        return low in words() or low in attributes() or _SHORT_NUMBER.fullmatch(word) is not None
