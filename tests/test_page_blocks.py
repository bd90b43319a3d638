"""Code blocks of pages that have no test file of their own: they do what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import scimmock
from scimmock.cli.config import load_config
from scimmock.people.load import load_people
from scimmock.quirks.options import chosen_quirks
from scimmock.server.options import ServeOptions
from scimmock.server.run import Ready
from scimmock.yamlfile import read_yaml

from .command_lines import calls, shells
from .conftest import Here, Launch
from .in_process import serving

ROOT = Path(__file__).parents[1]
SESSION = ROOT / "recordings" / "okta" / "oin-throttled.jsonl"


def page(name: str) -> str:
    return (ROOT / "docs" / f"{name}.md").read_text("utf-8")


def blocks(name: str, kind: str) -> list[str]:
    """Return the code blocks of a page that are of one kind; a block of output has none."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page(name), re.DOTALL | re.MULTILINE)
    return [text for language, text in found if language == kind]


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    with serving(ServeOptions(port=0, users=0, groups=0)) as (_, ready):
        yield ready


def curl(script: str, url: str) -> list[str]:
    """Run the curls of a block at the server; returns the status of each answer."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed here")
    own = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    script = "\n".join(
        line
        for line in script.replace("http://127.0.0.1:8080", url).splitlines()
        if "scimmock serve" not in line
    )
    code = f"curl() {{ command curl -s -o /dev/null -w '%{{http_code}}\\n' \"$@\"; }}\n{script}"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, timeout=20, env=own)
    assert done.stderr == ""
    return done.stdout.split()


# ---- the control API


def test_the_calls_of_the_control_api_are_answered_as_it_says(ready: Ready) -> None:
    tenants, verify = blocks("control-api", "sh")
    assert curl(tenants, ready.url) == ["201", "200", "204"]
    assert curl(verify.replace('"2s"', '"0s"'), ready.url) == ["409"]


def test_a_failed_verification_is_as_it_is_shown(ready: Ready) -> None:
    (shown,) = (json.loads(text) for text in blocks("control-api", "json"))
    control = f"{ready.url}/t/verify/_scimmock"
    user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bjensen"}
    with httpx.Client(headers={"Authorization": f"Bearer {ready.token}"}) as client:
        assert client.post(f"{ready.url}/t/verify/scim/v2/Users", json=user).status_code == 201
        expected = [failure["expect"] for failure in shown["failures"]]
        answer = client.post(f"{control}/verify", json={"expect": expected})
    assert answer.json() == shown


# ---- quirks and findings


def test_the_calls_about_quirks_are_answered(ready: Ready) -> None:
    (block,) = blocks("quirks", "sh")
    assert curl(block.replace("/_scimmock", "/t/quirks/_scimmock"), ready.url) == ["200"]


def test_the_words_of_errors_can_be_given(tmp_path: Path) -> None:
    (block,) = blocks("quirks", "yaml")
    (given,) = read_yaml(tmp_path / "q.yaml", lambda path: block).data["quirks"]
    (chosen,) = chosen_quirks([given])
    with scimmock.Server(users=0, groups=0, quirks=[given]) as server:
        answer = server.client.get("/Users/nobody")
    assert (answer.status_code, answer.json()["detail"]) == (404, "no_such_user")
    assert chosen.quirk is not None


def test_the_finding_is_as_it_is_shown() -> None:
    (shown,) = (json.loads(text) for text in blocks("findings", "json"))
    user = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": "ann",
        "active": "False",
    }
    with scimmock.Server(fixture="entra", users=0, groups=0) as server:
        server.client.post("/Users", json=user, headers={"Content-Type": "application/scim+json"})
        (found,) = server.findings
    assert {name: getattr(found, name) for name in shown} == shown


# ---- fixtures and redaction: the commands run


def run_all(name: str, command: str, here: Here, folder: Path) -> int:
    """Run each call of a command in a page, those of a block in one folder; returns how many there are."""
    count = 0
    for number, shell in enumerate(shells(page(name))):
        own = folder / str(number)
        own.mkdir()
        shutil.copy(SESSION, own / "session.jsonl")
        made = here("convert", "session.jsonl", "--to", "har", "--out", "traffic.har", cwd=own)
        assert made.returncode == 0
        for call in calls(shell):
            if call[0] == command:
                ended = here(*call, cwd=own)
                assert ended.returncode == 0, f"{shlex.join(call)}: {ended.stderr}"
                count += 1
    return count


def test_the_commands_about_fixtures_run(here: Here, tmp_path: Path) -> None:
    assert run_all("fixtures", "fixtures", here, tmp_path) >= 6
    assert list(tmp_path.glob("*/strict-slack/fixture.yaml"))


def test_the_commands_about_redaction_run(here: Here, tmp_path: Path) -> None:
    assert run_all("redaction", "redact", here, tmp_path) == 2
    made = {path.name for path in tmp_path.glob("*/*")}
    assert {"shared.jsonl", "traffic.redacted.har", "team.key"} <= made


def test_the_commands_about_the_recordings_run(here: Here) -> None:
    text = (ROOT / "recordings" / "README.md").read_text("utf-8")
    for call in [call for shell in shells(text) for call in calls(shell)]:
        assert here(*call, cwd=ROOT).returncode == 0, call


# ---- serving


def test_the_configuration_can_be_read(tmp_path: Path) -> None:
    (block,) = blocks("serve", "toml")
    (tmp_path / "scimmock.toml").write_text(block)
    assert load_config(tmp_path) == {"serve": {"fixture": ["okta"], "port": 9000, "users": 200}}


def test_the_people_can_be_loaded(tmp_path: Path) -> None:
    (block,) = blocks("serve", "csv")
    (tmp_path / "people.csv").write_text(block)
    with scimmock.Server(people=tmp_path / "people.csv") as server:
        enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        assert server.users["ada@example.com"][enterprise] == {"department": "Engineering"}
    assert load_people(tmp_path / "people.csv")


def test_what_a_server_took_from_a_recording_is_told_as_it_is_shown(launch: Launch) -> None:
    (shown,) = blocks("serve", "")
    server = launch("--like", "recordings/okta/oin-throttled.jsonl", cwd=ROOT)
    assert shown.strip() in server.log.read_text()


# ---- a session that answers


def test_the_server_that_answers_from_a_session_says_what_is_shown(launch: Launch, tmp_path: Path) -> None:
    command, put, *_ = (call for call in blocks("replay-server", "sh") if "exec" not in call)
    shutil.copy(ROOT / "recordings" / "okta" / "oin-lifecycle.jsonl", tmp_path / "session.jsonl")
    server = launch(*shlex.split(command)[2:], cwd=tmp_path)
    said = server.log.read_text().replace(server.url, "http://127.0.0.1:8080")
    (shown,) = blocks("replay-server", "")
    assert said.partition("Ctrl-C")[0].strip() == shown.strip()
    assert curl(put, server.url) == ["201"]
