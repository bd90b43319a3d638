"""What happens in a company: the changes that scenarios name, made in the identity provider's directory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from .intention import Intention, Person, Team
from .scenario import StepSpec, Whom
from .staff import Applicants

__all__ = ["Company"]

_T = TypeVar("_T")
_FAMILY_NAMES = ("Lindqvist", "O'Hara", "Núñez", "van der Berg", "Kowalska", "Şahin", "Smith-Jones", "Đặng")
_DEPARTMENTS = ("Customer Success", "Field Operations", "Legal & Compliance", "Research", "Sales", "Treasury")


@dataclass(slots=True)
class Company:
    """The directory and what changes in it; the same for the same seed.

    ``touched`` are the keys of the people whom the last change was for.
    """

    intention: Intention
    applicants: Applicants
    seed: int
    touched: list[str] = field(default_factory=list)
    _turn: int = 0

    def change(self, step: StepSpec) -> int:
        """Make a change; returns for how many people or groups."""
        assert step.change is not None
        self._turn += 1
        random = Random(f"{self.seed} {self._turn} {step.change}")
        return _CHANGES[step.change](self, step, random)

    def some(self, items: list[_T], share: float, random: Random) -> list[_T]:
        """Return a share of the items, one at least where there are any, in their order."""
        count = min(len(items), max(1, round(share * len(items))))
        return [items[place] for place in sorted(random.sample(range(len(items)), count))]

    def people(self, of: Whom) -> list[Person]:
        """Return the people in question, in the order in which they came."""
        people = self.intention.people
        if of == "same":
            return [people[key] for key in self.touched if not people[key].deleted]
        there = (person for person in people.values() if not person.deleted and person.assigned)
        return [person for person in there if person.active == (of == "active")]

    def teams(self) -> list[Team]:
        """Return the groups that there are."""
        return [team for team in self.intention.teams.values() if not team.deleted]

    def chosen(self, step: StepSpec, random: Random, of: Whom | None = None) -> list[Person]:
        """Return the people whom a change is for, and remember them."""
        chosen = self.some(self.people(of or step.of), step.share, random)
        self.touched = [person.key for person in chosen]
        return chosen


Change = Callable[[Company, StepSpec, Random], int]


def _user_name(company: Company, step: StepSpec, random: Random) -> int:
    chosen = company.chosen(step, random)
    for person in chosen:
        company.intention.change(person, {"userName": _address(person, "userName", "new")})
    return len(chosen)


def _family_name(company: Company, step: StepSpec, random: Random) -> int:
    chosen = company.chosen(step, random)
    for person in chosen:
        old = person.values.get("name.familyName")
        family = random.choice([name for name in _FAMILY_NAMES if name != old])
        given = person.values.get("name.givenName")
        full = f"{given} {family}" if given else family
        company.intention.change(
            person, {"name.familyName": family, "name.formatted": full, "displayName": full}
        )
    return len(chosen)


def _email(company: Company, step: StepSpec, random: Random) -> int:
    chosen = company.chosen(step, random)
    for person in chosen:
        company.intention.change(person, {"email": _address(person, "email", "mail")})
    return len(chosen)


def _address(person: Person, name: str, word: str) -> str:
    """Return another address for a person: nobody else has one that ends in its own key."""
    old = person.values.get(name) or person.values["userName"]
    local, _, domain = old.partition("@")
    turn = local.count(f".{word}") + 1
    return f"{local.partition(f'.{word}')[0]}{f'.{word}' * turn}@{domain}"


def _department(company: Company, step: StepSpec, random: Random) -> int:
    chosen = company.chosen(step, random)
    for person in chosen:
        old = person.values.get("department")
        department = random.choice([name for name in _DEPARTMENTS if name != old])
        company.intention.change(person, {"department": department})
    return len(chosen)


def _manager(company: Company, step: StepSpec, random: Random) -> int:
    chosen = company.chosen(step, random)
    bosses = company.people("active")
    for person in chosen:
        others = [boss.key for boss in bosses if boss is not person and boss.key != person.manager]
        if others:
            company.intention.set_manager(person, random.choice(others))
    return len(chosen)


def _no_manager(company: Company, step: StepSpec, random: Random) -> int:
    led = [person for person in company.people(step.of) if person.manager is not None]
    chosen = company.some(led, step.share, random)
    company.touched = [person.key for person in chosen]
    for person in chosen:
        company.intention.set_manager(person, None)
    return len(chosen)


def _for_each(act: Callable[[Intention, Person], object], *, undoes: bool = False) -> Change:
    """Return a change of the people that a step chooses; one that ``undoes`` is for the inactive."""

    def change(company: Company, step: StepSpec, random: Random) -> int:
        among: Whom | None = "inactive" if undoes and step.of == "active" else None
        chosen = company.chosen(step, random, among)
        for person in chosen:
            act(company.intention, person)
        return len(chosen)

    return change


def _hire(company: Company, step: StepSpec, random: Random) -> int:
    bosses = [person.key for person in company.people("active")]
    count = max(1, round(step.share * len(bosses)))
    company.touched = []
    for _ in range(count):
        person = company.applicants.next()
        person.manager = random.choice(bosses) if bosses else None
        company.intention.add_person(person)
        company.touched.append(person.key)
    return count


def _join(company: Company, step: StepSpec, random: Random) -> int:
    """Let people join a team each ("same"), or a share of the teams get a new member."""
    teams, people = company.teams(), company.people("active")
    if not teams or not people:
        return 0
    if step.of == "same":
        chosen = company.some(company.people("same"), step.share, random)
        for person in chosen:
            company.intention.join(random.choice(teams), [person.key])
        return len(chosen)
    some = company.some(teams, step.share, random)
    for team in some:
        members = set(team.members)
        others = [person.key for person in people if person.key not in members]
        company.intention.join(team, random.sample(others, min(len(others), 3)))
    return len(some)


def _leave(company: Company, step: StepSpec, random: Random) -> int:
    """Let people leave the teams that they are in ("same"), or a share of the teams lose members."""
    if step.of == "same":
        keys = [person.key for person in company.some(company.people("same"), step.share, random)]
        for team in company.teams():
            company.intention.leave(team, keys)
        return len(keys)
    some = company.some([team for team in company.teams() if len(team.members) > 1], step.share, random)
    for team in some:
        company.intention.leave(team, random.sample(team.members, max(1, len(team.members) // 4)))
    return len(some)


def _empty(company: Company, step: StepSpec, random: Random) -> int:
    some = company.some([team for team in company.teams() if team.members], step.share, random)
    for team in some:
        company.intention.leave(team, list(team.members))
    return len(some)


def _group_name(company: Company, step: StepSpec, random: Random) -> int:
    some = company.some(company.teams(), step.share, random)
    for team in some:
        company.intention.rename(team, f"{team.values['displayName']} (new)")
    return len(some)


def _found_group(company: Company, step: StepSpec, random: Random) -> int:
    if not company.intention.teams:
        return 0  # a company without groups has none at the target either
    number = len(company.intention.teams) + 1
    external_id = f"{random.getrandbits(32):08x}-0000-4000-8000-{random.getrandbits(48):012x}"
    team = Team(f"t{number}", {"displayName": f"Project {number}", "externalId": external_id})
    company.intention.add_team(team)
    people = company.people("active")
    company.intention.join(team, [person.key for person in company.some(people, 0.2, random)])
    return 1


def _dissolve(company: Company, step: StepSpec, random: Random) -> int:
    some = company.some(company.teams(), step.share, random)
    for team in some:
        company.intention.dissolve(team)
    return len(some)


_CHANGES: dict[str, Change] = {
    "user-name": _user_name,
    "family-name": _family_name,
    "email": _email,
    "department": _department,
    "manager": _manager,
    "no-manager": _no_manager,
    "deactivate": _for_each(lambda intention, person: intention.set_active(person, False)),
    "reactivate": _for_each(lambda intention, person: intention.set_active(person, True), undoes=True),
    "unassign": _for_each(lambda intention, person: intention.set_assigned(person, False)),
    "dismiss": _for_each(Intention.delete),
    "hire": _hire,
    "join": _join,
    "leave": _leave,
    "empty": _empty,
    "group-name": _group_name,
    "found-group": _found_group,
    "dissolve": _dissolve,
}
