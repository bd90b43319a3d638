"""``scimmock.provision``: the command as a function."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import scimmock
from scimmock import UnreachableError, UsageError


def test_a_service_is_provisioned(tmp_path: Path) -> None:
    """The report says that all is well, the recording has what was sent."""
    recording = tmp_path / "session.jsonl"
    with scimmock.Server(fixture="okta", users=0, groups=0) as server:
        report = scimmock.provision(
            "okta", server.url, token=server.token, users=3, groups=1, scenarios="onboard", record=recording
        )
        assert report.exit_code == 0 and report.text()[-1] == "the directories are equal"
        assert len(server.users) == 3
        assert len(list(scimmock.open_recording(str(recording)))) == report.sent
        server.faults.add(match={"operation": "create"}, do={"status": 500})
        server.users.clear()
        report = scimmock.provision("okta", server.url, token=server.token, users=1, scenarios=["onboard"])
        assert report.exit_code == 1 and report.failed == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"idp": "slack"}, "does not say how a client speaks"),
        ({"scenarios": ["onbord"]}, "onboard"),
        ({"to": "https://app.example/scim"}, "app.example is not this machine.*yes=True"),
        ({"timeout": "soon"}, "timeout: 'soon' is not a duration"),
        ({"to": "nowhere"}, "is no URL"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], told: str) -> None:
    usual: dict[str, Any] = {"idp": "okta", "to": "http://127.0.0.1:9"}
    with pytest.raises(scimmock.UserError, match=told):
        scimmock.provision(**(usual | arguments))


def test_nobody_answers() -> None:
    with scimmock.Server(users=0, groups=0) as server:
        url = server.url
    with pytest.raises(UnreachableError):
        scimmock.provision("okta", url, users=1, scenarios=["onboard"])
    with pytest.raises(UsageError, match="sets nothing that okta has"):
        scimmock.provision("okta", url, settings={"none": 1})
