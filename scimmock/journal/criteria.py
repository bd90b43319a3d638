"""The single conditions of an expectation: whether an exchange meets one, and what it has instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from ..errors import InvalidFilter
from ..scim.loose import loose_filter, lowered
from ..traffic.exchange import Exchange
from ..traffic.secrets import MASK, is_secret, is_secret_header, is_secret_parameter, masked_filter
from .body import filtered_document
from .filters import filter_shape, paths_of, told_at
from .plain import plain, short

_STATUS = re.compile(r"[1-5](?:xx|[0-9]{2})|0")
_MAX_TEXT = 160
Found = Callable[[Exchange], tuple[bool, str]]
Make = Callable[[str, Any], "list[Criterion]"]


class WrongCriterion(Exception):
    """A criterion that makes no sense; ``name`` is its key, with the inner key after a dot."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition.  ``look`` returns whether an exchange meets it and, in words, what is there."""

    name: str
    wanted: str
    look: Found

    def differs(self, exchange: Exchange) -> dict[str, str] | None:
        """Return ``{"field", "wanted", "found"}``, two different texts, or None when it is met."""
        met, found = self.look(exchange)
        if met:
            return None
        if found == self.wanted:
            found = f"{found} (of another form)"
        return {"field": self.name, "wanted": self.wanted, "found": found}


def criterion(name: str, value: Any) -> list[Criterion]:
    """Return the conditions that a key of an expectation stands for; raises WrongCriterion."""
    return _KINDS[name](name, value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise WrongCriterion(name, "text would be right")
    return value


def _equal(
    read: Callable[[Exchange], str | None], fold: bool = False
) -> Callable[[str, Any], list[Criterion]]:
    def make(name: str, value: Any) -> list[Criterion]:
        wanted = _text(name, value)

        def look(exchange: Exchange) -> tuple[bool, str]:
            found = read(exchange)
            met = found is not None and (found.lower() == wanted.lower() if fold else found == wanted)
            return met, _said(found)

        return [Criterion(name, _said(wanted), look)]

    return make


def _said(text: str | None) -> str:
    return short(plain(text), _MAX_TEXT) if text else "none"


def glob(pattern: str) -> Callable[[str], bool]:
    """Return the test of a pattern in which ``*`` stands for any text, slashes included."""
    first, *rest = pattern.split("*")
    if not rest:
        return lambda text: text == pattern
    *middle, last = rest

    def fits(text: str) -> bool:
        if not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for part in middle:
            found = text.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return at <= end

    return fits


def _path(name: str, value: Any) -> list[Criterion]:
    wanted = _text(name, value)
    fits = glob(wanted)
    return [Criterion(name, _said(wanted), lambda exchange: (fits(exchange.path), _said(exchange.path)))]


def _status(name: str, value: Any) -> list[Criterion]:
    wanted = str(value).lower() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _STATUS.fullmatch(wanted):
        raise WrongCriterion(
            name, "a status is a number such as 404, a class such as 4xx, or 0 for no answer"
        )
    return [
        Criterion(
            name,
            wanted if wanted != "0" else "no answer",
            lambda exchange: (
                fits_status(exchange.status, wanted),
                str(exchange.status) if exchange.status else "no answer",
            ),
        )
    ]


def fits_status(status: int, wanted: str) -> bool:
    """Whether a status is the wanted one (``404``) or of the wanted class (``4xx``)."""
    return str(status).startswith(wanted[0]) if wanted.endswith("xx") else str(status) == wanted


def _rule(name: str, value: Any) -> list[Criterion]:
    wanted = _text(name, value)

    def look(exchange: Exchange) -> tuple[bool, str]:
        names = [str(rule.get("name")) for rule in exchange.rules or ()]
        return bool(names) if wanted == "*" else wanted in names, _said(", ".join(names))

    return [Criterion(name, _said(wanted if wanted != "*" else "any"), look)]


def _map(name: str, value: Any) -> dict[str, str | None]:
    if not isinstance(value, dict) or not value:
        raise WrongCriterion(name, "a map of names and values would be right")
    found: dict[str, str | None] = {}
    for key, inner in value.items():
        if isinstance(inner, bool):
            inner = "true" if inner else "false"
        if inner is not None and not isinstance(inner, str | int | float):
            raise WrongCriterion(f"{name}.{key}", "text would be right, or null for none")
        found[str(key)] = None if inner is None else str(inner)
    return found


def _query(name: str, value: Any) -> list[Criterion]:
    return [_parameter(key, wanted) for key, wanted in _map(name, value).items()]


def _parameter(key: str, wanted: str | None) -> Criterion:
    is_filter = key.lower() == "filter"
    shape = filter_shape(wanted) if is_filter and wanted is not None else None
    secret = is_secret_parameter(key)

    def look(exchange: Exchange) -> tuple[bool, str]:
        values = [inner for outer, inner in query_of(exchange) if outer == key]
        met = not values if wanted is None else wanted in values
        if not met and shape is not None:
            met = any(filter_shape(inner) == shape for inner in values)
        if not values:
            return met, "none"
        return met, MASK if secret else _said(", ".join(map(masked_filter, values)))

    return Criterion(f"query.{key}", _said(wanted), look)


def query_of(exchange: Exchange) -> list[tuple[str, str]]:
    """Return the decoded parameters of the query."""
    try:
        return parse_qsl(exchange.query.decode("latin-1"), keep_blank_values=True)
    except ValueError:
        return []


def _header(name: str, value: Any) -> list[Criterion]:
    return [_one_header(key, wanted) for key, wanted in _map(name, value).items()]


def _one_header(key: str, wanted: str | None) -> Criterion:
    fits = glob(wanted) if wanted is not None else None
    raw, secret = key.lower().encode("latin-1", "replace"), is_secret_header(key)

    def look(exchange: Exchange) -> tuple[bool, str]:
        values = [value.decode("latin-1") for name, value in exchange.headers if name.lower() == raw]
        met = any(map(fits, values)) if fits is not None else not values
        return met, (MASK if secret else _said(", ".join(values))) if values else "none"

    return Criterion(f"header.{key}", _said(wanted), look)


def _filter(name: str, value: Any) -> list[Criterion]:
    text = _text(name, value)
    try:
        test, paths = loose_filter(text), paths_of(text)
    except InvalidFilter as error:
        raise WrongCriterion(name, error.detail) from None
    for path in paths:
        if is_secret(path):
            raise WrongCriterion(name, f"{path!r} cannot be used in a filter")

    def look(exchange: Exchange) -> tuple[bool, str]:
        document, why = filtered_document(exchange)
        if document is None:
            return False, why
        found = lowered(document)
        if test(found):
            return True, ""
        return False, short(", ".join(f"{path} {told_at(found, path)}" for path in paths), _MAX_TEXT)

    return [Criterion(name, _said(text), look)]


_KINDS: dict[str, Make] = {
    "operation": _equal(lambda exchange: exchange.operation),
    "resource": _equal(lambda exchange: exchange.resource),
    "method": _equal(lambda exchange: exchange.method, fold=True),
    "path": _path,
    "id": _equal(lambda exchange: exchange.id),
    "filter": _filter,
    "query": _query,
    "header": _header,
    "status": _status,
    "client": _equal(lambda exchange: exchange.client, fold=True),
    "token": _equal(lambda exchange: exchange.identity),
    "rule": _rule,
}

# Those that are told by one text.
SIMPLE = tuple(sorted(name for name in _KINDS if name not in ("query", "header")))
