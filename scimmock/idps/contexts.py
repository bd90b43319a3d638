"""The variables that the requests of a client are made from: of a person, a team, and of what is asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any
from uuid import UUID

from .intention import Intention, Person, Team

__all__ = ["ENTERPRISE", "Chance", "changes_of", "group_of", "member_of", "operations_of", "user_of"]

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_WORK = 'emails[type eq "work"].value'
# Where a changed attribute is in a resource, for clients that send one operation for each.
_PATHS = {
    "email": _WORK,
    "phone": 'phoneNumbers[type eq "work"].value',
    "mobile": 'phoneNumbers[type eq "mobile"].value',
    **{
        name: f"{ENTERPRISE}:{name}"
        for name in ("employeeNumber", "department", "division", "organization", "costCenter", "manager")
    },
}
_ADDRESS = 'addresses[type eq "work"].'


class Chance:
    """Random values that are the same for the same seed, object and turn, whatever goes on beside it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._turns: dict[str, int] = {}
        self._lock = threading.Lock()

    def values(self, key: str) -> dict[str, str]:
        """Return new ``random.*`` for an object."""
        with self._lock:
            turn = self._turns[key] = self._turns.get(key, 0) + 1
        drawn = blake2b(f"{self._seed} {key} {turn}".encode(), digest_size=32).digest()
        letters = "abcdefghijklmnopqrstuvwxyz0123456789"
        word = "".join(letters[byte % 36] for byte in drawn[16:24])
        password = "".join(letters[byte % 36] for byte in drawn[24:32])
        return {"guid": str(UUID(bytes=drawn[:16], version=4)), "word": word, "password": password}


def user_of(person: Person, intention: Intention) -> dict[str, Any]:
    """Return ``user.*``: an id only where the account is known, a manager only by the id of an account."""
    manager = intention.people.get(person.manager) if person.manager is not None else None
    values = person.values
    nested: dict[str, Any] = {"name": {}, "address": {}}
    user: dict[str, Any] = {
        "id": person.link,
        "active": person.active,
        "manager": manager.link if manager is not None else None,
        "groups": [],
        "roles": [],
    }
    for name, value in values.items():
        outer, _, inner = name.partition(".")
        if inner:
            nested[outer][inner] = value
        else:
            user[name] = value
    user |= {name: part for name, part in nested.items() if part}
    if "email" in values:
        user["emails"] = [{"value": values["email"], "type": "work", "primary": True}]
    return user


def member_of(person: Person) -> dict[str, Any]:
    """Return ``member.*`` for a person with an account."""
    display = person.values.get("displayName", person.values["userName"])
    return {
        "id": person.link,
        "value": person.link,
        "userName": person.values["userName"],
        "display": display,
    }


def group_of(team: Team, intention: Intention) -> dict[str, Any]:
    """Return ``group.*``; its members are those who have an account."""
    members = [member_of(person) for person in intention.linked_members(team)]
    return {"id": team.link, **team.values, "members": members}


def changes_of(pending: Mapping[str, tuple[Any, Any]], user: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``changes.*``: the new values under their flat names; what was removed has none."""
    return {name: user.get("manager") if name == "manager" else new for name, (_, new) in pending.items()}


def operations_of(changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the changes as operations of a PATCH, one for each attribute."""
    operations = []
    for name, value in changes.items():
        path = _ADDRESS + name.partition(".")[2] if name.startswith("address.") else _PATHS.get(name, name)
        if value is None:
            operations.append({"op": "remove", "path": path})
        else:
            operations.append({"op": "replace", "path": path, "value": value})
    return operations
