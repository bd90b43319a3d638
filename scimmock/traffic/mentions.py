"""Where a request or a resource mentions others by their id, and how it reads with other ids there.

An id stands as a segment of a path, as the value that a filter or a PATCH path compares with, as the value
of a reference (a member, a manager), at the end of an address: see `places`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from .pairing import attribute
from .places import ADDRESSES, Kind, has_own_text, is_number, kind_in_address, place_of, place_within
from .routes import aim_of

# Given a text, and the endpoint of what it would be the id of ("" where that may be any, None where other
# texts than ids stand too): what is to stand there, None for the same.
Lookup = Callable[[str, Kind], "str | None"]

_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)"')
# The same in a raw query, in which quotation marks and backslashes may be escaped.
_RAW_LITERAL = re.compile(r'(?:"|%22)((?:(?:\\|%5C)(?:%22|.)|(?!"|%22|\\|%5C).)*+)(?:"|%22)', re.I | re.S)
_COMPARED = re.compile(r"([\w:.$-]+)\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s*\Z", re.I)
_OPEN = re.compile(r"([\w:.$-]+)\[[^\]]*\Z")
_LARGEST_ADDRESS = 2_000  # characters


def path_with(path: str, lookup: Lookup) -> str:
    """Return a raw path below the base with other ids in it; its first segment is the endpoint."""
    parts = path.split("/")
    kind = aim_of("GET", path).resource or ""
    for index in range(2, len(parts)):
        segment = parts[index]
        found = lookup(unquote(segment), kind if index == 2 else "") if segment else None
        if found is not None:
            parts[index] = quote(found, safe="")
    return "/".join(parts)


def query_with(
    query: str, lookup: Lookup, cursor: Callable[[str], str | None] = lambda text: None, kind: str = ""
) -> str:
    """Return a raw query with other ids in its filter, and with another cursor (RFC 9865).

    ``kind`` is the endpoint that is asked; all that is no id keeps its spelling.
    """
    if "=" not in query:
        return query
    pairs = query.split("&")
    for index, pair in enumerate(pairs):
        name, _, raw = pair.partition("=")
        if name.lower() == "filter":
            pairs[index] = f"{name}={_raw_filter_with(raw, lookup, kind)}"
        elif name.lower() == "cursor":
            found = cursor(unquote_plus(raw))
            pairs[index] = pair if found is None else f"{name}={quote(found, safe='')}"
    return "&".join(pairs)


def _raw_filter_with(raw: str, lookup: Lookup, kind: str) -> str:
    escape = quote_plus if "+" in raw else quote

    def found(match: re.Match[str]) -> str:
        other = _literal_with(unquote_plus(match[1]), unquote_plus(raw[: match.start()]), lookup, kind)
        if other is None:
            return match[0]
        begin, end = match.span(1)
        before, after = raw[match.start() : begin], raw[end : match.end()]
        return f"{before}{escape(_escaped(other), safe='')}{after}"

    return _RAW_LITERAL.sub(found, raw)


def filter_with(text: str, lookup: Lookup, kind: str = "") -> str:
    """Return a filter or a PATCH path with other ids in its comparisons; ``kind`` is the endpoint."""
    if '"' not in text:
        return text

    def found(match: re.Match[str]) -> str:
        other = _literal_with(match[1], text[: match.start()], lookup, kind)
        return match[0] if other is None else f'"{_escaped(other)}"'

    return _LITERAL.sub(found, text)


def _literal_with(value: str, before: str, lookup: Lookup, kind: str) -> str | None:
    """Return what is to stand in the place of a literal, None for the same; ``before`` precedes it."""
    if "\\" in value:
        return None
    name, of = _compared(before, kind)
    other = None if has_own_text(name) else lookup(value, of)
    if other is None and "/" in value:
        other = _address_with(value, lookup, name in ADDRESSES)
    return other


def value_with(value: Any, lookup: Lookup, key: str = "", kind: str = "") -> Any:
    """Return a value of a body that stands at a key with other ids in it, itself where there are none.

    ``kind`` is the endpoint of the resource that the body is, or is about.
    """
    name, of = place_of(key, kind)
    return _with(value, lookup, name, of, kind)


def _with(value: Any, lookup: Lookup, name: str, of: Kind, kind: str) -> Any:
    if isinstance(value, str):
        return _text_with(value, lookup, name, of, kind)
    if isinstance(value, int) and not isinstance(value, bool) and of is not None:
        return _number_with(value, lookup, of)
    if isinstance(value, list):
        items = [_with(item, lookup, name, of, kind) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        return _object_with(value, lookup, name, kind)
    return value


def _object_with(value: dict[str, Any], lookup: Lookup, name: str, kind: str) -> dict[str, Any]:
    path = attribute(value, "path")
    path = path if isinstance(path, str) else ""
    if path.startswith("/"):  # an operation of a Bulk, which says itself what it is about
        kind = aim_of("GET", path).resource or ""
    is_patch = bool(path) and attribute(value, "op") is not None
    changed: dict[str, Any] | None = None
    for key, inner in value.items():
        if is_patch and key.lower() == "value":  # stands at the path of its operation
            place = place_of(path, kind)
        else:
            place = place_within(value, name, key, kind)
        other = _with(inner, lookup, *place, kind)
        if other is not inner:
            changed = dict(value) if changed is None else changed
            changed[key] = other
    return value if changed is None else changed


def _text_with(text: str, lookup: Lookup, name: str, of: Kind, kind: str) -> str:
    if name in ("path", "filter"):
        if text.startswith("/"):  # of an operation in a Bulk
            return path_with(text, lookup)
        return filter_with(text, lookup, kind)
    found = None if has_own_text(name) else lookup(text, of)
    if found is None and "/" in text and len(text) <= _LARGEST_ADDRESS:
        found = _address_with(text, lookup, name in ADDRESSES)
    return text if found is None else found


def _number_with(number: int, lookup: Lookup, of: str) -> int | str:
    """Return what stands for an id that is a number: a number too, where that is one."""
    found = lookup(str(number), of)
    return number if found is None else int(found) if is_number(found) else found


def _address_with(address: str, lookup: Lookup, sure: bool) -> str | None:
    head, _, last = address.rpartition("/")
    found = lookup(unquote(last), kind_in_address(address) if sure else None) if last else None
    return None if found is None else f"{head}/{quote(found, safe='')}"


def _compared(before: str, kind: str) -> tuple[str, Kind]:
    """Return the place of a literal, by what stands before it: the attribute that is compared with it."""
    before = before[-200:]
    compared = _COMPARED.search(before)
    if compared is None:
        return "", None
    name = compared[1]
    within = _OPEN.search(before)
    if within is not None and name.lower() == "value":
        name = within[1]
    return place_of(name, kind)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
