"""A request, and the recorded and the new answer to it side by side, with what differs marked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...journal.plain import short
from .located import Place, places
from .markup import Html, element, joined, text

__all__ = ["messages"]

Document = dict[str, Any]

_WHOLE = 60  # lines of a body that are shown even where nothing differs
_AROUND = 3  # lines that are shown before and after one that differs
_MOST = 240  # lines of a body
_WIDEST = 600  # characters of a line
_DEEPEST = 40  # levels of a document
_NAMES = frozenset(("id", "name", "username", "displayname", "value"))


@dataclass(frozen=True, slots=True)
class _Line:
    depth: int
    text: str
    differs: bool
    names: bool = False  # tells which object it is in


def messages(one: Document) -> Html:
    """Return the request and both answers of an exchange of the report that differs."""
    expected, got = one["expected"], one["got"]
    if expected is not None and got is not None:
        got = {**got, "body": _arranged(got["body"], expected["body"])}
    return element(
        "div",
        _request(one["request"]),
        _answer(one["differences"], "expected", "Expected", expected),
        _answer(one["differences"], "got", "Here", got),
        class_="sides",
    )


def _request(message: Document) -> Html:
    query = f"?{message['query']}" if message.get("query") else ""
    line = element("p", element("code", f"{message['method']} {message['path']}{query}"))
    body = _body(message["body"], set()) if message["body"] is not None else ""
    return element("div", element("h4", "Request, as recorded"), line, body, _headers(message, set()))


def _answer(differences: list[Document], side: str, title: str, message: Document | None) -> Html:
    if message is None:
        return element("div", element("h4", title, ": no answer"))
    status: Any = message["status"]
    if any(one["what"] == "status" and not one["path"] for one in differences):
        status = element("mark", status)
    headers = {one["path"] for one in differences if one["what"] == "header"}
    found = places(message["body"], differences, side)
    title = joined((title, ": ", status))
    return element("div", element("h4", title), _body(message["body"], found), _headers(message, headers))


def _headers(message: Document, differing: set[str]) -> Html:
    pairs = message["headers"]
    if not pairs:
        return Html()
    rows = []
    for name, value in pairs:
        line = short(f"{name}: {value}", _WIDEST)
        rows.append(element("mark", line) if name.lower() in differing else text(line))
    shown = element("pre", Html("\n".join(rows)))
    summary = element("summary", f"{len(pairs)} header{'s' if len(pairs) > 1 else ''}")
    return element("details", summary, shown, open=bool(differing))


# ---- bodies


def _body(document: Any, differing: set[Place]) -> Html:
    if document is None:
        return element("p", "no body", class_="none")
    if isinstance(document, str):
        lines = [_Line(0, short(line, _WIDEST), () in differing) for line in document.splitlines()]
    else:
        lines = list(_lines(document, differing, (), "", ""))
    return element("pre", *_chosen(lines))


def _arranged(value: Any, like: Any) -> Any:
    """Return a value with the names in its objects in the order of another one, to be read beside it."""
    if isinstance(value, dict) and isinstance(like, dict):
        places = {name.lower(): place for place, name in enumerate(like)}
        names = sorted(value, key=lambda name: places.get(name.lower(), len(places)))
        by_lower = {name.lower(): inner for name, inner in like.items()}
        return {name: _arranged(value[name], by_lower.get(name.lower())) for name in names}
    if isinstance(value, list) and isinstance(like, list):
        others = like + [None] * (len(value) - len(like))
        return [_arranged(item, other) for item, other in zip(value, others, strict=False)]
    return value


def _lines(value: Any, differing: set[Place], place: Place, before: str, after: str) -> Iterator[_Line]:
    """Yield a value as lines of JSON; what stands below a place that differs differs as a whole."""
    depth, differs = len(place), place in differing
    if depth > _DEEPEST:
        yield _Line(depth, f"{before}…{after}", differs)
        return
    if not value or not isinstance(value, dict | list):
        line = f"{before}{json.dumps(value, ensure_ascii=False)}{after}"
        names = bool(place) and str(place[-1]).lower() in _NAMES
        yield _Line(depth, short(line, _WIDEST), differs, names)
        return
    inside: set[Place] = differing
    if isinstance(value, dict):
        steps = [(name, inner, f"{json.dumps(name, ensure_ascii=False)}: ") for name, inner in value.items()]
        marks = "{}"
    else:
        steps = [(index, inner, "") for index, inner in enumerate(value)]
        marks = "[]"
    yield _Line(depth, f"{before}{marks[0]}", differs)
    for number, (step, inner, name) in enumerate(steps, 1):
        where = (*place, step)
        if differs:
            inside = {where}
        yield from _lines(inner, inside, where, name, "," if number < len(steps) else "")
    yield _Line(depth, f"{marks[1]}{after}", differs)


def _chosen(lines: list[_Line]) -> Iterator[Html]:
    """Yield the lines that are shown; a sentence stands for those that are not."""
    shown = _kept(lines)
    last = -1
    for index in shown:
        yield _left_out(index - last - 1)
        line = lines[index]
        told = f"{'  ' * line.depth}{line.text}"
        yield joined((element("mark", told) if line.differs else told, Html("\n")))
        last = index
    yield _left_out(len(lines) - last - 1)


def _kept(lines: list[_Line]) -> list[int]:
    if len(lines) <= _WHOLE:
        return list(range(len(lines)))
    differing = [index for index, line in enumerate(lines) if line.differs]
    if not differing:
        return list(range(_WHOLE))
    kept: set[int] = set()
    for index in differing:
        if len(kept) >= _MOST:
            break
        kept.update(range(max(0, index - _AROUND), min(len(lines), index + _AROUND + 1)))
        depth = lines[index].depth
        for above in range(index - 1, -1, -1):  # what it stands in, and what that is called
            if lines[above].depth < depth or (lines[above].names and lines[above].depth == depth):
                kept.add(above)
                depth = lines[above].depth
            if not depth:
                break
    return sorted(kept)


def _left_out(count: int) -> Html:
    if count <= 0:
        return Html()
    return joined((element("i", f"… {count} line{'s' if count > 1 else ''}"), Html("\n")))
