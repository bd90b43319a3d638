"""Bodies as they are shown and recorded: JSON where nothing is lost by it, else text or base64."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import quote, unquote_plus

MASK = "***"
_SECRET_NAMES = frozenset(("password", "access_token", "refresh_token", "client_secret"))
_SECRET_HEADER = re.compile(
    r"(proxy-)?authorization|(set-)?cookie2?|.*(token|secret|password|api-?key|session|signature).*", re.I
)
_SECRET_PARAMETER = re.compile(r".*(token|secret|password|api_?key|signature|credential).*|code", re.I)
_COMPARED = re.compile(
    rf"((?:{'|'.join(sorted(_SECRET_NAMES))})\"?\s+[a-z]{{2}}\s+)(?:\"(?:[^\"\\]|\\.)*\"?|[^\s)\]]+)", re.I
)
_BRACKETS = re.compile(r"\[.*\]", re.DOTALL)
_WITHIN = re.compile(rf"({'|'.join(sorted(_SECRET_NAMES))})\[.*\]", re.I | re.DOTALL)
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


def body_form(body: bytes, size: int) -> dict[str, Any]:
    """Return ``{"json"}``, ``{"text"}`` or ``{"base64"}`` with the size in bytes, secrets masked.

    ``json`` only where encoding it again gives the same document: no key twice, no number that would
    change its form, no half of a surrogate pair.  A body that is shorter than ``size`` was cut.
    """
    if not body:
        return {"size": size}
    try:
        text = body.decode()
    except UnicodeDecodeError:
        if len(body) == size:
            return {"base64": base64.b64encode(body).decode(), "size": size}
        text = body.decode("utf-8", "replace")
    if len(body) < size:
        return {"text": _text(text), "size": size, "cut": True}
    try:
        document = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_float=_exact_float,
            parse_int=_exact_int,
            parse_constant=_no_constant,
        )
        document = masked(document)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return {"text": _text(text), "size": size}
    return {"json": document, "size": size}


def is_secret_header(name: str) -> bool:
    """Whether a header by that name may hold a credential."""
    return _SECRET_HEADER.fullmatch(name) is not None


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
    if _SECRET_PARAMETER.fullmatch(plain):
        return f"{name}={MASK}"
    filter = unquote_plus(value)
    shown = masked_filter(filter)
    return pair if shown == filter else f"{name}={quote(shown, safe=MASK)}"


def _is_secret_path(path: str) -> bool:
    """Whether a PATCH path leads to a secret, or to something within one."""
    outside = _BRACKETS.sub("", path)
    return any(_is_secret(name) for name in re.split(r"[.\[\]]", outside) if name)


def masked_filter(filter: str) -> str:
    """Return a filter without the values that it compares a secret with."""
    if not any(name in filter.lower() for name in _SECRET_NAMES):
        return filter
    return _COMPARED.sub(rf"\1{MASK}", _WITHIN.sub(rf"\1[{MASK}]", filter))


def _text(text: str) -> str:
    """Return text that is no JSON, or nothing of it when it might tell a secret."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text).lower()
    return MASK if any(name in plain for name in _SECRET_NAMES) else text


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result


def _exact_float(text: str) -> float:
    number = float(text)
    if repr(number) != text:
        raise ValueError("the number would change its form")
    return number


def _exact_int(text: str) -> int:
    if len(text) > 20 or text == "-0":
        raise ValueError("the number would change its form")
    number = int(text)
    if not -(2**63) <= number < 2**64:
        raise ValueError("the number has more than 64 bits")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _is_secret(name: str) -> bool:
    """Whether an attribute name, with or without its schema, is that of a secret."""
    return name.lower().rpartition(":")[2] in _SECRET_NAMES


def masked(value: Any) -> Any:
    """Return a document with its secrets masked, also where a PATCH names one by path."""
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    path = value.get("path")
    hidden = isinstance(path, str) and _is_secret_path(path)
    return {
        name: MASK
        if _is_secret(name) or (hidden and name.lower() == "value")
        else masked_filter(inner)
        if name.lower() in ("filter", "path") and isinstance(inner, str)
        else masked(inner)
        for name, inner in value.items()
    }
