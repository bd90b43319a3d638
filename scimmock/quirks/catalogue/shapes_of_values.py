"""Lists and objects where the schemas have the other, or nothing at all."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import msgspec

from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.draft import Draft
from ...scim.policy import Policy
from ...scim.schema import ResourceType
from ..asks import attribute_in, member, op_of, patched, path_of, with_operations
from ..base import Quirk, quirk
from ..replies import several

Names = str | tuple[str, ...]

# Whether the request that is answered chose attributes: what is not shown then may well have values.
_chosen: ContextVar[bool] = ContextVar("chosen", default=False)


@quirk(
    "empty-lists-emitted",
    who="Slack (groups of a user, members of a group)",
    standard="an empty list is no value, and what has none is left out (RFC 7643 section 2.5)",
)
class EmptyListsEmitted(Quirk):
    """Multi-valued attributes without values are shown as empty lists.

    ``attributes`` names those that are.  Where a client chooses attributes nothing is added.
    """

    attributes: Names = ("groups", "members")

    def engine(self, call: Call, run: Run) -> Answer:
        """Remember whether the client chooses."""
        query = call.request.query if call.request is not None else {}
        body = call.request.body if call.operation == "search" and call.request is not None else None
        chooses = any(
            name in query or member(body, name.lower()) is not None
            for name in ("attributes", "excludedAttributes")
        )
        token = _chosen.set(chooses)
        try:
            return run()
        finally:
            _chosen.reset(token)

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Show them."""
        if _chosen.get():
            return document
        for name in several(self.attributes):
            attribute = resource_type.attribute(name)
            if attribute is not None and attribute.multi_valued:
                document.setdefault(attribute.name, [])
        return document


@quirk(
    "object-for-list",
    who="Figma (emails)",
    standard="the values of a multi-valued attribute are a list (RFC 7643 section 2.4)",
)
class ObjectForList(Quirk):
    """A multi-valued attribute is shown as one object, and taken so.

    ``attributes`` names those that are; of several values the first one is shown.  Lists are taken too.
    """

    attributes: Names = "emails"

    def _wanted(self) -> set[str]:
        return {name.lower() for name in several(self.attributes)}

    def document(self, document: dict[str, Any], resource_type: ResourceType) -> dict[str, Any]:
        """Show the first value."""
        wanted = self._wanted()
        return {
            name: value[0] if name.lower() in wanted and isinstance(value, list) and value else value
            for name, value in document.items()
        }

    def request(self, call: Call) -> None:
        """Take an object for a list of one."""
        request = call.request
        if request is None or not isinstance(request.body, dict):
            return
        body = request.body
        if call.operation in ("create", "replace"):
            body = self._listed(body)
        elif call.operation == "patch":
            operations = patched(call)
            changed = [self._operation(operation) for operation in operations]
            body = with_operations(body, changed) if changed != operations else body
        if body != request.body:
            request.body = body
            call.acted(self.name)

    def _listed(self, values: dict[str, Any]) -> dict[str, Any]:
        wanted = self._wanted()
        return {
            name: [value] if name.lower() in wanted and isinstance(value, dict) else value
            for name, value in values.items()
        }

    def _operation(self, operation: dict[str, Any]) -> dict[str, Any]:
        path, value = path_of(operation), operation.get("value")
        if op_of(operation) == "remove" or not isinstance(value, dict):
            return operation
        if not path:
            return {**operation, "value": self._listed(value)}
        whole = (
            attribute_in(path) in self._wanted() and "[" not in path and "." not in path.rpartition(":")[2]
        )
        return {**operation, "value": [value]} if whole else operation


@quirk(
    "attribute-fallbacks",
    who="Figma (a user without displayName is shown with the userName)",
    standard="what a client leaves out has no value, unless the service gives it a default"
    " (RFC 7643 section 2.5)",
)
class AttributeFallbacks(Quirk):
    """Gives an attribute that a write leaves empty the value of another one.

    ``names`` gives for each attribute the one that its value is taken from.
    """

    names: dict[str, str] = msgspec.field(default_factory=lambda: {"displayName": "userName"})

    def policy(self, policy: Policy) -> Policy:
        """Fill in."""
        return replace(policy, finish=(*policy.finish, self._fill))

    def _fill(self, draft: Draft) -> None:
        for empty, full in self.names.items():
            name, other = draft.named(empty), draft.named(full)
            if name is not None and other is not None and not draft.document.get(name):
                value = draft.document.get(other)
                if value is not None:
                    draft.document[name] = value
