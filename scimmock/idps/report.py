"""Listens to a run and keeps what there is to say about it: counts, a few examples, the last troubles.

Memory grows with the kinds of things that happen and with the objects that fail, never with requests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..traffic.routes import aim_of
from .answers import Answers
from .differences import Comparison, Difference
from .events import Deviated, Event, Finished, LeftOut, Quarantined, Retried, Sent, Settled, Started

__all__ = ["About", "DeviationTally", "Failure", "Report", "StepTally", "Times"]

_EXAMPLES = 3
_MOST_QUARANTINES = 20
_NO_ANSWER = "none"


@dataclass(frozen=True, slots=True)
class About:
    """What was run: the client ("entra@legacy"), the target's base URL, the scenarios and the size."""

    idp: str
    target: str
    scenarios: tuple[str, ...] = ()
    seed: int | None = None
    users: int | None = None
    groups: int | None = None
    protocol: str = "2.0"


# Which kinds of tasks would have told the target of an attribute.
_BEHIND = {"manager": ("managers", "users"), "members": ("members", "groups")}
_BEHIND_ALL = ("users", "groups", "")
# What is done for an object: the intent or the kind of task, and the object's key.
Task = tuple[str, str]


@dataclass(slots=True)
class StepTally:
    """A step of a scenario: how many tasks came to a good end in it, and which did not.

    ``skipped`` ones were left out, ``late`` ones were brought to a good end by a later step; ``intent``
    is what the tasks of now are.
    """

    intent: str = ""
    intents: list[str] = field(default_factory=list)
    cycles: int = 1
    well: int = 0
    skipped: int = 0
    late: int = 0
    failing: dict[Task, str] = field(default_factory=dict)


@dataclass(slots=True)
class DeviationTally:
    """Answers that were met in one way: how often, for whom first, and in what words of the server."""

    count: int = 0
    final: int = 0
    objects: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)


class Failure(NamedTuple):
    """A task that failed: in which step, for whom, and the last thing that went wrong."""

    step: str
    object: str
    trouble: Deviated | None


class Times:
    """How long answers took, in milliseconds: exact where it is cheap, quantiles within five per cent."""

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, milliseconds: float) -> None:
        """Count one."""
        self.count += 1
        self.longest = max(self.longest, milliseconds)
        self._buckets[round(math.log(max(milliseconds, 0.01)) * 10)] += 1

    def quantile(self, share: float) -> float:
        """Return the time within which that share of the answers came."""
        left = share * self.count
        for bucket in sorted(self._buckets):
            left -= self._buckets[bucket]
            if left <= 0:
                return min(math.exp(bucket / 10), self.longest)
        return self.longest


# A deviation by what it was: request, what happened, reaction, what is shown, why, standard reaction.
DeviationKey = tuple[str, str, str, str, str, bool]


