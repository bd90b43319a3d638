"""The resources of the directory that are not as the recording implies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .differing import difference_table, in_short
from .markup import Html, element, joined, link
from .verdicts import count

__all__ = ["directory"]


def directory(report: dict[str, Any]) -> Iterator[Html]:
    """Yield the resources that differ with no earlier cause, then the others by their cause."""
    looked_at = report["counts"]["looked_at"]
    if not looked_at and not report["directory"]:
        yield element("p", "The directory was not looked at.")
        return
    if not report["directory"]:
        yield element("p", f"{count(looked_at, 'resource')} looked at, as the recording implies.")
        return
    verb = "is" if len(report["directory"]) == 1 else "are"
    told = f"{count(len(report['directory']), 'resource')} {verb} not as the recording implies."
    yield element("p", f"{count(looked_at, 'resource')} looked at. {told}")
    after: dict[int, list[Any]] = {}
    for one in report["directory"]:
        if one["cause"] is None:
            yield _resource(one, open_=True)
        else:
            after.setdefault(one["cause"], []).append(one)
    for cause, found in sorted(after.items()):
        yield element("h3", "From ", link(cause), " follow")
        yield joined(_resource(one, open_=False) for one in found)


def _resource(one: dict[str, Any], open_: bool) -> Html:
    title = element("summary", element("b", one["what"]), " ", element("span", in_short(one), class_="short"))
    wrote = element("p", "Last written by ", link(one["n"], "r"), ".")
    kind = "cause" if open_ else "follows"
    return element("details", title, difference_table(one["differences"]), wrote, class_=kind, open=open_)
