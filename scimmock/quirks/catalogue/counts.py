"""How many operations a PATCH may have at an endpoint, and what a count of none means."""

from __future__ import annotations

from typing import Annotated

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ..asks import patched
from ..base import Quirk, quirk
from .querying import asked

_Most = Annotated[int, msgspec.Meta(ge=1)]


@quirk(
    "patch-most-operations",
    who="Google Cloud Identity (20 of users, 2 of groups)",
    standard="no limit is defined",
)
class PatchMostOperations(Quirk):
    """Refuses PATCH requests with too many operations with 400.

    ``resources`` says for endpoints how many there may be.
    """

    resources: dict[str, _Most] = msgspec.field(default_factory=lambda: {"Users": 20, "Groups": 2})

    def request(self, call: Call) -> None:
        """Count."""
        most = self.resources.get(call.resource or "")
        if most is not None and len(patched(call)) > most:
            call.acted(self.name)
            raise ScimError(400, f"a PATCH of {call.resource} has at most {most} operations", about="body")


@quirk(
    "count-zero-default",
    who="GitLab",
    standard="a count of 0 asks for no results, a negative one means 0 (RFC 7644 section 3.4.2.4)",
)
class CountZeroDefault(Quirk):
    """Takes a `count` below 1 for one that was not given."""

    def request(self, call: Call) -> None:
        """Forget it."""
        request, count = call.request, asked(call, "count")
        if request is None or call.operation != "list" or not isinstance(count, str):
            return
        if count.strip().removeprefix("-").isdigit() and int(count) < 1:
            call.acted(self.name)
            request.query = {name: value for name, value in request.query.items() if name != "count"}
