"""How a target's directory differs from what the identity provider wants: what is told of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

__all__ = ["KINDS", "Comparison", "Difference", "Kind"]

Kind = Literal["missing", "orphaned", "leftover", "unlinked", "duplicate", "stale", "membership"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_MOST = 2_000  # differences that are kept of each kind, all are counted


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as intended.

    - missing: an account or a group that is to be there is not
    - orphaned: an account can still be used though its person left, or a deleted group is still there
    - leftover: an account is still there, though switched off, that was deleted
    - unlinked: it is there, but the client does not know it
    - duplicate: a second account of a person, or one of nobody, that this run made
    - stale: an attribute has another value
    - membership: somebody is not in a group, or still is

    ``object`` is whom it is about ("user ada@example.com"), ``message`` says it in words.
    ``key`` is that of the person or team in the provider's directory, "" for nobody's.
    ``explained`` is why the client itself leaves it so, "" where it does not.
    """

    kind: Kind
    object: str
    message: str
    id: str | None = None
    attribute: str = ""
    wanted: Any = None
    found: Any = None
    explained: str = ""
    key: str = ""


@dataclass(slots=True)
class Comparison:
    """``differences`` that the target has to answer for, ``explained`` ones that the client leaves so.

    ``counts`` has all of the differences by kind, also those that are not kept.  ``users`` and
    ``groups`` say how many were compared, ``others`` how many accounts are nobody's here.
    ``notes`` say what could not be compared and why; ``unreadable`` why nothing could.
    """

    differences: list[Difference] = field(default_factory=list)
    explained: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    explained_counts: Counter[str] = field(default_factory=Counter)
    users: int = 0
    groups: int = 0
    others: int = 0
    notes: list[str] = field(default_factory=list)
    unreadable: str = ""

    @property
    def equal(self) -> bool:
        """Whether the target is as intended, as far as the client can make it so."""
        return not self.counts and not self.unreadable

    def add(self, difference: Difference) -> None:
        """Take a difference in."""
        counts, kept = (
            (self.explained_counts, self.explained)
            if difference.explained
            else (self.counts, self.differences)
        )
        counts[difference.kind] += 1
        if counts[difference.kind] <= _MOST:
            kept.append(difference)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)
