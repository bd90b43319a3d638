"""All exchanges in their order, as a table of which a part can be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .markup import Html, element, joined, link, number
from .verdicts import VERDICTS, elapsed, shown_path, verdict

__all__ = ["sequence"]

_CHUNK = 500  # rows of one table: a browser lays out those that are seen
_LONGEST = 140  # characters of a path
_HEADINGS = ("", "recorded", "request", "expected", "here", "then, ms", "now, ms", "")
_CHOICES = {"all": "all", "differ": "what differs", **VERDICTS, "cause": "causes"}


def sequence(report: dict[str, Any]) -> Html:
    """Return the table; what is chosen in it works without scripts."""
    lines = report["exchanges"]
    told = {one["n"]: one for one in report["differences"]}
    tables = [_table(lines[start : start + _CHUNK], told) for start in range(0, len(lines), _CHUNK)]
    return joined((*_choices([line["verdict"] for line in lines]), *tables))


def _choices(verdicts: list[str]) -> Iterator[Html]:
    """Yield the radio buttons; the style sheet hides the rows that they leave out."""
    counts = {name: verdicts.count(name) for name in VERDICTS}
    counts["all"] = len(verdicts)
    counts["differ"] = counts["cause"] + counts["like"] + counts["follows"]
    for name, words in _CHOICES.items():
        if name != "all" and counts[name] in (0, counts["all"]):
            continue
        id = f"only-{name}"
        yield element("input", type="radio", name="only", id=id, checked=name == "all", autocomplete="off")
        yield element("label", f"{words} ({counts[name]:,})", for_=id, class_=name)
    yield element("input", type="search", id="search", placeholder="search", aria_label="search", hidden=True)


def _table(lines: list[dict[str, Any]], told: dict[int, dict[str, Any]]) -> Html:
    head = element("thead", element("tr", *(element("th", name, scope="col") for name in _HEADINGS)))
    body = element("tbody", *(_row(line, told.get(line["n"])) for line in lines))
    return element("div", element("table", head, body), class_="rows")


def _row(line: dict[str, Any], told: dict[str, Any] | None) -> Html:
    differs = told is not None and line["expected"] != line["got"]
    cells = (
        link(line["n"]) if told is not None else line["n"],
        elapsed(line["begin"]),
        joined((element("b", line["method"]), " ", shown_path(line["path"], _LONGEST))),
        _ended(line["expected"], False),
        _ended(line["got"], differs),
        number(line["recorded_milliseconds"]),
        number(line["milliseconds"]),
        verdict(line, told),
    )
    return element("tr", *(element("td", cell) for cell in cells), class_=line["verdict"], id=f"r{line['n']}")


def _ended(how: int | str | None, differs: bool) -> Any:
    return element("mark", how) if differs else "" if how is None else how
