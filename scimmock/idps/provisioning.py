"""One run of an identity provider as a whole: client, target, recording, report and comparison together."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from ..clock import format_time, parse_duration
from ..errors import UnreachableError
from ..outgoing.arguments import check_meant, seconds
from ..outgoing.remote import control_of
from ..outgoing.target import authorization
from ..outgoing.timeline import find_timeline
from ..traffic.recorder import Recorder, RecordOptions
from ..traffic.recording import make_header
from ..traffic.served import header_of
from .cycles import Cycles
from .events import Event, Events, Finished, Sent
from .job import Client, Job, clean_up, load_client
from .report import About, Report
from .scenario import in_order
from .template import Rendered
from .wire import Answer, Wire

__all__ = ["DEFAULT", "Plan", "Provisioning", "provision"]

DEFAULT = ("lifecycle",)
_TIMEOUT = 30.0  # seconds, where a dialect does not say


@dataclass(slots=True)
class Plan:
    """What is played how, at what: see the options of ``scimmock provision`` of the same names.

    ``idp`` is the fixture of the client, ``settings`` are NAME=VALUE for its parameters; ``cycle`` and
    ``timeout`` are seconds.
    """

    idp: str
    to: str
    token: str | None = None
    basic: str | None = None
    users: int = 25
    groups: int = 5
    seed: int = 1
    scenarios: Sequence[str] = ()
    allow_unverified: bool = False
    settings: Sequence[str] = ()
    cycle: float | None = None
    cycles: int = 3
    concurrency: int = 1
    rate: float | None = None
    timeout: float | None = None
    admin_token: str | None = None
    record: RecordOptions | None = None

    @property
    def size(self) -> dict[str, Any]:
        """How many people there are, and which."""
        return {"users": self.users, "groups": self.groups, "seed": self.seed}


class Provisioning:
    """A run that is ready to be played; `close` it at the end.

    ``screen`` is told what happens and ``waiting`` for how many seconds nothing will; ``stop`` ends the run
    before the next request.  Raises FileError and UsageError for what is wrong in the plan.
    """

    def __init__(
        self,
        plan: Plan,
        stop: threading.Event | None = None,
        screen: Events | None = None,
        waiting: Callable[[float], None] | None = None,
    ) -> None:
        stop = stop or threading.Event()
        self.plan = plan
        self.client = load_client(plan.idp, plan.settings)
        self.scenarios = in_order(plan.scenarios or DEFAULT)
        self._ask = control_of(plan.to, plan.admin_token)
        self.timeline = find_timeline(stop, self._ask, waiting)
        self.wire = self._wire()
        protocol = self.client.dialect.protocol
        about = About(
            self.client.name, self.wire.base_url, tuple(self.scenarios), **plan.size, protocol=protocol
        )
        self.report = Report(about)
        self.recorder = self._recorder() if plan.record is not None else None
        self.job = Job(
            self.client,
            self.wire,
            _Listeners(self.report, screen, self.recorder),
            self.timeline,
            **plan.size,
            allow_unverified=plan.allow_unverified,
            concurrency=plan.concurrency,
            cycles=Cycles.of(self.client.dialect.cycle, plan.cycles, plan.cycle, self.timeline.leaps),
            stop=stop,
        )

    def _wire(self) -> Wire:
        plan, dialect = self.plan, self.client.dialect
        own = parse_duration(dialect.timeout.after) if dialect.timeout is not None else _TIMEOUT
        return Wire(
            plan.to,
            authorization(plan.token, plan.basic),
            protocol=dialect.protocol,
            timeout=plan.timeout or own or _TIMEOUT,
            rate=plan.rate,
            connections=plan.concurrency,
            client=_plain_name(self.client),
            now=self.timeline.now,
            started=self.timeline.started,
        )

    def _recorder(self) -> Recorder:
        options, timeline = self.plan.record, self.timeline
        assert options is not None
        told = self.plan.size | self._served(options.path)
        if timeline.frozen is not None:
            told["clock"] = format_time(timeline.frozen)
        idp = _plain_name(self.client)
        header = make_header("provision", self.wire.base_url, timeline.started, idp=idp, **told)
        return Recorder(options.path, header, options.redactor(), options.existing)

    def _served(self, recording: Path) -> dict[str, Any]:
        """Return what a header says of the target, which is much where that is a scimmock."""
        info, faults = (self._ask("GET", path, None) for path in ("info", "faults"))
        try:
            fixture = "+".join(info["layers"]["names"])
            return {"fixture": fixture, **header_of(info["server"], faults["faults"], recording)}
        except (TypeError, KeyError, AttributeError):  # it is none, or of another version
            return {}

    def play(self) -> None:
        """Play the scenarios and compare the directories; raises UnreachableError, the report has it too."""
        try:
            if self.job.play(self.scenarios):
                self._compare()
        except UnreachableError:
            self.report.unreachable = True
            self.report.note(Finished())
            raise

    def _compare(self) -> None:
        from .compare import compare
        from .coverage import coverage_of

        def get(target: str) -> Answer:
            return self.wire.send(Rendered("GET", target, [("Accept", "application/scim+json")], None))

        coverage = coverage_of(self.client.name, self.job.speech)
        pause = self.timeline.pass_by
        self.report.compared(compare(get, self.job.intention, coverage, pause=pause))

    def clean_up(self) -> tuple[int, list[str]]:
        """Delete what was made; returns how many resources are gone, and which are left."""
        return clean_up(self.job.intention, self.wire, self.timeline.pass_by)

    def close(self) -> None:
        """Close the connections and the recording."""
        self.wire.close()
        if self.recorder is not None:
            self.recorder.close()


def _plain_name(client: Client) -> str:
    return Path(client.name.partition("@")[0]).name


def provision(
    idp: str,
    to: str,
    *,
    token: str | None = None,
    basic: str | None = None,
    users: int = 25,
    groups: int = 5,
    seed: int = 1,
    scenarios: Sequence[str] = DEFAULT,
    settings: Mapping[str, Any] | None = None,
    allow_unverified: bool = False,
    cycle: str | float | None = None,
    cycles: int = 3,
    concurrency: int = 1,
    timeout: str | float | None = None,
    record: str | PathLike[str] | None = None,
    yes: bool = False,
) -> Report:
    """Do to a SCIM service what an identity provider would do, and return the report on it.

    ``idp`` is "okta", "entra@legacy", ...; ``scenarios`` are those of docs/provision.md; ``record`` is a file
    that must not be there yet.  ``report.exit_code`` is 0 when all went well and the directory is as
    intended, ``report.text()`` tells of it.  A service on another machine needs ``yes``.

    Raises UsageError, FileError, and UnreachableError when nobody answers.
    """
    check_meant(to, yes, "accounts would be made there")
    run = Provisioning(
        Plan(
            idp=idp,
            to=to,
            token=token,
            basic=basic,
            users=users,
            groups=groups,
            seed=seed,
            scenarios=[scenarios] if isinstance(scenarios, str) else scenarios,
            settings=[f"{name}={json.dumps(value)}" for name, value in (settings or {}).items()],
            allow_unverified=allow_unverified,
            cycle=seconds("cycle", cycle),
            cycles=cycles,
            concurrency=concurrency,
            timeout=seconds("timeout", timeout),
            record=None if record is None else RecordOptions(Path(record)),
        )
    )
    try:
        run.play()
    finally:
        run.close()
    return run.report


class _Listeners:
    """Tells report, screen and recorder what happens."""

    def __init__(self, report: Report, screen: Events | None, recorder: Recorder | None) -> None:
        self._report = report
        self._screen = screen
        self._recorder = recorder

    def note(self, event: Event) -> None:
        self._report.note(event)
        if self._screen is not None:
            self._screen.note(event)
        if self._recorder is not None and isinstance(event, Sent):
            self._recorder.record(event.exchange)
