"""The command line itself: help, version, wrong commands and options."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest

from scimmock.cli.main import COMMANDS, cli
from scimmock.cli.reference import every_command
from scimmock.version import __version__
from tests.command_lines import root
from tests.conftest import Here

PATHS: list[tuple[str, ...]] = [(), *(tuple(called.split()[1:]) for called, _ in every_command())]


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_shows_two_examples(path: tuple[str, ...], flag: str) -> None:
    """Every command's help says what it does and shows two examples that begin with its own name."""
    from click.testing import CliRunner

    answer = CliRunner().invoke(cli, [*path, flag], prog_name="scimmock")
    assert answer.exit_code == 0
    _, heading, examples = answer.output.partition("Examples:")
    assert heading, answer.output
    lines = [line.strip() for line in examples.splitlines() if line.strip()]
    assert len(lines) >= 2
    assert all(line.startswith(" ".join(("scimmock", *path))) for line in lines), lines


def test_examples_of_help_are_right() -> None:
    """Every option that an example names exists."""
    from click.testing import CliRunner

    for path in PATHS:
        text = CliRunner().invoke(cli, [*path, "--help"], prog_name="scimmock").output
        for line in text.partition("Examples:")[2].splitlines():
            words = line.split("|")[0].partition(" -- ")[0].split()[1:]
            if not words:
                continue
            command: Any = cli
            context = root()
            while words and isinstance(command, click.Group):
                command = command.get_command(context, words.pop(0))
                assert command is not None, line
            known = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= known, line


def test_version(run: Any) -> None:
    """--version prints name and version."""
    done = run("--version")
    assert done.returncode == 0 and re.fullmatch(
        rf"scimmock,? (version )?{re.escape(__version__)}\n", done.stdout
    )


def test_help_as_a_process(run: Any) -> None:
    """--help goes to standard output and lists the commands."""
    done = run("--help")
    assert done.returncode == 0 and done.stderr == ""
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("serv",), "serve"),
        (("fixture",), "fixtures"),
        (("fixtures", "sho", "okta"), "show"),
        (("serve", "--prot", "1"), "--port"),
        (("frobnicate",), "serve"),
    ],
)
def test_near_misses(here: Here, arguments: tuple[str, ...], hint: str) -> None:
    """A wrong command or option is exit code 2 and names what was probably meant."""
    done = here(*arguments)
    assert done.returncode == 2 and done.stdout == "" and hint in done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--port", "-1"),
        ("--port", "65536"),
        ("--port", "http"),
        ("--users", "-1"),
        ("--users", "many"),
        ("--groups", "1.5"),
        ("--seed", "x"),
        ("--max-body", "0"),
        ("--max-tenants", "-1"),
        ("--people", "does-not-exist.json"),
        ("--tls-cert", "does-not-exist.pem"),
        ("--db", "."),
        ("--print", "xml"),
        ("--log-level", "loud"),
        ("--base-path", "scim"),
        ("--base-path", "/scim/"),
        ("--base-path", "/"),
        ("--base-path", "/a b"),
        ("--base-path", "/_scimmock"),
        ("--base-path", "/t/x"),
        ("--base-path", "/t"),
        ("--base-path", "/a/../b"),
        ("--public-url", "scim.example.com"),
        ("--public-url", "ftp://x"),
        ("--public-url", "http://x?y"),
        ("--public-url", "http://"),
        ("--token", ""),
        ("--token", "a b"),
        ("--token", "é"),
        ("--token", "a=x", "--token", "a=y"),
        ("--basic", "nocolon"),
        ("--basic", ":x"),
        ("--oauth-client", "nocolon"),
        ("--no-auth", "--token", "x"),
        ("--no-auth", "--basic", "a:b"),
        ("extra",),
    ],
    ids=" ".join,
)
def test_wrong_options_of_serve(
    options: tuple[str, ...], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A value that makes no sense is exit code 2 and named, before anything is started."""
    from click.testing import CliRunner

    from scimmock.errors import UsageError
    from scimmock.server.run import Running

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Running, "serve", lambda *_: pytest.fail("it was started"))
    answer = CliRunner().invoke(cli, ["serve", "--port", "0", "--users", "0", "--groups", "0", *options])
    if isinstance(answer.exception, UsageError):
        assert str(answer.exception)
        return
    assert answer.exit_code == 2, (answer.output, answer.exception)
    assert isinstance(answer.exception, SystemExit)


def test_an_unknown_fixture(here: Here) -> None:
    """An unknown fixture is exit code 4 with the near name; a folder without fixture.yaml too."""
    done = here("serve", "--fixture", "oktaa", "--port", "0")
    assert done.returncode == 4 and "okta" in done.stderr
    done = here("serve", "--fixture", "./nothing", "--port", "0")
    assert done.returncode == 4 and "nothing" in done.stderr


def test_a_wrong_file_of_people(here: Here, tmp_path: Any) -> None:
    """A file of people that cannot be read is exit code 4 with its name."""
    (tmp_path / "people.json").write_text('{"Users": [{"userName": "a"}, {"userName": "A"}]}')
    done = here("serve", "--people", "people.json", "--port", "0")
    assert done.returncode == 4 and "people.json" in done.stderr


def test_a_closed_pipe_is_no_error(tmp_path: Any) -> None:
    """When the reader of the output goes away the command ends without a traceback."""
    import subprocess
    import sys

    done = subprocess.run(
        f"{sys.executable} -m scimmock fixtures show okta | head -1",
        shell=True, capture_output=True, text=True, cwd=tmp_path, timeout=20,
    )  # fmt: skip
    assert "Traceback" not in done.stderr and done.stdout.startswith("okta")
