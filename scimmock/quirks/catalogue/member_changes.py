"""How many members of a group one PATCH may change, and what else it may do."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...errors import ScimError
from ...faults.call import Call
from ..asks import as_list, assigned, attribute_in, attributes_of, op_of, patched, path_of
from ..base import Quirk, quirk

_Count = Annotated[int, msgspec.Meta(ge=1)]


@quirk(
    "patch-members-apart",
    who="Entra ID's SCIM API",
    standard="operations of one PATCH may be for different attributes (RFC 7644 section 3.5.2)",
)
class PatchMembersApart(Quirk):
    """Refuses a PATCH that changes members and anything else, or adds and removes members, with 400.

    Members are added by one operation, at most ``added`` of them; at most ``removed`` are removed.
    """

    added: _Count = 20
    removed: _Count = 1

    def request(self, call: Call) -> None:
        """Count."""
        kind = call.resource_type
        membership = kind.membership if kind is not None else None
        if membership is None:
            return
        name, listed = membership.name.lower(), patched(call)
        adds = [item for item in listed if op_of(item) == "add" and assigned(item, name)]
        removes = [item for item in listed if op_of(item) == "remove" and _is_for(item, name)]
        if not adds and not removes:
            return
        mixed = bool(adds and removes) or any(set(attributes_of(item)) != {name} for item in listed)
        if mixed:
            self._refuse(call, f"a PATCH that changes {membership.name!r} changes nothing else")
        if len(adds) > 1:
            self._refuse(call, f"{membership.name!r} are added by one operation")
        values = [value for item in adds for given in assigned(item, name) for value in as_list(given)]
        if len(values) > self.added:
            self._refuse(call, f"at most {self.added} {membership.name!r} are added at a time")
        if sum(max(1, len(as_list(item.get("value")))) for item in removes) > self.removed:
            self._refuse(call, f"at most {self.removed} of {membership.name!r} are removed at a time")

    def _refuse(self, call: Call, detail: str) -> None:
        call.acted(self.name)
        raise ScimError(400, detail, "invalidValue", about="members")


def _is_for(operation: dict[str, Any], name: str) -> bool:
    return attribute_in(path_of(operation)) == name
