"""What happens in a run, as the driver tells it: one small record for each kind of thing.

Who listens keeps counts and a few examples, never all of them: a run may have a hundred thousand requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = [
    "Deviated",
    "Event",
    "Events",
    "Finished",
    "LeftOut",
    "Quarantined",
    "Retried",
    "Sent",
    "Settled",
    "Started",
]


@dataclass(frozen=True, slots=True)
class Started:
    """A step of a scenario begins; ``total`` is for how many objects, ``cycle`` counts from 1."""

    step: str
    intent: str
    total: int
    cycle: int = 1


@dataclass(frozen=True, slots=True)
class Settled:
    """An object's task in a step has come to its end, well or not: one for each of `Started.total`.

    ``key`` is the object's own in the identity provider's directory, which stays when it is renamed.
    ``skipped``: it is well because there was nothing that the dialect could say.
    """

    step: str
    object: str
    well: bool
    key: str = ""
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A request was answered or met with an error.

    ``object`` is whom it is for ("user ada@example.com", "group Staff", "" for none), ``request`` its
    name in the dialect.  ``exchange`` is the document of contract section 6, bodies included where they
    are JSON: to be looked at, not to be kept.  ``status`` is None where there was no answer, ``error``
    says why ("timeout", "reset", ...).
    """

    step: str
    object: str
    request: str
    exchange: dict[str, Any]
    milliseconds: float
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Deviated:
    """An answer was not as the client expects it.

    ``what`` is a status ("409") or what happened ("timeout", "reset", "not-json", "empty-body",
    "several-found"), ``reaction`` what the client does ("fail", "next-cycle", ...), ``shown`` the words
    that its administrator sees, ``why`` why it is so, ``detail`` the server's own words.  ``final`` says
    that the object failed and is not tried again.  ``standard`` says that the dialect knows no
    reaction here and the request counts as failed.  ``key`` is as in `Settled`.
    """

    step: str
    object: str
    request: str
    what: str
    reaction: str
    shown: str = ""
    why: str = ""
    detail: str = ""
    final: bool = False
    standard: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The dialect has no requests for an intent, or only unverified ones; ``why`` is the gap's text."""

    step: str
    intent: str
    why: str
    objects: int = 1


@dataclass(frozen=True, slots=True)
class Retried:
    """A request is sent again after ``seconds``, or an object is tried again in the cycle ``cycle``."""

    step: str
    object: str
    request: str
    attempt: int
    seconds: float
    cycle: int | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The client stops the whole job because of one answer (``refused``: the connection test failed)."""

    step: str
    request: str
    what: str
    shown: str
    why: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The run is over; ``interrupted`` when somebody ended it before its end."""

    counts: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    interrupted: bool = False


Event = Started | Settled | Sent | Deviated | LeftOut | Retried | Quarantined | Finished


class Events(Protocol):
    """Who listens to a run; called by several threads, one at a time."""

    def note(self, event: Event) -> None:
        """Take note of what happened."""
