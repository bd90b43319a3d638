"""`stale_read`: reads that lag behind the writes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from ...errors import ScimError
from ...scim.answer import Answer
from ...scim.page import Page
from ...store.view import as_of, as_of_time
from ..base import Action, Run, Stage, action
from ..call import Call
from ..rule import Fired
from ..values import Lag

_LISTS = ("list", "search")


@action(Stage.STATE, tentative=True)
class StaleRead(Action):
    """Answers reads from the directory as it was some time, or some reads, ago.

    The main value is a duration, ``{reads: n}`` (the n reads that follow a write do not see it) or
    ``true`` (one read).  ``only: id`` is for reads of a single resource, ``only: filter`` for lists.
    """

    stale_read: Lag
    only: Literal["id", "filter"] | None = None

    keeps_history: ClassVar[bool] = True

    def check(self) -> None:
        """Begin with no reads."""
        # Where the directory stood at each of the latest reads, with the directory it was.
        self._marks: deque[tuple[Any, int]] = deque(maxlen=max(1, self.stale_read.count))

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Answer from the earlier state where that makes a difference."""
        kinds = ("read",) if self.only == "id" else _LISTS if self.only == "filter" else ("read", *_LISTS)
        if call.operation not in kinds:
            return run()
        view = self._view(call)
        if view is None or not view.differs:
            return run()
        fresh, stale = _outcome(run), _outcome(lambda: run(call.ground.service_on(view)))
        if not _same(fresh, stale):
            fired.count(effect="answered from an earlier state")
        if isinstance(stale, ScimError):
            raise stale
        return stale

    def _view(self, call: Call) -> Any:
        directory = call.ground.directory
        if not self.stale_read.count:
            return as_of_time(directory, call.ground.clock.elapsed() - self.stale_read.seconds)
        if not self._marks or self._marks[-1][0] is not directory:
            self._marks.clear()
            self._marks.append((directory, directory.history.horizon))
        mark = self._marks[0][1]
        self._marks.append((directory, directory.history.mark()))
        return as_of(directory, mark)


def _outcome(run: Callable[[], Answer]) -> Answer | ScimError:
    try:
        return run()
    except ScimError as error:
        return error


def _same(fresh: Answer | ScimError, stale: Answer | ScimError) -> bool:
    """Whether a client cannot tell two outcomes apart."""
    if isinstance(fresh, ScimError) or isinstance(stale, ScimError):
        return isinstance(fresh, ScimError) and isinstance(stale, ScimError) and fresh.status == stale.status
    if isinstance(fresh.body, Page) and isinstance(stale.body, Page):
        return (fresh.body.total, fresh.body.items) == (stale.body.total, stale.body.items)
    return fresh.status == stale.status and bool(fresh.body == stale.body)
