"""Okta and Entra under every fault pack that ships: a run ends, and what it tells is what the server has."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from scimmock.faults.files import packs
from scimmock.idps.compare import compare
from scimmock.idps.coverage import coverage_of
from scimmock.idps.cycles import Cycles
from scimmock.idps.differences import Comparison
from scimmock.idps.events import Deviated, Quarantined, Sent
from scimmock.idps.intention import Person, Team
from scimmock.idps.job import Client, Job, load_client
from scimmock.idps.report import About, Report
from scimmock.idps.scenario import in_order
from scimmock.idps.template import Rendered
from scimmock.idps.wire import Wire
from scimmock.yamlfile import read_yaml
from tests.idps.made_dialect import Listener
from tests.idps.test_against_servers import Clock

_numbers = itertools.count(1)
IDPS = ("okta", "entra")
SCENARIOS = ("lifecycle", "offboard")
# What a pack needs to come into play: its hour, or lists of several pages.
BEGINS = {"outage": 31.0}
PAGES = {"page-drift": 2}
# Many answers of these really wait.
FEW = {
    "slow": {"users": 1, "groups": 0},
    "chaos-harsh": {"users": 3, "groups": 1},
    "chaos-mild": {"users": 3, "groups": 1},
}
# A service that takes no credentials any more shows nothing either.
UNREADABLE = {("okta", "token-expiry")}


class Run:
    """A run that is over: what was told, how the directory was read at its end, and what the server has."""

    def __init__(
        self, job: Job, report: Report, listener: Listener, comparison: Comparison, control: httpx.Client
    ) -> None:
        self.job, self.report, self.listener, self.comparison = job, report, listener, comparison
        self.state = control.get("/state").json()
        self.exchanges = control.get("/journal", params={"limit": 1000}).json()["exchanges"]

    @property
    def during(self) -> list[dict[str, Any]]:
        """The exchanges of the run itself, without those of the comparison."""
        return self.exchanges[: self.report.sent]

    def told(self, kind: str, object: str, by: str) -> set[str]:
        """Return the ids or keys that differences of a kind name, explained ones too."""
        both = [*self.comparison.differences, *self.comparison.explained]
        return {getattr(one, by) for one in both if one.kind == kind and one.object.startswith(object)}

    def accounts(self) -> Iterator[tuple[Person, dict[str, Any]]]:
        """Yield the accounts that the server has, with whose they are: externalId stays as it is."""
        owners = {person.values["externalId"]: person for person in self.job.intention.people.values()}
        for account in self.state["Users"]:
            yield owners[account["externalId"]], account

    def groups(self) -> Iterator[tuple[Team, dict[str, Any]]]:
        """Yield the groups that the server has, with the teams that they are by their ids or names."""
        teams = self.job.intention.teams.values()
        by_id = {team.link: team for team in teams if team.link is not None}
        by_name = {team.values["displayName"]: team for team in teams}
        for group in self.state["Groups"]:
            team = by_id.get(group["id"]) or by_name.get(group["displayName"])
            # One whose creation was not heard of and that was renamed since then is nobody's.
            if team is not None:
                yield team, group


Play = Callable[..., Run]


@pytest.fixture
def play(control: httpx.Client) -> Iterator[Play]:
    """Play as an identity provider against a new tenant that misbehaves: ``play("okta", "outage")``."""
    opened: list[Wire | httpx.Client] = []

    def run(name: str, pack: str | None, seed: int = 1, users: int = 6, **more: Any) -> Run:
        tenant = f"pack-{next(_numbers)}"
        rules = read_yaml(packs()[pack].path).data["faults"] if pack is not None else []
        options = {"fixture": name, "users": 0, "groups": 0, "seed": 3, "faults": rules}
        about = control.put(f"/tenants/{tenant}", json=options).json()
        own = httpx.Client(base_url=about["control_url"], timeout=20)
        client = load_client(name)
        clock = Clock(control)
        wire = Wire(about["base_url"], f"Bearer {about['token']}", timeout=5, now=clock.now)
        opened.extend([own, wire])
        if pack in PAGES:
            quirks = [*own.get("/quirks").json()["quirks"], {"quirk": "page-cap", "size": PAGES[pack]}]
            assert own.put("/quirks", json={"quirks": quirks}).status_code == 200
        if pack in BEGINS:
            clock.pass_by(BEGINS[pack])
        size = FEW.get(pack or "", {"users": users, "groups": 2})
        return _run(client, wire, clock, own, seed=seed, **size, **more)

    yield run
    for one in opened:
        one.close()


def _run(client: Client, wire: Wire, clock: Clock, own: httpx.Client, **options: Any) -> Run:
    listener, report = Listener(), Report(About(client.name, wire.base_url))

    class Both:
        def note(self, event: Any) -> None:
            listener.note(event)
            report.note(event)

    cycles = Cycles.of(client.dialect.cycle, 3, None, True)
    job = Job(client, wire, Both(), clock, cycles=cycles, **options)
    assert job.play(in_order(SCENARIOS if options["users"] > 1 else ["onboard"]))

    def get(target: str) -> Any:
        return wire.send(Rendered("GET", target, [], None))

    comparison = compare(get, job.intention, coverage_of(client.name, job.speech), pause=clock.pass_by)
    report.compared(comparison)
    return Run(job, report, listener, comparison, own)


@pytest.mark.parametrize("name", IDPS)
@pytest.mark.parametrize("pack", packs())
def test_a_run_ends_and_what_it_tells_is_what_the_server_has(name: str, pack: str, play: Play) -> None:
    begun = time.monotonic()
    run = play(name, pack)
    assert time.monotonic() - begun < 20
    assert any(exchange["trace"]["rules"] for exchange in run.exchanges), "the pack was not in play"
    _check_that_all_was_told(run)
    if (name, pack) in UNREADABLE:
        assert run.comparison.unreadable.endswith("is answered 401")
        assert run.report.exit_code == 1
        return
    assert run.comparison.unreadable == ""
    _check_accounts(run)
    _check_groups(run)
    assert run.report.exit_code == (1 if _is_amiss(run) else 0)


def _check_that_all_was_told(run: Run) -> None:
    """What went wrong on the way is in the report, nothing else is."""
    sent, deviated = run.listener.of(Sent), run.listener.of(Deviated)
    as_sent = [(one.exchange["request"]["method"], one.exchange["request"]["path"]) for one in sent]
    assert as_sent == [_aim(exchange) for exchange in run.during]
    wrong = Counter((one.request, _what(one)) for one in sent if one.status is None or one.status >= 400)
    told = Counter((one.request, one.what) for one in deviated)
    # Okta takes a 404 for nobody found.
    assert {key for key in wrong - told} <= {("find-user", "404")}
    assert {what for _, what in told - wrong} <= {"not-json", "several-found", "empty-body"}
    assert sum(tally.count for tally in run.report.deviations.values()) == len(deviated)
    text = "\n".join(run.report.text())
    for request, what in told:
        assert request in text, what


def _aim(exchange: dict[str, Any]) -> tuple[str, str]:
    return exchange["request"]["method"], exchange["request"]["path"]


def _what(sent: Sent) -> str:
    return str(sent.status) if sent.status is not None else "timeout" if sent.error == "timeout" else "reset"


def _check_accounts(run: Run) -> None:
    """Every account that can be used though its person left is told, and every one that is not there."""
    orphaned, leftover, unlinked, there = set(), set(), set(), set()
    switched_off = set()
    for person, account in run.accounts():
        there.add(person.key)
        if person.entitled:
            if person.link is None:
                unlinked.add(account["id"])
            elif not account["active"]:
                switched_off.add(account["id"])
        elif account["active"]:
            orphaned.add(account["id"])
        elif person.deleted and person.link is None:
            leftover.add(account["id"])
    people = run.job.intention.people.values()
    assert run.told("orphaned", "user", "id") == orphaned
    assert run.told("leftover", "user", "id") == leftover
    assert run.told("unlinked", "user", "id") == unlinked
    assert run.told("missing", "user", "key") == {
        person.key for person in people if person.entitled and person.key not in there
    }
    inactive = [one for one in run.comparison.differences if one.attribute == "active"]
    assert {one.id for one in inactive} == switched_off


def _check_groups(run: Run) -> None:
    """The same for groups, and for who is in them that is not to be, or is not in them."""
    orphaned, there, wrong = set(), set(), set()
    people = run.job.intention.people
    for team, group in run.groups():
        there.add(team.key)
        if team.deleted:
            orphaned.add(group["id"])
        elif team.link is not None:
            ids = {member["value"] for member in group.get("members") or []}
            members = [people[key] for key in team.members]
            wanted = {person.link for person in members if person.link is not None}
            needed = {person.link for person in members if person.link is not None and person.entitled}
            if ids - wanted or needed - ids:
                wrong.add(team.key)
    teams = run.job.intention.teams.values()
    assert run.told("orphaned", "group", "id") == orphaned
    assert run.told("membership", "group", "key") == wrong
    assert run.told("missing", "group", "key") == {
        team.key for team in teams if team.assigned and not team.deleted and team.key not in there
    }


def _is_amiss(run: Run) -> bool:
    return bool(run.report.failed or run.listener.of(Quarantined) or run.comparison.differences)


# ---- rule by rule


class Writes:
    """What the fault rules made of the writes to users, read from the traces of the server alone.

    ``kept`` are the ids of accounts that were to go and stayed, ``unheard`` of those that were made
    without the client hearing of it, ``ghosts`` ids that were acknowledged and are no accounts,
    ``returning`` of accounts that were deleted and come back after a while.
    ``touched`` are all ids of users and groups whose writes some rule met.
    """

    def __init__(self, exchanges: list[dict[str, Any]]) -> None:
        self.kept: dict[str, str] = {}
        self.unheard: dict[str, str] = {}
        self.ghosts: dict[str, str] = {}
        self.returning: dict[str, str] = {}
        self.touched: set[str] = set()
        for exchange in exchanges:
            if exchange["trace"]["operation"] in ("create", "patch", "replace", "delete"):
                self._write(exchange, exchange["trace"])

    def _write(self, exchange: dict[str, Any], trace: dict[str, Any]) -> None:
        rules = {rule["action"]: rule for rule in trace["rules"]}
        effects = {
            action: rule["name"] for action, rule in rules.items() if "effect" in rule or "applied" in rule
        }
        id, response = trace["id"], exchange["response"]
        if effects:
            self.touched.add(id)
        if trace["resource"] != "Users":
            return
        lost = effects.get("lost_write")
        if trace["operation"] == "create":
            if lost is not None:
                self.ghosts[id] = lost
            elif "lost_response" in effects:
                self.unheard[id] = effects["lost_response"]
        elif lost is not None:
            if trace["operation"] == "delete" or _switches_off(exchange):
                self.kept[id] = lost
        elif response is None or response["status"] < 300:
            self.kept.pop(id, None)
            if trace["operation"] == "delete":
                self.unheard.pop(id, None)
                if "delete_resurrects" in effects:
                    self.returning[id] = effects["delete_resurrects"]


def _switches_off(exchange: dict[str, Any]) -> bool:
    text = str(exchange["request"]["body"].get("json")).lower()
    return "'active': false" in text or ("'path': 'active'" in text and "'value': 'false'" in text)


# The rules whose work an identity provider is left with; Okta deletes nobody.
MAKERS = {
    ("okta", "orphaned-accounts"): {"orphan-deactivation"},
    ("entra", "orphaned-accounts"): {"orphan-delete", "orphan-return"},
    ("okta", "lost-writes"): {"lost-answer", "lost-write"},
    ("entra", "lost-writes"): {"lost-answer", "lost-write"},
}


@pytest.mark.parametrize(("name", "pack"), MAKERS)
def test_every_orphan_that_a_rule_made_is_found(name: str, pack: str, play: Play) -> None:
    made: Counter[str] = Counter()
    for seed in (1, 2):
        run = play(name, pack, seed, 9)
        writes = Writes(run.during)
        people = run.job.intention.people.values()
        linked = {person.link for person in people}
        entitled = {person.link for person in people if person.entitled}
        there = {account["id"] for account in run.state["Users"]}
        gone = {*run.told("orphaned", "user", "id"), *run.told("leftover", "user", "id")}
        # What was to be switched off or deleted and was not.
        assert writes.kept.keys() <= there
        back = {id: rule for id, rule in writes.returning.items() if id in there}
        assert gone - writes.unheard.keys() == writes.kept.keys() | back.keys()
        # What the client does not know of: it cannot be switched off when its person leaves either.
        unheard = writes.unheard.keys() - linked
        assert unheard <= there
        assert unheard == {*run.told("unlinked", "user", "id"), *(gone & writes.unheard.keys())}
        # What was acknowledged and never was.
        ghosts = writes.ghosts.keys() & entitled
        assert not writes.ghosts.keys() & there
        assert ghosts <= run.told("missing", "user", "id")
        # Nothing is told that no rule is behind: a write that was lost, or a failure that the report has.
        failing = {one.key for one in run.listener.of(Deviated)}
        met = {person.label for person, account in run.accounts() if account["id"] in writes.touched}
        for one in run.comparison.differences:
            is_of_member = one.kind == "membership" and met.issuperset(one.found or one.wanted)
            assert one.id in writes.touched or one.key in failing or is_of_member, one
        rules = writes.unheard | writes.ghosts
        made.update([*writes.kept.values(), *back.values(), *(rules[id] for id in unheard | ghosts)])
    assert set(made) == MAKERS[name, pack], made


@pytest.mark.parametrize("allow_unverified", [False, True])
def test_entra_with_the_flag_leaves_its_own_service_as_wanted(allow_unverified: bool, play: Play) -> None:
    run = play("entra@aadOptscim062020", None, allow_unverified=allow_unverified)
    assert run.report.failed == 0
    assert run.comparison.equal, [one.message for one in run.comparison.differences]
    # How somebody is switched on again with the flag is not verified: without that all who were stay off.
    explained = {(one.kind, one.attribute) for one in run.comparison.explained}
    assert explained == (set() if allow_unverified else {("stale", "active")})
    told = {one.id for one in run.comparison.explained}
    unlike = {account["id"] for person, account in run.accounts() if account["active"] != person.entitled}
    assert unlike == told
    _check_groups(run)
    spoken = [
        (operation["op"], operation.get("path"))
        for exchange in run.during
        for operation in (exchange["request"]["body"].get("json") or {}).get("Operations", [])
    ]
    assert ("replace", "active") in spoken
    assert ("Remove", "members") not in spoken
