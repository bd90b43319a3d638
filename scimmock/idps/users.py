"""What is told about the accounts of people, by the intents that fit to what has changed."""

from __future__ import annotations

from collections.abc import Iterable

from ..fixture.dialect import Intent
from .events import LeftOut
from .intention import Person
from .playing import Playing
from .subject import Result

__all__ = ["UserTasks"]

_STANDING = {"active", "assigned", "deleted"}
# Follows from the parts of the name, which are told.
_DERIVED = "name.formatted"
# The intent for one changed attribute alone; all other changes are an update.
_ALONE: dict[str, Intent] = {
    "userName": "rename-user",
    "email": "change-email",
    "department": "change-department",
}


class UserTasks:
    """Tells the target about one person at a time.

    What has been told is no longer pending; what cannot be said in the dialect is told as left out and
    kept in ``unsent``.
    """

    def __init__(self, playing: Playing) -> None:
        self._play = playing

    def user(self, step: str, person: Person, full: bool = False) -> Result:
        """Tell about the account of a person; ``full`` also where nothing has changed."""
        pending = person.pending
        if person.link is None:
            if not person.entitled:
                pending.clear()
                return "done"
            return self._provision(step, person)
        if not person.entitled:
            if not _STANDING & pending.keys():
                return "done"
            result = self._end(step, person)
            return self._after(person, result, _STANDING | (pending.keys() if person.deleted else set()))
        if _STANDING & pending.keys():
            result = self._return(step, person)
            self._after(person, result, _STANDING)
            if result != "done" or person.link is None:
                return result
        names = pending.keys() - _STANDING - {"manager"}
        if names:
            return self._update(step, person, names)
        return self._look_again(step, person) if full else "done"

    def _provision(self, step: str, person: Person) -> Result:
        result = self._play.person(step, "provision-user", person, True)
        if result == "skipped":
            person.unsent.add("account")
        elif result == "done" and person.link is None:
            return "failed"
        if result in ("done", "skipped"):
            person.off = False
            person.pending.clear()
            if person.manager is not None:
                person.pending["manager"] = (None, person.manager)
        return result

    def _end(self, step: str, person: Person) -> Result:
        """Take the account away: delete it or switch it off, as the client can and the person left."""
        first: list[Intent] = ["deactivate-user", "delete-user"]
        intent = self._play.first(first[::-1] if person.deleted else first)
        if intent is None:
            self._play.left_out(step, "delete-user" if person.deleted else "deactivate-user", person.label)
            person.unsent.add("deleted" if person.deleted else "active")
            return "skipped"
        if intent == "deactivate-user" and person.off:
            return "done"
        # Where the whole account is replaced, this is what says it.
        active, person.active = person.active, False
        try:
            result = self._play.person(step, intent, person)
        finally:
            person.active = active
        if result == "done":
            person.off = intent == "deactivate-user"
            if not person.off:
                person.link = None
        return result

    def _return(self, step: str, person: Person) -> Result:
        """Give a person the account back."""
        wanted: list[Intent] = ["reactivate-user", "update-user"]
        intent = self._play.first(wanted, "active")
        if intent is None:
            self._play.left_out(step, "reactivate-user", person.label)
            person.unsent.add("active")
            return "skipped"
        result = self._play.person(step, intent, person)
        if result == "done":
            person.off = False
        return result

    def _update(self, step: str, person: Person, names: set[str]) -> Result:
        """Tell about changed attributes, by one intent for them where there is one."""
        alone = _ALONE.get(next(iter(names))) if len(names) == 1 else None
        if alone is not None and self._play.speech.plan(alone) is not None:
            return self._after(person, self._play.person(step, alone, person), names)
        told = self._play.speech.conveys("update-user")
        said = names if "*" in told else names & told
        result: Result = "done"
        if said:
            result = self._after(person, self._play.person(step, "update-user", person), said)
            if result != "done":
                return result
        for name in sorted(names - said):
            intent = _ALONE.get(name)
            if intent is not None and self._play.speech.plan(intent) is not None:
                result = self._after(person, self._play.person(step, intent, person), {name})
                if result != "done":
                    return result
            else:
                person.unsent.add(name)
                person.pending.pop(name, None)
                if name == _DERIVED and said:
                    continue
                why = f"the dialect does not send {name}"
                self._play.driver.tell(LeftOut(step, intent or "update-user", why))
        return result

    def _look_again(self, step: str, person: Person) -> Result:
        """Match and tell an account as if it were met for the first time, or write it again."""
        plan = self._play.speech.plan("provision-user") or []
        if plan and any(not isinstance(part, str) for part in plan):
            return self._play.person(step, "provision-user", person, True)
        return self._play.person(step, "update-user", person)

    def manager(self, step: str, person: Person) -> Result:
        """Tell whom a person reports to; waits until the manager has an account."""
        if "manager" not in person.pending or person.link is None or not person.entitled:
            return "done"
        boss = self._play.intention.people.get(person.manager) if person.manager is not None else None
        if person.manager is not None and (boss is None or boss.link is None):
            return "done"
        intent = self._play.first(["set-manager" if boss is not None else "remove-manager"])
        if intent is None and self._play.speech.conveys("update-user") & {"manager", "*"}:
            intent = "update-user"
        if intent is None:
            self._play.left_out(step, "set-manager" if boss is not None else "remove-manager", person.label)
            person.unsent.add("manager")
        result = self._play.person(step, intent, person) if intent is not None else "skipped"
        return self._after(person, result, {"manager"})

    def _after(self, person: Person, result: Result, names: Iterable[str]) -> Result:
        """Forget what the target knows now, or what it cannot be told; "later" stays pending."""
        if result != "later":
            for name in list(names):
                person.pending.pop(name, None)
        return result
