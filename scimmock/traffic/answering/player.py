"""Finds the exchange of a session that a request is, in the order in which the session went."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ..directory import document_of, resources_in
from ..pairing import attribute
from ..secrets import MASK
from .asked import Asked
from .nearest import Miss, nearest
from .session import Part, Session, Step
from .ties import IDS, Pair, Space, Ties, Trial

Document = dict[str, Any]
Order = Literal["strict", "per-resource", "any"]
ORDERS: tuple[Order, ...] = ("strict", "per-resource", "any")

_MOST_FITS = 64  # exchanges that fit and are compared by how well


@dataclass(frozen=True, slots=True)
class Found:
    """The exchange that a request is; ``pairs`` are the values of both that stand for one another.

    ``again`` says that it has been played before.
    """

    step: Step
    exchange: Document
    pairs: list[Pair]
    again: bool


@dataclass(slots=True)
class Counts:
    """What has become of a session so far: exchanges played at least once, requests that found none."""

    total: int
    played: int = 0
    again: int = 0
    missed: int = 0
    unplayed: list[int] = field(default_factory=list)  # numbers of exchanges


class Player:
    """Plays one part of a session to one client under test; `reset` begins anew.

    ``order``: "strict" plays the very next exchange or none; "per-resource" keeps the order of what
    concerns one resource; "any" plays whatever fits.  A read whose exchanges are used up gets the last of
    them again.  ``backed`` says that somebody else can answer: then no read is played that shows a resource
    as it was before the last change, or as it will be after the next one.
    """

    def __init__(
        self, session: Session, part: Part, order: Order = "per-resource", backed: bool = False
    ) -> None:
        self.session = session
        self.order = order
        self._part = part
        self._backed = backed and order == "per-resource"
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.ties = Ties()
        self._weak: set[tuple[Space, Any]] = set()  # keys of whom nothing is known but that there was nobody
        self._played: set[int] = set()
        self._next = 0  # in the steps, for "strict"
        self._again = self._missed = 0
        self._changed: dict[str | None, int] = {}  # the place of the last change, by endpoint

    def play(self, asked: Asked, may_be: Callable[[str], bool] = lambda id: True) -> Found | Miss:
        """Return the exchange that a request is, or why it is none; both count.

        ``may_be`` says whether an id that the session does not know can be one of its ids at all.
        """
        chosen = self._choose(self._fits(asked, may_be)) or self._as_another(asked, may_be)
        if chosen is None:
            self._missed += 1
            return nearest(self.session, self._part, asked, self.ties, self._played, self._expected)
        step, trial = chosen
        exchange = self.session.exchange(step)
        self._weigh(trial.pairs, _found_nothing(exchange))
        self.ties.add(trial.pairs)
        again = step.place in self._played
        self._again += again
        self._played.add(step.place)
        self._next += 1
        if step.changes:
            self._changed[step.resource] = max(step.place, self._changed.get(step.resource, -1))
        return Found(step, exchange, trial.pairs, again)

    @property
    def counts(self) -> Counts:
        """What has been played so far."""
        unplayed = [step.n for step in self._part.steps if step.place not in self._played]
        return Counts(len(self._part.steps), len(self._played), self._again, self._missed, unplayed)

    @property
    def _expected(self) -> Step | None:
        """The only exchange that may be played, None where there is a choice."""
        steps = self._part.steps
        return steps[self._next] if self.order == "strict" and self._next < len(steps) else None

    # ---- what fits

    def _fits(self, asked: Asked, may_be: Callable[[str], bool]) -> list[tuple[Step, Trial]]:
        found: list[tuple[Step, Trial]] = []
        unplayed = 0
        for step in self._candidates(asked):
            trial = Trial(self.ties, step.about, lambda one, other: self._may_be(one, other, may_be))
            recorded = self.session.asked(step)
            if not trial.unify(recorded.node, asked.node):
                continue
            trial.new += dict(recorded.headers or {}) != dict(asked.headers or {})
            found.append((step, trial))
            unplayed += step.place not in self._played
            if unplayed >= _MOST_FITS or (unplayed and trial.new == 0 and self.order == "strict"):
                break
        return found

    def _candidates(self, asked: Asked) -> Iterable[Step]:
        """Return the exchanges that a request may be, in their order."""
        part, outline = self._part, asked.outline
        expected = self._expected
        if self.order == "strict":
            return [expected] if expected is not None and expected.outline == outline else []
        mark = asked.mark
        if mark is None:
            return part.by_outline.get(outline, ())
        if mark.kind == "id":
            recorded = self.ties.recorded(IDS, mark.value)
            exact = part.by_mark.get((outline, (mark.label, recorded or mark.value)))
            return exact or self._others(outline, mark.label, mark.value)
        recorded = self.ties.recorded((mark.label,), mark.value)
        if recorded is not None:
            return part.by_mark.get((outline, (mark.label, recorded)), ())
        exact = part.by_mark.get((outline, (mark.label, mark.value)))
        if exact and self.ties.live((mark.label,), mark.value) is None:
            return exact
        return self._others(outline, mark.label, mark.value)

    def _others(self, outline: int, label: str, live: Any) -> Iterator[Step]:
        """Yield the exchanges whose key has nothing that stands for it, or what stands there now."""
        for step in self._part.by_outline.get(outline, ()):
            value = step.mark[1] if step.mark is not None else None
            known = self.ties.live((label,), value)
            if value == MASK or known is None or known == live:
                yield step

    def _may_be(self, recorded: Any, live: Any, may_be: Callable[[str], bool]) -> bool:
        """Whether an id may stand for a recorded one."""
        session = self.session
        return recorded in session.open_ids and live not in session.ids and may_be(str(live))

    # ---- who is who

    def _weigh(self, pairs: list[Pair], found_nothing: bool) -> None:
        """Note which recorded keys are tied by nothing but look-ups in vain."""
        for space, recorded, live in pairs:
            is_new = self.ties.live(space, recorded) is None
            if found_nothing and is_new and recorded != live and len(space) == 1:
                self._weak.add((space, recorded))
            elif not found_nothing:
                self._weak.discard((space, recorded))

    def _as_another(self, asked: Asked, may_be: Callable[[str], bool]) -> tuple[Step, Trial] | None:
        """Try a change as that of somebody else than was thought when they were looked up in vain."""
        mark = asked.mark
        if mark is None or mark.kind != "key" or asked.is_read or self.order == "strict":
            return None
        space = (mark.label,)
        recorded = self.ties.recorded(space, mark.value)
        if recorded is None or (space, recorded) not in self._weak:
            return None
        self.ties.drop(space, recorded)
        chosen = self._choose(self._fits(asked, may_be))
        if chosen is None:
            self.ties.add([(space, recorded, mark.value)])
        else:
            self._weak.discard((space, recorded))
        return chosen

    # ---- which of them it is

    def _choose(self, fits: list[tuple[Step, Trial]]) -> tuple[Step, Trial] | None:
        if fits and not fits[0][0].is_read:
            # A change is made once; only the order "any" makes it again.
            fresh = [pair for pair in fits if pair[0].place not in self._played]
            fits = fresh or (fits if self.order == "any" else [])
        if not fits:
            return None
        least = min(trial.new for _, trial in fits)
        best = [(step, trial) for step, trial in fits if trial.new == least]
        if not best[0][0].is_read:
            return self._write(best)
        fresh = [pair for pair in best if pair[0].place not in self._played]
        first = (fresh or best[-1:])[0]
        line = first[0].line
        if self.order == "per-resource" and line:
            return self._read(line, [pair for pair in best if pair[0].line == line])
        is_old = first[0].place < self._changed.get(first[0].resource, -1)
        return None if self._backed and is_old else first

    def _write(self, pairs: list[tuple[Step, Trial]]) -> tuple[Step, Trial]:
        """Return the next change: after the last one of the resource that was played, if there is one."""
        if self.order != "per-resource":
            return pairs[0]
        last, _ = self._window(pairs[0][0].line)
        return next((pair for pair in pairs if pair[0].place > last), pairs[0])

    def _read(self, line: str, pairs: list[tuple[Step, Trial]]) -> tuple[Step, Trial] | None:
        """Return a read between the last change of the resource that was played and the next one.

        Where the session has none there, one from later on is the best that it has.
        """
        last, following = self._window(line)
        within = [pair for pair in pairs if last < pair[0].place < following]
        later = [pair for pair in pairs if pair[0].place > following]
        for group in (within,) if self._backed else (within, later, pairs):
            fresh = [pair for pair in group if pair[0].place not in self._played]
            if group:
                return fresh[0] if fresh else group[-1]
        return None

    def _window(self, line: str) -> tuple[float, float]:
        """Return the places of the last change of a resource that was played, and of the next one."""
        changes = [step.place for step in self._part.by_line.get(line, ()) if step.changes]
        last = max((place for place in changes if place in self._played), default=-1)
        return last, min((place for place in changes if place > last), default=float("inf"))


def _found_nothing(exchange: Document) -> bool:
    """Whether an exchange was a look-up without result."""
    told = document_of((exchange.get("response") or {}).get("body"))
    total = attribute(told, "totalResults") if isinstance(told, dict) else None
    return total == 0 and not resources_in(told)
