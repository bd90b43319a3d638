"""Plays intents for people and teams: the variables they are played with, and what is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..fixture.dialect import Intent
from .attributes import found_values, is_same
from .contexts import changes_of, group_of, member_of, operations_of, user_of
from .driver import Driver
from .events import LeftOut
from .intention import Intention, Person, Team
from .subject import Result, Subject

__all__ = ["Playing"]


class Playing:
    """Intents for one object at a time; ``app`` are the parameters of the dialect."""

    def __init__(self, driver: Driver, intention: Intention, app: dict[str, Any]) -> None:
        self.driver = driver
        self.speech = driver.speech
        self.intention = intention
        self._app = app

    def alone(self, step: str, intent: Intent) -> tuple[Result, int]:
        """Play an intent that has no object; returns its result and how many resources were listed."""
        subject = Subject("", "", intent, self._context(), made=self._made)
        if self.speech.plan(intent) is None:
            self.left_out(step, intent)
            return "skipped", 0
        if self.speech.left_out(intent):
            self.left_out(step, intent)
        return self.driver.play(step, intent, subject), subject.found

    def person(self, step: str, intent: Intent, person: Person, compare: bool = False) -> Result:
        if self.speech.plan(intent) is None:
            self.left_out(step, intent, person.label)
            return "skipped"
        context = self._context()
        user = context["user"] = user_of(person, self.intention)
        context["changes"] = changes_of(person.pending, user)
        context["operations"] = operations_of(context["changes"])

        def linked(id: str | None) -> None:
            person.link = id

        def differing(resource: dict[str, Any]) -> dict[str, Any]:
            return {
                name: value
                for name, value in person.values.items()
                if not any(is_same(name, value, found) for found in found_values(resource, name))
            }

        wanted = (str(person.values["userName"]).casefold(),)
        subject = Subject("user", person.label, person.key, context, linked, self._made, None, wanted)
        if compare:
            subject.differing = differing
        return self.driver.play(step, intent, subject)

    def team(self, step: str, intent: Intent, team: Team, people: Sequence[Person] | None = None) -> Result:
        if self.speech.plan(intent) is None:
            return "skipped"
        context = self._context()
        group = context["group"] = group_of(team, self.intention)
        context["members"] = group["members"] if people is None else [member_of(one) for one in people]
        context["changes"] = {name: new for name, (_, new) in team.pending.items()}
        told = {member["id"] for member in group["members"]}

        def linked(id: str | None) -> None:
            team.link = id

        wanted = (str(team.values["displayName"]).casefold(),)
        subject = Subject("group", team.label, team.key, context, linked, self._made, None, wanted)
        result = self.driver.play(step, intent, subject)
        if intent == "provision-group" or subject.again:
            self._begin_members(team, subject, told)
        return result

    def _begin_members(self, team: Team, subject: Subject, told: set[str]) -> None:
        """Note who is still to be told of a group that is new at the target."""
        is_told = "members" in self.speech.conveys("provision-group") and subject.outcome == "none"
        known = told if is_told else set()
        team.left = []
        team.joined = [
            key for key in team.members if (person := self.linked(key)) is None or person.link not in known
        ]

    def _context(self) -> dict[str, Any]:
        return {"app": self._app, "seen": 0, "tenant": "example", "page": {"startIndex": 1, "count": 100}}

    def _made(self, kind: str, id: str) -> None:
        (self.intention.made_groups if kind == "group" else self.intention.made_users)[id] = None

    def linked(self, key: str) -> Person | None:
        person = self.intention.people.get(key)
        return person if person is not None and person.link is not None else None

    def first(self, intents: Sequence[Intent], what: str | None = None) -> Intent | None:
        """Return the first intent that can be played, and tells ``what`` where it is not the one for it."""
        for place, intent in enumerate(intents):
            if self.speech.plan(intent) is None:
                continue
            if place == 0 or what is None or self.speech.conveys(intent) & {what, "*"}:
                return intent
        return None

    def left_out(self, step: str, intent: Intent, label: str = "") -> None:
        self.driver.tell(LeftOut(step, intent, self.speech.why_not(intent)))
