"""The commands in the README do what it shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Launch, LiveServer
from .reader import QUICK, write_files

README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
# The commands as a person has them, of this interpreter, for the server of the test.
PRELUDE = """
set -u
scimmock() {{ {python} -m scimmock "$@"{options}; }}
pytest() {{ PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 {python} -m pytest {quick} "$@"; }}
"""

pytestmark = pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="the README is for bash with curl"
)


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def steps(block: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with the output that is shown below it."""
    found: list[tuple[str, str]] = []
    goes_on = False
    for line in block.splitlines():
        command, output = found[-1] if found else ("", "")
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif goes_on:
            found[-1] = (f"{command}\n{line}", output)
        else:
            found[-1] = (command, f"{output}{line}\n")
        goes_on = (line.startswith("$ ") or goes_on) and line.endswith("\\")
    return found


def bash(script: str, folder: Path, options: str = "") -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    clean["COLUMNS"] = "100"  # as wide as the examples
    return subprocess.run(
        [
            "bash",
            "-c",
            PRELUDE.format(python=sys.executable, options=options, quick=" ".join(QUICK)) + script,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean,
        cwd=folder,
    )


def steady(output: str) -> str:
    """Return output without what differs each time: moments and milliseconds."""
    output = re.sub(r"\d\d:\d\d:\d\d\.\d+", "TIME", output)
    return re.sub(r" +\d+\.\d ms", " MILLISECONDS", output)


def here(text: str, server: LiveServer) -> str:
    return text.replace("http://127.0.0.1:8080", server.url)


def test_the_first_five_minutes_go_from_red_to_green(tmp_path: Path) -> None:
    text = section("The first five minutes")
    install, commands = (block.splitlines() for block in blocks(text, "sh"))
    assert len(install) + len(commands) == 5 and install[-1] == "pip install . pytest"
    write_files(text, tmp_path)
    marked = "\n".join(f'{command}\necho ">>> $?"' for command in commands)
    told = bash(marked, tmp_path).stdout
    assert re.findall(r"^>>> (\d)", told, re.MULTILINE) == ["1", "0", "0"], told
    failed = told.partition(">>> ")[0]
    assert "JSONDecodeError" in failed and "PATCH Group Staff: +1 member" in failed and " 204 " in failed


@pytest.mark.parametrize("title", ["A first look", "As a vendor does it"])
def test_the_server_says_what_is_shown(launch: Launch, title: str) -> None:
    command, _, shown = blocks(section(title), "console")[0].partition("\n")
    options, _, port = command.partition(" serve ")[2].partition(" --port ")
    server = launch(*options.split())
    said = server.log.read_text().replace(server.url, f"http://127.0.0.1:{port or 8080}")
    assert said.strip() == shown.strip()


def test_misbehaviour_is_as_shown(launch: Launch, tmp_path: Path) -> None:
    text = section("Make it misbehave")
    server = launch()
    (setup,) = blocks(text, "sh")
    every = [step for block in blocks(text, "console") for step in steps(block)]
    assert len(every) >= 9
    marked = "\n".join(f"{command}\necho '>>> {index}'" for index, (command, _) in enumerate(every))
    done = bash(f"{here(setup, server)}\n{here(marked, server)}", tmp_path, f" --url {server.url}")
    assert done.stderr == ""
    outputs = re.split(r">>> \d+\n", done.stdout)
    for (command, shown), printed in zip(every, outputs, strict=False):
        assert steady(printed) == steady(shown), command


def test_a_session_is_recorded_and_shown(tmp_path: Path) -> None:
    (block,) = blocks(section("Record and show real traffic"), "console")
    commands = [command for command, _ in steps(block)]
    ((_, shown),) = [step for step in steps(block) if step[1]]
    own = f"export XDG_STATE_HOME={tmp_path}\n"
    pid = """kill $(python3 -c 'import json; print(json.load(open("scimmock.json"))["pid"])')"""
    done = bash(own + "\n".join([*commands, pid, "wait"]), tmp_path)

    def blurred(text: str) -> str:
        return re.sub(r'"\w{3}@\w{4}\.\w{3}"', '"..."', re.sub(r"\d:\d\d:\d\d\.\d+", "TIME", steady(text)))

    assert done.stderr == "" and blurred(done.stdout) == blurred(shown)
    assert "acme" not in (tmp_path / "session.jsonl").read_text()


def test_a_pipeline_verifies_what_was_done(launch: Launch, tmp_path: Path) -> None:
    check = blocks(section("In CI"), "sh")[-1]
    server = launch("--users", "0", "--groups", "0")
    (tmp_path / "scimmock.json").write_text(json.dumps(server.ready))
    failed = bash(check.partition("scimmock tail")[0], tmp_path)
    assert failed.returncode == 1 and "<failure" in (tmp_path / "scim.xml").read_text()
    with server.client() as client:
        user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann"}
        assert [client.post("/Users", json=user).status_code for _ in range(2)] == [201, 409]
    done = bash(check, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "<failure" not in (tmp_path / "scim.xml").read_text()
    assert " 409 " in done.stdout and " 201 " not in done.stdout
