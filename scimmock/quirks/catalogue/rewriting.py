"""What a service makes of the values that it is given, beyond storing them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from ...errors import ScimError
from ...faults.base import Run
from ...faults.call import Call
from ...scim.answer import Answer
from ...scim.draft import Draft
from ...scim.patch_path import parse_patch_path
from ...scim.policy import Policy
from ...scim.schema import ResourceType
from ...scim.validate import identity
from ...scim.values import is_inactive
from ..asks import as_list, assigned, attribute_in, member, op_of, patched, path_of, with_operations
from ..base import Quirk, quirk
from ..replies import several
from .values import holders


@quirk(
    "mirrored-attributes",
    who="Slack (nickName and userName)",
    standard="attributes are independent of each other (RFC 7643 section 4.1.1)",
)
class MirroredAttributes(Quirk):
    """Gives two attributes the same value, whichever of them is set.

    ``pairs`` names them; where a request sets both, the second of a pair (userName) counts.
    """

    pairs: dict[str, str] = msgspec.field(default_factory=lambda: {"nickName": "userName"})

    def policy(self, policy: Policy) -> Policy:
        """Mirror."""
        return replace(policy, finish=(*policy.finish, self._mirror))

    def _mirror(self, draft: Draft) -> None:
        for one, other in self.pairs.items():
            first, second = draft.named(one), draft.named(other)
            if first is None or second is None:
                continue
            document, old = draft.document, draft.old or {}
            led = document.get(first) not in (None, old.get(first))
            source = first if led and document.get(second) in (None, old.get(second)) else second
            if source in document:
                document[first] = document[second] = document[source]
            else:
                document.pop(first, None)


@quirk(
    "primary-kept",
    who="Slack (missing_primary_email)",
    standard="any value can be removed, and none need be primary (RFC 7643 section 2.4)",
)
class PrimaryKept(Quirk):
    """Keeps the primary value of an attribute: it can be replaced, but not removed.

    A PATCH that removes ``attribute`` removes the other values only; one that removes the primary value
    by a filter, and a PUT without values, are refused with ``status``.  Where no value is marked primary
    the first one is.
    """

    attribute: str = "emails"
    status: int = 400

    def policy(self, policy: Policy) -> Policy:
        """Mark the first value, and miss the last one."""
        return replace(policy, finish=(*policy.finish, self._keep))

    def _refusal(self) -> ScimError:
        detail = f"the primary value of {self.attribute!r} cannot be removed"
        return ScimError(self.status, detail, "mutability", about=f"{self.attribute}.primary")

    def _keep(self, draft: Draft) -> None:
        name = draft.named(self.attribute)
        if name is None:
            return
        values = draft.values(name)
        if not values and draft.old is not None and draft.old.get(name):
            raise self._refusal()
        if values and isinstance(values[0], dict) and _primary(values) is values[0]:
            draft.document[name] = [{**values[0], "primary": True}, *values[1:]]

    def request(self, call: Call) -> None:
        """Change removals."""
        kind, listed = call.resource_type, patched(call)
        attribute = kind.attribute(self.attribute) if kind is not None else None
        if not listed or kind is None or attribute is None or call.request is None:
            return
        document = call.service.store.get(kind.name, call.id) or {}
        values = document.get(attribute.name)
        kept = _primary(values) if isinstance(values, list) and values else None
        if kept is None:
            return
        changed = []
        wanted = attribute.name.lower()
        for operation in listed:
            path = path_of(operation)
            if assigned(operation, wanted):
                break  # the primary value may be another one from here on
            if op_of(operation) == "remove" and attribute_in(path) == wanted:
                if path.rpartition(":")[2].lower() == wanted and "value" not in operation:
                    operation = {"op": "replace", "path": path, "value": [kept]}
                elif self._takes_away(call, kind, operation, kept):
                    call.acted(self.name)
                    raise self._refusal()
            changed.append(operation)
        changed += listed[len(changed) :]
        if changed != listed:
            call.acted(self.name)
            call.request.body = with_operations(call.request.body, changed)

    def _takes_away(self, call: Call, kind: ResourceType, operation: dict[str, Any], kept: Any) -> bool:
        """Whether a remove with a filter or with a list of values is for the primary value."""
        if "value" in operation:
            attribute = kind.attribute(self.attribute)
            assert attribute is not None
            keys = [identity(attribute, item) for item in as_list(operation["value"])]
            return identity(attribute, kept) in keys
        try:
            path = parse_patch_path(path_of(operation), kind, call.ground.policy)
        except ScimError:
            return False  # the engine says what is wrong with it
        part = path.target.sub.name if path.target.sub is not None else None
        return part in (None, "value") and path.predicate is not None and path.predicate(kept)


def _primary(values: list[Any]) -> Any:
    """Return the primary value of a list, the first one where none is marked."""
    marked = (value for value in values if isinstance(value, dict) and value.get("primary") is True)
    return next(marked, values[0])


@quirk(
    "manager-by-name",
    who="Slack",
    standard="`manager.value` is the id of a user (RFC 7643 section 4.3)",
)
class ManagerByName(Quirk):
    """Takes a userName or an email address for the id of a user's manager.

    ``by`` are the attributes in which it is looked for; what is found nowhere is stored as it came.
    """

    by: str | tuple[str, ...] = ("userName", "emails.value")

    def policy(self, policy: Policy) -> Policy:
        """Look for the manager."""
        return replace(policy, finish=(*policy.finish, self._look))

    def _look(self, draft: Draft) -> None:
        for attribute in draft.resource_type.references:
            holder = draft.document.get(attribute.urn) if attribute.in_extension else None
            manager = holder.get(attribute.name) if isinstance(holder, dict) else None
            name = manager.get("value") if isinstance(manager, dict) else manager
            if attribute.name != "manager" or not isinstance(name, str) or draft.store.find(name) is not None:
                continue
            found = [id for path in several(self.by) for id in holders(draft, path, name)]
            if found and isinstance(holder, dict):
                whole = {**manager, "value": found[0]} if isinstance(manager, dict) else {"value": found[0]}
                draft.document[attribute.urn] = {**holder, attribute.name: whole}


@quirk(
    "put-is-partial",
    who="Zoom",
    standard="a PUT replaces the resource, what it does not name is cleared (RFC 7644 section 3.5.1)",
)
class PutIsPartial(Quirk):
    """Changes with a PUT only what the PUT names; null and empty lists clear."""

    def request(self, call: Call) -> None:
        """Add what is there."""
        kind, request = call.resource_type, call.request
        if call.operation != "replace" or kind is None or request is None:
            return
        stored, body = call.service.store.get(kind.name, call.id), request.body
        if stored is None or not isinstance(body, dict):
            return
        # What is secret is kept as a digest, which stays the same when it comes again.
        rest = {name: value for name, value in stored.items() if name not in ("id", "meta")}
        merged = _merged(rest, body)
        for urn in kind.extensions.values():
            mine, given = rest.get(urn.id), member(body, urn.id.lower())
            if isinstance(mine, dict) and isinstance(given, dict):
                merged = {key: value for key, value in merged.items() if key.lower() != urn.id.lower()}
                merged[urn.id] = _merged(mine, given)
        if merged != body:
            call.acted(self.name)
            request.body = merged


def _merged(stored: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    named = {name.lower() for name in given}
    return {**{name: value for name, value in stored.items() if name.lower() not in named}, **given}


@quirk(
    "deactivate-deletes",
    who="GitHub organisations, GitLab groups",
    standard="a deactivated user is still there, with active false (RFC 7643 section 4.1.1)",
)
class DeactivateDeletes(Quirk):
    """Removes a user whose active a PUT or PATCH sets to false: it is answered as usual, then 404."""

    def engine(self, call: Call, run: Run) -> Answer:
        """Remove what has become inactive."""
        kind, id = call.resource_type, call.id
        answer = run()
        if call.operation not in ("replace", "patch") or kind is None or id is None or answer.status >= 300:
            return answer
        service = call.service
        id = answer.id or id
        document = service.store.get(kind.name, id)
        if document is not None and is_inactive(document):
            service.store.delete(kind.name, id, service.now())
            call.acted(self.name)
        return answer
