"""Plays scenarios: changes the directory, tells the target, tries again later what did not go well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from ..clock import parse_duration
from ..fixture.dialect import CycleSpec
from .changes import Company
from .driver import Driver
from .events import Retried, Settled, Started
from .intention import Person, Team
from .playing import Playing
from .reactions import BackOff
from .scenario import Phase, StepSpec, load_scenario
from .subject import Result
from .teams import TeamTasks
from .users import UserTasks

__all__ = ["Cycles", "Run"]

_ORDER: tuple[Phase, ...] = ("users", "managers", "groups", "members")
_EVERY = 40 * 60.0  # seconds between cycles where a dialect does not say


@dataclass(frozen=True, slots=True)
class Cycles:
    """``most`` cycles are tried for what fails; ``every`` is the time between them in seconds.

    ``shortened`` is how many seconds a cycle takes in truth, where it is not to take ``every``; longer
    times shrink likewise.  ``leaps`` says that the clock of the target can be moved.
    """

    every: float = _EVERY
    most: int = 3
    shortened: float | None = None
    leaps: bool = False

    @classmethod
    def of(cls, spec: CycleSpec | None, most: int, shortened: float | None, leaps: bool) -> Cycles:
        """Return the cycles of a dialect."""
        every = parse_duration(spec.every) if spec is not None and spec.every else _EVERY
        return cls(every or _EVERY, most, shortened, leaps)

    def truly(self, seconds: float) -> float:
        """Return how long a time between cycles takes in truth."""
        return seconds if self.shortened is None else seconds * self.shortened / self.every

    def leap(self, seconds: float) -> float:
        """Return how long a scenario's own time takes: one cycle where it has to be waited for."""
        return seconds if self.leaps and self.shortened is None else self.truly(self.every)


@dataclass(slots=True)
class _Trouble:
    """An object that is tried again: since when it fails, how often it has, and when it is its turn."""

    first: float
    failures: int
    due: float


