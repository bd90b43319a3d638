"""Identity providers against running servers: their own, strict ones, and such as misbehave."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from scimmock.fixture import load_fixture, shipped_names, variants_of
from scimmock.idps.compare import compare
from scimmock.idps.coverage import coverage_of
from scimmock.idps.cycles import Cycles
from scimmock.idps.differences import Comparison
from scimmock.idps.events import LeftOut, Quarantined, Sent
from scimmock.idps.job import Client, Job, clean_up, load_client
from scimmock.idps.report import About, Report
from scimmock.idps.scenario import in_order
from scimmock.idps.template import Rendered
from scimmock.idps.wire import Wire
from tests.idps.made_dialect import Listener

_numbers = itertools.count(1)
IDPS = (
    "okta",
    "entra",
    "authentik",
    "keycloak",
    "google-workspace",
    "onelogin",
    "jumpcloud",
    "pingfederate",
    "sailpoint",
)
# Okta and Entra ID are in test_every_pack.
FAULTS = [("authentik", pack) for pack in ("lost-writes", "orphaned-accounts", "throttled", "flaky-network")]
# OneLogin's template names managers in a way that the enterprise schema does not have.
KNOWN = {("onelogin@v2-enterprise", "manager")}


def _names() -> Iterator[str]:
    for name in shipped_names():
        if name in IDPS:
            yield name
            for variant in variants_of(name):
                if load_fixture(f"{name}@{variant}").file.client is not None:
                    yield f"{name}@{variant}"


class Clock:
    """Time of the server's own clock."""

    def __init__(self, control: httpx.Client) -> None:
        self.control = control
        self.passed = 0.0

    def now(self) -> float:
        return 1_700_000_000.0 + self.passed

    def pass_by(self, seconds: float) -> None:
        self.passed += seconds
        answer = self.control.post("/clock", json={"advance": f"{seconds:.3f}s"})
        assert answer.status_code == 200, answer.text


class Played:
    """A run that is over: who played, what was told, and how the directory differs."""

    def __init__(
        self, client: Client, job: Job, listener: Listener, report: Report, wire: Wire, tenant: str
    ) -> None:
        self.client, self.job, self.listener = client, job, listener
        self.report, self.wire, self.tenant = report, wire, tenant

    def compared(self) -> Comparison:
        def get(target: str) -> Any:
            return self.wire.send(Rendered("GET", target, [], None))

        return compare(
            get, self.job.intention, coverage_of(self.client.name, self.job.speech), pause=lambda _: None
        )


Play = Callable[..., Played]


@pytest.fixture
def play(control: httpx.Client) -> Iterator[Play]:
    """Play scenarios as an identity provider against a new tenant: ``play("okta", "rfc", "onboard")``."""
    wires: list[Wire] = []

    def run(name: str, fixture: str, *scenarios: str, faults: Any = None, **options: Any) -> Played:
        tenant = f"idp-{next(_numbers)}"
        made = {
            "fixture": fixture,
            "users": 0,
            "groups": 0,
            "seed": 1,
            **({"faults": faults} if faults else {}),
        }
        about = control.put(f"/tenants/{tenant}", json=made).json()
        client = load_client(name)
        dialect = client.dialect
        clock = Clock(control)
        wire = Wire(
            about["base_url"],
            f"Bearer {about['token']}",
            protocol=dialect.protocol,
            timeout=5,
            connections=options.get("concurrency", 1),
            now=clock.now,
        )
        wires.append(wire)
        listener, report = Listener(), Report(About(name, about["base_url"], protocol=dialect.protocol))

        class Both:
            def note(self, event: Any) -> None:
                listener.note(event)
                report.note(event)

        given: dict[str, Any] = {"users": 12, "groups": 3, "seed": 1} | options
        job = Job(client, wire, Both(), clock, cycles=Cycles.of(dialect.cycle, 3, None, True), **given)
        assert job.play(in_order(scenarios))
        return Played(client, job, listener, report, wire, tenant)

    yield run
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("name", list(_names()))
def test_a_year_against_its_own_service_ends_with_equal_directories(name: str, play: Play) -> None:
    played = play(name, name, "lifecycle")
    comparison = played.compared()
    assert played.report.failed == 0, played.report.text()
    differences = [one for one in comparison.differences if (name, one.attribute) not in KNOWN]
    assert differences == [], "\n".join(one.message for one in differences)
    if played.job.speech.plan("provision-user") is not None:
        assert played.job.intention.made_users


@pytest.mark.parametrize("name", ["okta", "entra", "authentik", "keycloak"])
@pytest.mark.parametrize(
    "scenario",
    ["update", "membership", "offboard", "import", "full-sync", "incremental-sync", "temporary-access"],
)
def test_a_scenario_ends_with_equal_directories(name: str, scenario: str, play: Play) -> None:
    played = play(name, name, scenario, users=9, groups=2)
    comparison = played.compared()
    assert played.report.failed == 0, played.report.text()
    assert comparison.equal, "\n".join(one.message for one in comparison.differences)


def test_what_is_not_verified_can_be_played(play: Play) -> None:
    played = play("pingfederate", "pingfederate", "lifecycle", allow_unverified=True)
    assert played.job.intention.made_users
    assert played.compared().equal


