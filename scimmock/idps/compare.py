"""Compares the directory of a target with what the identity provider wants it to be.

What the client never sends is not compared (see `coverage`), and a difference that it cannot mend, for
want of a request, is told apart from one that is the target's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from .attributes import found_values, get, is_active, is_same, text_of
from .coverage import Coverage
from .differences import Comparison, Difference
from .intention import Intention, Person
from .memberships import compare_groups
from .reading import Get, Reading, UnreadableError, id_of

__all__ = ["compare"]

_SETTLING = 6.0  # seconds before the second look
_LAGS = "the list of /Users shows some accounts otherwise than they are read by id"


def compare(
    get: Get,
    intention: Intention,
    coverage: Coverage,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Comparison:
    """Read the target's directory through ``get`` and compare it with the intention.

    ``get`` sends a GET for a target below the base URL; ``pause`` waits before one is tried again, and
    before a second look where the first one found differences.  Never raises for what the target answers.
    """
    result = _look(get, intention, coverage, pause)
    if not result.counts:
        return result
    # What was written last may not be shown yet, where reads come from a replica.
    pause(_SETTLING)
    again = _look(get, intention, coverage, pause)
    if again.unreadable or set(again.notes) - {*result.notes, _LAGS}:
        return result  # the second look saw less
    if again.counts != result.counts:
        again.note(
            f"the target shows late what was written: this is how it was {_SETTLING:.0f} seconds later"
        )
    return again


def _look(get: Get, intention: Intention, coverage: Coverage, pause: Callable[[float], None]) -> Comparison:
    result = Comparison()
    reading = Reading(get, pause)
    try:
        accounts = _Accounts(reading, intention, coverage, result)
        accounts.compare()
        compare_groups(reading, intention, coverage, result, accounts.labels())
    except UnreadableError as error:
        result.unreadable = str(error)
    if reading.exhausted:
        result.note("too much had to be read one by one: the rest is as the lists showed it")
    return result


class _Accounts:
    """The comparison of people with accounts; ``owners`` are the people by the id of their account."""

    def __init__(
        self, reading: Reading, intention: Intention, coverage: Coverage, result: Comparison
    ) -> None:
        self._reading = reading
        self._intention = intention
        self._coverage = coverage
        self._result = result
        people = intention.people.values()
        self.owners = {person.link: person for person in people if person.link is not None}
        self._by_name = {str(person.values.get("userName")).casefold(): person for person in people}
        self._others: dict[str, str] = {}  # whose an account is that the client does not know, by its id
        self._seen: set[str] = set()  # ids
        self._named: set[str] = set()  # keys of people who were found by their names

    def compare(self) -> None:
        """Compare; raises UnreadableError where the target shows nothing at all."""
        try:
            for account in self._reading.resources("/Users"):
                self._see(account)
        except UnreadableError as error:
            self._one_by_one(error)
        for person in self._intention.people.values():
            if person.link is None:
                self._unknown_one(person)
            elif person.link not in self._seen:
                self._not_listed(person, person.link)

    def _one_by_one(self, error: UnreadableError) -> None:
        """Read what can be known of by its id, where it cannot be listed."""
        known = [*self.owners, *(id for id in self._intention.made_users if id not in self.owners)]
        left = [id for id in known if id not in self._seen]
        if not left:
            raise error
        self._result.note(f"{error}: accounts are read one by one, others cannot be found")
        for id in left:
            if self._reading.exhausted:
                self._seen.update(left)
                return
            account = self._reading.resource("/Users", id)
            if account is not None:
                self._see({**account, "id": id})

    def labels(self) -> dict[str, str]:
        """Return whose the accounts are by their ids, of those that the client does not know too."""
        return self._others | {id: person.label for id, person in self.owners.items()}

    # ---- what is there

    def _see(self, account: dict[str, Any]) -> None:
        id = id_of(account) or ""
        owner = self.owners.get(id)
        if owner is not None:
            self._seen.add(id)
            self._result.users += 1
            self._judge(owner, account, id)
            return
        name = get(account, "userName")
        person = self._by_name.get(name.casefold()) if isinstance(name, str) else None
        if person is None or (person.link is None and not self._coverage.users):
            self._nobodys(account, id, name)
        else:
            self._result.users += 1
            self._known_by_name(person, account, id)

    def _judge(self, person: Person, account: dict[str, Any], id: str) -> None:
        found = self._differences(person, account, id)
        if found:
            closer = self._closer(account, id)
            sure = self._differences(person, closer, id) if closer is not None else []
            if closer is None and person.entitled:
                message = f"is listed and not there when it is read, id {id}"
                sure = [Difference("missing", person.label, message, id, key=person.key)]
            elif len(sure) < len(found):
                self._result.note(_LAGS)
            found = sure
        for difference in found:
            self._result.add(difference)

    def _closer(self, account: dict[str, Any], id: str) -> dict[str, Any] | None:
        """Return an account as it is read by its id, None where it is not there any more.

        A list may lag behind, or leave something out: what counts is the account itself.
        """
        if self._reading.exhausted:
            return account
        try:
            return self._reading.resource("/Users", id)
        except UnreadableError:
            return account

    def _known_by_name(self, person: Person, account: dict[str, Any], id: str) -> None:
        """Judge an account that has the name of a person and is not the one that the client knows."""
        difference = self._of_name(person, account, id)
        if difference is not None:
            closer = self._closer(account, id)
            difference = self._of_name(person, closer, id) if closer is not None else None
            if difference is None:
                self._result.note(_LAGS)
                return
            self._result.add(difference)
        self._named.add(person.key)
        self._others[id] = person.label

    def _of_name(self, person: Person, account: dict[str, Any], id: str) -> Difference | None:
        made, active, label, key = (
            id in self._intention.made_users,
            is_active(account),
            person.label,
            person.key,
        )
        if person.link is not None:
            message = f"a second account of {label} is there, id {id}"
            return Difference("duplicate", label, message, id, key=key) if active else None
        if person.entitled:
            message = "is there, but the client does not know it: changes will not reach it"
            return Difference("unlinked", label, message, id, key=key)
        if active and (made or person.assigned or person.deleted):
            message = "can still be used though its person left, and the client no longer knows it"
            return Difference("orphaned", label, message, id, key=key)
        if made and person.deleted and not active:
            message = "is switched off and still there, though it was deleted"
            return Difference("leftover", label, message, id, key=key)
        return None

    def _nobodys(self, account: dict[str, Any], id: str, name: Any) -> None:
        if id not in self._intention.made_users:
            self._result.others += 1
        elif is_active(account) and self._closer(account, id) is not None:
            label = f"user {name}" if isinstance(name, str) else f"user {id}"
            message = "was made in this run and is nobody's"
            self._result.add(Difference("duplicate", label, message, id))

    # ---- what is not there

    def _unknown_one(self, person: Person) -> None:
        if person.entitled and person.key not in self._named and self._coverage.users:
            self._result.users += 1
            self._result.add(Difference("missing", person.label, "has no account", key=person.key))

    def _not_listed(self, person: Person, id: str) -> None:
        """Judge an account that no list shows: it may be there nonetheless."""
        account = None
        if not self._reading.exhausted:
            try:
                account = self._reading.resource("/Users", id)
            except UnreadableError as error:
                self._result.note(str(error))
        if account is not None:
            if person.entitled:
                self._result.note("some accounts are not in the list of /Users, and can be read by id")
            self._result.users += 1
            for difference in self._differences(person, account, id):
                self._result.add(difference)
        elif person.entitled and person.key not in self._named:
            self._result.users += 1
            message = f"has no account any more, it was {id}"
            self._result.add(Difference("missing", person.label, message, id, key=person.key))

    # ---- how it is

    def _differences(self, person: Person, account: dict[str, Any], id: str) -> list[Difference]:
        active, label = is_active(account), person.label
        if not person.entitled:
            if not active:
                return []
            what = "deleted" if person.deleted else "active"
            unsent = {what, "active"} <= person.unsent or what in person.unsent
            why = f"{self._coverage.client} has no request for it" if unsent else ""
            message = "can still be used though its person left"
            return [Difference("orphaned", label, message, id, explained=why, key=person.key)]
        found = []
        if not active:
            why = self._why(person, "active")
            message = "cannot be used, it is not active"
            found.append(Difference("stale", label, message, id, "active", True, False, why, person.key))
        for name, wanted in self._compared(person):
            values = found_values(account, self._coverage.place_of(name))
            if wanted is None or any(is_same(name, wanted, value) for value in values):
                if wanted is not None or not values or name != "manager":
                    continue
            elif not values and not self._was_sent(person, name):
                continue
            value = values[0] if values else None
            message = f"{name} is {self._words(name, value)}, not {self._words(name, wanted)}"
            why = self._why(person, name)
            found.append(Difference("stale", label, message, id, name, wanted, value, why, person.key))
        return found

    def _was_sent(self, person: Person, name: str) -> bool:
        """Whether an attribute of an account must have been sent: some only ever are when they change."""
        told = name in self._coverage.created or name == "manager"
        return told or name in person.pending or name in person.unsent

    def _compared(self, person: Person) -> Iterator[tuple[str, Any]]:
        """Yield the attributes that the client sends and what they are to be."""
        for name, value in person.values.items():
            if self._coverage.sends(name) and not isinstance(value, dict | list):
                yield name, value
        if self._coverage.sends("manager"):
            manager = self._intention.people.get(person.manager or "")
            if person.manager is None:
                yield "manager", None
            elif manager is not None and manager.link is not None:
                yield "manager", manager.link

    def _words(self, name: str, value: Any) -> str:
        """Return a value in a sentence; a manager by name where the id is that of one."""
        manager = self.owners.get(value) if name == "manager" else None
        return manager.label if manager is not None else text_of(value)

    def _why(self, person: Person, name: str) -> str:
        """Return why the client leaves an attribute as it is, "" where it does not."""
        if name in person.unsent:
            return f"{self._coverage.client} has no request for it"
        if name in self._coverage.created and name not in self._coverage.changed:
            return f"{self._coverage.client} sends {name} only with a new account"
        return ""
