"""The exchanges that differ: each cause with what is like it and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...journal.plain import short
from .bodies import messages
from .markup import Html, element, joined, link
from .verdicts import count

__all__ = ["causes", "difference_table", "in_short"]

Document = dict[str, Any]

_OPEN = 20  # causes that are open at first
_SHOWN = 12  # exchanges after a cause that are seen at once
_LINKS = 40  # exchanges that are named after a cause
_DIFFERENCES = 60  # of one exchange
_LONGEST = 300  # characters of a value


def causes(report: Document) -> Iterator[Html]:
    """Yield what is told of each cause, in the order of the session."""
    after: dict[int, list[Document]] = {}
    for one in report["differences"]:
        origin = one["cause"] if one["cause"] is not None else one["like"]
        if origin is not None:
            after.setdefault(origin, []).append(one)
    own = [one for one in report["differences"] if one["cause"] is None and one["like"] is None]
    for place, one in enumerate(own):
        yield element(
            "details",
            _title(one, "h3"),
            *_told(one),
            *_after(one["n"], after),
            id=f"x{one['n']}",
            class_="cause",
            open=place < _OPEN,
        )


def _after(n: int, after: dict[int, list[Document]]) -> Iterator[Html]:
    """Yield the exchanges that are like one or follow from it, each in short and to be opened.

    What is like it may have consequences of its own.
    """
    alike = [one for one in after.get(n, ()) if one["like"] == n]
    following = [one for one in after.get(n, ()) if one["cause"] == n]
    for title, kind, found in (("The same again", "like", alike), ("From it follow", "follows", following)):
        if not found:
            continue
        yield element("h4", title, ": ", *_links(one["n"] for one in found))
        each = [
            element(
                "details",
                _title(one, "span"),
                *_told(one),
                *(_after(one["n"], after) if kind == "like" else ()),
                id=f"x{one['n']}",
                class_=kind,
            )
            for one in found
        ]
        many = len(each) > _SHOWN
        yield element("details", element("summary", f"all {len(each):,}"), *each) if many else joined(each)


def _title(one: Document, name: str) -> Html:
    told = element(name, element("b", one["n"]), " ", short(one["what"], 160))
    return element("summary", told, " ", element("span", in_short(one), class_="short"))


def _told(one: Document) -> Iterator[Html]:
    yield difference_table(one["differences"])
    if one.get("says"):
        yield element("p", "The service says: ", element("q", one["says"]))
    for note in one.get("notes", ()):
        yield element("p", note, class_="note")
    if "request" in one:
        yield messages(one)
    else:
        yield element("p", "So many differ that the bodies of this one were not kept.", class_="none")


def _links(numbers: Iterable[int]) -> Iterator[Any]:
    every = list(numbers)
    for place, n in enumerate(every[:_LINKS]):
        yield joined((", " if place else "", link(n)))
    if len(every) > _LINKS:
        yield f" and {count(len(every) - _LINKS, 'more', 'more')}"


# ---- differences


def difference_table(differences: list[Document]) -> Html:
    """Return differences as a table."""
    head = element("tr", *(element("th", name, scope="col") for name in ("", "expected", "here")))
    rows = [
        element("tr", element("th", _where(one), scope="row"), *(_value(one, side) for side in _SIDES))
        for one in differences[:_DIFFERENCES]
    ]
    if len(differences) > _DIFFERENCES:
        more = f"and {count(len(differences) - _DIFFERENCES, 'difference')} more"
        rows.append(element("tr", element("td", more, colspan=3)))
    return element("table", element("thead", head), element("tbody", *rows), class_="differences")


_SIDES = ("expected", "got")


def in_short(one: Document) -> str:
    """Return the first difference in a line, and how many more there are."""
    first = one["differences"][0]
    told = [_json(first[side], 60) if side in first else "nothing" for side in _SIDES]
    more = len(one["differences"]) - 1
    rest = f", and {more} more" if more else ""
    return f"{_where(first)}: {told[0]} expected, {told[1]} here{rest}"


def _where(one: Document) -> str:
    if one["what"] in ("body", "resource"):
        return short(one["path"] or one["what"], 200)
    return short(f"{one['what']} {one['path']}".strip(), 200)


def _value(one: Document, side: str) -> Html:
    if side not in one:
        return element("td", element("i", "nothing"))
    return element("td", element("code", _json(one[side], _LONGEST)))


def _json(value: Any, length: int) -> str:
    return short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), length)
