"""One replay from the beginning to the end: what is played, what is kept of it, what comes out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import UnreachableError
from ..faults.base import Stage, actions
from ..outgoing.quoting import without_credentials
from ..outgoing.target import Answer, Target
from ..outgoing.timeline import RealTimeline
from ..traffic.alike import Rules
from ..traffic.bindings import Bindings
from ..traffic.diff import Comparer
from .causes import Causes
from .closing import Closing
from .pace import Pace
from .played import Document, Played
from .player import MOST_CONNECTIONS, Options, Player
from .survey import Select, Survey, is_token_request

_MOST_WITH_BODIES = 500  # differing exchanges whose bodies are kept for the report


class Session(Protocol):
    """A recording, or some exchanges of one."""

    @property
    def header(self) -> Document: ...
    def __iter__(self) -> Iterator[Document]: ...


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some exchanges of a recording."""

    header: Document
    exchanges: Sequence[Document]

    def __iter__(self) -> Iterator[Document]:
        return iter(self.exchanges)


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange in short, for the list of all of them; ``verdict`` is "same", "cause", "follows", "like" or
    "skipped"."""

    n: int
    begin: float
    method: str
    path: str
    expected: int | str | None
    got: int | str | None
    verdict: str
    milliseconds: float
    recorded_milliseconds: float


@dataclass(slots=True)
class Outcome:
    """What a replay has shown.

    ``differing`` are the exchanges with differences in their order, then the resources of the directory
    that are not as the recording implies (``closing``).  ``notes`` are sentences on what could not be done.
    """

    survey: Survey
    lines: list[Line] = field(default_factory=list)
    differing: list[Played] = field(default_factory=list)
    closing: list[Played] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    causes: int = 0
    consequences: int = 0
    repeated: int = 0
    skipped: int = 0
    looked_up: int = 0
    looked_at: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    unreachable: bool = False

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.differing and not self.closing


@dataclass(slots=True)
class Plan:
    """What is played how: see the options of the command of the same names."""

    select: Select
    rules: Rules = field(default_factory=Rules)
    options: Options = field(default_factory=Options)
    factor: float | None = None
    longest: float | None = None
    follow_clock: bool = True
    look_at_the_end: bool = True
    stop_on_difference: bool = False


class Replay:
    """Plays a recording at a target.  ``listen`` is told each exchange when it is compared and explained."""

    def __init__(
        self,
        recording: Session,
        survey: Survey,
        target: Target,
        timeline: RealTimeline,
        plan: Plan,
        listen: Callable[[Played], None] = lambda played: None,
        stop: threading.Event | None = None,
        bindings: Bindings | None = None,
    ) -> None:
        self.outcome = Outcome(survey)
        self.stop = stop or threading.Event()
        self._recording = recording
        self._target = target
        self._timeline = timeline
        self._plan = plan
        self._tell = listen
        self._comparer = Comparer(bindings or Bindings(survey.known), plan.rules)
        self._comparer.bindings.known = survey.known
        self._causes = Causes(self._comparer.bindings.recorded)
        self._closing = Closing(_did_what_it_said(recording.header))
        pace = Pace(plan.factor, plan.longest, timeline if plan.follow_clock else None, self.stop)
        self.player = Player(
            target,
            str(recording.header.get("base_url") or ""),
            survey,
            self._comparer,
            pace,
            timeline,
            plan.options,
            self._listen,
            self.stop,
        )

    def run(self) -> Outcome:
        """Play all of it; raises UnreachableError when the target is not there."""
        outcome, begun = self.outcome, time.monotonic()
        try:
            self.player.play(self._chosen())
            if not self.stop.is_set() and self._plan.look_at_the_end:
                self._look()
        except UnreachableError:
            outcome.unreachable = True
            raise
        finally:
            outcome.seconds = time.monotonic() - begun
            outcome.looked_up = self.player.looked_up
            causes = self._causes
            outcome.causes, outcome.consequences = causes.causes, causes.consequences
            outcome.repeated = causes.repeated
        return outcome

    def _chosen(self) -> Iterable[Document]:
        for exchange in self._recording:
            if self._plan.select(exchange) and not is_token_request(exchange):
                self._closing.see(exchange)
                yield exchange

    def _listen(self, played: Played) -> None:
        outcome = self.outcome
        if played.differences and played.is_write and played.aim.resource == "Groups":
            played.own |= played.keys | self._closing.members(played.aim.id)
        self._causes.explain(played)
        outcome.lines.append(_line(played))
        outcome.skipped += bool(played.skipped)
        if played.differences:
            if len(outcome.differing) >= _MOST_WITH_BODIES:
                played.expected = played.got = played.request = None
            outcome.differing.append(played)
            if self._plan.stop_on_difference:
                self.stop.set()
        self._tell(played)

    def _look(self) -> None:
        """Compare the directory with what the recording implies."""
        headers = [("Accept", "application/scim+json")]
        given = self._plan.options.authorization
        if given is not None:
            headers.append(("Authorization", given))

        def get(path: str) -> Answer:
            answer = self._target.send("GET", f"{self._target.path}{path}", headers)
            return without_credentials(answer, given)

        now = self._timeline.now()
        for played in self._closing.look(get, self._timeline.pass_by, now, self._comparer):
            if played.differences:
                self._causes.explain(played)
                self.outcome.closing.append(played)
        self.outcome.looked_at = self._closing.looked_at
        self.outcome.notes += self._closing.notes()


def _did_what_it_said(header: Document) -> bool:
    """Whether no fault of the recorded service made its directory another one than its answers say."""
    known = actions()
    names = {name for rule in header.get("faults") or () for name in (rule.get("do") or {})}
    return not any(
        name in known and known[name].stage is Stage.STATE and not known[name].at_proxy for name in names
    )


def _line(played: Played) -> Line:
    verdict = (
        "skipped"
        if played.skipped
        else "same"
        if not played.differences
        else "follows"
        if played.cause is not None
        else "like"
        if played.like is not None
        else "cause"
    )
    return Line(
        played.n,
        round(played.begin, 6),
        played.method,
        played.path,
        _ended(played.expected, played.expected_end),
        _ended(played.got, played.got_end),
        verdict,
        round(played.milliseconds, 3),
        round(played.recorded_milliseconds, 3),
    )


def _ended(answer: Document | None, end: str | None) -> int | str | None:
    return int(answer["status"]) if answer is not None and end is None else end


__all__ = ["MOST_CONNECTIONS", "Excerpt", "Line", "Outcome", "Plan", "Replay", "Session"]
