"""``scimmock provision`` as a person calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.traffic.recording import open_recording

Command = Callable[..., tuple[int, str, str]]


class Provision:
    """The command against a tenant that is made for it, with ``scim`` as its client afterwards."""

    scim: httpx.Client

    def __init__(self, command: Command, tenant: Any) -> None:
        self._command, self._tenant = command, tenant

    def __call__(
        self, name: str, *arguments: str, fixture: str | None = None, **options: Any
    ) -> tuple[int, str, str]:
        self.scim = self._tenant(fixture=fixture or name, **options)
        url = str(self.scim.base_url).rstrip("/")
        token = self.scim.headers["Authorization"].removeprefix("Bearer ")
        return self._command("provision", "--as", name, "--to", url, "--token", token, *arguments, here=False)


@pytest.fixture
def provision(command: Command, tenant: Any, control: httpx.Client) -> Iterator[Provision]:
    """Provision a new tenant: ``provision("okta", "--users", "3")``; its client is ``provision.scim``."""
    yield Provision(command, tenant)
    control.post("/clock", json={"release": True})  # a year has passed for others too


SMALL = ("--users", "4", "--groups", "2")


def test_a_year_ends_with_equal_directories(provision: Provision) -> None:
    code, out, err = provision("okta", *SMALL)
    assert (code, err) == (0, "")
    assert "the directories are equal" in out
    assert "left out" in out


def test_a_difference_is_exit_1(provision: Provision) -> None:
    rule = {
        "name": "lost",
        "match": {"operation": "create"},
        "when": {"first": 1},
        "do": {"lost_write": True},
    }
    code, out, _ = provision("okta", *SMALL, "--scenario", "onboard", faults=[rule])
    assert code == 1
    assert "missing" in out


def test_reports_in_files_and_on_stdout(provision: Provision, tmp_path: Path) -> None:
    code, out, _ = provision(
        "entra", *SMALL, "--scenario", "onboard", "--json", "-", "--junit", "report.xml", "--quiet"
    )
    assert code == 0
    assert isinstance(json.loads(out), dict)
    assert ElementTree.parse(tmp_path / "report.xml").getroot().tag.startswith("testsuite")


def test_a_report_that_cannot_be_written_is_told(provision: Provision) -> None:
    code, _, err = provision("entra", *SMALL, "--scenario", "onboard", "--json", "no/such/folder.json")
    assert code == 4
    assert "the report cannot be written" in err


def test_a_target_out_of_reach_is_in_the_reports(command: Command, tmp_path: Path) -> None:
    reports = ("--json", "report.json", "--junit", "report.xml")
    code, _, err = command(
        "provision", "--as", "okta", "--to", "http://127.0.0.1:1/scim/v2", *SMALL, *reports, here=False
    )
    assert code == 5
    assert "127.0.0.1:1" in err
    assert json.loads((tmp_path / "report.json").read_text())["exit_code"] == 5
    cases = ElementTree.parse(tmp_path / "report.xml").getroot().iter("testcase")
    assert any(case.find("failure") is not None or case.find("error") is not None for case in cases)


def test_the_session_is_recorded(
    provision: Provision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    code, _, err = provision(
        "authentik", *SMALL, "--scenario", "onboard", "--record", "s.jsonl", "--seed", "5"
    )
    assert code == 0
    assert "5 exchanges recorded in s.jsonl" in err
    recording = open_recording(tmp_path / "s.jsonl")
    header = recording.header
    assert (header["by"], header["idp"], header["seed"], header["users"]) == ("provision", "authentik", 5, 4)
    assert header["redaction"]["mode"] == "pseudonyms"
    exchanges = list(recording)
    assert [one["n"] for one in exchanges] == [1, 2, 3, 4, 5]
    assert [one["request"]["method"] for one in exchanges] == ["GET", "POST", "POST", "POST", "POST"]
    sent = {name.lower(): value for name, value in exchanges[0]["request"]["headers"]}
    assert sent["authorization"] == "Bearer ***"
    text = (tmp_path / "s.jsonl").read_text("utf-8")
    names = [one["userName"] for one in provision.scim.get("/Users").json()["Resources"]]
    assert names and not [name for name in names if name in text]
    code, _, err = provision("authentik", *SMALL, "--record", "s.jsonl")
    assert code == 2
    assert "is there already" in err


def test_a_dry_run_sends_nothing(provision: Provision) -> None:
    code, out, err = provision("entra", *SMALL, "--scenario", "onboard", "--dry-run")
    assert code == 0
    assert out.startswith("GET /")
    assert "Authorization: Bearer ***" in out
    assert "directories" not in out
    assert err == ""
    assert provision.scim.get("/Users").json()["totalResults"] == 0
    _, again, _ = provision("entra", *SMALL, "--scenario", "onboard", "--dry-run")
    assert [line for line in again.splitlines() if line.startswith("{")] == [
        line for line in out.splitlines() if line.startswith("{")
    ]


def test_what_a_dry_run_leaves_out_is_told(provision: Provision) -> None:
    _, out, err = provision("sailpoint", *SMALL, "--scenario", "onboard", "--dry-run")
    assert "left out: provision-user: The body of a new account" in err
    assert "left out" not in out


def test_what_was_made_can_be_removed(provision: Provision) -> None:
    code, _, err = provision("okta", *SMALL, "--scenario", "group-push", "--cleanup")
    assert code == 0
    assert "6 resources that were made are deleted again" in err
    assert provision.scim.get("/Users").json()["totalResults"] == 0


def test_what_cannot_be_removed_is_told(provision: Provision) -> None:
    rule = {"name": "kept", "match": {"operation": "delete"}, "do": {"status": 403}}
    code, _, err = provision("okta", *SMALL, "--scenario", "onboard", "--cleanup", faults=[rule])
    assert code == 1
    assert "0 resources that were made are deleted again" in err
    assert err.count("not deleted: /Users/") == 4


def test_a_parameter_can_be_set(provision: Provision) -> None:
    _, out, _ = provision("entra", *SMALL, "--set", "user_agent=Mine/1", "--dry-run")
    assert "User-Agent: Mine/1" in out


def test_basic_authorization(command: Command) -> None:
    _, out, _ = command(
        *("provision", "--as", "okta", "--to", "http://app.example/", "--basic", "u:p"),
        *("--users", "1", "--groups", "0", "--dry-run"),
        here=False,
    )
    assert "Authorization: Basic ***" in out
    assert out.startswith("GET /Users?")


HERE = ("--to", "http://127.0.0.1:1/scim")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--as", "entra", *HERE), 5, "does not answer"),
        (("--as", "entre", *HERE), 4, "entra"),
        (("--as", "rfc", *HERE), 2, "does not say how a client speaks, there are authentik, entra"),
        (("--as", "entra", "--to", "http://app.example/scim"), 2, "--yes says that it is meant"),
        (("--as", "entra", "--to", "app.example"), 2, "is no URL"),
        (("--as", "entra", "--to", "http://127.0.0.1/scim?flag"), 2, "is no URL"),
        (("--as", "entra", *HERE, "--scenario", "onbord"), 2, "did you mean 'onboard'?"),
        (("--as", "entra", *HERE, "--set", "user_agnt=1"), 2, "did you mean 'user_agent'?"),
        (("--as", "entra", *HERE, "--set", "user_agent"), 2, "NAME=VALUE"),
        (("--as", "entra", *HERE, "--token", "t", "--basic", "u:p"), 2, "exclude each other"),
        (("--as", "entra", *HERE, "--basic", "u"), 2, "USER:PASSWORD would be right"),
        (("--as", "entra", *HERE, "--cycle", "soon"), 2, "--cycle"),
        (("--as", "entra", *HERE, "--timeout", "0"), 2, "no time at all"),
        (("--as", "entra", *HERE, "--json", "-", "--junit", "-"), 2, "both go to stdout"),
        (("--as", "entra", *HERE, "--dry-run", "--cleanup"), 2, "--cleanup has no effect with --dry-run"),
        (
            ("--as", "entra", *HERE, "--record", "x", "--redact", "none", "--redact-key", "k"),
            2,
            "--redact-key",
        ),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_sent(
    command: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    got, _, err = command("provision", *arguments, here=False)
    assert got == code
    assert said in err


def test_ctrl_c_leaves_a_complete_recording_and_a_summary(scim: httpx.Client, tmp_path: Path) -> None:
    url, token = str(scim.base_url), scim.headers["Authorization"].removeprefix("Bearer ")
    arguments = ["--as", "keycloak", "--to", url, "--token", token, "--users", "5000", "--groups", "0"]
    more = ["--rate", "200", "--record", "s.jsonl", "--redact", "secrets"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scimmock", "provision", *arguments, *more],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    recording = tmp_path / "s.jsonl"
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and not (recording.exists() and recording.stat().st_size > 20_000):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=15)
    assert process.returncode == 130, err
    assert "interrupted" in out
    opened = open_recording(recording)
    count = sum(1 for _ in opened)
    assert opened.notices == []
    assert f"{count} exchanges recorded" in err
    assert scim.get("/Users?count=0").json()["totalResults"] == count
