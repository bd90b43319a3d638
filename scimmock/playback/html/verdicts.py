"""What became of an exchange, in words and in the order of how much it matters."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

from ...journal.plain import short
from .markup import Html, element, joined, link

__all__ = ["VERDICTS", "count", "elapsed", "shown_path", "verdict"]

# The worst first.
VERDICTS = {
    "cause": "differs",
    "like": "differs like another",
    "follows": "follows from another",
    "skipped": "not compared",
    "same": "the same",
}


def verdict(line: dict[str, Any], told: dict[str, Any] | None) -> Html:
    """Return in words what became of an exchange; ``told`` is what the report says of its differences."""
    if line["verdict"] == "like" and told is not None:
        return joined(("like ", link(told["like"])))
    if line["verdict"] == "follows" and told is not None:
        return joined(("follows ", link(told["cause"])))
    if told is not None:
        return element("a", VERDICTS[line["verdict"]], href=f"#x{line['n']}")
    return joined((VERDICTS[line["verdict"]],))


def shown_path(path: str, length: int) -> str:
    """Return a path with its query as a person reads it."""
    where, mark, query = path.partition("?")
    return short(f"{where}{mark}{unquote_plus(query)}", length)


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with what is counted: "1 cause", "1,200 causes"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def elapsed(seconds: float) -> str:
    """Return when something was, counted from the beginning of the session."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}:{minutes:02}:{left:02}"
    return f"{hours // 24} d {hours % 24}:{minutes:02}"
