"""What limits have granted to a request, to be given back when another limit refuses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ...traffic.reply import Reply
from ..base import Action, Stage
from ..call import Call
from ..rule import Fired
from .base import Verdict
from .headers import Told, tell


class Admission(Action):
    """The grant of one limit to one request; it travels with the request as an action of its own.

    ``undo`` takes it back.  With a verdict the headers of ``families`` go with whatever answer the
    request gets, and ``note`` is its entry in the trace.
    """

    stage: ClassVar[Stage] = Stage.LIMIT

    undo: Callable[[], None]
    verdict: Verdict | None = None
    families: Sequence[str] = ()
    period: float | None = None
    note: dict[str, Any] | None = None

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Tell what is left."""
        if self.verdict is not None and self.families:
            told = Told(self.verdict, fired.rule.name, self.period, call.ground.clock.now())
            for family in self.families:
                tell(reply.headers, family, told)
        return reply

    def give_back(self) -> None:
        """Let the request count as if it had not come."""
        self.undo()
        if self.verdict is not None:
            self.verdict = replace(self.verdict, remaining=self.verdict.remaining + 1)
        if self.note is not None:
            self.note.update(remaining=self.note["remaining"] + 1, given_back=True)


def give_back(call: Call) -> None:
    """Give back all that limits have granted to a request, because it is refused after all."""
    for action, _ in call.actions:
        if isinstance(action, Admission):
            action.give_back()
