"""Where options come from: flag, environment, file, fixture, default, in this order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..command_lines import root

EMPTY = ("--users", "0", "--groups", "0")


def info(server: Any) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server.url}/_scimmock/info").json()
    return found


def test_flag_over_environment_over_file_over_fixture(launch: Any, tmp_path: Path) -> None:
    """Each source gives way to the one before it."""
    (tmp_path / "scimmock.toml").write_text("[serve]\nseed = 11\nusers = 11\ngroups = 0\nmax-tenants = 11\n")
    environment = {"SCIMMOCK_SERVE_SEED": "22", "SCIMMOCK_SERVE_USERS": "2"}
    found = info(launch("--seed", "33", env=environment))
    assert found["seed"] == 33  # flag
    assert found["resources"]["Users"] == 2  # environment
    assert found["limits"]["tenants"] == 11  # file
    assert found["resources"]["Groups"] == 0
    assert found["fixture"] == "rfc"  # default


def test_the_fixture_gives_way_to_the_file(launch: Any, tmp_path: Path) -> None:
    """What the fixture says about people counts only when nobody else says anything."""
    (tmp_path / "scimmock.toml").write_text('[serve]\nfixture = ["okta"]\nusers = 3\n')
    found = info(launch())
    assert found["fixture"] == "okta" and found["resources"] == {"Users": 3, "Groups": 5}


@pytest.mark.parametrize(
    ("variable", "value", "check"),
    [
        ("SCIMMOCK_SERVE_FIXTURE", "okta", lambda server: info(server)["fixture"] == "okta"),
        ("SCIMMOCK_SERVE_TOKEN", "from-env", lambda server: server.ready["token"] == "from-env"),
        ("SCIMMOCK_SERVE_ADMIN_TOKEN", "adm", lambda server: server.ready["admin_token"] == "adm"),
        ("SCIMMOCK_SERVE_BASE_PATH", "/b", lambda server: server.base_url.endswith("/b")),
        ("SCIMMOCK_SERVE_NO_AUTH", "1", lambda server: server.ready["token"] is None),
        ("SCIMMOCK_SERVE_PRINT", "json", lambda server: server.log.read_text().startswith("{")),
    ],
)
def test_every_option_has_its_variable(launch: Any, variable: str, value: str, check: Any) -> None:
    """SCIMMOCK_SERVE_<OPTION> sets the option of that name."""
    server = launch(*EMPTY, env={variable: value})
    import time

    deadline = time.monotonic() + 2
    while not check(server) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert check(server)


def test_options_and_variables_share_their_names() -> None:
    """For every option of every command the variable is named like the option (contract, section 2)."""
    import importlib

    import click

    from scimmock.cli.main import COMMANDS

    wrong = []
    for name, (module, _) in COMMANDS.items():
        command = importlib.import_module(f"scimmock.cli.{module}").command
        prefix = f"SCIMMOCK_{name.upper()}"
        with click.Context(command, root(), info_name=name, auto_envvar_prefix=prefix) as context:
            for option in command.params:
                if isinstance(option, click.Option):
                    expected = (
                        f"SCIMMOCK_{name.upper()}_" + option.opts[0].lstrip("-").replace("-", "_").upper()
                    )
                    context.params = {}
                    if option.value_from_envvar(context) is None:
                        with pytest.MonkeyPatch.context() as patch:
                            patch.setenv(expected, "1")
                            if option.resolve_envvar_value(context) is None:
                                wrong.append(expected)
    assert wrong == []


@pytest.mark.parametrize("file", ["scimmock.toml", "pyproject.toml"])
def test_files_are_searched_upward(launch: Any, tmp_path: Path, file: str) -> None:
    """The nearest file above the working directory counts;
    in pyproject.toml the table is tool.scimmock.serve.
    """
    table = "serve" if file == "scimmock.toml" else "tool.scimmock.serve"
    (tmp_path / file).write_text(f"[{table}]\nseed = 77\n")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert info(launch(*EMPTY, cwd=deep))["seed"] == 77


def test_the_nearest_file_counts(launch: Any, tmp_path: Path) -> None:
    """A file farther up is not mixed in; scimmock.toml goes before pyproject.toml beside it;
    others do not count.
    """
    (tmp_path / "scimmock.toml").write_text("[serve]\nseed = 1234\nmax_tenants = 5\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.scimmock.serve]\nseed = 55\n")
    found = info(launch(*EMPTY, cwd=inner))
    assert found["seed"] == 55 and found["limits"]["tenants"] == 10_000
    (inner / "scimmock.toml").write_text("[serve]\nseed = 56\n")
    assert info(launch(*EMPTY, cwd=inner))["seed"] == 56
    other = inner / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text("[tool.ruff]\nline-length = 5\n")
    assert info(launch(*EMPTY, cwd=other))["seed"] == 56


@pytest.mark.parametrize("value", ['"okta"', '["okta"]', '["rfc", "okta"]'])
def test_a_list_or_one_value(launch: Any, tmp_path: Path, value: str) -> None:
    """An option that may come several times takes a list or a single value."""
    (tmp_path / "scimmock.toml").write_text(f"[serve]\nfixture = {value}\n")
    assert info(launch(*EMPTY))["fixture"] == "okta"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[serve]\nprot = 1\n", "serve.port"),
        ("[serve]\nuser = 1\n", "serve.users"),
        ("[serv]\nport = 1\n", "serve"),
        ("[serve]\nzzzzzzzz = 1\n", "zzzzzzzz"),
        ("port = 1\n", "port"),
        ("serve = 5\n", "serve"),
        ("[serve\n", "scimmock.toml"),
        ("[serve]\nport = \n", "scimmock.toml"),
        ('[serve]\nport = "http"\n', "port"),
        ("[serve]\nport = 70000\n", "70000"),
        ("[serve]\nusers = -1\n", "users"),
        ("[serve]\nusers = [1, 2]\n", "users"),
        ('[serve]\nprint = "xml"\n', "print"),
        ("[serve]\nseed = 1.5\n", "seed"),
        ("[serve]\nfixture = 5\n", "fixture"),
        ('[serve]\nbase-path = "x"\n', "base-path"),
        ('[serve]\nno-auth = "perhaps"\n', "no-auth"),
    ],
)
def test_wrong_configuration(outcome: Any, tmp_path: Path, content: str, said: str) -> None:
    """A wrong file is exit code 2, naming the key, the near one where there is one, and never a traceback."""
    (tmp_path / "scimmock.toml").write_text(content)
    code, text = outcome("serve")
    assert code == 2 and said in text, text


@pytest.mark.parametrize("content", ["[tool]\nscimmock = 5\n", "[tool.scimmock]\nserve = 1\n", "tool = 5\n"])
def test_wrong_tables_in_pyproject(outcome: Any, tmp_path: Path, content: str) -> None:
    """A table that is none is a usage error or somebody else's affair, never a traceback."""
    (tmp_path / "pyproject.toml").write_text(content)
    code, text = outcome("serve", "--port", "x")
    assert code == 2 and text


@pytest.mark.parametrize(
    ("variable", "value"), [("PORT", "x"), ("USERS", "-5"), ("PRINT", "xml"), ("SEED", "1.5")]
)
def test_wrong_variables(outcome: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """A wrong value in the environment is exit code 2 and named."""
    monkeypatch.setenv(f"SCIMMOCK_SERVE_{variable}", value)
    code, text = outcome("serve")
    assert code == 2 and value in text


def test_a_broken_pyproject_of_others_is_not_ours(run: Any, tmp_path: Path) -> None:
    """A pyproject.toml that is no TOML does not keep scimmock from working."""
    (tmp_path / "pyproject.toml").write_text("[[[")
    assert run("fixtures", "list").returncode == 0


def test_a_variable_that_nobody_knows(tmp_path: Path) -> None:
    """A misspelled SCIMMOCK_SERVE_ variable is an error that names the near one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    failed = subprocess.run(
        [sys.executable, "-m", "scimmock", "serve"],
        env=environment | {"SCIMMOCK_SERVE_PROT": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert failed.returncode == 2
    assert "SCIMMOCK_SERVE_PROT" in failed.stderr and "SCIMMOCK_SERVE_PORT" in failed.stderr
