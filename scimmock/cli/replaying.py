"""What ``scimmock replay`` does: puts recording, target, replay and reports together, and tells of it."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from ..errors import UnreachableError, UsageError, did_you_mean
from ..outgoing.remote import control_of
from ..outgoing.target import Target, authorization
from ..outgoing.timeline import RealTimeline, find_timeline
from ..replay.played import Played
from ..replay.player import MOST_CONNECTIONS, Options
from ..replay.report import About, document
from ..replay.report_text import lines, preface
from ..replay.run import Outcome, Plan, Replay
from ..replay.survey import Select, Survey, survey
from ..traffic.alike import Rules
from ..traffic.recording import Recording, open_recording
from .sessionfile import not_too_deep
from .target import stopping, write_report

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..journal.criteria import Criterion

_LONG = 3600.0  # seconds of a session that is not played at full speed


def replay(given: dict[str, Any]) -> int:
    """Run the command with its checked options; returns the exit code."""
    with not_too_deep(given["file"]):
        return _replay(given)


def _replay(given: dict[str, Any]) -> int:
    recording = open_recording(given["file"])
    select = selection(given)
    found = survey(recording, select, with_documents=given["seed_state"])
    _notices(recording)
    for line in () if given["quiet"] else preface(found):
        click.echo(line, err=True)
    if not found.count:
        raise UsageError(f"{recording.path} has no such exchange", hint="--only, --from or another file")
    if given["dry_run"]:
        from ..replay.dry import requests

        base_url = str(recording.header.get("base_url") or "")
        for text in requests(recording, select, found, base_url, given["to"], _credentials(given)):
            click.echo(text)
        return 0
    stop = threading.Event()
    timeline = find_timeline(stop, control_of(given["to"], given["admin_token"]))
    if given["minimize"] is not None:
        from .minimizing import check_minimize, check_reset

        check_minimize(given)
        check_reset(given, timeline)
    target = Target(given["to"], timeout=given["timeout"], connections=MOST_CONNECTIONS)
    plan = plan_of(given, recording, select)
    _say_how_long(given, found)
    try:
        with stopping(stop) as signals, _Screen(given["quiet"], found.count) as screen:
            play = Replay(recording, found, target, timeline, plan, screen.note, stop)
            outcome = _run(play, given, found, timeline, recording)
        outcome.interrupted = bool(signals)
        _tell(outcome, recording, given)
        if given["minimize"] is not None and not outcome.is_same and not signals:
            from .minimizing import minimize

            minimize(given, recording, outcome, plan, timeline, stop)
    finally:
        target.close()
    if signals:
        return 128 + signals[0]
    return 0 if outcome.is_same else 1


def _run(
    play: Replay, given: dict[str, Any], found: Survey, timeline: RealTimeline, recording: Recording
) -> Outcome:
    try:
        if given["seed_state"]:
            from ..replay.seeding import seed_state

            made, failed = seed_state(play.player, found)
            if not given["quiet"]:
                click.echo(f"{made} resources that were there before are created", err=True)
            for text in failed[:10]:
                click.echo(f"scimmock: not created: {text}", err=True)
        return play.run()
    except UnreachableError:
        play.outcome.unreachable = True
        _write_reports(play.outcome, recording, given)
        raise


def plan_of(given: dict[str, Any], recording: Recording, select: Select) -> Plan:
    """Return how it is to be played, by the options of the command."""
    expect = given["expect"] or ("service" if recording.header.get("by") == "addon" else "client")
    return Plan(
        select,
        Rules(given["strict"], given["ignore"], given["header"]),
        Options(
            _credentials(given),
            serial=given["serial"],
            retry=given["retry_after"] == "live",
            upstream=expect == "service",
        ),
        factor=given["factor"],
        longest=given["max_gap"],
        follow_clock=not given["no_clock"],
        look_at_the_end=not given["no_final_check"] and not given["stop_on_diff"],
        stop_on_difference=given["stop_on_diff"],
    )


def _credentials(given: dict[str, Any]) -> str | None:
    return authorization(given["token"], given["basic"])


def selection(given: dict[str, Any]) -> Select:
    """Return which exchanges are played; raises UsageError."""
    from ..traffic.revive import exchange_of

    criteria = [one for text in given["only"] for one in _criteria(text)]
    first = given["from"] if given["from"] is not None else 0
    last = given["to_exchange"] if given["to_exchange"] is not None else float("inf")

    def select(exchange: dict[str, Any]) -> bool:
        if not first <= (exchange.get("n") or 0) <= last:
            return False
        if not criteria:
            return True
        revived = exchange_of(exchange)
        return all(one.look(revived)[0] for one in criteria)

    return select


def _criteria(text: str) -> list[Criterion]:
    from ..journal.criteria import SIMPLE, WrongCriterion, criterion

    name, equals, value = text.partition("=")
    if not equals or name not in SIMPLE:
        near = did_you_mean(name, SIMPLE)
        hint = f"did you mean {near}={value}?" if near else f"NAME is one of {', '.join(SIMPLE)}"
        raise UsageError(f"--only {text!r} is no NAME=VALUE that is known", hint=hint)
    try:
        return criterion(name, value)
    except WrongCriterion as error:
        raise UsageError(f"--only {name}: {error.message}") from None


# ---- what is said


def _notices(recording: Recording) -> None:
    for notice in recording.notices:
        click.echo(notice, err=True)


def _say_how_long(given: dict[str, Any], found: Survey) -> None:
    """Say beforehand how long a session takes that is not played at full speed."""
    factor, longest = given["factor"], given["max_gap"]
    if factor is None or given["quiet"] or longest is not None:
        return
    if found.span / factor > _LONG:
        hours = found.span / factor / 3600
        click.echo(f"at this pace it takes {hours:,.0f} hours: --max-gap 1s shortens the pauses", err=True)


def _tell(outcome: Outcome, recording: Recording, given: dict[str, Any]) -> None:
    _write_reports(outcome, recording, given)
    if not given["quiet"]:
        to_stderr = "-" in (given["json"], given["junit"])
        for line in lines(outcome):
            click.echo(line, err=to_stderr)


def _write_reports(outcome: Outcome, recording: Recording, given: dict[str, Any]) -> None:
    wanted = [name for name in ("json", "junit", "html") if given[name] is not None]
    if not wanted:
        return
    header = recording.header
    about = About(
        str(recording.path),
        given["to"].rstrip("/"),
        str(header.get("by") or ""),
        header.get("idp"),
        header.get("fixture"),
        str(header.get("started") or ""),
        given["pace"],
    )
    report = document(outcome, about)
    if given["json"] is not None:
        write_report(given["json"], json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    if given["junit"] is not None:
        from ..replay.report_junit import junit

        write_report(given["junit"], junit(report))
    if given["html"] is not None:
        from ..replay.report_html import page

        write_report(str(given["html"]), page(report))


class _Screen:
    """A progress bar on a terminal."""

    def __init__(self, quiet: bool, total: int) -> None:
        self._quiet = quiet
        self._total = total
        self._progress: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> _Screen:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
            self._task = self._progress.add_task("replaying", total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def note(self, played: Played) -> None:
        """Move the bar."""
        if self._progress is not None:
            self._progress.advance(self._task)
