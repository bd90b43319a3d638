"""Compares the groups of a target with the teams of the identity provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .attributes import get, is_same, member_ids, text_of
from .coverage import Coverage
from .differences import Comparison, Difference, Kind
from .intention import Intention, Team
from .reading import Reading, UnreadableError, id_of

__all__ = ["compare_groups"]

_NAMED = 3  # people who are named in a difference


def compare_groups(
    reading: Reading,
    intention: Intention,
    coverage: Coverage,
    result: Comparison,
    labels: Mapping[str, str],
) -> None:
    """Compare all teams with the target's groups; ``labels`` say whose an account is by its id."""
    teams = intention.teams.values()
    if any(team.link is not None for team in teams) or (coverage.groups and teams):
        _Groups(reading, intention, coverage, result, labels).compare()


class _Groups:
    def __init__(
        self,
        reading: Reading,
        intention: Intention,
        coverage: Coverage,
        result: Comparison,
        labels: Mapping[str, str],
    ) -> None:
        self._reading = reading
        self._intention = intention
        self._coverage = coverage
        self._result = result
        self._labels = labels
        self._teams = {team.link: team for team in intention.teams.values() if team.link is not None}
        self._by_name = {
            str(team.values.get("displayName")).casefold(): team for team in intention.teams.values()
        }
        self._seen: set[str] = set()  # ids
        self._named: set[str] = set()  # keys of teams that were found by their names
        self._silent: list[tuple[Team, str]] = []
        self._shows_members = False

    def compare(self) -> None:
        try:
            for group in self._reading.resources("/Groups"):
                self._see(group)
        except UnreadableError as error:
            self._result.note(f"{error}: groups are read one by one, others cannot be found")
        for team in self._intention.teams.values():
            if team.link is not None and team.link not in self._seen:
                self._not_listed(team, team.link)
            elif team.link is None and team.key not in self._named and self._wanted(team):
                self._result.groups += 1
                self._add("missing", team, "is not there")
        self._ask_for_members()

    def _wanted(self, team: Team) -> bool:
        return team.assigned and not team.deleted and self._coverage.groups

    def _add(self, kind: Kind, team: Team, message: str, explained: str = "", **more: Any) -> None:
        id = more.pop("id", team.link)
        difference = Difference(kind, team.label, message, id, explained=explained, key=team.key, **more)
        self._result.add(difference)

    # ---- what is there

    def _see(self, group: dict[str, Any]) -> None:
        id, name = id_of(group) or "", get(group, "displayName")
        team = self._teams.get(id)
        if team is not None:
            self._seen.add(id)
            self._judge(team, group, id)
            return
        made = id in self._intention.made_groups
        team = self._by_name.get(name.casefold()) if isinstance(name, str) else None
        if team is None and made:
            label = f"group {name}" if isinstance(name, str) else f"group {id}"
            message = "was made in this run and is nobody's"
            self._result.add(Difference("duplicate", label, message, id))
        elif team is not None and team.link is not None:
            if made:
                self._add("duplicate", team, f"is there a second time, id {id}", id=id)
        elif team is not None:
            self._named.add(team.key)
            # The client need not have heard that it made it.
            ours = made or (team.assigned and self._coverage.groups)
            if team.deleted and ours and self._is_there(id):
                self._add("orphaned", team, "is still there though it was deleted", id=id)
            elif self._wanted(team):
                self._result.groups += 1
                message = "is there, but the client does not know it: changes will not reach it"
                self._add("unlinked", team, message, id=id)

    def _not_listed(self, team: Team, id: str) -> None:
        group = None
        if not self._reading.exhausted:
            try:
                group = self._reading.resource("/Groups", id)
            except UnreadableError as error:
                self._result.note(str(error))
                return
        if group is not None:
            self._judge(team, group, id)
        elif self._wanted(team):
            self._result.groups += 1
            self._add("missing", team, f"is not there any more, it was {id}")

    def _judge(self, team: Team, group: dict[str, Any], id: str) -> None:
        self._result.groups += 1
        why = f"{self._coverage.client} has no request for it"
        if team.deleted:
            if not self._is_there(id):
                return
            explained = why if "deleted" in team.unsent else ""
            self._add("orphaned", team, "is still there though it was deleted", explained)
            return
        name, wanted = get(group, "displayName"), team.values.get("displayName")
        if not is_same("displayName", wanted, name):
            message = f"displayName is {text_of(name)}, not {text_of(wanted)}"
            explained = why if "displayName" in team.unsent else ""
            self._add(
                "stale", team, message, explained, attribute="displayName", wanted=wanted, found=text_of(name)
            )
        if self._coverage.members:
            self._members(team, group, id)

    def _is_there(self, id: str) -> bool:
        """Whether a group that a list shows is there when it is read: a list may lag behind."""
        try:
            return self._reading.exhausted or self._reading.resource("/Groups", id) is not None
        except UnreadableError:
            return True

    # ---- who is in it

    def _members(self, team: Team, group: dict[str, Any], id: str) -> None:
        ids = member_ids(group)
        if not self._differs(team, ids or []):
            self._shows_members = self._shows_members or bool(ids)
            return
        # A list may leave members out, or lag behind.
        if not self._reading.exhausted:
            try:
                closer = self._reading.resource("/Groups", id)
                ids = member_ids(closer) if closer is not None else ids
            except UnreadableError as error:
                self._result.note(str(error))
        if ids:
            self._shows_members = True
        if ids is None:
            self._silent.append((team, id))
        else:
            self._tell(team, *self._split(team, ids))

    def _split(self, team: Team, ids: list[str]) -> tuple[list[str], list[str]]:
        """Return the labels of those who are not in the group and are to be, and of those who still are."""
        wanted = {person.link: person for person in self._intention.linked_members(team)}
        there = set(ids)
        absent = [
            person.label
            for link, person in wanted.items()
            if link is not None and link not in there and person.entitled
        ]
        extra = [self._label(id) for id in ids if id not in wanted]
        return absent, extra

    def _label(self, id: str) -> str:
        """Return whose an account is; that of somebody who is gone is known by its id alone."""
        kind = "a deleted account" if id in self._intention.made_users else "the account"
        return self._labels.get(id, f"{kind} ({id})")

    def _differs(self, team: Team, ids: list[str]) -> bool:
        return any(self._split(team, ids))

    def _tell(self, team: Team, absent: list[str], extra: list[str]) -> None:
        why = f"{self._coverage.client} has no request for it" if "members" in team.unsent else ""
        for labels, words in ((absent, "not in it"), (extra, "still in it")):
            if labels:
                verb = "is" if len(labels) == 1 else "are"
                message = f"{_named(labels)} {verb} {words}"
                more = {"wanted": [], "found": labels} if labels is extra else {"wanted": labels, "found": []}
                self._add("membership", team, message, why, attribute="members", **more)

    def _ask_for_members(self) -> None:
        """Judge groups that show no members at all: they have none, or the target never shows any."""
        for team, id in self._silent:
            absent, _ = self._split(team, [])
            if self._shows_members:
                self._tell(team, absent, [])
                continue
            people = [person for person in self._intention.linked_members(team) if person.entitled]
            missing = []
            for person in people:
                known = None if self._reading.exhausted else self._reading.has_member(id, person.link or "")
                if known is None:
                    self._result.note("the target shows no members of groups: memberships are not compared")
                    return
                if not known:
                    missing.append(person.label)
            self._result.note("the target shows no members of groups: each was asked for by a filter")
            self._tell(team, missing, [])


def _named(labels: list[str]) -> str:
    names = [label.removeprefix("user ") for label in labels]
    more = len(names) - _NAMED
    if more > 0:
        return f"{', '.join(names[:_NAMED])} and {more} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
