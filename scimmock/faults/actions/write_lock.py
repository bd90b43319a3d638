"""`write_lock`: one write at a time to each resource."""

from __future__ import annotations

from typing import Literal

from ...traffic.exchange import Exchange
from ...traffic.reply import Reply
from ..base import Action, Stage, action
from ..call import Call
from ..limits.admission import Admission, give_back
from ..limits.base import Once
from ..rule import Fired
from ..values import Duration
from .status import HttpStatus, Status

_WRITES = frozenset(("replace", "patch", "delete"))


@action(Stage.LIMIT, tentative=True, at_proxy=True)
class WriteLock(Action):
    """Answers 429 to a write to a resource whose earlier write is still under way, as Slack does.

    A write is under way from its request head to the last byte of its answer.  Reads pass, and so do
    creates, which are for no resource yet; the operations of one bulk request do not lock each other
    out.  ``code``, ``scim_type``, ``detail`` and ``shape`` are those of the refusal; ``retry_after``
    goes with it, 1 second by default, none at all with null.
    """

    write_lock: Literal[True]
    retry_after: Duration | None = Duration(1)
    retry_after_as: Literal["seconds", "date"] = "seconds"
    code: HttpStatus = 429
    scim_type: str | None = None
    detail: str | None = None
    shape: str | None = None

    def check(self) -> None:
        """Make the refusal ready."""
        self._writing: dict[str, Exchange] = {}  # bounded by the connections that there are
        self._refusal = Status(
            status=self.code,
            scim_type=self.scim_type,
            detail=self.detail or "An earlier write to this resource is still under way, try again",
            retry_after=self.retry_after,
            retry_after_as=self.retry_after_as,
            shape=self.shape,
        )
        self._refusal.check()

    async def before(self, call: Call, fired: Fired) -> Reply | None:
        """Lock the resource until the request is over, or refuse."""
        if call.operation not in _WRITES or call.id is None:
            return None
        key = f"{call.resource}/{call.id}"
        writer = self._writing.get(key)
        if writer is not None and writer is not call.exchange:
            give_back(call)
            fired.count(locked=key)
            return self._refusal.reply(call.ground)
        if writer is None:
            self._writing[key] = call.exchange
            undo = Once(lambda: self._unlock(key))
            call.finally_.append(undo)
            call.attach(Admission(undo=undo), fired)
        return None

    def _unlock(self, key: str) -> None:
        del self._writing[key]
