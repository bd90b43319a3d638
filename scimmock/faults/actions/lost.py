"""`lost_response` and `lost_write`: the client is told something else than what became of its request."""

from __future__ import annotations

from typing import Literal

from ...errors import ScimError
from ...scim.answer import Answer
from ...store.view import overlay
from ...traffic.reply import Delivery, Reply
from ..base import Action, Run, Stage, action
from ..call import Call
from ..errors import RuleError
from ..rule import Fired
from ..shapes import phrase

_WRITES = ("create", "replace", "patch", "delete", "bulk")


@action(Stage.STATE, at_proxy=True)
class LostResponse(Action):
    """Runs the request, then loses its answer: the connection is reset or closed, hangs, or gets a 5xx.

    The main value is ``reset``, ``close``, ``hang`` or a status, which comes with ``detail``.
    """

    lost_response: Literal["reset", "close", "hang"] | int
    detail: str | None = None

    def check(self) -> None:
        """A status is one that an answer can have."""
        lost = self.lost_response
        if isinstance(lost, int) and (not 300 <= lost <= 599 or lost == 304):
            raise RuleError(".lost_response", f"{lost} is no status of an error", "500 would be")

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Run the request and tell the trace what came of it."""
        try:
            answer = run()
        except ScimError as error:
            fired.tell(effect=f"the service said {error.status}, the client does not hear it")
            raise
        fired.tell(effect=f"done ({answer.status}), the client does not hear it")
        return answer

    def answered(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Tell the trace what came of the request."""
        told = f"done ({reply.status})" if reply.status < 400 else f"the service said {reply.status}"
        fired.tell(effect=f"{told}, the client does not hear it")
        return reply

    def after(self, call: Call, fired: Fired, reply: Reply) -> Reply:
        """Lose the answer."""
        lost = self.lost_response
        if isinstance(lost, int):
            return call.ground.error_reply(ScimError(lost, self.detail or phrase(lost)))
        return Reply(0, delivery=Delivery(silent=True, end=lost))


@action(Stage.STATE, tentative=True)
class LostWrite(Action):
    """Acknowledges a write that is not stored: the answer is the usual one, the directory stays as it was.

    The main value is ``true``, or the status of an answer without body.
    """

    lost_write: Literal[True] | int

    def check(self) -> None:
        """A status is one that acknowledges."""
        if self.lost_write is not True and not 200 <= self.lost_write <= 299:
            raise RuleError(
                ".lost_write", f"{self.lost_write} acknowledges nothing", "true or 204 would be right"
            )

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Run the request on a copy that is thrown away."""
        directory = call.ground.directory
        # What is in a bulk request that is lost itself need not be lost once more.
        if call.operation not in _WRITES or call.service.store is not directory:
            return run()
        view = overlay(directory)
        answer = run(call.ground.service_on(view))
        view.retire_minted()
        fired.count(effect="acknowledged, not stored")
        if self.lost_write is True:
            return answer
        return Answer(self.lost_write, None, answer.location, type_name=answer.type_name, id=answer.id)
