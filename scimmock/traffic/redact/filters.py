"""Filters and the paths of PATCH operations: names and operators stay, values go by their attribute."""

from __future__ import annotations

import json
import re
from typing import Literal

from ...scim.filter import OPERATORS
from ..secrets import MASK, is_secret, masked_filter
from .atoms import Atoms
from .encoded import requoted
from .forms import is_attribute_path, is_part
from .kinds import Kind
from .places import Place
from .texts import Texts

_TOKENS = re.compile(
    r"""\s+
    | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<mark>[()\[\]])
    | (?P<tail>(?<=\])\.[A-Za-z$][\w$-]*)
    | (?P<word>[^\s()\[\]"']+)""",
    re.X | re.DOTALL,
)
# What nearly all filters are.
_SIMPLE = re.compile(
    r"""(?P<before>(?P<name>[A-Za-z][\w$.:-]*)\s+(?P<operator>eq|ne|co|sw|ew)\s+")(?P<value>[^"\\]*)\"""",
    re.I,
)
# What most ask, as it stands in a query: who has a user name, an address, a number.
_ASKED = re.compile(
    r"""(?P<before>(?P<name>[A-Za-z][\w.$-]*)(?:%20eq%20|\+eq\+)%22)
    (?P<value>[\w.~-]{1,200}(?:%40[\w.~-]{1,200})?)%22""",
    re.X | re.ASCII,
)
_HARMLESS = re.compile(r"[\w.~@-]+", re.ASCII)  # with "@" as the only one that a query encodes
_LITERALS = ("true", "false", "null")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_DAY = re.compile(r"(?:19|20)\d\d-?")
_SEEKING = ("sw", "ew", "co")
_MOST_PLACES = 200  # that are remembered by the names in filters