class Report:
    """What happened in a run; it is an `events.Events`.

    ``compared`` gives it the comparison of the directories, which a run without one leaves out.
    """

    def __init__(self, about: About) -> None:
        self.about = about
        self.unreachable = False  # there was no connection for the very first request
        self.steps: dict[str, StepTally] = {}
        self.requests: dict[tuple[str, str], Counter[str]] = {}
        self.errors: Counter[str] = Counter()
        self.times = Times()
        self.deviations: dict[DeviationKey, DeviationTally] = {}
        self.left_out: dict[tuple[str, str], int] = {}
        self.retries = 0
        self.retry_seconds = 0.0
        self.next_cycles = 0
        self.quarantined: list[Quarantined] = []
        self.finished: Finished | None = None
        self.comparison: Comparison | None = None
        self.answers = Answers(about.protocol)
        self._failing: dict[Task, list[StepTally]] = {}
        self._troubles: dict[Task, Deviated] = {}
        self._final: set[Task] = set()

    # ---- what is told

    def note(self, event: Event) -> None:
        """Take note of what happened (see `events.Events`)."""
        match event:
            case Sent():
                self._sent(event)
            case Started():
                step = self.steps.setdefault(event.step, StepTally())
                step.intent = event.intent
                step.cycles = max(step.cycles, event.cycle)
                if event.intent not in step.intents:
                    step.intents.append(event.intent)
            case Settled():
                self._settled(event)
            case Deviated():
                self._deviated(event)
            case LeftOut():
                key = (event.intent, event.why)
                self.left_out[key] = self.left_out.get(key, 0) + event.objects
            case Retried():
                if event.cycle is None:
                    self.retries += 1
                    self.retry_seconds += event.seconds
                else:
                    self.next_cycles += 1
            case Quarantined():
                if len(self.quarantined) < _MOST_QUARANTINES:
                    self.quarantined.append(event)
            case Finished():
                self.finished = event

    def compared(self, comparison: Comparison) -> None:
        """Take in how the target's directory differs."""
        self.comparison = comparison

    def _sent(self, event: Sent) -> None:
        request = event.exchange["request"]
        aim = aim_of(request["method"], request["path"])
        endpoint = f"/{aim.resource}{'/{id}' if aim.id is not None else ''}" if aim.resource else "elsewhere"
        statuses = self.requests.setdefault((request["method"], endpoint), Counter())
        statuses[str(event.status) if event.status is not None else _NO_ANSWER] += 1
        if event.status is None:
            self.errors[event.error or "no answer"] += 1
        else:
            self.times.add(event.milliseconds)
            self.answers.look(event.exchange)

    def _settled(self, event: Settled) -> None:
        step, task = self.steps.setdefault(event.step, StepTally()), self._task(event)
        if not event.well:
            if task not in step.failing:
                self._failing.setdefault(task, []).append(step)
            step.failing[task] = event.object
            trouble = self._troubles.get(task)
            if trouble is not None and trouble.final:
                self._final.add(task)
            return
        if event.skipped:
            step.skipped += 1
        else:
            step.well += 1
        if task in self._final:
            return  # what failed for good is not tried again: this was something else
        for other in self._failing.pop(task, ()):
            other.failing.pop(task, None)
            other.late += other is not step
        self._troubles.pop(task, None)

    def _deviated(self, event: Deviated) -> None:
        key = (event.request, event.what, event.reaction, event.shown, event.why, event.standard)
        tally = self.deviations.setdefault(key, DeviationTally())
        tally.count += 1
        tally.final += event.final
        for kept, text in ((tally.objects, event.object), (tally.details, event.detail)):
            if text and text not in kept and len(kept) < _EXAMPLES:
                kept.append(text)
        task = self._task(event)
        if task not in self._final or event.final:
            self._troubles[task] = event

    def _task(self, event: Deviated | Settled) -> Task:
        step = self.steps.get(event.step)
        return (step.intent if step is not None else "", event.key or event.object)

    # ---- what came of it

    @property
    def sent(self) -> int:
        """How many requests were sent."""
        return sum(statuses.total() for statuses in self.requests.values())

    @property
    def unanswered(self) -> int:
        """How many of them were not answered."""
        return self.errors.total()

    @property
    def failed(self) -> int:
        """How many tasks did not come to a good end."""
        return len(self._failing)

    @property
    def interrupted(self) -> bool:
        """Whether somebody ended the run before its end."""
        return self.finished is not None and self.finished.interrupted

    @property
    def exit_code(self) -> int:
        """0 well, 1 something failed or differs, 5 the target never answered, 130 interrupted."""
        if self.interrupted:
            return 130
        if self.unreachable or (self.sent and self.unanswered == self.sent):
            return 5
        differs = self.comparison is not None and not self.comparison.equal
        return 1 if self.failed or self.quarantined or differs else 0

    def failures(self) -> Iterator[Failure]:
        """Yield the tasks that failed, as the last step that they failed in tells it."""
        for name, step in self.steps.items():
            for task, object in step.failing.items():
                if self._failing[task][-1] is step:
                    yield Failure(name, object, self._troubles.get(task))

    def trouble_behind(self, difference: Difference) -> Deviated | None:
        """Return what went wrong with the object of a difference and was not mended, or None."""
        kinds = _BEHIND.get(difference.attribute, _BEHIND_ALL)
        found = (self._troubles.get((kind, difference.key)) for kind in kinds)
        return next((trouble for trouble in found if trouble is not None), None)

    # ---- its forms

    def text(self) -> list[str]:
        """Return the report as lines for a person."""
        from .report_text import lines

        return lines(self)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as it stands in JSON."""
        from .report_json import document

        return document(self)

    def junit(self) -> str:
        """Return the report as JUnit XML: a case for each step, and for each way to differ."""
        from .report_junit import xml

        return xml(self)
