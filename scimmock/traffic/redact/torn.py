"""JSON that is none: cut off, with a key twice, with numbers in a form of their own.

Its strings and numbers are redacted one by one, by the key that they stand behind; all else stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from .forms import is_attribute_path
from .places import Place

_TOKENS = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?
    | (?P<open>".*)
    | (?P<number>-?\d[\d.eE+-]*)
    | (?P<literal>\btrue\b|\bfalse\b|\bnull\b)
    | (?P<word>[^\W_]+)""",
    re.X | re.DOTALL,
)
_ESCAPE_AT_END = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")

Redact = Callable[[Any, Place], Any]


def redact_torn(text: str, root: Place, redact: Redact, word: Callable[[str], str]) -> str:
    """Return text that looks like JSON; ``redact`` knows values at places, ``word`` any other text."""
    place = root

    def part(match: re.Match[str]) -> str:
        nonlocal place
        kind = match.lastgroup
        if match["string"] is not None:
            plain = _plain(match["string"][1:-1])
            if match["colon"] is not None:
                place = root.child(plain)
                shown = plain if is_attribute_path(plain) else word(plain)
                return _quoted(shown, match["string"]) + match["colon"]
            return _quoted(str(redact(plain, place)), match["string"])
        if kind == "open":
            return '"' + _quoted(word(_plain(_ESCAPE_AT_END.sub("", match[0][1:]))), match[0])[1:-1]
        if kind == "number":
            return word(match[0]) if str(redact(7, place)) != "7" or "." in match[0] else match[0]
        return match[0] if kind == "literal" else word(match[0])

    return _TOKENS.sub(part, text)


def _plain(inside: str) -> str:
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:
        return inside


def _quoted(text: str, before: str) -> str:
    return json.dumps(text, ensure_ascii=before.isascii())
