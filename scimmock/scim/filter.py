"""The filter language (RFC 7644 section 3.4.2.2): from text to a tree.

The grammar, precedence included (``not`` binds tighter than ``and``, ``and`` tighter than ``or``)::

    filter     = term *("or" term)
    term       = factor *("and" factor)
    factor     = ["not"] "(" filter ")" / attrPath "pr" / attrPath op value / attrPath "[" filter "]"

Names and operators may have any case, values follow JSON.  Whatever is wrong raises InvalidFilter
with the position of the offending character, counted from 1.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NoReturn

from ..errors import InvalidFilter

OPERATORS = frozenset(("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"))

DEFAULT_MAX_LENGTH = 8192
DEFAULT_MAX_DEPTH = 50


@dataclass(frozen=True, slots=True)
class Compare:
    """``path op value``; ``op`` is lower case, ``value`` what JSON decodes to."""

    path: str
    op: str
    value: Any
    position: int


@dataclass(frozen=True, slots=True)
class Present:
    """``path pr``"""

    path: str
    position: int


@dataclass(frozen=True, slots=True)
class ValuePath:
    """``path[inner]``: the inner filter holds for one and the same value of the attribute."""

    path: str
    inner: Node
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    """``not (inner)``"""

    inner: Node


@dataclass(frozen=True, slots=True)
class And:
    """All of the terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of the terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands for the string number ``index`` (from 0) in the shape of a filter."""

    index: int


Node = Compare | Present | ValuePath | Not | And | Or


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a service accepts beyond the grammar, and how much of it.

    ``unquoted_values``: ``eq jyoung`` means the string.  ``sub_attribute_after_value_path``:
    ``emails[type eq "work"].value eq "x"`` adds the comparison to the brackets.  ``flat``: ``and`` does
    not bind tighter than ``or``, what stands first is joined first.  ``single_quotes``: strings may
    stand in them.  ``aliases``: other names (lower case) and what they stand for, a path, or a filter
    that holds where the name is compared with something true (``"1"``, ``"true"``, true).
    """

    unquoted_values: bool = False
    sub_attribute_after_value_path: bool = False
    flat: bool = False
    single_quotes: bool = False
    aliases: tuple[tuple[str, str], ...] = ()
    max_length: int = DEFAULT_MAX_LENGTH
    max_depth: int = DEFAULT_MAX_DEPTH


