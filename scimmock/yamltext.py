"""Values as YAML on one line; `read_yaml` reads them back as they were."""

from __future__ import annotations

import re
from json import dumps
from pathlib import Path
from typing import Any

from .yamlfile import read_yaml

_PLAIN = re.compile(r"[A-Za-z0-9/][A-Za-z0-9_./-]*")


def flow(value: Any) -> str:
    """Return a JSON value as YAML on one line; text is quoted only where it must be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _text(value) if isinstance(value, str) else dumps(value)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and _read(text) == text:
        return text
    if '"' in text and "'" not in text and text.isprintable():
        return f"'{text}'"
    return "".join(map(_escaped, dumps(text, ensure_ascii=False)))


def _escaped(character: str) -> str:
    """Return a character as double-quoted YAML has it, which knows no surrogate pairs as JSON does."""
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _read(text: str) -> Any:
    """Return what a plain scalar stands for: ``503``, ``true`` and ``null`` are no text."""
    return read_yaml(Path("VALUE"), lambda path: text).data
