"""Text for a line in a terminal: printable, cut, and without secrets."""

from __future__ import annotations

import json
from typing import Any

from ..traffic.secrets import MASK, is_secret, tells_secret

_MAX_VALUE = 60


def plain(text: str) -> str:
    """Return text without line ends, control characters and halves of surrogate pairs."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def short(text: str, length: int) -> str:
    """Return text of at most ``length`` characters, cut with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def shown(value: Any, length: int = _MAX_VALUE) -> str:
    """Return a value as short JSON; what stands in it under the name of a secret is ``***``."""
    try:
        text = json.dumps(_hidden(value), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = f"({type(value).__name__})"
    return short(plain(text), length)


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: MASK if isinstance(name, str) and is_secret(name) else _hidden(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_hidden(inner) for inner in value]
    return MASK if isinstance(value, str) and tells_secret(value) else value
