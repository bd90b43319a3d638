"""What is told about groups and their members."""

from __future__ import annotations

from ..fixture.dialect import Intent
from .intention import Person, Team
from .playing import Playing
from .subject import Result

__all__ = ["TeamTasks"]


class TeamTasks:
    """Tells the target about one team at a time; what cannot be said is left out and in ``unsent``."""

    def __init__(self, playing: Playing) -> None:
        self._play = playing

    def team(self, step: str, team: Team) -> Result:
        """Tell about a group but for its members, unless the client tells both at once."""
        if team.deleted or not team.assigned:
            return self._dissolve(step, team)
        if team.link is None:
            return self._found_team(step, team)
        if "displayName" not in team.pending:
            return "done"
        intent = self._play.first(["rename-group"])
        if intent is None:
            self._play.left_out(step, "rename-group", team.label)
            team.unsent.add("displayName")
        result = self._play.team(step, intent, team) if intent is not None else "skipped"
        if result != "later":
            team.pending.pop("displayName", None)
        return result

    def _found_team(self, step: str, team: Team) -> Result:
        result = self._play.team(step, "provision-group", team)
        if result == "skipped":
            self._play.left_out(step, "provision-group", team.label)
            team.unsent.add("group")
        elif result == "done" and team.link is None:
            return "failed"
        if result in ("done", "skipped"):
            team.pending.clear()
        return result

    def _dissolve(self, step: str, team: Team) -> Result:
        if team.link is None:
            team.pending.clear()
            return "done"
        intent = self._play.first(["delete-group"])
        if intent is None:
            if "deleted" in team.pending:
                self._play.left_out(step, "delete-group", team.label)
            team.unsent.add("deleted")
            team.pending.clear()
            return "skipped"
        result = self._play.team(step, intent, team)
        if result == "done":
            team.link = None
        if result != "later":
            team.pending.clear()
        return result

    def members(self, step: str, team: Team, full: bool = False) -> Result:
        """Tell who came and who went; ``full`` the whole membership, where the client can do that."""
        if team.link is None or team.deleted or not team.assigned:
            return "done"
        if full and self._play.speech.plan("replace-members") is not None:
            return self._told(step, "replace-members", team, self._play.intention.linked_members(team))
        came = [person for key in team.joined if (person := self._play.linked(key)) is not None]
        went = [person for key in team.left if (person := self._play.linked(key)) is not None]
        # Whose account is gone is no member any more, and nobody has to be told.
        team.left = [person.key for person in went]
        if went and not team.members:
            intent = self._play.first(["empty-group"])
            if intent is not None:
                return self._told(step, intent, team, went)
        ways: list[tuple[list[Person], Intent]] = [(went, "remove-members"), (came, "add-members")]
        for people, own in ways:
            untold = {*team.left, *team.joined}  # those whom the way before has told are not in it
            people = [person for person in people if person.key in untold]
            if people:
                intent = self._play.first([own, "replace-members"], "members")
                result = self._told(step, intent, team, people)
                if result != "done":
                    return result
        return "done"

    def _told(self, step: str, intent: Intent | None, team: Team, people: list[Person]) -> Result:
        """Tell about these members; of a client that always tells all, all are known then."""
        if intent is None:
            gone = {person.key for person in people} & set(team.left)
            self._play.left_out(step, "remove-members" if gone else "add-members", team.label)
            team.unsent.add("members")
        result = self._play.team(step, intent, team, people) if intent is not None else "skipped"
        if result == "later":
            return result
        known = {person.key for person in people}
        if intent in ("replace-members", "empty-group") or (intent and self._tells_all(intent)):
            known |= {person.key for person in self._play.intention.linked_members(team)} | set(team.left)
        team.joined = [key for key in team.joined if key not in known]
        team.left = [key for key in team.left if key not in known]
        return "done" if result == "skipped" else result

    def _tells_all(self, intent: Intent) -> bool:
        """Whether an intent names all members of the group, not those who came or went alone."""
        return "all-members" in self._play.speech.conveys(intent)
