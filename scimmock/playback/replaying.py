"""One replay as a whole: recording, target, clock, what was there before, report."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from ..errors import UnreachableError, UsageError, did_you_mean
from ..journal.criteria import SIMPLE, Criterion, WrongCriterion, criterion
from ..outgoing.arguments import check_meant, seconds
from ..outgoing.remote import control_of
from ..outgoing.target import Target, authorization
from ..outgoing.timeline import find_timeline
from ..traffic.alike import Rules
from ..traffic.pace import parse_pace
from ..traffic.recording import open_recording
from ..traffic.revive import exchange_of
from .order import number_of
from .played import Document, Played
from .player import MOST_CONNECTIONS, Options
from .report import About, document
from .report_text import lines
from .run import Outcome, Plan, Replay
from .seeding import seed_state
from .survey import Select, survey

__all__ = ["Choices", "Replayed", "Replaying", "replay"]


@dataclass(slots=True)
class Choices:
    """What is played how, at what: see the options of ``scimmock replay`` of the same names.

    ``max_gap`` and ``timeout`` are seconds; ``first`` and ``last`` are the numbers of exchanges.
    """

    file: Path
    to: str
    token: str | None = None
    basic: str | None = None
    pace: str = "max"
    max_gap: float | None = None
    serial: bool = False
    retry_after: str = "recorded"
    timeout: float = 30.0
    ignore: Sequence[str] = ()
    header: Sequence[str] = ()
    strict: bool = False
    expect: str | None = None
    seed_state: bool = False
    first: int | None = None
    last: int | None = None
    only: Sequence[str] = ()
    stop_on_diff: bool = False
    final_check: bool = True
    clock: bool = True
    admin_token: str | None = None

    @property
    def credentials(self) -> str | None:
        """The value of Authorization, None for none."""
        return authorization(self.token, self.basic)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay has shown: ``ok`` when nothing differs; as text it is the report."""

    outcome: Outcome
    about: About

    @property
    def ok(self) -> bool:
        """Whether nothing differs, and all was played."""
        return self.outcome.is_same and not self.outcome.interrupted

    @property
    def causes(self) -> list[Played]:
        """The exchanges with differences that follow from no other one."""
        return [played for played in self.outcome.differing if played.is_cause]

    def text(self) -> list[str]:
        """Return the report line by line, as the command prints it."""
        return list(lines(self.outcome))

    def as_dict(self) -> dict[str, Any]:
        """Return the report as the command writes it as JSON."""
        return document(self.outcome, self.about)

    def junit(self) -> str:
        """Return the report as JUnit XML."""
        from .report_junit import junit

        return junit(self.as_dict())

    def html(self) -> str:
        """Return the report as one page of HTML."""
        from .report_html import page

        return page(self.as_dict())

    def __str__(self) -> str:
        return "\n".join(self.text())


class Replaying:
    """A replay that is ready to be played; `close` it at the end.

    ``listen`` is told each exchange, ``stop`` ends the run before the next one.  Nothing but the control
    API of a scimmock is asked before `play`.  Raises FileError and UsageError for what is wrong.
    """

    def __init__(
        self,
        choices: Choices,
        listen: Callable[[Played], None] = lambda played: None,
        stop: threading.Event | None = None,
    ) -> None:
        self.choices = choices
        self.stop = stop or threading.Event()
        self.factor = parse_pace(choices.pace)
        self.rules = Rules(choices.strict, tuple(choices.ignore), tuple(choices.header))
        self.recording = open_recording(choices.file)
        self.select = selection(choices)
        self.survey = survey(self.recording, self.select, with_documents=choices.seed_state)
        if not self.survey.count:
            hint = "--only, --from or another file"
            raise UsageError(f"{self.recording.path} has no such exchange", hint=hint)
        self._listen = listen
        self._target: Target | None = None

    def connect(self) -> None:
        """Find out what the target is; raises UsageError where its URL is none."""
        choices = self.choices
        self.timeline = find_timeline(self.stop, control_of(choices.to, choices.admin_token))
        self._target = Target(choices.to, timeout=choices.timeout, connections=MOST_CONNECTIONS)
        self.plan = self._plan()
        self.replay = Replay(
            self.recording, self.survey, self._target, self.timeline, self.plan, self._listen, self.stop
        )

    def _plan(self) -> Plan:
        choices = self.choices
        usual = "service" if self.recording.header.get("by") == "addon" else "client"
        return Plan(
            self.select,
            self.rules,
            Options(
                choices.credentials,
                serial=choices.serial,
                retry=choices.retry_after == "live",
                upstream=(choices.expect or usual) == "service",
            ),
            factor=self.factor,
            longest=choices.max_gap,
            follow_clock=choices.clock,
            look_at_the_end=choices.final_check and not choices.stop_on_diff,
            stop_on_difference=choices.stop_on_diff,
        )

    def seed(self) -> tuple[int, list[str]]:
        """Create what was there before: see `seed_state`."""
        return seed_state(self.replay.player, self.survey)

    def play(self) -> Replayed:
        """Play it; raises UnreachableError when nobody answers."""
        try:
            self.replay.run()
        except UnreachableError:
            self.replay.outcome.unreachable = True
            raise
        return self.replayed

    @property
    def replayed(self) -> Replayed:
        """What was found until now."""
        header = self.recording.header
        about = About(
            str(self.recording.path),
            self.choices.to.rstrip("/"),
            str(header.get("by") or ""),
            header.get("idp"),
            header.get("fixture"),
            str(header.get("started") or ""),
            self.choices.pace,
        )
        return Replayed(self.replay.outcome, about)

    def close(self) -> None:
        """Close the connections."""
        if self._target is not None:
            self._target.close()


