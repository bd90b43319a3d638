"""Identity providers against a server that is none of ours: scim2-server, strict, all in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import httpx
import pytest

from scimmock.idps.compare import compare
from scimmock.idps.coverage import coverage_of
from scimmock.idps.cycles import Cycles
from scimmock.idps.differences import Difference
from scimmock.idps.events import Deviated, Sent
from scimmock.idps.job import Job, load_client
from scimmock.idps.report import About, Report
from scimmock.idps.scenario import in_order
from scimmock.idps.template import Rendered
from scimmock.idps.wire import Wire
from scimmock.outgoing.timeline import DryTimeline
from tests.conftest import all_resources
from tests.idps.made_dialect import Listener


class Expected(NamedTuple):
    """What the server refuses, and how the directories differ: by the server, and by the client itself."""

    refused: Mapping[tuple[str, str], str] = MappingProxyType({})  # request and status: the server's words
    differences: frozenset[str] = frozenset()
    explained: frozenset[str] = frozenset()


ENTRA_REFUSED = {
    ("check-manager", "400"): "Field not found: manager",
    ("create-group", "400"): "Unknown extension schemas",
}
ENTRA_DIFFERENCES = frozenset({"stale user manager", "missing group"})
EXPECTED = {
    "okta": Expected(),
    "okta@aiw": Expected(),
    "entra": Expected(ENTRA_REFUSED, ENTRA_DIFFERENCES),
    "entra@aadOptscim062020": Expected(
        ENTRA_REFUSED, ENTRA_DIFFERENCES, explained=frozenset({"stale user active"})
    ),
    "authentik": Expected(
        {("remove-members", "400"): "a remove operation carries no value"},
        frozenset({"membership group members"}),
    ),
    # The schemas of its new users lack the one of users; it neither renames nor deletes groups.
    "onelogin": Expected(
        {("create-user", "400"): "schemas must contain the base schema"},
        frozenset({"missing user"}),
        frozenset({"stale group displayName", "orphaned group"}),
    ),
    # Its PUT has less than its POST, and this server takes away what a PUT does not have.
    "jumpcloud": Expected(
        explained=frozenset({f"stale user {name}" for name in ("phone", "preferredLanguage")})
    ),
    "keycloak": Expected(),
    # What these three send for an account is not verified, and therefore left out.
    "google-workspace": Expected(),
    "pingfederate": Expected(),
    "sailpoint": Expected(),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_year_ends_and_every_difference_has_a_refusal_behind_it(
    name: str, peer: dict[str, Any], peer_directory: httpx.Client
) -> None:
    client, expected = load_client(name), EXPECTED[name]
    listener, report = Listener(), Report(About(name, peer["base_url"]))

    class Both:
        def note(self, event: Any) -> None:
            listener.note(event)
            report.note(event)

    wire = Wire(peer["base_url"], f"Bearer {peer['token']}", timeout=10)
    try:
        cycles = Cycles.of(client.dialect.cycle, 3, None, True)
        job = Job(client, wire, Both(), DryTimeline(), users=6, groups=2, seed=1, cycles=cycles)
        assert job.play(in_order(["lifecycle"]))

        def get(target: str) -> Any:
            return wire.send(Rendered("GET", target, [], None))

        coverage = coverage_of(name, job.speech)
        comparison = compare(get, job.intention, coverage, pause=lambda _: None)
    finally:
        wire.close()
    report.compared(comparison)

    deviated = listener.of(Deviated)
    assert {(one.request, one.what) for one in deviated} == expected.refused.keys()
    for one in deviated:
        assert expected.refused[one.request, one.what] in one.detail
    refused = Counter(
        str(sent.status) for sent in listener.of(Sent) if sent.status is None or sent.status >= 400
    )
    assert refused == Counter(one.what for one in deviated)

    assert comparison.unreadable == ""
    assert {_kind(one) for one in comparison.differences} == expected.differences
    assert {_kind(one) for one in comparison.explained} == expected.explained
    concerned = {one.key for one in deviated}
    assert {one.key for one in comparison.differences} <= concerned
    assert report.exit_code == (1 if expected.refused else 0)
    for one in comparison.differences:
        assert any(_is_about(line, one) for line in report.text()), one

    # As the server itself shows it: who has an account and who can use it.
    accounts = {
        one["userName"].casefold(): one.get("active", True) for one in all_resources(peer_directory, "/Users")
    }
    people = {str(one.values["userName"]).casefold(): one for one in job.intention.people.values()}
    told = [*comparison.differences, *comparison.explained]
    missing = {one.object for one in told if one.kind == "missing" and one.object.startswith("user")}
    assert missing == {
        person.label
        for key, person in people.items()
        if coverage.users and person.entitled and key not in accounts
    }
    assert accounts.keys() <= people.keys()
    unlike = {key for key, active in accounts.items() if active != people[key].entitled}
    about_use = {one.object for one in told if one.kind == "orphaned" or one.attribute == "active"}
    assert {people[key].label for key in unlike} == {one for one in about_use if one.startswith("user")}


def _kind(one: Difference) -> str:
    return f"{one.kind} {one.object.partition(' ')[0]} {one.attribute}".strip()


def _is_about(line: str, one: Difference) -> bool:
    return one.message in line or one.object.partition(" ")[2] in line
