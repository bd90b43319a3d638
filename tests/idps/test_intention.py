"""The directory of an identity provider: what changes in it, and what the target has to be told."""

from __future__ import annotations

from scimmock.idps.changes import Company
from scimmock.idps.intention import Intention, Person, Team
from scimmock.idps.scenario import StepSpec
from scimmock.idps.staff import Applicants, company


def person(key: str = "p1", **values: object) -> Person:
    return Person(key, {"userName": f"{key}@example.com", **values})


def test_a_change_says_what_was_and_what_is() -> None:
    intention, ada = Intention(), person(title="Engineer")
    assert intention.change(ada, {"title": "Manager", "userName": "p1@example.com"}) == {
        "title": ("Engineer", "Manager")
    }
    assert ada.pending == {"title": ("Engineer", "Manager")}


def test_several_changes_are_one_from_what_the_target_knows() -> None:
    intention, ada = Intention(), person(title="Engineer")
    intention.change(ada, {"title": "Manager"})
    intention.change(ada, {"title": "Director"})
    assert ada.pending == {"title": ("Engineer", "Director")}


def test_what_is_changed_back_is_not_pending() -> None:
    intention, ada = Intention(), person(title="Engineer")
    intention.change(ada, {"title": None})
    assert "title" not in ada.values
    intention.change(ada, {"title": "Engineer"})
    intention.set_active(ada, False)
    intention.set_active(ada, True)
    assert ada.pending == {}


def test_who_leaves_is_in_no_team_and_nobodys_manager() -> None:
    intention = Intention()
    boss, ada = person("p1"), person("p2")
    ada.manager = "p1"
    team = Team("t1", {"displayName": "Staff"})
    for one in (boss, ada):
        intention.add_person(one)
    intention.add_team(team)
    intention.join(team, ["p1", "p2"])
    team.joined = []  # the target knows them
    assert intention.delete(boss) == [team]
    assert team.members == ["p2"]
    assert team.left == ["p1"]
    assert ada.manager is None
    assert ada.pending == {"manager": ("p1", None)}
    assert not boss.entitled


def test_who_comes_and_goes_between_two_pushes_is_not_told() -> None:
    intention, team = Intention(), Team("t1", {"displayName": "Staff"}, ["p1"])
    assert intention.join(team, ["p1", "p2", "p2"]) == ["p2"]
    assert intention.leave(team, ["p1", "p2"]) == ["p1", "p2"]
    assert (team.joined, team.left) == ([], ["p1"])
    intention.join(team, ["p1"])
    assert (team.members, team.joined, team.left) == (["p1"], [], [])


def test_the_same_seed_makes_the_same_company() -> None:
    first, second = (company(30, 6, 7)[0] for _ in range(2))
    assert [one.values for one in first.people.values()] == [one.values for one in second.people.values()]
    assert [one.members for one in first.teams.values()] == [one.members for one in second.teams.values()]
    assert first.people["p1"].values != company(1, 0, 8)[0].people["p1"].values


def test_everybody_but_the_first_has_a_manager_who_came_before() -> None:
    intention, _ = company(30, 0, 1)
    managers = {key: one.manager for key, one in intention.people.items()}
    assert managers["p1"] is None
    assert managers["p8"] == "p1" and managers["p9"] == "p1" and managers["p12"] == "p9"


def test_who_is_hired_is_somebody_new() -> None:
    intention, applicants = company(5, 0, 1)
    assert applicants.next().key == "p6"
    names = {one.values["userName"] for one in intention.people.values()}
    assert applicants.next().values["userName"] not in names


def test_ids_have_the_form_of_the_identity_provider() -> None:
    assert str(Applicants(1, "okta").next().values["externalId"]).startswith("00u")
    assert "externalId" not in Applicants(1, None).next().values


def staffed(users: int = 20, groups: int = 4) -> Company:
    intention, applicants = company(users, groups, 3)
    for one in intention.people.values():
        one.assigned = True
    return Company(intention, applicants, 3)


def test_changes_are_the_same_for_the_same_seed() -> None:
    made = []
    for _ in range(2):
        firm = staffed()
        for change in ("family-name", "email", "user-name", "department", "manager", "join", "leave", "hire"):
            assert firm.change(StepSpec(change=change, share=0.3)) > 0  # type: ignore[arg-type]
        made.append([(one.values, one.manager) for one in firm.intention.people.values()])
    assert made[0] == made[1]


def test_a_share_of_few_is_one_at_least() -> None:
    firm = staffed(3, 0)
    assert firm.change(StepSpec(change="deactivate", share=0.01)) == 1
    assert firm.change(StepSpec(change="join", share=0.5)) == 0  # there is no group


def test_the_same_people_come_back() -> None:
    firm = staffed()
    firm.change(StepSpec(change="deactivate", share=0.2))
    gone = [one.key for one in firm.intention.people.values() if not one.active]
    assert gone == firm.touched and len(gone) == 4
    firm.change(StepSpec(change="reactivate", of="same", share=1))
    assert all(one.active for one in firm.intention.people.values())


def test_names_that_change_stay_unique() -> None:
    firm = staffed(40, 0)
    for _ in range(4):
        firm.change(StepSpec(change="user-name", share=1))
    names = [str(one.values["userName"]).casefold() for one in firm.intention.people.values()]
    assert len(set(names)) == len(names)
