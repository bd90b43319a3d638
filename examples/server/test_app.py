"""What the service has to get right for Entra ID."""

from __future__ import annotations

from pathlib import Path

import scimmock

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
# What the recorded service has beside users, and this one does not.
LEFT_OUT = ["header:etag", "groups", f"{ENTERPRISE}:manager.$ref"]
SESSION = Path(__file__).parents[2] / "recordings" / "entra" / "legacy-lifecycle.jsonl"


def test_people_get_accounts(service: str) -> None:
    report = scimmock.provision(
        "entra@legacy", service, token="secret", users=12, groups=0, scenarios=["onboard"]
    )
    assert report.exit_code == 0, "\n".join(report.text())


def test_who_had_an_account_for_a_day_cannot_log_in_any_more(service: str) -> None:
    report = scimmock.provision(
        "entra@legacy",
        service,
        token="secret",
        users=12,
        groups=0,
        scenarios=["temporary-access"],
        cycle="0.1s",
    )
    assert report.exit_code == 0, "\n".join(report.text())


def test_a_recorded_year_is_answered_as_it_was(service: str) -> None:
    replayed = scimmock.replay(SESSION, service, token="secret", only=["resource=Users"], ignore=LEFT_OUT)
    assert replayed.ok, str(replayed)
