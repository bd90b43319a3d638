"""The people and teams that an identity provider begins with: invented, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any
from uuid import UUID

from ..people.generate import generate_groups, generate_users
from .contexts import ENTERPRISE
from .intention import Intention, Person, Team

__all__ = ["Applicants", "company", "person_of"]

_REPORTS = 8  # people who have the same manager
_PLAIN = (
    "userName",
    "displayName",
    "nickName",
    "title",
    "userType",
    "locale",
    "preferredLanguage",
    "timezone",
)
_EXTENSION = ("employeeNumber", "costCenter", "organization", "division", "department")
_ADDRESS = ("formatted", "streetAddress", "locality", "region", "postalCode", "country")


class Applicants:
    """Those who can be hired: endless, in an order that only the seed decides."""

    def __init__(self, seed: int, external_id: str | None = "uuid") -> None:
        self._seed = seed
        self._external_id = external_id
        self._documents = self._endless()
        self._number = 0

    def _endless(self) -> Iterator[dict[str, Any]]:
        """Yield documents without end: those of a larger directory begin with those of a smaller one."""
        yield from generate_users(10_000_000, self._seed, external_id=self._external_id)

    def next(self) -> Person:
        """Return the next one."""
        self._number += 1
        return person_of(f"p{self._number}", next(self._documents))


def company(
    users: int, groups: int, seed: int, external_id: str | None = "uuid"
) -> tuple[Intention, Applicants]:
    """Return a company with its staff, and those who may join it later.

    Every eighth person leads the seven who follow and reports to the first one.  ``external_id`` is the
    form of ids, as `generate_users` knows them.  Nobody is assigned yet, before the first push.
    """
    intention, applicants = Intention(), Applicants(seed, external_id)
    people: list[Person] = []
    for index in range(users):
        person = applicants.next()
        leader = index - index % _REPORTS
        boss = 0 if leader == index else leader
        person.manager = people[boss].key if boss != index else None
        people.append(person)
        person.assigned = False
        intention.add_person(person)
    for number, made in enumerate(generate_groups(groups, seed, users)):
        drawn = blake2b(f"{seed} team {number}".encode(), digest_size=16).digest()
        values = {"displayName": made.display_name, "externalId": str(UUID(bytes=drawn, version=4))}
        team = Team(f"t{number + 1}", values, assigned=False)
        intention.add_team(team)
        intention.join(team, [people[index].key for index in made.members])
    return intention, applicants


def person_of(key: str, document: dict[str, Any]) -> Person:
    """Return a person of a SCIM User document; all are active when they come."""
    values: dict[str, Any] = {"externalId": document.get("externalId")}
    values |= {name: document.get(name) for name in _PLAIN}
    values |= {f"name.{part}": text for part, text in document["name"].items()}
    values["email"] = _of_type(document.get("emails"), "work")
    values["phone"] = _of_type(document.get("phoneNumbers"), "work")
    values["mobile"] = _of_type(document.get("phoneNumbers"), "mobile")
    extension = document.get(ENTERPRISE) or {}
    values |= {name: extension.get(name) for name in _EXTENSION}
    for address in (document.get("addresses") or [])[:1]:
        values |= {f"address.{name}": address.get(name) for name in _ADDRESS}
    # A family of one name has no given name; clients that need one send nothing then.
    return Person(key, {name: value for name, value in values.items() if value is not None})


def _of_type(items: list[dict[str, Any]] | None, kind: str) -> str | None:
    return next((item["value"] for item in items or [] if item.get("type") == kind), None)
