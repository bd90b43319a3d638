"""The options of ``serve`` about faults, quirks, limits and findings, from everywhere they can come from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Here

EMPTY = ("--users", "0", "--groups", "0")
BUSY = "- {name: busy, match: {resource: Users}, when: {first: 1}, do: {status: 503}}\n"
LIMITED = (
    "fixture: limited\ntitle: Limited\nkind: service\nbehaviour: {quirks: [rate-limit-slack]}\n"
    "faults: [{name: few, do: {rate_limit: {tokens: 1, refill: 1, every: 1h}}}]\n"
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "busy.yaml").write_text(BUSY)
    (tmp_path / "other.yaml").write_text("faults:\n  - {name: other, do: {delay: 1ms}}\n")
    (tmp_path / "limited").mkdir()
    (tmp_path / "limited" / "fixture.yaml").write_text(LIMITED)
    return tmp_path


def asked(server: Any, call: str) -> Any:
    return httpx.get(f"{server.url}/_scimmock/{call}").json()


def rules(server: Any) -> list[str]:
    return [rule["name"] for rule in asked(server, "faults")["faults"]]


def test_everything_at_once(launch: Any, files: Path) -> None:
    server = launch(
        *EMPTY, "--fixture", "./limited", "--no-limits", "--faults", "busy.yaml", "--faults", "other.yaml",
        "--faults", "slow", "--quirk", "nulls-emitted", "--quirk", "html-proxy-error:status=503,times=1",
        "--lint", "interop", "--lint", "ipsie", "--fault-header", cwd=files,
    )  # fmt: skip
    found = rules(server)
    assert found[:2] == ["busy", "other"] and found[-1] == "html-proxy-error"
    assert {rule["origin"] for rule in asked(server, "faults")["faults"]} == {"faults", "quirk"}
    info = asked(server, "info")
    assert info["quirks"] == ["rate-limit-slack", "nulls-emitted", "html-proxy-error"]
    assert info["profiles"] == ["behaviour", "interop", "ipsie", "rfc"]
    assert info["faults"] == len(found)


@pytest.mark.parametrize(
    ("variables", "file"),
    [
        (
            {
                "FAULTS": "busy.yaml other.yaml",
                "QUIRK": "nulls-emitted boolean-strings",
                "NO_LIMITS": "1",
                "LINT": "interop",
                "FAULT_HEADER": "true",
            },
            "",
        ),
        (
            {},
            'faults = ["busy.yaml", "other.yaml"]\nquirk = ["nulls-emitted", "boolean-strings"]\n'
            'no-limits = true\nlint = "interop"\nfault-header = true\n',
        ),
        (
            {"FAULTS": "busy.yaml other.yaml", "LINT": "interop"},
            'faults = "slow"\nquirk = ["nulls-emitted", "boolean-strings"]\nno_limits = true\n'
            'lint = ["ipsie"]\nfault_header = true\n',
        ),
    ],
    ids=["environment", "file", "both"],
)
def test_from_the_environment_and_from_files(
    launch: Any, files: Path, variables: dict[str, str], file: str
) -> None:
    (files / "scimmock.toml").write_text(f"[serve]\n{file}")
    environment = {f"SCIMMOCK_SERVE_{name}": value for name, value in variables.items()}
    server = launch(*EMPTY, "--fixture", "./limited", env=environment, cwd=files)
    assert rules(server) == ["busy", "other"]
    info = asked(server, "info")
    assert info["quirks"] == ["rate-limit-slack", "nulls-emitted", "boolean-strings"]
    assert info["profiles"] == ["behaviour", "interop", "rfc"]
    with server.client() as scim:
        assert [scim.get("/Users").status_code for _ in range(2)] == [503, 200]
        assert scim.get("/Users", headers={"X-Scimmock-Fault": "busy"}).status_code == 503


def test_off_unless_asked_for(launch: Any, files: Path) -> None:
    server = launch(*EMPTY, "--fixture", "./limited", "--faults", "busy.yaml", cwd=files)
    assert rules(server)[:2] == ["few", "busy"] and "rate-limit-slack-reads" in rules(server)
    assert asked(server, "info")["profiles"] == ["behaviour", "rfc"]
    httpx.patch(f"{server.url}/_scimmock/faults/few", json={"enabled": False})
    with server.client() as scim:
        header = {"X-Scimmock-Fault": "busy"}
        assert [scim.get("/Users", headers=header).status_code for _ in range(2)] == [503, 200]


def test_the_command_line_takes_the_place_of_the_file(launch: Any, files: Path) -> None:
    (files / "scimmock.toml").write_text('[serve]\nfaults = ["slow"]\nquirk = ["slow"]\n')
    server = launch(*EMPTY, "--faults", "busy.yaml", "--quirk", "nulls-emitted", cwd=files)
    assert rules(server) == ["busy"] and asked(server, "info")["quirks"] == ["nulls-emitted"]


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["--faults", "slw"], 4, "did you mean 'slow'?"),
        (["--faults", "nothing.yaml"], 4, "nothing.yaml"),
        (["--faults", "bad.yaml"], 4, "bad.yaml:1:8: unknown action 'staus', did you mean 'status'?"),
        (["--faults", "busy.yaml", "--faults", "busy.yaml"], 4, "'busy'"),
        (["--quirk", "slw"], 2, "--quirk slw: unknown quirk 'slw', did you mean 'slow'?"),
        (["--quirk", "slow:dely=1s"], 2, "did you mean 'delay'?"),
        (["--quirk", "slow", "--faults", "named-slow.yaml"], 2, "'slow' is taken"),
        (["--faults", "many.yaml"], 4, "at most 1000"),
        (["--lint", "intrp"], 2, "intrp"),
        (["--fault-hedaer"], 2, "--fault-header"),
    ],
)
def test_wrong_ones_do_not_start(here: Here, files: Path, arguments: list[str], code: int, what: str) -> None:
    (files / "bad.yaml").write_text("- do: {staus: 503}\n")
    (files / "named-slow.yaml").write_text("- {name: slow, do: {status: 503}}\n")
    (files / "many.yaml").write_text("- do: {status: 503}\n" * 1001)
    done = here("serve", "--port", "0", *EMPTY, *arguments, cwd=files)
    assert done.returncode == code and what in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("fault = 5", "serve.faults"),
        ("faults = 5", "faults"),
        ("quirks = []", "serve.quirk"),
        ('no-limits = "yes"', "no-limits"),
        ('lint = ["none"]', "none"),
        ("fault-header = 1", "fault-header"),
    ],
)
def test_wrong_configuration(outcome: Any, tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "scimmock.toml").write_text(f"[serve]\n{line}\n")
    code, text = outcome("serve")
    assert code == 2 and what in text, text
