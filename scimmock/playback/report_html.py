"""The outcome of a replay as one page of HTML, which needs nothing else and can be read without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .html.differing import causes
from .html.directory import directory
from .html.markup import Html, element, joined, link
from .html.sequence import sequence
from .html.timeline import timeline
from .html.verdicts import count

__all__ = ["page"]

_FOLDER = Path(__file__).with_name("html")


def page(report: dict[str, Any]) -> str:
    """Return the page for the document of `report.document`."""
    style = (_FOLDER / "page.css").read_text("utf-8")
    script = (_FOLDER / "page.js").read_text("utf-8")
    # Whatever a session has in it: nothing runs but this script, and nothing is loaded.
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    title = f"Replay of {Path(report['file']).name}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=Html(policy)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", Html(style)),
    )
    sections = list(_sections(report))
    links = (element("a", heading, href=f"#{name}") for name, heading, _ in sections)
    body = element(
        "body",
        element("header", element("h1", title), _verdict(report), _about(report), _counts(report)),
        element("nav", *links),
        element("main", *(_section(*section) for section in sections)),
        element("script", Html(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _digest(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"sha256-{digest}"


def _section(name: str, heading: str, content: Html) -> Html:
    return element("section", element("h2", heading), content, id=name)


def _sections(report: dict[str, Any]) -> Iterator[tuple[str, str, Html]]:
    if report["differences"]:
        yield "causes", "What differs", joined(causes(report))
    if report["notes"] or report["unbindable"]:
        yield "notes", "Notes", joined(_notes(report))
    if report["exchanges"]:
        yield "timeline", "Timeline", timeline(report["exchanges"])
        yield "exchanges", "All exchanges", sequence(report)
    yield "directory", "The directory in the end", joined(directory(report))


# ---- the summary


def _verdict(report: dict[str, Any]) -> Html:
    counts = report["counts"]
    if report["unreachable"]:
        return element("p", "The service does not answer", class_="verdict cause")
    if report["ok"]:
        return element("p", "Nothing differs", class_="verdict same")
    told = []
    if counts["causes"]:
        told.append(count(counts["causes"], "cause of differences", "causes of differences"))
    if counts["directory"]:
        told.append(count(counts["directory"], "resource", "resources") + " not as implied")
    if report["interrupted"]:
        told.append("interrupted")
    return element("p", ", ".join(told), class_="verdict cause")


def _about(report: dict[str, Any]) -> Html:
    recorded = " ".join(filter(None, (report["started"], report["by"] and f"by {report['by']}")))
    pairs = (
        ("Recording", report["file"]),
        ("Recorded", recorded),
        ("Identity provider", report["idp"]),
        ("Fixture", report["fixture"]),
        ("Played at", report["target"]),
        ("Pace", f"{report['pace']}, {report['seconds']:,.1f} s"),
    )
    shown = (joined((element("dt", name), element("dd", value))) for name, value in pairs if value)
    return element("dl", *shown)


def _counts(report: dict[str, Any]) -> Html:
    counts = report["counts"]
    tiles = (
        ("exchanges", "exchanges", ""),
        ("same", "the same", "same"),
        ("causes", "differ", "cause"),
        ("like", "differ like them", "like"),
        ("consequences", "follow", "follows"),
        ("skipped", "not compared", "skipped"),
        ("looked_at", "resources looked at", ""),
        ("directory", "resources differ", "cause"),
    )
    shown = [
        element("li", element("b", f"{counts[name]:,}"), " ", words, class_=kind or None)
        for name, words, kind in tiles
        if counts[name] or name in ("exchanges", "same")
    ]
    return element("ul", *shown, class_="counts")


def _notes(report: dict[str, Any]) -> Iterator[Html]:
    for note in report["notes"]:
        yield element("p", note, class_="note")
    if report["unbindable"]:
        yield element("p", "These were there before, and nothing in the session tells how to find them:")
    for one in report["unbindable"]:
        kind = f"/{one['resource']}/" if one["resource"] else ""
        where = element("code", f"{kind}{one['id']}")
        yield element("p", where, ", first used by exchange ", link(one["n"], "r"), class_="note")
