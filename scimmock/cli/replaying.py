"""What ``scimmock replay`` does: puts recording, target, replay and reports together, and tells of it."""

from __future__ import annotations

import json
import sys
import threading
from typing import TYPE_CHECKING, Any

import click

from ..errors import UnreachableError
from ..playback.played import Played
from ..playback.replaying import Choices, Replayed, Replaying
from ..playback.report_text import preface
from .minimizing import check_minimize, check_reset, minimize
from .sessionfile import not_too_deep
from .target import stopping, write_report

if TYPE_CHECKING:
    from rich.progress import Progress


def replay(given: dict[str, Any]) -> int:
    """Run the command with its checked options; returns the exit code."""
    with not_too_deep(given["file"]):
        return _replay(given)


def _replay(given: dict[str, Any]) -> int:
    stop = threading.Event()
    screen = _Screen(given["quiet"])
    run = Replaying(_choices(given), screen.note, stop)
    for notice in run.recording.notices:
        click.echo(notice, err=True)
    for line in () if given["quiet"] else preface(run.survey):
        click.echo(line, err=True)
    if given["dry_run"]:
        return _dry(run)
    try:
        run.connect()
        if given["minimize"] is not None:
            check_minimize(given)
            check_reset(given, run.timeline)
        _say_how_long(run, given)
        with stopping(stop) as signals, screen.of(run.survey.count):
            replayed = _play(run, given)
        replayed.outcome.interrupted = bool(signals)
        _tell(replayed, given)
        if given["minimize"] is not None and not replayed.ok and not signals:
            minimize(given, run, stop)
    finally:
        run.close()
    if signals:
        return 128 + signals[0]
    return 0 if replayed.ok else 1


def _choices(given: dict[str, Any]) -> Choices:
    same = (
        "file to token basic pace max_gap serial retry_after timeout ignore header strict expect seed_state"
        " only stop_on_diff admin_token"
    ).split()
    return Choices(
        **{name: given[name] for name in same},
        first=given["from"],
        last=given["to_exchange"],
        final_check=not given["no_final_check"],
        clock=not given["no_clock"],
    )


def _dry(run: Replaying) -> int:
    from ..playback.dry import requests

    base_url = str(run.recording.header.get("base_url") or "")
    choices = run.choices
    for text in requests(run.recording, run.select, run.survey, base_url, choices.to, choices.credentials):
        click.echo(text)
    return 0


def _play(run: Replaying, given: dict[str, Any]) -> Replayed:
    try:
        if given["seed_state"]:
            made, failed = run.seed()
            if not given["quiet"]:
                click.echo(f"{made} resources that were there before are created", err=True)
            for text in failed[:10]:
                click.echo(f"scimmock: not created: {text}", err=True)
        return run.play()
    except UnreachableError:
        run.replay.outcome.unreachable = True
        _write_reports(run.replayed, given)
        raise


# ---- what is said


def _say_how_long(run: Replaying, given: dict[str, Any]) -> None:
    """Say beforehand how long a session takes that is not played at full speed."""
    if run.factor is None or given["quiet"] or given["max_gap"] is not None:
        return
    hours = run.survey.span / run.factor / 3600
    if hours > 1:
        click.echo(f"at this pace it takes {hours:,.0f} hours: --max-gap 1s shortens the pauses", err=True)


def _tell(replayed: Replayed, given: dict[str, Any]) -> None:
    _write_reports(replayed, given)
    if not given["quiet"]:
        to_stderr = "-" in (given["json"], given["junit"])
        for line in replayed.text():
            click.echo(line, err=to_stderr)


def _write_reports(replayed: Replayed, given: dict[str, Any]) -> None:
    if given["json"] is not None:
        write_report(given["json"], json.dumps(replayed.as_dict(), ensure_ascii=False, indent=2) + "\n")
    if given["junit"] is not None:
        write_report(given["junit"], replayed.junit())
    if given["html"] is not None:
        write_report(str(given["html"]), replayed.html())


class _Screen:
    """A progress bar on a terminal."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._total = 0
        self._progress: Progress | None = None
        self._task: Any = None

    def of(self, total: int) -> _Screen:
        """Return it for so many exchanges."""
        self._total = total
        return self

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
