"""Bodies as they are shown and recorded: JSON where nothing is lost by it, else text or base64."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, unquote_plus

from .form import exact_document
from .secrets import (
    MASK,
    is_secret,
    is_secret_parameter,
    is_secret_path,
    masked_filter,
    names_secret,
    tells_secret,
)

# Where an error says in words what was wrong, and may quote it.
_WORDS_OF_ERRORS = ("detail", "message", "description")
_ABOUT_CREDENTIALS = ("401", "403")  # their words speak of tokens and quote none


def body_form(body: bytes, size: int, quotes: bool = False) -> dict[str, Any]:
    """Return ``{"json"}``, ``{"text"}`` or ``{"base64"}`` with the size in bytes, secrets masked.

    ``json`` only where encoding it again gives the same document: no key twice, no number that would
    change its form, no half of a surrogate pair.  A body that is shorter than ``size`` was cut.
    ``quotes``: it may be an error that quotes a secret without its name, so none of its words are shown.
    """
    if not body:
        return {"size": size}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        if len(body) == size and names_secret(body.decode("latin-1")):
            return {"text": MASK, "size": size}
        if len(body) == size:
            return {"base64": base64.b64encode(body).decode(), "size": size}
        text = body.decode("utf-8", "replace")
    if len(body) < size:
        return {"text": _text(text), "size": size, "cut": True}
    try:
        document = masked(exact_document(text))
        if quotes:
            document = _without_words(document)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {"text": _text(text), "size": size}
    return {"json": document, "size": size}


def masked_query(query: str) -> str:
    """Return a raw query without the values of parameters that name secrets, or compare with one."""
    if not query:
        return query
    return "&".join(map(_masked_pair, query.split("&")))


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    plain = unquote_plus(name)
    if not equals or not value:
        return pair
    if is_secret_parameter(plain):
        return f"{name}={MASK}"
    filter = unquote_plus(value)
    shown = masked_filter(filter)
    return pair if shown == filter else f"{name}={quote(shown, safe=MASK)}"


def _text(text: str) -> str:
    """Return text that is no JSON, or nothing of it when it might tell a secret."""
    return MASK if names_secret(text) else text


def masked(value: Any) -> Any:
    """Return a document with its secrets masked.

    That is what stands under the name of one, the value of a PATCH operation whose path names one, what
    a filter compares one with, JSON within a string, and the words of an error that quote any of it.
    """
    if isinstance(value, str):
        return MASK if tells_secret(value) else value
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    by_lower = {name.lower(): inner for name, inner in value.items()}
    path = by_lower.get("path")
    hidden = isinstance(path, str) and is_secret_path(path)
    open_words = str(by_lower.get("status")) in _ABOUT_CREDENTIALS
    return {name: _masked_at(name, inner, hidden, open_words) for name, inner in value.items()}


def _without_words(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_words(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {
        name: MASK if name.lower() in _WORDS_OF_ERRORS and isinstance(inner, str) else _without_words(inner)
        for name, inner in value.items()
    }


def _masked_at(name: str, value: Any, hidden: bool, open_words: bool) -> Any:
    """Return the value of a name; ``hidden``: beside the path of a secret, ``open_words``: in a 401."""
    lower = name.lower()
    if is_secret(name) or (hidden and lower == "value"):
        return MASK
    if isinstance(value, str):
        if lower in ("filter", "path"):
            return masked_filter(value)
        if lower in _WORDS_OF_ERRORS[:2] and not open_words and names_secret(value):
            return MASK
    return masked(value)