STRICT = Dialect()

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\.)*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?=[\s()\[\]]|$))
      | (?P<word>[A-Za-z0-9$][A-Za-z0-9$_.:/%~\#@+-]*)
      | (?P<mark>[()\[\]])
      | (?P<tail>\.[A-Za-z$][A-Za-z0-9$_-]*)
    )""",
    re.VERBOSE,
)
_SINGLE_QUOTED = re.compile(r"\s*(?P<string>'(?:[^'\\\x00-\x1f]|\\.)*')")
_TRUE = ("1", "true", True, 1)
_ATTRIBUTE_PATH = re.compile(r"(?:[A-Za-z][^\s\"]*:)?[A-Za-z$][A-Za-z0-9$_-]*(?:\.[A-Za-z$][A-Za-z0-9$_-]*)?")
_MAX_NUMBER = 400  # characters; Python refuses to convert endless integers
_LITERALS = {"true": True, "false": False, "null": None}
_END = ("end", "", -1, -1)
_Token = tuple[str, str, int, int]  # kind, text, position from 1, end


def _tokens(text: str, single_quotes: bool = False) -> list[_Token]:
    found: list[_Token] = []
    position, length = 0, len(text)
    while position < length:
        match = _TOKEN.match(text, position)
        if match is None and single_quotes:
            match = _SINGLE_QUOTED.match(text, position)
        if match is None or match.lastgroup is None:
            rest = text[position:]
            start = position + len(rest) - len(rest.lstrip()) + 1
            if not rest.strip():
                break
            if rest.lstrip().startswith('"'):
                raise InvalidFilter("the string has no closing quote or an invalid character", start)
            raise InvalidFilter(f"unexpected {rest.lstrip()[0]!r}", start)
        kind = match.lastgroup
        if kind == "word" and found and found[-1][0] == "string" and match.start(kind) == found[-1][3]:
            raise InvalidFilter("a space is expected after the string", match.start(kind) + 1)
        found.append((kind, match[kind], match.start(kind) + 1, match.end()))
        position = match.end()
    return found


class _Parser:
    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.tokens = _tokens(text, dialect.single_quotes)
        self.aliases = dict(dialect.aliases)
        self.at = 0
        self.depth = 0

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def next(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def fail(self, what: str, token: _Token) -> NoReturn:
        if token is _END:
            raise InvalidFilter(f"{what}, but the filter ends", len(self.text) + 1)
        raise InvalidFilter(f"{what}, not {token[1]!r}", token[2])

    def word(self, wanted: str) -> bool:
        kind, text, _, _ = self.peek()
        if kind == "word" and text.lower() == wanted:
            self.at += 1
            return True
        return False

    def whole(self) -> Node:
        if not self.tokens:
            raise InvalidFilter("the filter is empty", 1)
        node = self.disjunction(False)
        if self.peek() is not _END:
            self.fail("'and', 'or' or the end is expected here", self.peek())
        return node

    def disjunction(self, inside: bool) -> Node:
        self.depth += 1
        if self.depth > self.dialect.max_depth:
            position = self.peek()[2] if self.peek() is not _END else len(self.text) + 1
            raise InvalidFilter(f"the filter is nested deeper than {self.dialect.max_depth} levels", position)
        if self.dialect.flat:
            node = self.from_left(inside)
            self.depth -= 1
            return node
        terms = [self.conjunction(inside)]
        while self.word("or"):
            terms.append(self.conjunction(inside))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def conjunction(self, inside: bool) -> Node:
        terms = [self.factor(inside)]
        while self.word("and"):
            terms.append(self.factor(inside))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def from_left(self, inside: bool) -> Node:
        """Join terms in the order in which they stand (a dialect)."""
        node = self.factor(inside)
        while True:
            if self.word("and"):
                node = And((node, self.factor(inside)))
            elif self.word("or"):
                node = Or((node, self.factor(inside)))
            else:
                return node

    def factor(self, inside: bool) -> Node:
        token = self.next()
        kind, text, position, _ = token
        if kind == "mark" and text == "(":
            return self.group(inside)
        if kind != "word":
            self.fail("an attribute, 'not' or '(' is expected here", token)
        following = self.peek()
        if text.lower() == "not" and following[1] == "(" and following[0] == "mark":
            self.at += 1
            return Not(self.group(inside))
        if text.lower() == "not" and following[0] != "word":
            self.fail("'(' is expected after 'not'", following)
        if not _ATTRIBUTE_PATH.fullmatch(text):
            raise InvalidFilter(f"{text!r} is not an attribute path", position)
        node = self.expression(text, position, inside)
        alias = None if inside else self.aliases.get(text.lower())
        return node if alias is None else self.meant(node, alias)

    def meant(self, node: Node, alias: str) -> Node:
        """Return the node that an expression with another name of its attribute stands for."""
        if isinstance(node, Not | And | Or):
            return node
        if _ATTRIBUTE_PATH.fullmatch(alias):
            return replace(node, path=alias)
        meaning = parse(alias, replace(self.dialect, aliases=()))
        if isinstance(node, Compare):
            value = node.value.lower() if isinstance(node.value, str) else node.value
            return meaning if (value in _TRUE) == (node.op != "ne") else Not(meaning)
        return meaning

    def group(self, inside: bool) -> Node:
        node = self.disjunction(inside)
        token = self.next()
        if token[1] != ")" or token[0] != "mark":
            self.fail("')' is expected here", token)
        return node

    def expression(self, path: str, position: int, inside: bool) -> Node:
        token = self.next()
        kind, text, at, _ = token
        if kind == "mark" and text == "[":
            if inside:
                raise InvalidFilter("'[' inside '[' is not allowed", at)
            if at != position + len(path):
                raise InvalidFilter("'[' follows its attribute without a space", at)
            return self.value_path(path, position)
        if kind != "word":
            self.fail(f"an operator is expected after {path!r}", token)
        operator = text.lower()
        if operator == "pr":
            return Present(path, position)
        if operator not in OPERATORS:
            raise InvalidFilter(
                f"the operator {text!r} is not supported, {', '.join(sorted(OPERATORS))} and pr are", at
            )
        return Compare(path, operator, self.value(operator), position)

    def value_path(self, path: str, position: int) -> Node:
        inner = self.disjunction(True)
        token = self.next()
        if token[1] != "]" or token[0] != "mark":
            self.fail("']' is expected here", token)
        kind, text, at, _ = self.peek()
        # The tail must touch the bracket, as in ``emails[type eq "work"].value``.
        if kind != "tail" or at != token[3] + 1:
            return ValuePath(path, inner, position)
        if not self.dialect.sub_attribute_after_value_path:
            raise InvalidFilter("a sub-attribute after ']' is not part of the filter grammar", at)
        self.at += 1
        compared = self.expression(text[1:], at + 1, True)
        return ValuePath(path, And((inner, compared)), position)

    def value(self, operator: str) -> Any:
        token = self.next()
        kind, text, position, _ = token
        if kind == "string":
            return self.string(text, position)
        if kind == "number":
            number = json.loads(text) if len(text) <= _MAX_NUMBER else float("inf")
            if isinstance(number, float) and number in (float("inf"), float("-inf")):
                raise InvalidFilter("the number is too large", position)
            return number
        if kind == "word":
            if text in _LITERALS:
                return _LITERALS[text]
            if self.dialect.unquoted_values:
                return _LITERALS.get(text.lower(), text)
        wanted = "a JSON value (a string in quotes, a number, true, false or null)"
        self.fail(f"{wanted} is expected after '{operator}'", token)

    @staticmethod
    def string(text: str, position: int) -> str:
        if text.startswith("'"):
            text = _QUOTED.sub(lambda match: _REQUOTED.get(match[0], match[0]), text[1:-1])
            text = f'"{text}"'
        try:
            value = json.loads(text)
        except ValueError:
            raise InvalidFilter("the string has an invalid escape", position) from None
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidFilter("the string has half of a surrogate pair", position)
        return str(value)


# What is written otherwise in double quotes than in single ones.
_QUOTED = re.compile(r"""\\.|\"""")
_REQUOTED = {"\\'": "'", '"': '\\"'}
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')


def split_strings(text: str) -> tuple[str, list[str]]:
    """Return the shape of a filter, its text with empty strings, and the strings in their order.

    What a filter means apart from its strings depends on its shape only, so that filters which differ
    just in what they look for can share their compiled form.  Strings with escapes raise InvalidFilter
    when they are wrong.
    """
    if "\\" not in text and text.isprintable():
        parts = text.split('"')
        if len(parts) % 2:
            return '""'.join(parts[0::2]), parts[1::2]
    strings: list[str] = []

    def take(match: re.Match[str]) -> str:
        string = match[0]
        strings.append(string[1:-1] if "\\" not in string else _Parser.string(string, match.start() + 1))
        return '""'

    return _STRING.sub(take, text), strings


def count_strings(node: Node) -> int:
    """Return how many comparisons with a string a filter has."""
    if isinstance(node, Compare):
        return int(isinstance(node.value, str))
    if isinstance(node, Present):
        return 0
    if isinstance(node, ValuePath | Not):
        return count_strings(node.inner)
    return sum(map(count_strings, node.terms))


def with_slots(node: Node) -> Node:
    """Return the tree with slots in place of its strings, numbered as they stand in the text."""
    return _slotted(node, itertools.count())


def _slotted(node: Node, numbers: Iterator[int]) -> Node:
    if isinstance(node, Compare):
        return replace(node, value=Slot(next(numbers))) if isinstance(node.value, str) else node
    if isinstance(node, Present):
        return node
    if isinstance(node, ValuePath | Not):
        return replace(node, inner=_slotted(node.inner, numbers))
    return replace(node, terms=tuple(_slotted(term, numbers) for term in node.terms))


@lru_cache(maxsize=2048)
def parse(text: str, dialect: Dialect = STRICT) -> Node:
    """Parse a filter; raises InvalidFilter.  Results are cached and must not be changed."""
    if len(text) > dialect.max_length:
        raise InvalidFilter(f"the filter is longer than {dialect.max_length} characters")
    return _Parser(text, dialect).whole()