def selection(choices: Choices) -> Select:
    """Return which exchanges are played; raises UsageError."""
    criteria = [one for text in choices.only for one in _criteria(text)]
    first = choices.first if choices.first is not None else 0
    last = choices.last if choices.last is not None else float("inf")

    def select(exchange: Document) -> bool:
        if not first <= number_of(exchange) <= last:
            return False
        if not criteria:
            return True
        revived = exchange_of(exchange)
        return all(one.look(revived)[0] for one in criteria)

    return select


def _criteria(text: str) -> list[Criterion]:
    name, equals, value = text.partition("=")
    if not equals or name not in SIMPLE:
        near = did_you_mean(name, SIMPLE)
        hint = f"did you mean {near}={value}?" if near else f"NAME is one of {', '.join(SIMPLE)}"
        raise UsageError(f"--only {text!r} is no NAME=VALUE that is known", hint=hint)
    try:
        return criterion(name, value)
    except WrongCriterion as error:
        raise UsageError(f"--only {name}: {error.message}") from None


def replay(
    session: str | PathLike[str],
    to: str,
    *,
    token: str | None = None,
    basic: str | None = None,
    pace: str = "max",
    max_gap: str | float | None = None,
    serial: bool = False,
    retry_after: str = "recorded",
    timeout: str | float = 30.0,
    ignore: Sequence[str] = (),
    header: Sequence[str] = (),
    strict: bool = False,
    expect: str | None = None,
    seed_state: bool = False,
    first: int | None = None,
    last: int | None = None,
    only: Sequence[str] = (),
    stop_on_diff: bool = False,
    final_check: bool = True,
    clock: bool = True,
    yes: bool = False,
) -> Replayed:
    """Play a recorded session at a SCIM service again, and return what is different.

    ``session`` is a recording, ``to`` the base URL of the service; the others are the options of ``scimmock
    replay`` (docs/replay.md), ``first`` and ``last`` are its ``--from`` and ``--to-exchange``.  A service on
    another machine needs ``yes``.  ``assert scimmock.replay(...).ok`` is a regression test.

    Raises UsageError, FileError, and UnreachableError when nobody answers.
    """
    check_meant(to, yes, "the session would be played there")
    run = Replaying(
        Choices(
            Path(session),
            to,
            token,
            basic,
            pace=pace,
            max_gap=seconds("max_gap", max_gap),
            serial=serial,
            retry_after=_one_of("retry_after", retry_after, ("recorded", "live")),
            timeout=seconds("timeout", timeout) or 30.0,
            ignore=_several(ignore),
            header=_several(header),
            strict=strict,
            expect=None if expect is None else _one_of("expect", expect, ("client", "service")),
            seed_state=seed_state,
            first=first,
            last=last,
            only=_several(only),
            stop_on_diff=stop_on_diff,
            final_check=final_check,
            clock=clock,
        )
    )
    try:
        run.connect()
        if seed_state:
            run.seed()
        return run.play()
    finally:
        run.close()


def _several(value: Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _one_of(name: str, value: str, known: Sequence[str]) -> str:
    if value not in known:
        raise UsageError(
            f"{name} {value!r} is unknown", hint=f"{' or '.join(map(repr, known))} would be right"
        )
    return value
