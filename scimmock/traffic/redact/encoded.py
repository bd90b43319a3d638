"""Percent-encoded text: changed in the plain, encoded again as it was."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

_MARKS = re.compile(r"[^\w%]", re.ASCII)
_LOWER = re.compile(r"%(?:[0-9][a-f]|[a-f][0-9a-f])")


def decoded(text: str, is_form: bool = False) -> tuple[str, str]:
    """Return encoded text in the plain, and the character set of its bytes: UTF-8, else Latin-1.

    ``is_form``: ``+`` is a space (application/x-www-form-urlencoded).
    """
    if is_form:
        text = text.replace("+", " ")
    if "%" not in text:
        return text, "utf-8"
    code = unquote_to_bytes(text)
    try:
        return code.decode(), "utf-8"
    except UnicodeDecodeError:
        return code.decode("latin-1"), "latin-1"


def requoted(before: str, plain: str, is_form: bool = False, charset: str = "utf-8") -> str:
    """Return a plain text encoded the way ``before`` was: what stood there as it is may stand so again."""
    safe = "".join(set(_MARKS.findall(before)))
    if is_form:
        safe = safe.replace("+", "").replace(" ", "")
    found = quote(plain, safe=safe, encoding=charset, errors="replace")
    if is_form and "+" in before:
        found = found.replace("%20", "+")
    if not before.isascii():
        found = re.sub(r"(?:%[89A-F][0-9A-F])+", _plain, found)
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), found) if _LOWER.search(before) else found


def _plain(match: re.Match[str]) -> str:
    """Return what is not ASCII as it stood: not encoded."""
    try:
        return bytes.fromhex(match[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return match[0]


def as_text(text: str) -> tuple[str, bool]:
    """Return text that was read as Latin-1 as the UTF-8 that it is, and whether it is that."""
    if text.isascii():
        return text, False
    try:
        return text.encode("latin-1").decode(), True
    except UnicodeError:
        return text, False


def as_bytes_text(text: str) -> str:
    """Return text as it looks when its UTF-8 is read as Latin-1."""
    return text.encode("utf-8", "replace").decode("latin-1")