class Filters:
    """Redacts filters (RFC 7644 section 3.4.2.2) and PATCH paths (section 3.5.2) of resources."""

    def __init__(self, atoms: Atoms, texts: Texts, resources: Place) -> None:
        self.atoms = atoms
        self.texts = texts
        self.resources = resources
        self._places: dict[tuple[str, str], Place] = {}
        self._asked: dict[str, Place] = {}

    def filter(self, text: str, within: Place | None = None) -> str:
        """Return a filter; one that follows no grammar goes as a sentence, one about a secret is masked."""
        if is_secret(text):
            shown = masked_filter(text)
            if shown == MASK:
                return MASK
        return self._filter(text, within or self.resources) or self.texts.sentence(text)

    def asked(self, query: str) -> str | None:
        """Return a filter as it stands in a query, encoded, where it is what most ask; None for any other."""
        match = _ASKED.fullmatch(query)
        if match is None:
            return None
        before, name, value = match.groups()
        place = self._asked.get(name) or self._place_asked(name)
        if place is None or place.kind is Kind.SECRET:
            return None
        plain = value.replace("%40", "@")
        shown = self.atoms.string(plain, place)
        if shown == plain:
            return query
        if _HARMLESS.fullmatch(shown):
            return f"{before}{shown.replace('@', '%40')}%22"
        return f"{before}{requoted(query, shown, is_form=True)}%22"

    def _place_asked(self, name: str) -> Place | None:
        """Return the place of an attribute that names no secret, None for anything else."""
        if is_secret(name) or not is_attribute_path(name):
            return None
        found = self.resources.at(name)
        if len(self._asked) < _MOST_PLACES:
            self._asked[name] = found
        return found

    def quoted(self, text: str) -> str | None:
        """Return a filter or path that a sentence quotes, None where it is neither."""
        if "[" in text:
            shown, place = self.path(text)
            return shown if place is not self.resources else None
        return self._filter(text, self.resources) if " " in text else None

    def path(self, text: str) -> tuple[str, Place]:
        """Return the path of a PATCH operation, and the place that it leads to."""
        stripped = text.strip()
        if "[" not in stripped:
            if is_attribute_path(stripped):
                return text, self.resources.at(stripped)
            odd = self.resources.child(stripped)
            return self.texts.sentence(text), odd if odd.kind is Kind.SECRET else self.resources
        attribute, _, rest = stripped.partition("[")
        inner, bracket, tail = rest.rpartition("]")
        if not bracket or not is_attribute_path(attribute) or (tail and not re.fullmatch(r"\.[\w$-]+", tail)):
            return self.filter(text), self.resources
        place = self.resources.at(attribute)
        if place.kind is Kind.SECRET:
            shown = f"{attribute}[{MASK}]{tail}"
        else:
            shown = f"{attribute}[{self.filter(inner, place)}]{tail}"
        return shown, place.child(tail[1:]) if tail else place

    def _filter(self, text: str, root: Place) -> str | None:
        """Return a filter that follows the grammar loosely, None for anything else."""
        simple = _SIMPLE.fullmatch(text)
        if simple is not None and is_attribute_path(simple["name"]):
            place = self._places.get((root.label, simple["name"])) or self._at(root, simple["name"])
            value = self._compared(simple["value"], simple["operator"].lower(), place)
            return f'{simple["before"]}{value}"' if '"' not in value and "\\" not in value else None
        found: list[str] = []
        places, place = [root], root
        expected: Literal["name", "operator", "value", "end"] = "name"
        operator, at = "", 0
        while at < len(text):
            match = _TOKENS.match(text, at)
            if match is None:
                return None
            at, kind, token = match.end(), match.lastgroup, match[0]
            low = token.lower()
            if kind is None or (
                kind == "word" and low in ("and", "or", "not") and expected in ("name", "end")
            ):
                expected = "name" if kind else expected
            elif kind == "mark":
                if token == "[":
                    places.append(place)
                    expected = "name"
                elif token == "]":
                    if len(places) < 2:
                        return None
                    place = places.pop()
                    expected = "end"
                elif expected == "operator":
                    return None
            elif kind == "tail":
                place, expected = place.child(token[1:]), "operator"
            elif expected == "name" and kind == "word" and is_attribute_path(token):
                place, expected = places[-1].at(token), "operator"
            elif expected == "operator" and kind == "word" and low == "pr":
                expected = "end"
            elif expected == "operator" and kind == "word" and low in OPERATORS:
                operator, expected = low, "value"
            elif expected == "value":
                token, expected = self._value(token, operator, place), "end"
            else:
                return None
            found.append(token)
        return "".join(found) if expected == "end" and len(places) == 1 else None

    def _at(self, root: Place, name: str) -> Place:
        found = root.at(name)
        if len(self._places) < _MOST_PLACES:
            self._places[root.label, name] = found
        return found

    def _value(self, token: str, operator: str, place: Place) -> str:
        """Return what an attribute is compared with."""
        if token[0] not in "\"'":
            if token.lower() in _LITERALS:
                return token
            if _NUMBER.fullmatch(token):
                number = float(token) if re.search(r"[.eE]", token) else int(token)
                return str(self.atoms.number(number, place))
            return self._compared(token, operator, place)
        quote, inner = token[0], token[1:-1]
        try:
            if quote == "'":
                inner = re.sub(
                    r"\\(.)|(\")", lambda match: match[1] if match[1] == "'" else f"\\{match[0][-1]}", inner
                )
            plain = json.loads(f'"{inner}"', strict=False)
        except ValueError:
            return quote + self.texts.sentence(inner) + quote
        shown = json.dumps(self._compared(plain, operator, place), ensure_ascii=inner.isascii())[1:-1]
        return quote + (shown.replace('\\"', '"').replace("'", "\\'") if quote == "'" else shown) + quote

    def _compared(self, plain: str, operator: str, place: Place) -> str:
        if operator not in _SEEKING:
            return self.atoms.string(plain, place)
        values = self.atoms.values
        if place.kind is not Kind.FORCED and is_part(plain, place.kind, place.label):
            return plain
        if place.kind is Kind.SECRET:
            return MASK
        if place.kind not in (Kind.PERSON, Kind.FORCED) or _DAY.match(plain):
            values.words.cannot_keep(plain)
        if values.words.learn(operator, plain):
            values.forget()
        # A part of a value is words, whatever form it seems to have.
        place.count += 1
        return values.words.text(plain)
