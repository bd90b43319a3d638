"""Percent-encoded text: changed in the plain, encoded again as it was."""

from __future__ import annotations

import re
from urllib.parse import quote

_MARKS = re.compile(r"[^\w%]", re.ASCII)
_LOWER = re.compile(r"%(?:[0-9][a-f]|[a-f][0-9a-f])")


def requoted(before: str, plain: str, is_form: bool = False) -> str:
    """Return a plain text encoded the way ``before`` was: what stood there as it is may stand so again.

    ``is_form``: a space may be written as ``+`` (application/x-www-form-urlencoded).
    """
    safe = "".join(set(_MARKS.findall(before)))
    if is_form:
        safe = safe.replace("+", "").replace(" ", "")
    found = (
        quote(plain, safe=safe, errors="surrogateescape") if not before.isascii() else quote(plain, safe=safe)
    )
    if is_form and "+" in before:
        found = found.replace("%20", "+")
    if not before.isascii():
        found = re.sub(r"(?:%[89A-F][0-9A-F])+", _decoded, found)
    return _lowered(found) if _LOWER.search(before) else found


def _decoded(match: re.Match[str]) -> str:
    """Return what is not ASCII as it stood: not encoded."""
    code = bytes.fromhex(match[0].replace("%", ""))
    try:
        return code.decode()
    except UnicodeDecodeError:
        return match[0]


def _lowered(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), text)
