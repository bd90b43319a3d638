"""A session replayed to one client: a request goes in, the recorded answer comes out, or why it has none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import ScimError
from ...scim.answer import error_document
from ..form import compact
from ..reply import Reply
from .answers import Answers
from .asked import Asked
from .nearest import Miss
from .player import Counts, Found, Order, Player
from .session import Session

Document = dict[str, Any]

_MOST_TOLD = 8  # differences in a note


@dataclass(frozen=True, slots=True)
class Given:
    """An answer from the session; ``wait`` is how many seconds it takes."""

    found: Found
    reply: Reply
    wait: float

    @property
    def note(self) -> Document:
        """What a trace says of it."""
        about: Document = {"replay": "played", "exchange": self.found.step.n}
        if self.found.again:
            about["again"] = True
        bound = {str(one): str(other) for _, one, other in self.found.pairs if one != other}
        if bound:
            about["stands_for"] = len(bound)
        return about


class Replayer:
    """Answers from a session.

    ``base`` is the base path below which the client sends its requests; of what was recorded below the same
    the session has a part of its own.  ``factor`` is how many times as fast as recorded answers come, None
    for at once; ``order`` and ``backed`` are those of the `Player`.
    """

    def __init__(
        self,
        session: Session,
        base: str = "",
        order: Order = "per-resource",
        factor: float | None = None,
        backed: bool = False,
    ) -> None:
        self.session = session
        self._player = Player(session, session.part(base), order, backed)
        self._factor = factor
        self._answers = Answers(session, self._player.ties)

    def reset(self) -> None:
        """Begin anew."""
        self._player.reset()
        self._answers = Answers(self.session, self._player.ties)

    @property
    def counts(self) -> Counts:
        """What has been played so far."""
        return self._player.counts

    def answer(
        self, asked: Asked, base_url: str, may_be: Callable[[str], bool] = lambda id: True
    ) -> Given | Miss:
        """Return the recorded answer to a request; see `Player.play`."""
        found = self._player.play(asked, may_be)
        if isinstance(found, Miss):
            return found
        return Given(found, self._answers.reply(found, base_url), self._wait(found.exchange))

    def service_answer(self, given: Given, base_url: str) -> Document | None:
        """Return what the service answered, as a recording has it, whatever became of it on the way."""
        return self._answers.service_answer(given.found, base_url)

    def _wait(self, exchange: Document) -> float:
        timing = exchange.get("timing")
        recorded = timing.get("wait_ms") if isinstance(timing, dict) else None
        if self._factor is None or not isinstance(recorded, int | float):
            return 0.0
        return max(0.0, recorded) / 1000 / self._factor


def miss_note(miss: Miss) -> Document:
    """Return what a trace says of a request that found no exchange."""
    return {"replay": "missed", "nearest": miss.n, "differs": miss.differs[:_MOST_TOLD]}


def miss_reply(miss: Miss) -> Reply:
    """Return the answer to a request that found no exchange (RFC 7644 section 3.12)."""
    return Reply(404, compact(error_document(ScimError(404, miss.detail))))
