"""What an identity provider has in its own directory, and therefore wants the target to have.

A `Person` has the attributes of a SCIM user under flat names: "userName", "name.givenName", "email",
"department", "address.postalCode".  What was changed here and is not at the target yet is ``pending``.
All is plain and deterministic: nothing here sends anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Change", "Intention", "Person", "Team"]

# What an attribute was and what it is now; None is no value.
Change = tuple[Any, Any]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody in the identity provider's directory.

    ``key`` is the directory's own id, ``manager`` the key of another person.  ``link`` is the id of the
    account at the target, None as long as there is none that is known.  ``assigned`` says that the
    person is to have an account, ``active`` that it may be used, ``deleted`` that the person left for
    good; ``off`` that the target was told to switch the account off.

    ``pending`` has what the target does not know yet, ``unsent`` what changed and cannot be said in this
    dialect ("department", "manager", "active", "deleted", or "account" for all of it).
    """

    key: str
    values: dict[str, Any]
    active: bool = True
    assigned: bool = True
    deleted: bool = False
    manager: str | None = None
    link: str | None = None
    off: bool = False
    pending: dict[str, Change] = field(default_factory=dict)
    unsent: set[str] = field(default_factory=set)

    @property
    def label(self) -> str:
        """Return how the person is named in reports."""
        return f"user {self.values['userName']}"

    @property
    def entitled(self) -> bool:
        """Return whether the person is to have an account that can be used."""
        return self.assigned and self.active and not self.deleted


@dataclass(slots=True, eq=False)
class Team:
    """A group of the identity provider; ``members`` are keys of people, in the order they joined.

    ``link``, ``deleted`` and ``unsent`` are as those of a `Person` ("displayName", "members",
    "deleted"); ``assigned`` says that the group is pushed.  ``joined`` and ``left`` are the keys of
    those whose membership the target does not know yet.
    """

    key: str
    values: dict[str, Any]
    members: list[str] = field(default_factory=list)
    assigned: bool = True
    deleted: bool = False
    link: str | None = None
    pending: dict[str, Change] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    unsent: set[str] = field(default_factory=set)

    @property
    def label(self) -> str:
        """Return how the group is named in reports."""
        return f"group {self.values['displayName']}"


class Intention:
    """The people and teams of an identity provider.

    ``made_users`` and ``made_groups`` are the ids that this run has created at the target, whoever they
    were for: what is to be cleaned up, orphans of failed runs included.
    """

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.teams: dict[str, Team] = {}
        self.made_users: dict[str, None] = {}
        self.made_groups: dict[str, None] = {}

    def add_person(self, person: Person) -> None:
        """Take a person in."""
        self.people[person.key] = person

    def add_team(self, team: Team) -> None:
        """Take a team in."""
        self.teams[team.key] = team

    def change(self, person: Person, values: Mapping[str, Any]) -> dict[str, Change]:
        """Set attributes; returns those that are different now, as (old, new).  None removes one."""
        return _set(person.values, values, person.pending)

    def set_manager(self, person: Person, manager: str | None) -> dict[str, Change]:
        """Set whose report the person is, by key; returns the change, if it is one."""
        if manager == person.manager:
            return {}
        change = (person.manager, manager)
        person.manager = manager
        _later(person.pending, "manager", change)
        return {"manager": change}

    def set_active(self, person: Person, active: bool) -> dict[str, Change]:
        """Say whether the person may use the account; returns the change, if it is one."""
        if active == person.active:
            return {}
        person.active = active
        _later(person.pending, "active", (not active, active))
        return {"active": (not active, active)}

    def set_assigned(self, person: Person, assigned: bool) -> dict[str, Change]:
        """Say whether the person is to have an account at all; returns the change, if it is one."""
        if assigned == person.assigned:
            return {}
        person.assigned = assigned
        _later(person.pending, "assigned", (not assigned, assigned))
        return {"assigned": (not assigned, assigned)}

    def delete(self, person: Person) -> list[Team]:
        """Let a person go for good; returns the teams that are left by it."""
        person.deleted = True
        _later(person.pending, "deleted", (False, True))
        left = [team for team in self.teams.values() if person.key in team.members]
        for team in left:
            self.leave(team, [person.key])
        for other in self.reports(person):
            self.set_manager(other, None)
        return left

    def rename(self, team: Team, name: str) -> dict[str, Change]:
        """Give a team another name; returns the change, if it is one."""
        return _set(team.values, {"displayName": name}, team.pending)

    def join(self, team: Team, keys: list[str]) -> list[str]:
        """Take people into a team; returns the keys of those who were not in it."""
        there = set(team.members)
        new = [key for key in dict.fromkeys(keys) if key not in there]
        team.members += new
        returned = set(new) & set(team.left)
        team.left = [key for key in team.left if key not in returned]
        team.joined += [key for key in new if key not in returned]
        return new

    def leave(self, team: Team, keys: list[str]) -> list[str]:
        """Take people out of a team; returns the keys of those who were in it."""
        leaving = set(keys)
        gone = [key for key in team.members if key in leaving]
        team.members = [key for key in team.members if key not in leaving]
        unknown = leaving & set(team.joined)
        team.joined = [key for key in team.joined if key not in unknown]
        team.left += [key for key in gone if key not in unknown]
        return gone

    def dissolve(self, team: Team) -> None:
        """Delete a team."""
        team.deleted = True
        _later(team.pending, "deleted", (False, True))

    def reports(self, person: Person) -> Iterator[Person]:
        """Yield the people who are there and have this manager."""
        for other in self.people.values():
            if other.manager == person.key and not other.deleted:
                yield other

    def linked_members(self, team: Team) -> list[Person]:
        """Return the members that have an account at the target, as far as is known."""
        people = (self.people[key] for key in team.members if key in self.people)
        return [person for person in people if person.link is not None]


def _set(values: dict[str, Any], new: Mapping[str, Any], pending: dict[str, Change]) -> dict[str, Change]:
    changes: dict[str, Change] = {}
    for name, value in new.items():
        old = values.get(name)
        if old == value:
            continue
        changes[name] = (old, value)
        if value is None:
            del values[name]
        else:
            values[name] = value
        _later(pending, name, (old, value))
    return changes


def _later(pending: dict[str, Change], name: str, change: Change) -> None:
    """Keep what the target has to be told: the oldest value that it knows, and the newest."""
    old = pending[name][0] if name in pending else change[0]
    if old == change[1]:
        pending.pop(name, None)
    else:
        pending[name] = (old, change[1])
