"""What ``scimmock provision`` does: puts client, target, recorder and report together, and tells of it."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..clock import format_time, parse_duration
from ..errors import UnreachableError
from ..idps.cycles import Cycles
from ..idps.events import Event, Finished, LeftOut, Sent, Settled, Started
from ..idps.job import Client, Job, clean_up, load_client
from ..idps.report import About, Report
from ..idps.scenario import in_order
from ..idps.template import Rendered
from ..idps.wire import Answer, Wire
from ..outgoing.timeline import Ask, DryTimeline, RealTimeline, find_timeline
from .redaction import told_counts
from .target import authorization, control_of, stopping, write_report

if TYPE_CHECKING:
    from rich.progress import Progress

    from ..traffic.recorder import Recorder

_TIMEOUT = 30.0  # seconds, where a dialect does not say
_LOST = 6
_DEFAULT = ("lifecycle",)
_SHORT = 2.0  # seconds; waiting longer than this is told


def provision(given: dict[str, Any]) -> int:
    """Run the command with its checked options; returns the exit code."""
    client = load_client(given["as"], given["set"])
    scenarios = in_order(given["scenario"] or _DEFAULT)
    if given["dry_run"]:
        return _dry(given, client, scenarios)
    stop = threading.Event()
    screen = _Screen(given["quiet"])
    ask = control_of(given["to"], given["admin_token"])
    timeline = find_timeline(stop, ask, screen.waiting)
    wire = _wire(given, client, timeline)
    report = Report(_about(given, client, scenarios, wire.base_url))
    recorder = _recorder(given, client, wire.base_url, timeline, ask)
    listeners = _Listeners(report, screen, recorder)
    cycles = Cycles.of(client.dialect.cycle, given["cycles"], given["cycle"], timeline.leaps)
    job = Job(client, wire, listeners, timeline, cycles=cycles, stop=stop, **_size(given))
    try:
        with stopping(stop) as signals, screen:
            if job.play(scenarios):
                _compare(report, job, client, wire, timeline)
            stop.clear()
            is_clean = not given["cleanup"] or _clean_up(job, wire, timeline, given["quiet"])
    except UnreachableError:
        report.unreachable = True
        report.note(Finished())
        _write_reports(report, given)
        raise
    finally:
        wire.close()
        if recorder is not None:
            recorder.close()
    _tell(report, given)
    lost = _end_recording(recorder, given["quiet"])
    if report.interrupted and signals:
        return 128 + signals[0]
    return lost or report.exit_code or (0 if is_clean else 1)


def _dry(given: dict[str, Any], client: Client, scenarios: list[str]) -> int:
    from ..idps.dry import DryTarget

    def show(text: str) -> None:
        click.echo(text)

    base_url = given["to"].rstrip("/")
    target = DryTarget(show, base_url, client.dialect.protocol, authorization(given["token"], given["basic"]))
    left_out: dict[str, None] = {}

    class Listener:
        def note(self, event: Event) -> None:
            if isinstance(event, LeftOut):
                left_out[f"left out: {event.intent}: {event.why}"] = None

    cycles = Cycles.of(client.dialect.cycle, given["cycles"], given["cycle"], True)
    options = _size(given) | {"concurrency": 1}
    Job(client, target, Listener(), DryTimeline(), cycles=cycles, **options).play(scenarios)
    if not given["quiet"]:
        for line in left_out:
            click.echo(line, err=True)
    return 0


def _size(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("users", "groups", "seed", "allow_unverified", "concurrency")}


def _about(given: dict[str, Any], client: Client, scenarios: list[str], base_url: str) -> About:
    protocol = client.dialect.protocol
    size = (given["seed"], given["users"], given["groups"])
    return About(client.name, base_url, tuple(scenarios), *size, protocol=protocol)


def _wire(given: dict[str, Any], client: Client, timeline: RealTimeline) -> Wire:
    dialect = client.dialect
    own = parse_duration(dialect.timeout.after) if dialect.timeout is not None else _TIMEOUT
    return Wire(
        given["to"],
        authorization(given["token"], given["basic"]),
        protocol=dialect.protocol,
        timeout=given["timeout"] or own or _TIMEOUT,
        rate=given["rate"],
        connections=given["concurrency"],
        client=_plain_name(client),
        now=timeline.now,
        started=timeline.started,
    )


def _plain_name(client: Client) -> str:
    return Path(client.name.partition("@")[0]).name


# ---- the end of a run


def _compare(report: Report, job: Job, client: Client, wire: Wire, timeline: RealTimeline) -> None:
    from ..idps.compare import compare
    from ..idps.coverage import coverage_of

    def get(target: str) -> Answer:
        return wire.send(Rendered("GET", target, [("Accept", "application/scim+json")], None))

    coverage = coverage_of(client.name, job.speech)
    report.compared(compare(get, job.intention, coverage, pause=timeline.pass_by))


def _clean_up(job: Job, wire: Wire, timeline: RealTimeline, quiet: bool) -> bool:
    """Delete what the run has made; returns whether all of it is gone."""
    gone, left = clean_up(job.intention, wire, timeline.pass_by)
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


def _recorder(
    given: dict[str, Any], client: Client, base_url: str, timeline: RealTimeline, ask: Ask
) -> Recorder | None:
    if given["record"] is None:
        return None
    from ..traffic.recorder import Recorder
    from ..traffic.recording import make_header
    from ..traffic.redact.key import load_key
    from ..traffic.redact.redactor import Redactor

    mode = given["redact"]
    redactor = Redactor(
        mode, load_key(given["redact_key"]) if mode == "pseudonyms" else b"", given["redact_field"]
    )
    told = {name: given[name] for name in ("seed", "users", "groups")}
    told |= _target(ask, given["record"])
    if timeline.frozen is not None:
        told["clock"] = format_time(timeline.frozen)
    header = make_header("provision", base_url, timeline.started, idp=_plain_name(client), **told)
    existing = given["record_existing"]
    return Recorder(given["record"], header, redactor, "new" if existing == "refuse" else existing)


def _target(ask: Ask, recording: Path) -> dict[str, Any]:
    """Return what a header says of the target, which is much where that is a scimmock."""
    from ..server.like import header_of

    info, faults = (ask("GET", path, None) for path in ("info", "faults"))
    try:
        fixture = "+".join(info["layers"]["names"])
        return {"fixture": fixture, **header_of(info["server"], faults["faults"], recording)}
    except (TypeError, KeyError, AttributeError):  # it is none, or of another version
        return {}


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


class _Listeners:
    """Tells report, screen and recorder what happens."""

    def __init__(self, report: Report, screen: _Screen, recorder: Recorder | None) -> None:
        self._report = report
        self._screen = screen
        self._recorder = recorder

    def note(self, event: Event) -> None:
        self._report.note(event)
        self._screen.note(event)
        if self._recorder is not None and isinstance(event, Sent):
            self._recorder.record(event.exchange)  # last: redaction changes it in place


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
