"""One line for an exchange: when, status, milliseconds, what happened, and what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..traffic.revive import exchange_of, rules_in
from .plain import plain
from .words import describe

_COLOURS = {"2": "green", "3": "cyan", "4": "yellow", "5": "red"}


def line_of(
    document: dict[str, Any],
    summary: str | None = None,
    when: str | None = None,
    more: Iterable[str] = (),
    most_quirks: int | None = None,
    style: Callable[[str, str], str] = lambda text, colour: text,
) -> str:
    """Return the line of an exchange in the form of a recording.

    ``summary`` is what happened in words, by default what the document says or else what can be told from
    it alone; ``when`` stands first, by default the time of day; ``more`` are marks without brackets.
    More than ``most_quirks`` quirks are counted instead of named; ``style`` gives a text its colour.
    """
    if summary is None:
        summary = document.get("summary")
    if summary is None:
        summary = describe(exchange_of(document))
    response = document.get("response")
    status = str(response["status"]) if response else "---"
    milliseconds = sum(
        value for value in _object(document, "timing").values() if isinstance(value, int | float)
    )
    coloured = style(status, _COLOURS.get(status[0], "magenta"))
    marks = (plain(f"[{mark}]") for mark in (*_marks(document, most_quirks), *more))
    shown = "".join(f"  {style(mark, 'magenta')}" for mark in marks)
    at = str(document.get("at"))[11:23] if when is None else when
    return f"{at}  {coloured}  {milliseconds:8.1f} ms  {summary}{shown}"


def _marks(document: dict[str, Any], most_quirks: int | None) -> list[str]:
    """Return what was done to an exchange, how it went wrong, and how much is to be said about it."""
    trace, error = _object(document, "trace"), _object(document, "error")
    marks = [f"rule {rule['name']}" for rule in rules_in(trace)]
    quirks = _list(trace, "quirks")
    many = most_quirks is not None and len(quirks) > most_quirks
    marks += [f"{len(quirks)} quirks"] if many else [f"quirk {name}" for name in quirks]
    if document.get("response") and error.get("kind") and _object(document, "request").get("method") != "?":
        # The summary tells of answers that did not come at all, and of requests that are none.
        marks.append(str(error["kind"]).replace("_", " "))
    count = len(_list(trace, "findings"))
    return [*marks, f"{count} finding{'' if count == 1 else 's'}"] if count else marks


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _list(document: dict[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    return value if isinstance(value, list) else []
