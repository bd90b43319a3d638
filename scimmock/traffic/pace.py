"""How fast a session is played."""

from __future__ import annotations

from ..errors import UsageError


def parse_pace(text: str, option: str = "--pace") -> float | None:
    """Return how many times as fast as recorded: 1.0 for "original", None for "max", 10.0 for "10x".

    Raises UsageError for any other text.
    """
    if text == "original":
        return 1.0
    if text == "max":
        return None
    try:
        factor = float(text.removesuffix("x"))
    except ValueError:
        factor = 0.0
    if not text.endswith("x") or not 0 < factor < float("inf"):
        raise UsageError(f"{option} {text!r} is no pace", hint="original, max or 10x would be right")
    return factor
