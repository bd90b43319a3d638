"""The outcome of a replay as one JSON document, from which the other reports are made.

Secrets are masked: what a service answers may have them, whatever the recording has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ..journal.words import describe
from ..traffic.alike import ABSENT, Difference
from ..traffic.bodies import masked, masked_query
from ..traffic.directory import document_of
from ..traffic.pairing import attribute
from ..traffic.revive import exchange_of
from ..traffic.secrets import masked_header
from .played import Document, Played
from .run import Outcome

__all__ = ["About", "counts", "document", "named", "said", "value_shown"]


@dataclass(frozen=True, slots=True)
class About:
    """What was replayed where."""

    file: str
    target: str
    by: str
    idp: str | None
    fixture: str | None
    started: str
    pace: str


def document(outcome: Outcome, about: About) -> dict[str, Any]:
    """Return the report; keys are only ever added.

    ``exchanges`` has all that were played, in short; ``differences`` those that differ, whole: ``cause``
    and ``like`` are numbers of exchanges, null for what is a cause itself.  ``directory`` has the resources
    that are not as the recording implies, ``n`` being the exchange that wrote them last.
    """
    return {
        **asdict(about),
        "ok": outcome.is_same and not outcome.interrupted and not outcome.unreachable,
        "interrupted": outcome.interrupted,
        "unreachable": outcome.unreachable,
        "seconds": round(outcome.seconds, 3),
        "counts": counts(outcome),
        "notes": outcome.notes,
        "unbindable": [
            {"id": one.id, "resource": one.resource or None, "n": one.n} for one in outcome.survey.unbindable
        ],
        "differences": [_told(played, outcome.differing) for played in outcome.differing],
        "directory": [_told(played, ()) for played in outcome.closing],
        "exchanges": [
            {**asdict(line), "path": _masked_path(line.path)} for line in sorted(outcome.lines, key=_begin)
        ],
    }


def counts(outcome: Outcome) -> dict[str, int]:
    """Return how many exchanges there were of each kind, and how many resources in the end."""
    verdicts = [line.verdict for line in outcome.lines]
    return {
        "exchanges": len(verdicts),
        "same": verdicts.count("same"),
        "differ": len(outcome.differing),
        "causes": verdicts.count("cause"),
        "like": verdicts.count("like"),
        "consequences": verdicts.count("follows"),
        "skipped": verdicts.count("skipped"),
        "directory": len(outcome.closing),
        "looked_up": outcome.looked_up,
        "looked_at": outcome.looked_at,
    }


def named(played: Played) -> str:
    """Return in words what an exchange or a resource of the directory is."""
    if played.request is None:
        kind = f"{played.method} " if played.method else ""
        return f"{kind}{_masked_path(played.path)}"
    trace = {"operation": played.aim.operation, "resource": played.aim.resource, "id": played.aim.id}
    exchange = {"request": played.request, "response": played.expected, "trace": trace}
    return describe(exchange_of(exchange)).rpartition(" -> ")[0] or f"{played.method} {played.path}"


def said(answer: Document | None) -> str:
    """Return the words of an error, "" where it has none."""
    told = document_of((answer or {}).get("body"))
    if not isinstance(told, dict):
        return ""
    detail, kind = attribute(told, "detail"), attribute(told, "scimType")
    text = str(masked(detail)) if isinstance(detail, str) else ""
    return f"{kind}: {text}" if isinstance(kind, str) and kind else text


def _told(played: Played, all_: Iterable[Played]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "n": played.n,
        "what": named(played),
        "operation": played.aim.operation,
        "resource": played.aim.resource,
        "id": played.aim.id,
        "cause": played.cause,
        "like": played.like,
        "differences": [_difference(one) for one in played.differences],
    }
    if played.is_cause:
        found["consequences"] = [one.n for one in all_ if one.cause == played.n]
        found["again"] = [one.n for one in all_ if one.like == played.n]
    words = said(played.got)
    if words:
        found["says"] = words
    if played.notes:
        found["notes"] = list(played.notes)
    if played.request is not None:
        found |= {
            "request": _shown(played.request),
            "expected": _shown(played.expected),
            "got": _shown(played.got),
        }
    return found


def _difference(one: Difference) -> dict[str, Any]:
    found: dict[str, Any] = {"what": one.what, "path": one.path}
    for name, value in (("expected", one.expected), ("got", one.got)):
        if value is not ABSENT:
            found[name] = value_shown(one, value)
    return found


def value_shown(one: Difference, value: Any) -> Any:
    """Return a value of a difference without secrets: what its name says, and what is in it."""
    if one.what == "header" and isinstance(value, str):
        hidden = masked_header(one.path, value)
        return value if hidden is None else hidden
    name = one.path.rpartition(".")[2]
    return masked({name: value})[name] if name.isidentifier() else masked(value)


def _shown(message: Document | None) -> Document | None:
    """Return a request or an answer for a person, without secrets."""
    if message is None:
        return None
    headers = []
    for name, value in message.get("headers") or ():
        hidden = masked_header(name, value)
        headers.append([name, value if hidden is None else hidden])
    told = document_of(message.get("body"))
    body = masked(told) if told is not None else (message.get("body") or {}).get("text")
    found: Document = {name: message[name] for name in ("method", "path", "status") if name in message}
    if message.get("query"):
        found["query"] = masked_query(message["query"])
    return {**found, "headers": headers, "body": body}


def _masked_path(path: str) -> str:
    where, mark, query = path.partition("?")
    return f"{where}?{masked_query(query)}" if mark else path


def _begin(line: Any) -> tuple[float, int]:
    return line.begin, line.n
