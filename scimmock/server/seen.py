"""People of a directory under the names that they have in a session, which may be pseudonyms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..scim.schema import ResourceType
from ..store.directory import Directory

Document = dict[str, Any]

_KEPT = ("id", "meta", "schemas", "members")


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Resources by the names of their endpoints, as a session shows them.

    Those who are in the directory anyway get the words that they have there, which may be pseudonyms;
    the others are added where ``all_there_is`` says that a session is all that is known of a service.
    """

    resources: dict[str, list[dict[str, Any]]]
    all_there_is: bool = False


def take_words(
    directory: Directory, types: tuple[ResourceType, ...], seen: Seen
) -> dict[str, list[Document]]:
    """Give everybody the words of a session; returns those who are to be added, by endpoint."""
    unknown: dict[str, list[Document]] = {}
    for resource_type in types:
        name = resource_type.endpoint.strip("/")
        for document in seen.resources.get(name, ()):
            old = directory.get(resource_type.name, document["id"])
            if old is not None:
                directory.tables[resource_type.name].put(document["id"], _worded(old, document))
            elif seen.all_there_is:
                unknown.setdefault(name, []).append(document)
    _name_members(directory, seen)
    return unknown


def _name_members(directory: Directory, seen: Seen) -> None:
    """Name those whom a session shows as members of groups only."""
    known = {document["id"] for found in seen.resources.values() for document in found}
    members = (
        member
        for group in seen.resources.get("Groups", ())
        for member in group.get("members") or ()
        if isinstance(member.get("display"), str)
    )
    for member in members:
        id = str(member.get("value"))
        found = directory.find(id)
        if found is None or id in known:
            continue
        resource_type, old = found
        if isinstance(old.get("displayName"), str):
            new = {**old, "displayName": member["display"]}
            directory.tables[resource_type.name].put(id, new)


def _worded(old: Any, seen: Any) -> Any:
    """Return a value with the words that it has in a session, and nothing else from there."""
    if isinstance(old, dict) and isinstance(seen, dict):
        return {
            name: _worded(value, seen[name]) if name in seen and name not in _KEPT else value
            for name, value in old.items()
        }
    if isinstance(old, list) and isinstance(seen, list) and len(old) == len(seen):
        return [_worded(*pair) for pair in zip(old, seen, strict=True)]
    return seen if isinstance(old, str) and isinstance(seen, str) else old
