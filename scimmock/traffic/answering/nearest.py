"""What a session has that is nearest to a request which it does not have, and what differs."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any

from .asked import Asked
from .nodes import Bag, Exact, Fields, Hidden, Node, Row, Slot
from .session import Part, Session, Step
from .ties import Ties, Trial

_MOST = 100  # exchanges that are looked at
_LONGEST = 60  # characters of a value


@dataclass(frozen=True, slots=True)
class Miss:
    """No exchange fits; ``n`` is the number of the nearest one, ``differs`` says what differs from it."""

    n: int | None
    differs: list[str] = field(default_factory=list)

    @property
    def detail(self) -> str:
        """A sentence for the client."""
        if self.n is None:
            return "No recorded exchange fits this request, and none is near it"
        told = "; ".join(self.differs[:4])
        more = f"; and {len(self.differs) - 4} more" if len(self.differs) > 4 else ""
        return f"No recorded exchange fits this request. The nearest is exchange {self.n}: {told}{more}"


def nearest(
    session: Session,
    part: Part,
    asked: Asked,
    ties: Ties,
    played: Container[int],
    expected: Step | None,
) -> Miss:
    """Return the exchange that differs least; ``expected`` is the only one that was allowed, if so."""
    aim = asked.aim
    if expected is not None:
        found = _differences(session, expected, asked, ties)
        return Miss(expected.n, [f"exchange {expected.n} comes next", *found])
    same = part.by_aim.get((asked.method, aim.operation, aim.resource), [])
    mark = asked.mark
    if mark is not None:
        recorded = ties.recorded((mark.label,), mark.value)
        near = [step for step in same if step.mark and step.mark[1] in (mark.value, recorded)]
        same = near or same
    if not same:
        near = [step for step in part.steps if aim.id is not None and step.about == aim.id]
        same = near or [step for step in part.steps if step.place not in played] or part.steps
    fresh = [step for step in same if step.place not in played]
    best: tuple[int, Step, list[str]] | None = None
    for step in [*fresh[:_MOST], *(step for step in same if step.place in played)][:_MOST]:
        found = _differences(session, step, asked, ties)
        if not found:
            was = "has been played already" if step.place in played else "cannot be played now"
            found = [f"it is the same, and {was}"]
        if best is None or len(found) < best[0]:
            best = len(found), step, found
    return Miss(best[1].n, best[2]) if best is not None else Miss(None)


def _differences(session: Session, step: Step, asked: Asked, ties: Ties) -> list[str]:
    trial = Trial(ties, step.about, lambda recorded, live: False)
    recorded = session.asked(step)
    if recorded.method != asked.method or recorded.aim.operation != asked.aim.operation:
        return [f"recorded {recorded.method} {recorded.path}, asked {asked.method} {asked.path}"]
    return list(_differing(recorded.node, asked.node, trial, ""))


def _differing(one: Node, other: Node, trial: Trial, where: str) -> Iterator[str]:
    """Yield what differs, in words."""
    if isinstance(one, Fields) and isinstance(other, Fields):
        mine, theirs = dict(one.items), dict(other.items)
        for name in dict.fromkeys((*mine, *theirs)):
            place = f"{where} {name}" if where in ("", "body", "query") else f"{where}.{name}"
            if name not in theirs:
                yield f"{place.strip()}: recorded {_told(mine[name])}, not sent"
            elif name not in mine:
                yield f"{place.strip()}: not recorded, sent {_told(theirs[name])}"
            else:
                yield from _differing(mine[name], theirs[name], trial, place.strip())
    elif isinstance(one, Row) and isinstance(other, Row) and one.mark == other.mark == "operations":
        if len(one.items) != len(other.items):
            yield f"{where}: recorded {len(one.items)}, sent {len(other.items)}"
        for index, (mine_, theirs_) in enumerate(zip(one.items, other.items, strict=False)):
            yield from _differing(mine_, theirs_, trial, f"{where}[{index}]")
    elif not trial.unify(one, other):
        yield f"{where}: recorded {_told(one)}, sent {_told(other)}"


def _told(node: Node) -> str:
    text = _words(node)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _words(node: Node) -> str:
    if isinstance(node, Slot):
        return _plain(node.value)
    if isinstance(node, Exact):
        return _plain(node.value)
    if isinstance(node, Hidden):
        return "a secret"
    if isinstance(node, Bag):
        return f"[{', '.join(map(_words, node.items))}]"
    if isinstance(node, Fields):
        return "{" + ", ".join(f"{name}: {_words(inner)}" for name, inner in node.items) + "}"
    if node.mark == "path":
        return "/" + "/".join(str(getattr(item, "value", item)) for item in node.items)
    words = [item.value if isinstance(item, Exact) else _words(item) for item in node.items]
    if node.mark in ("and", "or"):
        return f" {node.mark} ".join(map(str, words))
    if node.mark == "not":
        return f"not ({words[0]})"
    if node.mark == "[]":
        return f"{words[0]}[{words[1]}]" + (f".{words[2]}" if len(words) > 2 and words[2] else "")
    if len(words) == 1:
        return f"{words[0]} {node.mark}"
    return f" {node.mark} ".join(map(str, words)) or f"no {node.mark}"


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, bytes):
        return repr(value.decode("utf-8", "replace")) if value else "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
