"""What ``scimmock provision`` does: shows a run while it goes on, and tells of it at the end."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from ..errors import UnreachableError
from ..idps.cycles import Cycles
from ..idps.events import Event, LeftOut, Settled, Started
from ..idps.job import Job, load_client
from ..idps.provisioning import DEFAULT, Plan, Provisioning
from ..idps.report import Report
from ..idps.scenario import in_order
from ..outgoing.target import authorization
from ..outgoing.timeline import DryTimeline
from .redaction import record_options, told_counts
from .target import stopping, write_report

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..traffic.recorder import Recorder

_LOST = 6
_SHORT = 2.0  # seconds; waiting longer than this is told


def provision(given: dict[str, Any]) -> int:
    """Run the command with its checked options; returns the exit code."""
    plan = _plan(given)
    if given["dry_run"]:
        return _dry(plan, given["quiet"])
    stop = threading.Event()
    screen = _Screen(given["quiet"])
    run = Provisioning(plan, stop, screen, screen.waiting)
    try:
        with stopping(stop) as signals, screen:
            run.play()
            stop.clear()
            is_clean = not given["cleanup"] or _clean_up(run, given["quiet"])
    except UnreachableError:
        _write_reports(run.report, given)
        raise
    finally:
        run.close()
    _tell(run.report, given)
    lost = _end_recording(run.recorder, given["quiet"])
    if run.report.interrupted and signals:
        return 128 + signals[0]
    return lost or run.report.exit_code or (0 if is_clean else 1)


def _plan(given: dict[str, Any]) -> Plan:
    same = (
        "to", "token", "basic", "users", "groups", "seed", "allow_unverified", "cycle", "cycles",
        "concurrency", "rate", "timeout", "admin_token",
    )  # fmt: skip
    return Plan(
        idp=given["as"],
        scenarios=given["scenario"],
        settings=given["set"],
        record=record_options(given),
        **{name: given[name] for name in same},
    )


def _dry(plan: Plan, quiet: bool) -> int:
    from ..idps.dry import DryTarget

    def show(text: str) -> None:
        click.echo(text)

    client = load_client(plan.idp, plan.settings)
    credentials = authorization(plan.token, plan.basic)
    target = DryTarget(show, plan.to.rstrip("/"), client.dialect.protocol, credentials)
    left_out: dict[str, None] = {}

    class Listener:
        def note(self, event: Event) -> None:
            if isinstance(event, LeftOut):
                left_out[f"left out: {event.intent}: {event.why}"] = None

    cycles = Cycles.of(client.dialect.cycle, plan.cycles, plan.cycle, True)
    job = Job(
        client,
        target,
        Listener(),
        DryTimeline(),
        **plan.size,
        allow_unverified=plan.allow_unverified,
        cycles=cycles,
    )
    job.play(in_order(plan.scenarios or DEFAULT))
    if not quiet:
        for line in left_out:
            click.echo(line, err=True)
    return 0


# ---- the end of a run


def _clean_up(run: Provisioning, quiet: bool) -> bool:
    """Delete what the run has made; returns whether all of it is gone."""
    gone, left = run.clean_up()
    if not quiet:
        click.echo(f"{gone} resources that were made are deleted again", err=True)
    for text in left[:10]:
        click.echo(f"scimmock: not deleted: {text}", err=True)
    if len(left) > 10:
        click.echo(f"scimmock: not deleted: {len(left) - 10} more", err=True)
    return not left


def _write_reports(report: Report, given: dict[str, Any]) -> None:
    if given["json"] is not None:
        write_report(given["json"], json.dumps(report.as_dict(), ensure_ascii=False, indent=2) + "\n")
    if given["junit"] is not None:
        write_report(given["junit"], report.junit())


def _tell(report: Report, given: dict[str, Any]) -> None:
    _write_reports(report, given)
    if not given["quiet"]:
        to_stderr = "-" in (given["json"], given["junit"])
        for line in report.text():
            click.echo(line, err=to_stderr)


# ---- the recording


def _end_recording(recorder: Recorder | None, quiet: bool) -> int:
    """Say what was recorded; returns 6 when exchanges were lost."""
    if recorder is None:
        return 0
    if not quiet:
        click.echo(f"{recorder.written} exchanges recorded in {recorder.path}", err=True)
        told = told_counts(recorder.redactor.counts)
        if told:
            click.echo(told, err=True)
    if recorder.lost:
        click.echo(f"scimmock: {recorder.lost} exchanges were lost: {recorder.last_trouble}", err=True)
        return _LOST
    return 0


# ---- while it runs


class _Screen:
    """A progress bar on a terminal; says when it has to be waited."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._progress: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> _Screen:
        if not self._quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def note(self, event: Event) -> None:
        """Move the bar."""
        if self._progress is None:
            return
        if isinstance(event, Started):
            if self._task is not None:
                self._progress.remove_task(self._task)
            again = f", cycle {event.cycle}" if event.cycle > 1 else ""
            self._task = self._progress.add_task(f"{event.step}, {event.intent}{again}", total=event.total)
        elif isinstance(event, Settled) and self._task is not None:
            self._progress.advance(self._task)

    def waiting(self, seconds: float) -> None:
        """Say that nothing is sent for a while."""
        if not self._quiet and seconds >= _SHORT:
            hint = ": --cycle shortens the time between cycles, Ctrl-C ends the run" if seconds >= 60 else ""
            click.echo(f"waiting for {_long(seconds)}{hint}", err=True)


def _long(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"
