"""Members of groups refer to resources that exist (RFC 7643 section 4.2)."""

from __future__ import annotations

from typing import Any

from ..errors import ScimError
from .policy import Policy
from .represent import Relations
from .schema import ResourceType
from .validate import invalid_value


def resolve_members(
    document: dict[str, Any],
    resource_type: ResourceType,
    relations: Relations,
    policy: Policy,
    old: dict[str, Any] | None = None,
    added: set[str] | None = None,
) -> None:
    """Check the members of a document that is about to be stored, and give each its type.

    ``added`` names the new members when they are known to stand at the end of the list; without it
    all members are checked, except those that ``old`` has as they are.
    A member that does not exist is 400 invalidValue unless the policy is lenient.
    """
    attribute = resource_type.membership
    if attribute is None:
        return
    members = document.get(attribute.name)
    if not isinstance(members, list):
        return
    if len(members) > policy.limits.members:
        raise ScimError(413, f"a group has at most {policy.limits.members} members", about="members")
    known: set[int] = set()
    first = 0
    if added is not None:
        if not added:
            return
        first = len(members) - len(added)
    elif old is not None and isinstance(old.get(attribute.name), list):
        known = {id(member) for member in old[attribute.name]}
    resolved = [
        member if id(member) in known else _resolve(member, relations, policy) for member in members[first:]
    ]
    if None in resolved and added is not None:
        added.difference_update(
            member["value"] for member, kept in zip(members[first:], resolved, strict=True) if kept is None
        )
    members[first:] = [member for member in resolved if member is not None]
    if not members:
        del document[attribute.name]


def _resolve(member: Any, relations: Relations, policy: Policy) -> dict[str, Any] | None:
    leniency = policy.leniency
    id = member.get("value") if isinstance(member, dict) else None
    found = relations.find(id) if isinstance(id, str) else None
    if found is None:
        if leniency.store_unknown_members:
            return member if isinstance(member, dict) else {"value": member}
        if leniency.skip_unknown_members:
            return None
        if not isinstance(id, str):
            raise invalid_value("a member has a 'value', the id of a resource", "members")
        raise invalid_value(f"the member {id!r} does not exist", "members")
    resource_type, _ = found
    given = member.get("type")
    if (
        isinstance(given, str)
        and given.lower() != resource_type.name.lower()
        and not leniency.accepts_unknown
    ):
        raise invalid_value(f"the member {id!r} is a {resource_type.name}, not a {given}", "members")
    kept = {name: value for name, value in member.items() if name not in ("$ref", "type")}
    kept["type"] = resource_type.name
    return kept


def forget_addresses(document: dict[str, Any], resource_type: ResourceType, relations: Relations) -> None:
    """Leave out the ``$ref`` of single references whose resource is known: it is added to each answer.

    So a client that sends back what it was shown (a PUT after a GET) changes nothing.
    """
    for attribute in resource_type.references:
        if attribute.multi_valued:
            continue
        holder = document.get(attribute.urn) if attribute.in_extension else document
        value = holder.get(attribute.name) if isinstance(holder, dict) else None
        if not isinstance(value, dict) or "$ref" not in value or not isinstance(value.get("value"), str):
            continue
        if relations.find(value["value"]) is None:
            continue
        kept = {name: inner for name, inner in value.items() if name != "$ref"}
        if attribute.in_extension:
            document[attribute.urn] = {**document[attribute.urn], attribute.name: kept}
        else:
            document[attribute.name] = kept
