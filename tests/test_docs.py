"""The documentation names everything that there is to name."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

from scimmock.cli.main import COMMANDS
from scimmock.control.api import _CALLS
from scimmock.fixture import shipped_names
from scimmock.scim.policy import SWITCHES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def test_every_option_of_serve_is_documented() -> None:
    text = (DOCS / "serve.md").read_text("utf-8")
    command: click.Command = importlib.import_module("scimmock.cli.serve").command
    options = [option.opts[-1] for option in command.params if isinstance(option, click.Option)]
    assert [option for option in options if f"`{option}" not in text] == []


def test_every_leniency_switch_is_documented() -> None:
    text = (DOCS / "fixtures.md").read_text("utf-8")
    for name, what in SWITCHES.items():
        assert f"| `{name}` | " in text, name
        told = re.search(rf"\| `{name}` \| (.*) \|", text)
        assert told and told[1].replace("`", "") == what.replace("`", ""), name


def test_every_fixture_is_documented() -> None:
    text = (DOCS / "fixtures.md").read_text("utf-8")
    assert [name for name in shipped_names() if f"| `{name}` | " not in text] == []


def test_every_control_call_is_documented() -> None:
    text = (DOCS / "control-api.md").read_text("utf-8")
    assert [f"{method} {path}" for method, path, _ in _CALLS if f"`{method} {path}" not in text] == []


@pytest.mark.parametrize("path", sorted([*DOCS.glob("*.md"), ROOT / "README.md"]), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target


def test_every_command_has_two_examples() -> None:
    for name, (module, _) in COMMANDS.items():
        command: click.Command = importlib.import_module(f"scimmock.cli.{module}").command
        commands = [command, *getattr(command, "commands", {}).values()]
        for item in commands:
            assert (item.epilog or "").count(f"scimmock {name}") >= 2, item.name
