"""Reduces a session that shows a difference to the fewest exchanges that still show it.

Delta debugging (Zeller and Hildebrandt, 2002) over the exchanges: halves, quarters and so on are left out as
long as the difference is there, until no single one can be left out.  An exchange keeps those that it
depends on: who created the resources that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..traffic.bindings import Bindings
from ..traffic.directory import aim_in, answer_of, document_of, header_of, id_in_location, resources_in
from ..traffic.form import body_bytes
from ..traffic.mentions import Lookup, value_with
from ..traffic.pairing import id_of
from ..traffic.places import SURE, Kind
from .order import number_of
from .played import WRITES, Document, Played
from .run import Outcome
from .survey import keys_in, keys_of_filter

Tried = Callable[[int, int, bool], None]


@dataclass(frozen=True, slots=True)
class Goal:
    """The differences that are to stay: of exchange ``n``, or of what it wrote (``id``) in the end."""

    n: int
    aspects: frozenset[tuple[object, ...]]
    id: str | None = None


def goal_of(outcome: Outcome) -> Goal | None:
    """Return the first cause that an outcome shows, None where there is none."""
    for played in outcome.differing:
        if played.is_cause:
            return Goal(played.n, _aspects(played))
    for played in outcome.closing:
        if played.is_cause:
            return Goal(played.n, _aspects(played), played.aim.id)
    return None


def shown(outcome: Outcome, goal: Goal) -> frozenset[tuple[object, ...]]:
    """Return which of the differences that are to stay an outcome has; it may have others beside them."""
    found: Iterable[Played] = outcome.differing if goal.id is None else outcome.closing
    for played in found:
        if played.n == goal.n and goal.id in (None, played.aim.id):
            return _aspects(played) & goal.aspects
    return frozenset()


def _aspects(played: Played) -> frozenset[tuple[object, ...]]:
    """Return what differs: of a status how, of an attribute only that it does."""
    return frozenset(
        (one.what, one.path, str(one.got) if one.what in ("status", "scimType", "answer") else "")
        for one in played.differences
    )


def needs_of(exchanges: Sequence[Document], references: bool) -> list[set[int]]:
    """Return for each exchange, by its place, the places of those that it cannot do without.

    That is who created the resource that it is for, or sent the creation whose answer was lost; with
    ``references`` also who created what it refers to, such as members.
    """
    makers: dict[str, int] = {}  # ids, and natural keys, by who made them
    for place, exchange in enumerate(exchanges):
        aim, answer = aim_in(exchange), answer_of(exchange)
        told = document_of(answer.get("body")) if answer else None
        if aim.operation == "create":
            sent = document_of(exchange["request"].get("body"))
            for key in keys_in(sent) if isinstance(sent, dict) else ():
                makers.setdefault(key, place)
            id = id_of(told) if isinstance(told, dict) else None
            id = id or (id_in_location(header_of(answer, "location")) if answer else None)
            if id is not None and answer is not None and 200 <= answer["status"] < 300:
                makers.setdefault(id, place)
        elif aim.operation in ("list", "search"):
            for document in resources_in(told):
                maker = next((makers[key] for key in keys_in(document) if key in makers), None)
                id = id_of(document)
                if maker is not None and id is not None:
                    makers.setdefault(id, maker)
    ids = {key for key in makers if " " not in key}
    needs = []
    for place, exchange in enumerate(exchanges):
        mentions = Bindings(ids).rewrite(exchange["request"]).mentions if references else set()
        mentions |= {aim_in(exchange).id or ""} & ids
        needs.append({makers[id] for id in mentions if makers[id] < place})
    return needs


def related(exchanges: Sequence[Document], target: int) -> set[int]:
    """Return the places of all earlier writes to what an exchange mentions or was answered with.

    What it was answered follows from these, so they stay where nothing else can tell whether the recorded
    answer is still right without one of them.
    """
    keys = _mentioned(exchanges[target])
    return {
        place
        for place in range(target)
        if aim_in(exchanges[place]).operation in WRITES and _mentioned(exchanges[place]) & keys
    }


def _mentioned(exchange: Document) -> set[str]:
    aim, answer = aim_in(exchange), answer_of(exchange)
    keys = keys_of_filter(exchange["request"].get("query") or "")
    keys |= {aim.id} if aim.id is not None else set()
    sent = document_of(exchange["request"].get("body"))
    keys |= keys_in(sent) if isinstance(sent, dict) else set()
    told = document_of(answer.get("body")) if answer else None
    for document in [told, *resources_in(told)] if isinstance(told, dict) else []:
        id = id_of(document)
        keys |= keys_in(document) | ({id} if id is not None else set())
    return keys


def adjusted(exchanges: Sequence[Document], outcome: Outcome, bindings: Bindings) -> list[Document]:
    """Return exchanges with the answers that a service gave which works as the recorded one did.

    Where others are left out, an answer may not be right any more that was right in the whole session: it
    is taken from ``outcome``, of a replay there, with the recorded ids in it.
    """
    answers = {played.n: played.got for played in outcome.differing if played.got is not None}
    recorded = bindings.recorded

    def lookup(text: str, of: Kind) -> str | None:
        return recorded.get(text) if of is not None or len(text) >= SURE else None

    found = []
    for exchange in exchanges:
        got = answers.get(number_of(exchange))
        if got is not None:
            body = {name: value_with(value, lookup) for name, value in got["body"].items() if name != "size"}
            size = len(body_bytes(body))
            headers = [[name, _header_with(name, value, lookup)] for name, value in got["headers"]]
            answer = {"status": got["status"], "headers": headers, "body": {**body, "size": size}}
            exchange = {**exchange, "response": answer, "error": None}
            exchange.pop("upstream", None)
        found.append(exchange)
    return found


def _header_with(name: str, value: str, lookup: Lookup) -> str:
    """Return a header with other ids in it, where it is the address of a resource."""
    return str(value_with(value, lookup, "location")) if name.lower() == "location" else value


class Minimizer:
    """Reduces places; ``test`` says whether the exchanges at some places still show the difference.

    ``tried`` is told after each test how many exchanges it had, how many tests there were, and the result.
    """

    def __init__(
        self,
        needs: Sequence[set[int]],
        test: Callable[[list[int]], bool],
        tried: Tried = lambda size, count, shown: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.tests = 0
        self._needs = needs
        self._test = test
        self._tried = tried
        self._stop = stop
        self._known: dict[frozenset[int], bool] = {}

    def reduce(self, places: Iterable[int], must: Iterable[int], likely: Iterable[int] = ()) -> list[int]:
        """Return the fewest of the places that still show it, ``must`` among them, in their order.

        ``likely`` are those that may suffice beside these.
        """
        fixed = self.closure(must)
        current = self.closure(fixed.union(likely))
        if self._shows(fixed):
            return sorted(fixed)
        if not self._shows(current):
            current = set(places) | fixed
        current = self._halved(current, fixed)
        return sorted(self._one_by_one(current, fixed))

    def closure(self, places: Iterable[int]) -> set[int]:
        """Return places with all those that they depend on."""
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += self._needs[place]
        return found

    def _halved(self, current: set[int], fixed: set[int]) -> set[int]:
        parts = 2
        while not self._stop():
            rest = sorted(current - fixed)
            if len(rest) < 2:
                return current
            parts = min(parts, len(rest))
            size = -(-len(rest) // parts)
            chunks = [rest[at : at + size] for at in range(0, len(rest), size)]
            smaller = self._smaller(chunks, current, fixed)
            if smaller is not None:
                current, parts = smaller[0], smaller[1] or max(parts - 1, 2)
            elif parts >= len(rest):
                return current
            else:
                parts *= 2
        return current

    def _smaller(
        self, chunks: list[list[int]], current: set[int], fixed: set[int]
    ) -> tuple[set[int], int] | None:
        """Return what still shows it, a part or all but a part, and in how many parts to go on."""
        for chunk in chunks:
            one = self.closure(fixed.union(chunk))
            if len(one) < len(current) and self._shows(one):
                return one, 2
        for chunk in chunks if len(chunks) > 2 else ():
            left = self._without(current, chunk)
            if fixed <= left and len(left) < len(current) and self._shows(left):
                return left, 0
        return None

    def _one_by_one(self, current: set[int], fixed: set[int]) -> set[int]:
        """Leave out single exchanges, with those that depend on them, until none can be."""
        again = True
        while again and not self._stop():
            again = False
            for place in sorted(current - fixed, reverse=True):
                left = self._without(current, [place])
                if place in current and fixed <= left and self._shows(left):
                    current, again = left, True
        return current

    def _without(self, current: set[int], places: Iterable[int]) -> set[int]:
        gone = set(places)
        left = set()
        for place in sorted(current):
            if place in gone or self._needs[place] & gone:
                gone.add(place)
            else:
                left.add(place)
        return left

    def _shows(self, places: set[int]) -> bool:
        key = frozenset(places)
        if key not in self._known:
            self.tests += 1
            self._known[key] = self._test(sorted(places))
            self._tried(len(places), self.tests, self._known[key])
        return self._known[key]


__all__ = ["Goal", "Minimizer", "adjusted", "goal_of", "needs_of", "related", "shown"]
