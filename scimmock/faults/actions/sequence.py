"""`sequence`: one thing after the other, as a service that fails twice and then works."""

from __future__ import annotations

from typing import Any

from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..errors import RuleError
from ..rule import Fired, read_action

PASS = "pass"


@action(Stage.ANSWER, at_proxy=True)
class Sequence(Action):
    """Does one entry after the other: a status, ``pass``, or an action of its own.

    The last entry holds from then on; with ``repeat`` the sequence begins again.  With ``per`` in the
    rule's ``when``, each token, resource, ... has its own place in it.
    """

    sequence: list[Any]
    repeat: bool = False

    @property
    def beyond_proxy(self) -> str | None:
        """What any of its entries lacks."""
        for step in self._steps:
            if step is not None and step.beyond_proxy is not None:
                return f"of {step.name}: {step.beyond_proxy}"
        return None

    def check(self) -> None:
        """Every entry is something that can be done before the service acts."""
        if not self.sequence:
            raise RuleError(".sequence", "has no entries", "[503, 503, pass] would be right")
        self._steps = [_step(entry, f".sequence[{index}]") for index, entry in enumerate(self.sequence)]

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Do the entry that is next."""
        place = int(fired.trace.get("hit", 1)) - 1
        place = place % len(self._steps) if self.repeat else min(place, len(self._steps) - 1)
        step = self._steps[place]
        fired.tell(entry=self.sequence[place])
        if step is None:
            return None
        call.attach(step, fired)
        return await step.before(call, fired)


def _step(entry: Any, path: str) -> Action | None:
    if entry == PASS:
        return None
    if isinstance(entry, int) and not isinstance(entry, bool):
        entry = {"status": entry}
    if not isinstance(entry, dict):
        raise RuleError(path, f"{entry!r} is no entry", "a status, pass or an action such as {reset: true}")
    if Sequence.name in entry:
        raise RuleError(path, "a sequence does not stand in a sequence")
    step = read_action(entry, path)
    if step.tentative:
        raise RuleError(path, f"{step.name!r} cannot stand in a sequence", "give it a rule of its own")
    return step