class Run:
    """One run of scenarios against a target."""

    def __init__(
        self,
        driver: Driver,
        playing: Playing,
        company: Company,
        cycles: Cycles,
        concurrency: int = 1,
    ) -> None:
        self._driver = driver
        self._playing = playing
        self._company = company
        self._intention = company.intention
        self._cycles = cycles
        self._concurrency = concurrency
        self._back_off = BackOff(driver.speech.client.retry, cycles.every)
        self._users, self._teams = UserTasks(playing), TeamTasks(playing)
        self._troubles: dict[tuple[Phase, str], _Trouble] = {}
        self._given_up: set[str] = set()
        self._is_assigned = False
        # Moments as the client counts them: a cycle that is shortened lasts as long for it as any other.
        self._shift = 0.0
        spec = driver.speech.client.cycle
        named = cast(list[Phase], list(spec.order)) if spec is not None else []
        self._order = [*named, *(phase for phase in _ORDER if phase not in named)]

    @property
    def waiting(self) -> int:
        """How many objects would be tried again after the end."""
        return len(self._troubles)

    def play(self, name: str) -> None:
        """Play a scenario; raises Halted when the job stops, Interrupted when the run is to end."""
        for number, step in enumerate(load_scenario(name).steps, 1):
            what = step.play or f"push {step.push}"
            label = f"{name}: {step.title}" if step.title else f"{name} {number}: {what}"
            if step.play is not None:
                self._alone(label, step)
            elif step.change is not None:
                self._company.change(step)
            elif step.push is not None:
                self._push(label, step)
            elif step.wait == "cycle":
                self._pass_by(self._cycles.every, self._cycles.truly(self._cycles.every))
            elif step.wait is not None:
                seconds = parse_duration(step.wait)
                self._pass_by(seconds, self._cycles.leap(seconds))

    def _alone(self, label: str, step: StepSpec) -> None:
        assert step.play is not None
        self._driver.tell(Started(label, step.play, 1))
        result, found = self._playing.alone(label, step.play)
        if found:
            self._driver.counts["listed"] += found
        is_well = result in ("done", "skipped")
        self._driver.tell(Settled(label, "", is_well, skipped=result == "skipped"))

    def _push(self, label: str, step: StepSpec) -> None:
        """Tell the target, in cycles until nothing waits to be tried again, or as many as there are."""
        phases = [phase for phase in self._order if not step.only or phase in step.only]
        self._assign(phases)
        for cycle in range(1, self._cycles.most + 1):
            full = step.push == "all" and cycle == 1
            for phase in phases:
                self._phase(label, phase, full, cycle)
            waiting = [trouble.due for (phase, _), trouble in self._troubles.items() if phase in phases]
            if not waiting or cycle == self._cycles.most:
                return
            seconds = max(self._cycles.every, min(waiting) - self._now())
            self._pass_by(seconds, self._cycles.truly(seconds))

    def _assign(self, phases: list[Phase]) -> None:
        """Let those be wanted at the target whom a push is about: all people at first, groups always."""
        if "users" in phases and not self._is_assigned:
            self._is_assigned = True
            for person in self._intention.people.values():
                person.assigned = True
        if "groups" in phases:
            for team in self._intention.teams.values():
                team.assigned = True

    def _now(self) -> float:
        return self._driver.timeline.now() + self._shift

    def _pass_by(self, seconds: float, truly: float) -> None:
        self._driver.timeline.pass_by(truly)
        self._shift += seconds - truly

    # ---- one kind of object in one cycle

    def _phase(self, label: str, phase: Phase, full: bool, cycle: int) -> None:
        todo = list(self._todo(phase, full))
        if not todo:
            return
        self._driver.tell(Started(label, phase, len(todo), cycle))
        task = self._task(label, phase, full, cycle)
        if self._concurrency == 1 or len(todo) == 1:
            for thing in todo:
                task(thing)
            return
        with ThreadPoolExecutor(self._concurrency) as pool:
            try:
                for _ in pool.map(task, todo):
                    pass
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _todo(self, phase: Phase, full: bool) -> Iterator[Person | Team]:
        """Yield the people or teams that have something to be told and whose turn it is."""
        now = self._now()
        things: list[Person | Team] = (
            list(self._intention.people.values())
            if phase in ("users", "managers")
            else list(self._intention.teams.values())
        )
        for thing in things:
            trouble = self._troubles.get((phase, thing.key))
            if trouble is not None and trouble.due > now + 0.5:
                continue
            if thing.key in self._given_up:
                continue
            if _has_news(thing, phase, full):
                yield thing

    def _task(self, label: str, phase: Phase, full: bool, cycle: int) -> Callable[[Person | Team], None]:
        def task(thing: Person | Team) -> None:
            result = self._tell(label, phase, thing, full)
            self._note(label, phase, thing, result, cycle)
            is_well = result in ("done", "skipped")
            self._driver.tell(Settled(label, thing.label, is_well, thing.key, result == "skipped"))

        return task

    def _tell(self, label: str, phase: Phase, thing: Person | Team, full: bool) -> Result:
        if isinstance(thing, Person):
            if phase == "users":
                return self._users.user(label, thing, full)
            return self._users.manager(label, thing)
        return (
            self._teams.team(label, thing) if phase == "groups" else self._teams.members(label, thing, full)
        )

    def _note(self, label: str, phase: Phase, thing: Person | Team, result: Result, cycle: int) -> None:
        """Remember when an object is tried again, or that it is not any more."""
        key = (phase, thing.key)
        if result != "later":
            self._troubles.pop(key, None)
            if result == "failed" and thing.link is None:
                self._given_up.add(thing.key)
            return
        now = self._now()
        trouble = self._troubles.setdefault(key, _Trouble(now, 0, now))
        trouble.failures += 1
        due = self._back_off.due(trouble.first, trouble.failures)
        if due is None:
            del self._troubles[key]
            self._given_up.add(thing.key)
            return
        trouble.due = due
        retried = Retried(label, thing.label, phase, trouble.failures, max(0.0, due - now), cycle + 1)
        self._driver.tell(retried, "retries")


def _has_news(thing: Person | Team, phase: Phase, full: bool) -> bool:
    """Whether a phase has anything to tell about an object."""
    if isinstance(thing, Person):
        if phase == "managers":
            return "manager" in thing.pending and thing.link is not None
        if thing.link is None:
            return thing.entitled and "account" not in thing.unsent
        return full or bool(thing.pending.keys() - {"manager"})
    if phase == "groups":
        if thing.link is None:
            return not thing.deleted and "group" not in thing.unsent
        return bool(thing.pending)
    return thing.link is not None and (full or bool(thing.joined or thing.left))
