"""The comparison of a target's directory with the intention: what differs, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest

from scimmock.idps.compare import compare
from scimmock.idps.coverage import Coverage
from scimmock.idps.differences import Comparison
from scimmock.idps.intention import Intention, Person, Team
from scimmock.idps.template import Rendered
from scimmock.idps.wire import Answer, Wire

Tenant = Callable[..., httpx.Client]

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

COVERAGE = Coverage(
    "testidp",
    users=True,
    groups=True,
    created=frozenset({"userName", "displayName", "email", "name.formatted"}),
    changed=frozenset({"userName", "displayName", "email", "title", "department", "manager"}),
    members=True,
)


def account(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "userName": f"{id}@example.com", "displayName": id.title(), "active": True} | more


def person(key: str, link: str | None = "", **more: Any) -> Person:
    values = {"userName": f"{key}@example.com", "displayName": key.title()} | more.pop("values", {})
    return Person(key, values, link=key if link == "" else link, **more)


class Service:
    """A target in memory that lists, reads by id, and may be odd in several ways."""

    def __init__(
        self, *users: dict[str, Any], groups: tuple[dict[str, Any], ...] = (), page: int = 100
    ) -> None:
        self.lists = {"Users": list(users), "Groups": list(groups)}
        self.page = page
        self.asked: list[str] = []
        self.answers: list[Answer] = []  # given first
        self.no_lists = False
        self.listed: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda resource: resource
        self.read: Callable[[dict[str, Any]], dict[str, Any]] = lambda resource: resource
        self.cursors = False

    def get(self, target: str) -> Answer:
        self.asked.append(target)
        if self.answers:
            return self.answers.pop(0)
        parts = urlsplit(target)
        name, _, id = parts.path.strip("/").partition("/")
        if id:
            found = [item for item in self.lists[name] if str(item["id"]) == unquote(id)]
            return Answer(200, json=self.read(found[0])) if found else Answer(404, json={})
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if "filter" in query:
            return self.members(query["filter"])
        if self.no_lists:
            return Answer(403, json={})
        shown = [item for item in map(self.listed, self.lists[name]) if item is not None]
        start = int(query.get("cursor") or query.get("startIndex", "1"))
        resources = shown[start - 1 : start - 1 + min(self.page, int(query["count"]))]
        document = {"totalResults": len(shown), "Resources": resources}
        if self.cursors and start + len(resources) <= len(shown):
            document["nextCursor"] = str(start + len(resources))
        return Answer(200, json=document)

    def members(self, filter: str) -> Answer:
        _, group, _, user, _ = filter.split('"')
        (found,) = (item for item in self.lists["Groups"] if item["id"] == group)
        isin = any(member["value"] == user for member in found["members"])
        return Answer(200, json={"totalResults": int(isin)})


def compared(service: Service, *people: Person, teams: tuple[Team, ...] = (), **more: Any) -> Comparison:
    intention = Intention()
    for one in people:
        intention.add_person(one)
    for team in teams:
        intention.add_team(team)
    intention.made_users.update(dict.fromkeys(more.pop("made", ())))
    return compare(service.get, intention, more.pop("coverage", COVERAGE), pause=lambda seconds: None)


def told(comparison: Comparison) -> list[tuple[str, str, str]]:
    return [(one.kind, one.object, one.message) for one in comparison.differences]


# ---- accounts


def test_a_directory_as_intended_is_equal() -> None:
    comparison = compared(
        Service(account("ada"), account("bob"), account("eve")), person("ada"), person("bob")
    )
    assert comparison.equal
    assert (comparison.users, comparison.others, comparison.notes) == (2, 1, [])


def test_an_account_that_is_not_there_is_missing() -> None:
    comparison = compared(Service(), person("ada"), person("bob", link=None))
    assert told(comparison) == [
        ("missing", "user ada@example.com", "has no account any more, it was ada"),
        ("missing", "user bob@example.com", "has no account"),
    ]


def test_nobody_is_missed_who_is_not_to_have_an_account() -> None:
    away = (
        person("ada", active=False),
        person("bob", link=None, assigned=False),
        person("eve", deleted=True),
    )
    assert compared(Service(), *away).equal


@pytest.mark.parametrize("how", [{"active": False}, {"assigned": False}, {"deleted": True, "active": False}])
def test_an_account_whose_person_left_is_orphaned(how: dict[str, Any]) -> None:
    comparison = compared(Service(account("ada")), person("ada", **how))
    assert told(comparison) == [
        ("orphaned", "user ada@example.com", "can still be used though its person left")
    ]


@pytest.mark.parametrize("active", [False, "False", "false"])
def test_an_inactive_account_is_no_orphan(active: Any) -> None:
    assert compared(Service(account("ada", active=active)), person("ada", active=False)).equal


def test_an_orphan_that_the_client_has_no_request_against_is_explained() -> None:
    comparison = compared(Service(account("ada")), person("ada", active=False, unsent={"active"}))
    assert comparison.equal
    assert comparison.explained_counts == {"orphaned": 1}
    assert comparison.explained[0].explained == "testidp has no request for it"


def test_an_account_that_cannot_be_used_is_stale() -> None:
    (difference,) = compared(Service(account("ada", active=False)), person("ada")).differences
    assert (difference.kind, difference.attribute, difference.found) == ("stale", "active", False)


def test_an_account_that_the_client_does_not_know_is_not_linked() -> None:
    comparison = compared(Service(account("x1", userName="ADA@example.com")), person("ada", link=None))
    assert [one.kind for one in comparison.differences] == ["unlinked"]


def test_an_orphan_that_the_client_does_not_know_is_found() -> None:
    comparison = compared(
        Service(account("x1", userName="ada@example.com")),
        person("ada", link=None, deleted=True, active=False),
    )
    assert [(one.kind, one.id) for one in comparison.differences] == [("orphaned", "x1")]


def test_an_account_that_was_deleted_and_is_still_there_is_left_over() -> None:
    service = Service(account("x1", userName="ada@example.com", active=False))
    comparison = compared(service, person("ada", link=None, deleted=True, active=False), made=["x1"])
    assert told(comparison) == [
        ("leftover", "user ada@example.com", "is switched off and still there, though it was deleted")
    ]


def test_a_second_account_is_superfluous() -> None:
    service = Service(
        account("ada"), account("x1", userName="Ada@example.com"), account("x2", userName="was")
    )
    comparison = compared(service, person("ada"), made=["x1", "x2"])
    assert told(comparison) == [
        ("duplicate", "user ada@example.com", "a second account of user ada@example.com is there, id x1"),
        ("duplicate", "user was", "was made in this run and is nobody's"),
    ]


# ---- attributes


def test_an_attribute_with_another_value_is_stale() -> None:
    service = Service(account("ada", displayName="Ada Byron"))
    (difference,) = compared(service, person("ada")).differences
    assert difference.message == 'displayName is "Ada Byron", not "Ada"'
    assert (difference.attribute, difference.wanted, difference.found) == ("displayName", "Ada", "Ada Byron")


def test_what_is_never_sent_is_not_compared() -> None:
    assert compared(Service(account("ada")), person("ada", values={"nickName": "Adi"})).equal


def test_what_is_only_sent_with_changes_is_compared_once_it_is_there() -> None:
    ada = person("ada", values={"title": "Engineer"})
    assert compared(Service(account("ada")), ada).equal
    assert compared(Service(account("ada", title="Poet")), ada).counts == {"stale": 1}


def test_what_is_only_sent_with_new_accounts_is_explained() -> None:
    service = Service(account("ada", name={"formatted": "Ada Byron"}))
    comparison = compared(service, person("ada", values={"name.formatted": "Ada King"}))
    assert comparison.equal
    assert comparison.explained[0].explained == "testidp sends name.formatted only with a new account"


def test_a_manager_who_is_gone_or_another_is_stale() -> None:
    boss, other = person("boss"), person("other")
    ada, bob = person("ada", manager="boss"), person("bob")
    service = Service(
        account("boss"),
        account("other"),
        account("ada", **{ENTERPRISE: {"manager": {"value": "other"}}}),
        account("bob", **{ENTERPRISE: {"manager": {"value": "other"}}}),
    )
    messages = [one.message for one in compared(service, boss, other, ada, bob).differences]
    assert messages == [
        "manager is user other@example.com, not user boss@example.com",
        "manager is user other@example.com, not nothing",
    ]


def test_an_attribute_that_is_sent_as_another_is_compared_with_that() -> None:
    coverage = Coverage(
        "testidp", created=frozenset({"displayName"}), places={"displayName": "name.formatted"}
    )
    service = Service(account("ada", displayName=None, name={"formatted": "Ada"}))
    assert compared(service, person("ada"), coverage=coverage).equal


# ---- groups


def team(key: str = "staff", members: tuple[str, ...] = ("ada", "bob"), **more: Any) -> Team:
    return Team(key, {"displayName": key.title()}, list(members), link=more.pop("link", key), **more)


def group(id: str, *members: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "displayName": id.title(), "members": [{"value": one} for one in members]} | more


PEOPLE = ("ada", "bob", "eve")


def of_groups(*groups: dict[str, Any], teams: tuple[Team, ...], **more: Any) -> Comparison:
    service = more.pop("service", None) or Service(*map(account, PEOPLE), groups=groups)
    return compared(service, *map(person, PEOPLE), teams=teams, **more)


def test_members_in_any_order_are_equal() -> None:
    assert of_groups(group("staff", "bob", "ada"), teams=(team(),)).equal


def test_who_is_not_in_a_group_and_who_still_is_is_told() -> None:
    comparison = of_groups(group("staff", "ada", "eve", "x9"), teams=(team(),))
    assert told(comparison) == [
        ("membership", "group Staff", "bob@example.com is not in it"),
        ("membership", "group Staff", "eve@example.com and the account (x9) are still in it"),
    ]


def test_members_who_left_may_be_in_a_group_or_not() -> None:
    ada, bob = person("ada"), person("bob", active=False)
    for members in (("ada",), ("ada", "bob")):
        service = Service(account("ada"), account("bob", active=False), groups=(group("staff", *members),))
        assert compared(service, ada, bob, teams=(team(),)).equal


def test_groups_that_are_missing_renamed_and_left_over_are_told() -> None:
    teams = (team("lost"), team("named", ()), team("gone", deleted=True), team("never", link=None))
    there = (group("named", displayName="Other"), group("gone"))
    comparison = of_groups(*there, teams=teams)
    assert sorted((one.kind, one.object) for one in comparison.differences) == [
        ("missing", "group Lost"),
        ("missing", "group Never"),
        ("orphaned", "group Gone"),
        ("stale", "group Named"),
    ]


def test_memberships_that_the_client_cannot_change_are_explained() -> None:
    comparison = of_groups(group("staff"), teams=(team(unsent={"members"}),))
    assert comparison.equal
    assert comparison.explained_counts == {"membership": 1}


def test_groups_are_not_looked_for_where_the_client_makes_none() -> None:
    coverage = Coverage("testidp", users=True)
    service = Service(*map(account, PEOPLE))
    assert of_groups(service=service, teams=(team(link=None),), coverage=coverage).equal
    assert not any(target.startswith("/Groups") for target in service.asked)


def test_members_that_only_a_read_shows_are_read() -> None:
    service = Service(*map(account, PEOPLE), groups=(group("staff", "ada", "bob"),))
    service.listed = lambda item: {key: value for key, value in item.items() if key != "members"}
    assert of_groups(service=service, teams=(team(),)).equal


def test_members_that_are_never_shown_are_asked_for_by_a_filter() -> None:
    service = Service(*map(account, PEOPLE), groups=(group("staff", "ada"),))
    service.listed = service.read = lambda item: {
        key: value for key, value in item.items() if key != "members"
    }
    comparison = of_groups(service=service, teams=(team(),))
    assert [one.message for one in comparison.differences] == ["bob@example.com is not in it"]
    assert comparison.notes == ["the target shows no members of groups: each was asked for by a filter"]


def test_a_group_without_members_is_found_where_others_show_theirs() -> None:
    bare = {"id": "staff", "displayName": "Staff"}
    comparison = of_groups(bare, group("crew", "eve"), teams=(team(), team("crew", ("eve",))))
    assert [one.object for one in comparison.differences] == ["group Staff"]


# ---- how it is read


@pytest.mark.parametrize("cursors", [False, True])
def test_all_pages_are_read(cursors: bool) -> None:
    people = [f"p{number}" for number in range(25)]
    service = Service(*map(account, people), page=10)
    service.cursors = cursors
    assert compared(service, *map(person, people)).equal
    assert len(service.asked) == 3
    assert ("cursor=11" in service.asked[1]) is cursors


def test_a_service_that_always_shows_its_first_page_does_not_keep_it_forever() -> None:
    service = Service(account("ada"))
    service.get = lambda target: Answer(  # type: ignore[method-assign]
        200, json={"totalResults": 99, "Resources": [account("ada")]}
    )
    assert compared(service, person("ada")).users == 1


def test_what_cannot_be_listed_is_read_by_id() -> None:
    service = Service(account("ada", displayName="Eva"), account("mine"))
    service.no_lists = True
    comparison = compared(service, person("ada"), person("bob"), made=["mine"])
    assert comparison.notes == [
        "GET /Users is answered 403: accounts are read one by one, others cannot be found"
    ]
    assert comparison.counts == {"stale": 1, "duplicate": 1, "missing": 1}


def test_what_the_list_leaves_out_is_read_by_id() -> None:
    service = Service(account("ada"))
    service.listed = lambda resource: None
    comparison = compared(service, person("ada"))
    assert comparison.equal
    assert comparison.notes == ["some accounts are not in the list of /Users, and can be read by id"]


def test_what_only_a_list_still_shows_is_gone() -> None:
    service = Service(account("ada"), account("x1", userName="bob@example.com"), groups=(group("staff"),))
    listed = service.get

    def get(target: str) -> Answer:
        return listed(target) if "?" in target else Answer(404, json={})

    service.get = get  # type: ignore[method-assign]
    away: dict[str, Any] = {"deleted": True, "active": False}
    people = (person("ada", **away), person("bob", link=None, **away))
    assert compared(service, *people, teams=(team(deleted=True),), made=["x1"]).equal
    assert compared(service, person("ada", values={"displayName": "Eva"})).counts == {"missing": 1}


def test_a_list_that_lags_behind_does_not_count() -> None:
    service = Service(account("ada"))
    service.listed = lambda resource: {**resource, "displayName": "Old"}
    comparison = compared(service, person("ada"))
    assert comparison.equal
    assert "otherwise than they are read by id" in comparison.notes[0]


def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    waited: list[float] = []
    service = Service(account("ada"))
    service.answers = [Answer(None, error="reset"), Answer(429, [("Retry-After", "7")]), Answer(503)]
    intention = Intention()
    intention.add_person(person("ada"))
    assert compare(service.get, intention, COVERAGE, pause=waited.append).equal
    assert waited == [0.2, 7, 3.0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(401), "GET /Users is answered 401"),
        (Answer(200, json=[]), "GET /Users is answered without a list"),
        (Answer(200), "GET /Users is answered without a list"),
        (Answer(None, error="timeout"), "GET /Users is answered by nothing (timeout)"),
    ],
)
def test_a_directory_that_cannot_be_read_is_not_equal(answer: Answer, words: str) -> None:
    service = Service()
    service.get = lambda target: answer  # type: ignore[method-assign]
    comparison = compared(service, person("ada", link=None))
    assert not comparison.equal
    assert comparison.unreadable == words


@pytest.mark.parametrize(
    "resources",
    [[None, 7, "x"], [{"id": None}], [{"id": "ada", "userName": 7, "emails": "x", "active": []}], {"a": 1}],
)
def test_no_answer_is_too_odd(resources: Any) -> None:
    service = Service()
    service.get = lambda target: Answer(  # type: ignore[method-assign]
        200, json={"totalResults": "x", "Resources": resources, "members": 7, "displayName": []}
    )
    ada = person("ada", values={"email": "a@example.com"})
    assert not compared(service, ada, teams=(team(),)).equal


def test_a_long_list_of_differences_is_counted() -> None:
    people = [person(f"p{number}", link=None) for number in range(2_500)]
    comparison = compared(Service(), *people)
    assert comparison.counts == {"missing": 2_500}
    assert len(comparison.differences) == 2_000


# ---- a real service


@pytest.fixture
def wires() -> Iterator[Callable[[httpx.Client], Wire]]:
    made: list[Wire] = []

    def wire(service: httpx.Client) -> Wire:
        made.append(Wire(str(service.base_url), service.headers["Authorization"]))
        return made[-1]

    yield wire
    for one in made:
        one.close()


def test_a_real_service_is_read_and_compared(tenant: Tenant, wires: Callable[[httpx.Client], Wire]) -> None:
    service = tenant(users=130, groups=3)
    shown = service.get("/Users", params={"count": "200"}).json()["Resources"]
    groups = service.get("/Groups").json()["Resources"]
    intention = Intention()
    for user in shown:
        values = {"userName": user["userName"].upper(), "displayName": user["displayName"]}
        intention.add_person(Person(user["id"], values, user["active"], link=user["id"]))
    for one in groups:
        members = [member["value"] for member in one.get("members", ())]
        intention.add_team(Team(one["id"], {"displayName": one["displayName"]}, members, link=one["id"]))
    wire = wires(service)

    def get(target: str) -> Answer:
        return wire.send(Rendered("GET", target, [], None))

    comparison = compare(get, intention, COVERAGE, pause=lambda _: None)
    assert comparison.equal, comparison
    assert (comparison.users, comparison.groups) == (130, 3)
    gone, changed = shown[0]["id"], shown[1]["id"]
    assert service.delete(f"/Users/{gone}").status_code == 204
    operations = [{"op": "replace", "path": "displayName", "value": "Another"}]
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}
    assert service.patch(f"/Users/{changed}", json=body).status_code == 200
    intention.people[gone].active = True
    comparison = compare(get, intention, COVERAGE, pause=lambda _: None)
    assert sorted((one.kind, one.id) for one in comparison.differences if one.object[:4] == "user") == sorted(
        [("missing", gone), ("stale", changed)]
    )
