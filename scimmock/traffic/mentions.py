"""Where a request or a resource mentions others by their id, and how it reads with other ids there.

An id stands as a segment of a path, as the value that a filter or a PATCH path compares with, as the value
of a reference (a member, a manager), at the end of an address.  There it is surely an id; anywhere else a
text is taken for one only when it is long enough to be nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from .issued import is_reference

# Given a text, and whether it stands where only an id stands: what is to stand there, None for the same.
Lookup = Callable[[str, bool], "str | None"]

_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_COMPARED = re.compile(r"([\w:.$-]+)\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s*\Z", re.I)
_OPEN = re.compile(r"([\w:.$-]+)\[[^\]]*\Z")
# The attributes whose values, or sub-attribute "value", are ids (RFC 7643 sections 4.1.2, 4.2, 4.3).
_IDS = frozenset(("id", "manager", "members", "groups", "$ref"))
_ADDRESSES = frozenset(("$ref", "location"))
_LARGEST_ADDRESS = 2_000  # characters


def path_with(path: str, lookup: Lookup) -> str:
    """Return a raw path below the base with other ids in it; its first segment is the endpoint."""
    parts = path.split("/")
    for index in range(2, len(parts)):
        segment = parts[index]
        found = lookup(unquote(segment), True) if segment else None
        if found is not None:
            parts[index] = quote(found, safe="")
    return "/".join(parts)


def query_with(query: str, lookup: Lookup, cursor: Callable[[str], str | None] = lambda text: None) -> str:
    """Return a raw query with other ids in its filter, and with another cursor (RFC 9865)."""
    if "=" not in query:
        return query
    pairs = query.split("&")
    for index, pair in enumerate(pairs):
        name, _, raw = pair.partition("=")
        kind = name.lower()
        if kind not in ("filter", "cursor"):
            continue
        text = unquote_plus(raw)
        found = filter_with(text, lookup) if kind == "filter" else cursor(text)
        if found is not None and found != text:
            spaced = quote_plus if "+" in raw else quote
            pairs[index] = f"{name}={spaced(found, safe='')}"
    return "&".join(pairs)


def filter_with(text: str, lookup: Lookup) -> str:
    """Return a filter or a PATCH path with other ids in its comparisons."""
    if '"' not in text:
        return text

    def found(match: re.Match[str]) -> str:
        value = match[1]
        if "\\" in value:
            return match[0]
        other = lookup(value, _is_compared_with_id(text, match.start()))
        if other is None and "/" in value:
            other = _address_with(value, lookup, False)
        return match[0] if other is None else f'"{_escaped(other)}"'

    return _LITERAL.sub(found, text)


def value_with(value: Any, lookup: Lookup, key: str = "", alone: bool = False) -> Any:
    """Return a value of a body that stands at a key with other ids in it, itself where there are none.

    ``alone`` says that it is the value of a reference.
    """
    if isinstance(value, str):
        return _text_with(value, lookup, key, alone)
    if isinstance(value, list):
        items = [value_with(item, lookup, key) for item in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        refers = is_reference(value, key)
        changed: dict[str, Any] | None = None
        for name, inner in value.items():
            other = value_with(inner, lookup, name, refers and name == "value")
            if other is not inner:
                changed = dict(value) if changed is None else changed
                changed[name] = other
        return value if changed is None else changed
    return value


def _text_with(text: str, lookup: Lookup, key: str, alone: bool) -> str:
    name = key.rpartition(":")[2].lower()
    if name in ("path", "filter"):
        if text.startswith("/"):  # of an operation in a Bulk
            return path_with(text, lookup)
        return filter_with(text, lookup)
    found = lookup(text, alone or name in _IDS)
    if found is None and "/" in text and len(text) <= _LARGEST_ADDRESS:
        found = _address_with(text, lookup, name in _ADDRESSES)
    return text if found is None else found


def _address_with(address: str, lookup: Lookup, sure: bool) -> str | None:
    head, _, last = address.rpartition("/")
    found = lookup(unquote(last), sure) if last else None
    return None if found is None else f"{head}/{quote(found, safe='')}"


def _is_compared_with_id(text: str, start: int) -> bool:
    """Whether the literal that begins there is compared with an attribute that has ids."""
    compared = _COMPARED.search(text[max(0, start - 200) : start])
    if compared is None:
        return False
    *before, last = compared[1].rpartition(":")[2].lower().split(".")
    if last == "value":
        within = _OPEN.search(text[:start])
        before = [within[1].rpartition(":")[2].lower()] if within else before
        return bool(before) and before[-1] in _IDS
    return last in _IDS


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
