"""Values that files of a fixture can hold, of whatever a session has shown."""

from __future__ import annotations

from typing import Any

_LARGEST = 2**63 - 1
_DEEPEST = 20  # levels


def clean(value: Any, depth: int = 0) -> Any:
    """Return a JSON value without NUL, halves of surrogate pairs, endless integers and endless depth."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool) and not -_LARGEST <= value <= _LARGEST:
        return str(value)
    if isinstance(value, dict | list) and depth >= _DEEPEST:
        return None
    if isinstance(value, dict):
        return {clean(name): clean(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner, depth + 1) for inner in value]
    return value