@pytest.mark.parametrize("name", ["okta", "entra", "authentik", "keycloak"])
def test_a_strict_service_refuses_some_of_it_and_all_is_told(name: str, play: Play) -> None:
    played = play(name, "rfc", "lifecycle")
    comparison = played.compared()
    assert comparison.unreadable == ""
    refused = {sent.request for sent in played.listener.of(Sent) if sent.status == 400}
    assert bool(refused) == bool(comparison.differences) == (name != "keycloak")


@pytest.mark.parametrize(("name", "pack"), FAULTS)
def test_under_faults_a_run_ends(name: str, pack: str, play: Play, control: httpx.Client) -> None:
    played = play(name, name, "lifecycle", faults=_rules(pack), users=6, groups=2)
    assert played.report.sent > 1
    assert played.report.text()


def _rules(pack: str) -> list[dict[str, Any]]:
    from pathlib import Path

    import scimmock.faults
    from scimmock.yamlfile import read_yaml

    rules = read_yaml(Path(scimmock.faults.__file__).parent / "packs" / f"{pack}.yaml").data["faults"]
    assert isinstance(rules, list)
    return rules


@pytest.mark.parametrize("name", ["entra", "authentik", "keycloak"])
def test_every_orphan_is_found(name: str, play: Play, control: httpx.Client) -> None:
    """What was acknowledged and not done is what the comparison tells."""
    rules = [rule for rule in _rules("orphaned-accounts") if rule["name"] != "orphan-return"]
    played = play(name, name, "offboard", faults=rules, users=20, groups=0)
    path = f"/t/{played.tenant}/_scimmock/journal"
    journal = control.get(control.base_url.copy_with(path=path), params={"limit": 1000})
    made: dict[str, str] = {}
    for exchange in journal.json()["exchanges"]:
        trace = exchange["trace"]
        if trace["operation"] in ("patch", "replace", "delete"):
            if str(trace.get("rule") or "").startswith("orphan-"):
                made[trace["id"]] = trace["rule"]
            elif exchange["response"]["status"] < 300:
                made.pop(trace["id"], None)
    comparison = played.compared()
    told = {one.id for one in comparison.differences if one.kind in ("orphaned", "leftover")}
    assert made, "no orphan was made"
    assert told == set(made)


def test_refused_credentials_put_entra_into_quarantine(play: Play) -> None:
    rule = {"name": "out", "match": {"operation": "create"}, "do": {"status": 401}}
    played = play("entra", "entra", "onboard", faults=[rule])
    (told,) = played.listener.of(Quarantined)
    assert (told.request, told.what, told.shown) == ("create-user", "401", "EncounteredQuarantineException")
    assert len([sent for sent in played.listener.of(Sent) if sent.status == 401]) == 1


def test_authentik_adopts_what_exists(play: Play) -> None:
    rule = {
        "name": "lost",
        "match": {"operation": "create"},
        "when": {"first": 1},
        "do": {"lost_response": 503},
    }
    played = play("authentik", "authentik", "onboard", faults=[rule], users=3)
    statuses = [(sent.request, sent.status) for sent in played.listener.of(Sent)]
    assert statuses[1:4] == [("create-user", 503), ("create-user", 409), ("find-user", 200)]
    assert played.compared().equal


def test_okta_waits_as_long_as_it_is_told_to(play: Play) -> None:
    rule = {
        "name": "slow",
        "match": {"operation": "create"},
        "when": {"first": 2},
        "do": {"status": 429, "retry_after": "7s"},
    }
    played = play("okta", "okta", "onboard", faults=[rule], users=2)
    assert played.report.retries == 2
    assert played.report.retry_seconds == pytest.approx(14)
    assert played.compared().equal


def test_what_has_no_requests_is_left_out_and_told(play: Play) -> None:
    played = play("sailpoint", "sailpoint", "onboard", users=2)
    told = {one.intent: one.why for one in played.listener.of(LeftOut)}
    assert told["provision-user"].startswith("The body of a new account is a profile of the customer's")


def test_many_at_once_do_the_same(play: Play) -> None:
    played = play("entra", "entra", "lifecycle", concurrency=6)
    assert played.report.failed == 0
    assert played.compared().equal


def test_a_person_who_had_an_account_already_is_linked_and_not_removed(
    play: Play, control: httpx.Client
) -> None:
    first = play("entra", "entra", "onboard", users=3, groups=0)
    second = Job(load_client("entra"), first.wire, Listener(), Clock(control), users=3, groups=0, seed=1)
    assert second.play(["onboard"])
    assert second.intention.made_users == {}
    assert [one.link for one in second.intention.people.values()] == [
        one.link for one in first.job.intention.people.values()
    ]


def test_what_was_made_is_removed_again(play: Play) -> None:
    played = play("okta", "okta", "group-push", users=4, groups=2)
    made = len(played.job.intention.made_users) + len(played.job.intention.made_groups)
    assert clean_up(played.job.intention, played.wire, lambda _: None) == (made, [])
    for endpoint in ("/Users", "/Groups"):
        assert played.wire.send(Rendered("GET", endpoint, [], None)).json["totalResults"] == 0


def test_okta_says_once_that_somebody_may_not_come_in(play: Play) -> None:
    played = play("okta", "okta", "lifecycle")
    switched = [sent.object for sent in played.listener.of(Sent) if sent.request == "deactivate-user"]
    assert switched
    assert len(set(switched)) == len(switched)
