"""`partial_patch` and `partial_bulk`: half of a write is applied, then it fails."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...errors import ScimError
from ...scim.answer import Answer
from ..base import Action, Run, Stage, action
from ..call import Call
from ..rule import Fired

_First = Annotated[int, msgspec.Meta(ge=0)]
_Status = Annotated[int, msgspec.Meta(ge=400, le=599)]


def _run_first(call: Call, fired: Fired, run: Run, first: int, error: ScimError, operation: str) -> Answer:
    """Run a request with its first operations only, then fail."""
    request = call.request
    body: dict[str, Any] = {}
    if request is not None and isinstance(request.body, dict):
        body = request.body
    name = next((key for key in body if key.lower() == "operations"), None)
    operations = body[name] if name is not None else None
    if call.operation != operation or not isinstance(operations, list) or len(operations) <= first:
        return run()
    assert request is not None and name is not None
    if first:
        request.body = {**body, name: operations[:first]}
        try:
            run()  # what is wrong with these operations is answered as usual
        finally:
            request.body = body
    fired.count(applied=first, of=len(operations))
    raise error


@action(Stage.STATE, tentative=True)
class PartialPatch(Action):
    """Applies the first operations of a PATCH, then answers with an error.

    The main value is how many are applied; a PATCH that has no more than those is left alone.
    ``code``, ``scim_type`` and ``detail`` make the error.
    """

    partial_patch: _First
    code: _Status = 500
    scim_type: str | None = None
    detail: str = "The operation could not be completed"

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Apply some, then fail."""
        error = ScimError(self.code, self.detail, self.scim_type)
        return _run_first(call, fired, run, self.partial_patch, error, "patch")


@action(Stage.STATE, tentative=True)
class PartialBulk(Action):
    """Runs the first operations of a bulk request, then answers the whole request with an error.

    The main value is how many are run; a request that has no more than those is left alone.
    ``code``, ``scim_type`` and ``detail`` make the error.
    """

    partial_bulk: _First
    code: _Status = 500
    scim_type: str | None = None
    detail: str = "The request could not be completed"

    def engine(self, call: Call, fired: Fired, run: Run) -> Answer:
        """Run some, then fail."""
        error = ScimError(self.code, self.detail, self.scim_type)
        return _run_first(call, fired, run, self.partial_bulk, error, "bulk")
