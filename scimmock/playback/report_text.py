"""The outcome of a replay as text: causes first, with what follows from them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..journal.plain import plain, short
from ..traffic.alike import ABSENT, Difference
from .played import Played
from .report import counts, named, said, value_shown
from .run import Outcome
from .survey import Survey

__all__ = ["lines", "preface"]

_SHOWN = 12  # causes; all are in the JSON
_PER_CAUSE = 6  # differences of one exchange
_NUMBERS = 10
_NAMES = 3
_VALUE = 90  # characters


def preface(found: Survey) -> Iterator[str]:
    """Yield what is to be said before anything is sent: what cannot be bound, what is left out."""
    for one in found.unbindable[:_NUMBERS]:
        kind = f"/{one.resource}/" if one.resource else ""
        yield plain(
            f"exchange {one.n} uses {kind}{one.id}, which was there before, and the session does not show by"
            " what it could be found: it is sent as it is"
        )
    if len(found.unbindable) > _NUMBERS:
        yield f"... and {len(found.unbindable) - _NUMBERS} more ids that cannot be bound"
    if found.token_requests:
        yield f"{found.token_requests} requests for access tokens are left out, --token gives the credentials"


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield the report, line by line, without colours."""
    for line in _lines(outcome):
        yield plain(line)


def _lines(outcome: Outcome) -> Iterator[str]:
    causes = [played for played in outcome.differing if played.is_cause]
    for played in causes[:_SHOWN]:
        yield from _cause(played, outcome)
        yield ""
    if len(causes) > _SHOWN:
        yield f"... and {len(causes) - _SHOWN} more causes, see --json or --html"
        yield ""
    if outcome.closing:
        yield "the directory is not as the recording implies:"
        yield from _directory(outcome)
        yield ""
    yield from (f"note: {note}" for note in outcome.notes)
    yield _summary(outcome)


def _directory(outcome: Outcome) -> Iterator[str]:
    own = [played for played in outcome.closing if played.cause is None]
    for played in own[:_SHOWN]:
        yield f"  {named(played)}, last written by {played.n}"
        yield from (f"      {_difference(one)}" for one in played.differences[:_PER_CAUSE])
    if len(own) > _SHOWN:
        yield f"  ... and {len(own) - _SHOWN} more"
    after: dict[int, list[str]] = {}
    for played in outcome.closing:
        if played.cause is not None:
            after.setdefault(played.cause, []).append(named(played))
    for cause, names in sorted(after.items()):
        more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        yield f"  from {cause} follow {', '.join(names[:_NAMES])}{more}"


def _cause(played: Played, outcome: Outcome) -> Iterator[str]:
    yield f"{played.n:>5}  {short(named(played), 160)}"
    for one in played.differences[:_PER_CAUSE]:
        yield f"       {_difference(one)}"
    if len(played.differences) > _PER_CAUSE:
        yield f"       ... and {len(played.differences) - _PER_CAUSE} more differences"
    words = said(played.got)
    if words:
        yield f"       the service says: {short(words, 200)}"
    yield from (f"       {note}" for note in played.notes)
    again = [one.n for one in outcome.differing if one.like == played.n]
    if again:
        yield f"       the same again in {_numbers(again)}"
    after = [one.n for one in outcome.differing if one.cause == played.n]
    if after:
        verb = "follows" if len(after) == 1 else "follow"
        yield f"       from it {verb} {_numbers(after)}"


def _numbers(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NUMBERS]))
    more = f" and {len(numbers) - _NUMBERS} more" if len(numbers) > _NUMBERS else ""
    return f"{shown}{more}"


def _difference(one: Difference) -> str:
    where = f"{one.what} {one.path}".strip() if one.what in ("header", "status", "scimType") else one.path
    return f"{where or one.what}: {_value(one, one.expected)} expected, {_value(one, one.got)} here"


def _value(one: Difference, value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    shown = value_shown(one, value)
    return short(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False), _VALUE)


def _summary(outcome: Outcome) -> str:
    found = counts(outcome)
    parts = [f"{found['same']} the same"]
    for name, words in (("causes", "differ"), ("like", "differ like them"), ("consequences", "follow")):
        if found[name]:
            parts.append(f"{found[name]} {words}")
    if found["skipped"]:
        parts.append(f"{found['skipped']} not compared")
    text = f"{found['exchanges']} exchanges in {outcome.seconds:.1f} s: {', '.join(parts)}"
    if outcome.looked_at:
        differ = f"{found['directory']} differ" if found["directory"] else "as the recording implies"
        text += f"; {outcome.looked_at} resources looked at in the end, {differ}"
    return f"interrupted; {text}" if outcome.interrupted else text
