"""docs/ci.md and the examples: what they say can be run, with commands, options and variables that exist."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from scimmock.cli.config import check_environment
from scimmock.cli.exec import environment_of
from scimmock.cli.main import COMMANDS
from scimmock.errors import UsageError
from scimmock.server.ready import Ready

from .command_lines import calls, check, shells

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
YAML = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)]
READY = Ready("", "b", "", "t", "a", 1, 1, "", "u", {})
PROGRAMS = {
    "node": (["node", "examples/node/lifecycle.mjs"], ROOT),
    "go": (["go", "run", "."], ROOT / "examples" / "go"),
}


def texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield all texts of a document with the key that they stand at; what is in a list has the list's."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from texts(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, key)
    else:
        yield key, str(value)


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"], ids=lambda page: page.name
)
def test_every_command_line_of_every_page_exists(page: Path) -> None:
    for shell in shells(page.read_text("utf-8")):
        for arguments in calls(shell):
            check(arguments)


@pytest.mark.parametrize(
    "line",
    [
        "scimmock serve --prot 1",
        "scimmock exec --fail-on errors -- true",
        "true && scimmock faults lst",
        "scimmock wait for it",
        "scimmock exec -- sh -c 'true; scimmock verify --junt x e.yaml'",
        "docker run -e A=b scimmock serve --port http",
    ],
)
def test_what_does_not_exist_is_found(line: str) -> None:
    with pytest.raises(click.UsageError):
        for arguments in calls(line):
            check(arguments)


def test_the_workflows_call_what_exists() -> None:
    """GitHub Actions (run), GitLab CI (script), Compose (command)."""
    seen = []
    for document in YAML:
        for key, text in texts(document):
            if key in ("run", "script"):
                seen += calls(text)
            elif key == "command":
                seen += calls(f"scimmock {text}")
    for arguments in seen:
        check(arguments)
    assert sorted(arguments[0] for arguments in seen) == [
        "exec",
        "exec",
        "serve",
        "serve",
        "tail",
        "verify",
        "wait",
    ]


@pytest.mark.parametrize("file", ["docs/ci.md", "Dockerfile"])
def test_variables_exist(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each SCIMMOCK_ variable is one that exec sets or the variable of an option."""
    text = (ROOT / file).read_text("utf-8")
    names = set(re.findall(r"\bSCIMMOCK_[A-Z_]*[A-Z]\b", text)) - set(environment_of(READY))
    assert len(names) >= 2
    for name in names:
        command = next(command for command in COMMANDS if name.startswith(f"SCIMMOCK_{command.upper()}_"))
        with monkeypatch.context() as patch:
            patch.setenv(name, "1")
            check_environment(command)


def test_a_wrong_variable_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIMMOCK_SERVE_FIXTUR", "okta")
    with pytest.raises(UsageError):
        check_environment("serve")


def test_the_variables_of_exec_are_told() -> None:
    assert [name for name in environment_of(READY) if f"| `{name}` | " not in PAGE] == []


def test_the_recipe_in_python_is_python() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    ast.parse(code)
    (command,) = re.findall(r'with_command\("(.*)"\)', code)
    for arguments in calls(f"scimmock {command}"):
        check(arguments)


def test_the_examples_go_by_the_variables() -> None:
    for path in ("examples/node/lifecycle.mjs", "examples/go/main.go"):
        text = (ROOT / path).read_text("utf-8")
        read = re.findall(r'process\.env\.(\w+)|Getenv\("(\w+)"\)', text)
        assert {"".join(names) for names in read} == {"SCIM_BASE_URL", "SCIM_TOKEN"}
        for arguments in calls("\n".join(re.findall(r"^//\s+(.*scimmock exec.*)$", text, re.MULTILINE))):
            check(arguments)
        assert f"../{Path(path).parent}/" in PAGE


@pytest.mark.parametrize("tool", [tool for tool in PROGRAMS if shutil.which(tool)])
def test_the_examples_do_what_they_say(tool: str) -> None:
    """Where the tool is there, the program runs to its end and nothing is to be said against it."""
    program, folder = PROGRAMS[tool]
    options = ["--quiet", "--fail-on", "findings", "--fail-on", "unexpected", "--", *program]
    done = subprocess.run(
        [sys.executable, "-m", "scimmock", "exec", *options],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"created ada\.\d+@example\.com\nfound 1\nactive false\n", done.stdout)
