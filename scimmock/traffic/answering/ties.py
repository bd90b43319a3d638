"""Which live value stands for which recorded one, and whether two requests can be the same under that.

One for one: what is tied to something stands for nothing else.  A value that is the same in both is tied to
itself, so that nobody else takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..secrets import MASK
from .nodes import Bag, Exact, Fields, Hidden, Node, Row, Slot

Space = tuple[str, ...]  # within which a value is one and no other
Pair = tuple[Space, Any, Any]  # space, recorded, live

IDS: Space = ("id",)


class Ties:
    """Pairs of recorded and live values, by the space in which they hold."""

    def __init__(self) -> None:
        self._live: dict[tuple[Space, Any], Any] = {}
        self._recorded: dict[tuple[Space, Any], Any] = {}
        self._anywhere: dict[Any, Any] = {}  # of keys that differ, by the recorded value alone
        self._own: dict[str, dict[Any, Any]] = {}  # of values that differ, by their resource

    def live(self, space: Space, recorded: Any) -> Any:
        """Return what stands for a recorded value, None where nothing does yet."""
        return self._live.get((space, recorded))

    def recorded(self, space: Space, live: Any) -> Any:
        """Return what a live value stands for, None where it is new."""
        return self._recorded.get((space, live))

    def anywhere(self, recorded: Any) -> Any:
        """Return what stands for a recorded key, whichever attribute had it."""
        return self._anywhere.get(recorded)

    def own(self, scope: str) -> dict[Any, Any]:
        """Return the values of one resource that others stand for, by recorded value."""
        return self._own.get(scope, {})

    def add(self, pairs: list[Pair]) -> None:
        """Hold pairs to be true from now on; they contradict none that are there."""
        for space, recorded, live in pairs:
            self._live[space, recorded] = live
            self._recorded[space, live] = recorded
            if recorded == live:
                continue
            if len(space) == 1:
                self._anywhere[recorded] = live
            else:
                self._own.setdefault(space[0], {})[recorded] = live

    def drop(self, space: Space, recorded: Any) -> None:
        """Let a recorded key stand for itself alone again."""
        live = self._live.pop((space, recorded))
        del self._recorded[space, live]
        if self._anywhere.get(recorded) == live:
            del self._anywhere[recorded]


class Trial:
    """An attempt to lay a live request upon a recorded one.

    ``scope`` is the recorded resource that it is about, ``may_be`` says whether an id that is new may stand
    for a recorded one.  ``pairs`` are all values that met one another, ``new`` counts those that differ and
    were not tied before.
    """

    def __init__(self, ties: Ties, scope: str, may_be: Callable[[Any, Any], bool]) -> None:
        self._ties = ties
        self._scope = scope
        self._may_be = may_be
        self._live: dict[tuple[Space, Any], Any] = {}
        self._recorded: dict[tuple[Space, Any], Any] = {}
        self._tied: list[Pair] = []  # in this attempt
        self.pairs: list[Pair] = []
        self.new = 0

    # ---- values

    def meets(self, one: Slot, other: Slot) -> bool:
        """Whether a live value can stand for a recorded one; then it does, in this attempt."""
        if (one.kind, one.label) != (other.kind, other.label):
            return False
        if one.value == MASK:  # it was redacted, and may have been anything
            return True
        if type(one.value) is not type(other.value):
            return False
        if one.kind == "id":
            return self._meets_id(one.value, other.value)
        space = (self._scope, one.label) if one.kind == "own" else (one.label,)
        return self._tie(space, one.value, other.value)

    def _meets_id(self, recorded: Any, live: Any) -> bool:
        """An id is what the recorded answers said, or the key that the service made it of."""
        known = self._known(IDS, recorded)
        if known is not None:
            return bool(known == live)
        if live in (recorded, self._ties.anywhere(recorded)):
            return True
        return self._may_be(recorded, live) and self._tie(IDS, recorded, live)

    def _known(self, space: Space, recorded: Any) -> Any:
        found = self._live.get((space, recorded))
        return self._ties.live(space, recorded) if found is None else found

    def _tie(self, space: Space, recorded: Any, live: Any) -> bool:
        known = self._known(space, recorded)
        if known is not None:
            if known == live:
                self.pairs.append((space, recorded, live))
            return bool(known == live)
        if (space, live) in self._recorded or self._ties.recorded(space, live) is not None:
            return False
        self._live[space, recorded] = live
        self._recorded[space, live] = recorded
        self._tied.append((space, recorded, live))
        self.pairs.append((space, recorded, live))
        self.new += recorded != live
        return True

    def _mark(self) -> tuple[int, int, int]:
        return len(self.pairs), len(self._tied), self.new

    def _back(self, mark: tuple[int, int, int]) -> None:
        """Forget what was met since a mark."""
        met, tied, self.new = mark
        for space, recorded, live in self._tied[tied:]:
            del self._live[space, recorded], self._recorded[space, live]
        del self._tied[tied:], self.pairs[met:]

    # ---- nodes

    def unify(self, one: Node, other: Node) -> bool:
        """Whether a live node can be a recorded one."""
        if isinstance(one, Slot):
            return isinstance(other, Slot) and self.meets(one, other)
        if isinstance(one, Hidden):
            return True
        if isinstance(one, Exact):
            if not isinstance(other, Exact) or isinstance(one.value, bool) != isinstance(other.value, bool):
                return False
            return bool(one.value == other.value)
        if isinstance(one, Fields):
            if not isinstance(other, Fields) or len(one.items) != len(other.items):
                return False
            if any(a != b for (a, _), (b, _) in zip(one.items, other.items, strict=True)):
                return False
            return all(self.unify(a, b) for (_, a), (_, b) in zip(one.items, other.items, strict=True))
        if isinstance(one, Row):
            if not isinstance(other, Row) or one.mark != other.mark or len(one.items) != len(other.items):
                return False
            return all(self.unify(a, b) for a, b in zip(one.items, other.items, strict=True))
        if not isinstance(other, Bag) or len(one.items) != len(other.items):
            return False
        return self._bags(one, other)

    def _bags(self, one: Bag, other: Bag) -> bool:
        """Lay each recorded value upon a live one: first on what is the same, then on what costs least."""
        left: dict[Node, int] = {}
        for item in other.items:
            left[item] = left.get(item, 0) + 1
        rest = []
        for item in one.items:
            if left.get(item):
                mark = self._mark()
                if self.unify(item, item) and self.new == mark[2]:
                    left[item] -= 1
                    continue
                self._back(mark)
            rest.append(item)
        open_ = [item for item, count in left.items() for _ in range(count)]
        for item in rest:
            best = self._cheapest(item, open_)
            if best is None:
                return False
            self.unify(item, open_.pop(best))
        return True

    def _cheapest(self, item: Node, open_: list[Node]) -> int | None:
        best: tuple[int, int] | None = None
        mark = self._mark()
        for index, other in enumerate(open_):
            if self.unify(item, other):
                cost = self.new - mark[2]
                if best is None or cost < best[0]:
                    best = cost, index
            self._back(mark)
            if best is not None and best[0] == 0:
                break
        return None if best is None else best[1]
