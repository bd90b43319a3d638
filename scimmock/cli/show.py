"""``scimmock show``."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from ..traffic.exchange import Exchange
    from ..traffic.recording import Recording
    from .session import Told, Totals

    Wanted = Callable[[Told], bool]

_CRITERIA = ("status", "operation", "resource", "client", "rule")
_SEVERITIES = {"error": "red", "warning": "yellow", "hint": "cyan"}
_RANGE = re.compile(r"(\d*)-(\d*)|(\d+)")
_INDENT = " " * 8
_MOST_QUIRKS = 3  # named in a line; a fixture may have dozens of them
_BY = {
    "addon": "recorded in front of",
    "server": "recorded by scimmock serve at",
    "provision": "sent by scimmock provision to",
}


@click.command(
    short_help="Show a recorded session as a list that can be read.",
    epilog="Examples:\n\n  scimmock show session.jsonl --diff\n\n"
    "  scimmock show session.jsonl --status 4xx --verbose",
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--diff", is_flag=True, help="For each write, what it changed, one attribute a line.")
@click.option("--verbose", "-v", is_flag=True, help="Headers and bodies, secrets masked.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="SCIMMOCK_SHOW_JSON",
    help="Each exchange as a line of JSON, as it stands in the file, with summary and findings.",
)
@click.option("--n", "-n", metavar="N|FROM-TO", help="Only those with these numbers: 7, 5-20, 100-.")
@click.option("--operation", metavar="NAME", help="Only create, read, list, replace, patch, delete, ...")
@click.option("--resource", metavar="NAME", help="Only those for Users, Groups, ...")
@click.option("--status", metavar="STATUS", help="Only those answered so: 404, 4xx, or 0 for no answer.")
@click.option("--client", metavar="NAME", help="Only those of a client, such as okta.")
@click.option("--rule", metavar="NAME", help="Only those that a fault rule acted on; * for any rule.")
@click.option("--finding", metavar="NAME", help="Only those with a finding; * for any.")
@click.option("--no-color", is_flag=True, help="No colours, which pipes never get.")
def command(
    file: Path,
    diff: bool,
    verbose: bool,
    as_json: bool,
    n: str | None,
    finding: str | None,
    no_color: bool,
    **criteria: str | None,
) -> None:
    """Show a recording: where it is from, and one line for each exchange with what happened.

    Findings, what deviates from the standard or from good practice, stand below the line, and are counted
    at the end. A write tells what it changed, by what the session shows of the resource.
    """
    wanted = _wanted(n, finding, criteria)
    from ..traffic.recording import open_recording

    recording = open_recording(file)
    colour = False if no_color or os.environ.get("NO_COLOR") else None
    try:
        for line in (
            _json_lines(recording, wanted, diff) if as_json else _text(recording, wanted, diff, verbose)
        ):
            click.echo(line, color=colour)
    except BrokenPipeError:
        # Who reads has seen enough; what is left in the buffer must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


# ---- which exchanges


def _wanted(n: str | None, finding: str | None, criteria: dict[str, str | None]) -> Wanted:
    """Return the test for the exchanges that the options ask for; raises UsageError."""
    from ..findings.catalogue import CATALOGUE
    from ..journal.criteria import WrongCriterion, criterion, glob
    from ..journal.expectations import OPERATIONS

    _check_word("operation", criteria.get("operation"), OPERATIONS, f"there are {', '.join(OPERATIONS)}")
    if finding is not None and "*" not in finding:
        _check_word("finding", finding, [one.name for one in CATALOGUE], "* stands for any")
    looks: list[Callable[[Exchange], tuple[bool, str]]] = []
    for name in _CRITERIA:
        value = criteria.get(name)
        if value is not None:
            try:
                looks += [one.look for one in criterion(name, value)]
            except WrongCriterion as error:
                raise UsageError(f"--{name}: {error.message}") from None
    first, last = _numbers(n)
    fits = glob(finding) if finding is not None else None

    def test(told: Told) -> bool:
        exchange = told.exchange
        if not first <= exchange.n <= last or not all(look(exchange)[0] for look in looks):
            return False
        return fits is None or any(fits(one["name"]) for one in told.findings)

    return test


def _check_word(option: str, word: str | None, known: Collection[str], otherwise: str) -> None:
    """Raise UsageError for a word that is not known."""
    if word is not None and word not in known:
        near = did_you_mean(word, known)
        hint = f"did you mean {near!r}?" if near else otherwise
        raise UsageError(f"--{option}: there is no {option} {word!r}", hint=hint)


def _numbers(text: str | None) -> tuple[float, float]:
    """Return the first and the last number of a range; raises UsageError."""
    if text is None:
        return 0, float("inf")
    found = _RANGE.fullmatch(text.strip())
    if found is None or text.strip() == "-":
        raise UsageError(f"--n: {text!r} is no range of numbers", hint="7, 5-20, 100- or -20 would be right")
    if found[3]:
        return int(found[3]), int(found[3])
    return int(found[1] or 0), int(found[2]) if found[2] else float("inf")


# ---- what is printed


def _json_lines(recording: Recording, wanted: Wanted, diff: bool) -> Iterator[str]:
    from .session import Session

    for told in Session(recording):
        if wanted(told):
            document = told.as_dict() | ({"changes": told.changes} if diff and told.wrote else {})
            yield json.dumps(document, ensure_ascii=True)
    _notice(recording)


def _text(recording: Recording, wanted: Wanted, diff: bool, verbose: bool) -> Iterator[str]:
    from .details import details
    from .lines import line_of
    from .session import Session, Totals

    session, totals, shown = Session(recording), Totals(), Totals()
    for told in session:
        totals.count(told)
    _notice(recording)
    yield from _head(recording, totals)
    for told in session:
        if not wanted(told):
            continue
        if not shown.exchanges:
            yield ""
        shown.count(told)
        exchange = told.exchange
        more = [f"overlaps {told.during}"] if told.during is not None else []
        when = f"{exchange.n:>4}  {_since(exchange.t)}"
        yield line_of(told.as_dict(), told.summary, when, more, most_quirks=_MOST_QUIRKS)
        for finding in told.findings:
            severity = click.style(finding["severity"], fg=_SEVERITIES[finding["severity"]])
            yield f"{_INDENT}{severity} {finding['name']}: {finding['message']}"
        if diff:
            yield from (f"{_INDENT}{change}" for change in _changes(told))
        if verbose:
            yield from (f"{_INDENT}{line}".rstrip() for line in details(told.document))
    yield from _foot(totals, shown)


def _notice(recording: Recording) -> None:
    for notice in recording.notices:
        click.echo(f"scimmock: {notice}", err=True)


def _since(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _changes(told: Told) -> Iterator[str]:
    if not told.wrote and not told.changes:
        return
    if told.changes is None:
        if told.exchange.operation != "delete":
            yield "(not seen before, what changed is not known)"
        return
    yield from told.changes or ["(nothing changed)"]
    if told.doubt:
        yield f"(as against what was known of it: {told.doubt})"


def _head(recording: Recording, totals: Totals) -> Iterator[str]:
    """Yield what there is to say about the session as a whole."""
    from ..journal.plain import plain, short

    header = recording.header
    yield plain(f"{recording.path}: {_count(totals.exchanges, 'exchange')} in {_since(totals.seconds)}")
    for label, text in _facts(header, totals):
        if text:
            yield f"{label:<12}{short(plain(text), 400)}"


def _facts(header: dict[str, Any], totals: Totals) -> Iterator[tuple[str, str]]:
    by = str(header.get("by"))
    yield "from", f"{_BY.get(by, f'recorded by {by} at')} {header.get('base_url') or 'an address not known'}"
    yield "began", str(header.get("started") or "")
    if header.get("synthetic"):
        yield "data", "synthetic, nobody's"
    yield "idp", str(header.get("idp") or "")
    yield "clients", _counted(totals.clients)
    fixture = header.get("fixture")
    if fixture:
        facts = (("seed", header.get("seed")), ("clock", header.get("clock")))
        people = ((header.get(f"{noun}s"), noun) for noun in ("user", "group"))
        told = [_count(number, noun) for number, noun in people if number is not None]
        told += [f"{name} {value}" for name, value in facts if value is not None]
        yield "fixture", ", ".join([str(fixture), *told])
    for label in ("quirks", "faults"):
        named = header.get(label)
        yield label, ", ".join(map(_name_in, named)) if isinstance(named, list) else ""
    yield "redaction", _redaction(header.get("redaction"))
    silent = totals.unanswered.total()
    kinds = _counted(totals.unanswered).replace("_", " ")
    unanswered = f"{silent} without answer ({kinds})" if silent else ""
    answers = ", ".join(f"{count} {name}" for name, count in sorted(totals.classes.items()))
    yield "answers", ", ".join(filter(None, (answers, unanswered)))
    severities = ", ".join(
        _count(totals.severities[name], name) for name in _SEVERITIES if totals.severities[name]
    )
    count = totals.severities.total()
    yield "findings", f"{count} ({severities})" if count else "none"


def _name_in(item: Any) -> str:
    return str(item.get("name", "one without name")) if isinstance(item, dict) else str(item)


def _redaction(about: Any) -> str:
    if not isinstance(about, dict):
        return ""
    counts = about.get("counts")
    told = _counted(counts) if isinstance(counts, dict) else ""
    return f"{about.get('mode')}{f' ({told})' if told else ''}"


def _counted(counts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _foot(totals: Totals, shown: Totals) -> Iterator[str]:
    if shown.exchanges != totals.exchanges:
        yield f"\n{shown.exchanges} of {_count(totals.exchanges, 'exchange')} shown"
    if shown.findings:
        yield "\nFindings"
    order = list(_SEVERITIES)
    rows = sorted(shown.findings.items(), key=lambda row: (order.index(row[0][0]), -row[1], row[0]))
    width = max((len(name) for (_, name, _), _ in rows), default=0)
    for (severity, name, section), count in rows:
        coloured = click.style(f"{severity:<7}", fg=_SEVERITIES[severity])
        yield f"{count:>6}  {coloured}  {name:<{width}}  {section}"
