"""docs/replay.md: it names all that there is, and its examples do what it says."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scimmock.journal.criteria import SIMPLE
from scimmock.playback.report import About, document
from scimmock.playback.run import Outcome
from scimmock.playback.survey import Survey
from scimmock.server.options import ServeOptions
from scimmock.server.run import Ready
from tests.command_lines import root
from tests.in_process import serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "replay.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(?:sh)?\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SHIPPED = "recordings/okta/oin-lifecycle.jsonl"


def command() -> click.Command:
    found: click.Command = importlib.import_module("scimmock.cli.replay").command
    return found


def test_every_option_is_documented() -> None:
    table = PAGE.partition("| option | what it does |")[2].partition("\n\n")[0]
    options = [option.opts[0] for option in command().params if isinstance(option, click.Option)]
    assert [option for option in options if not re.search(rf"`{option}[ `]", table)] == []
    assert set(re.findall(r"`(--[a-z-]+)", table)) == set(options)


def test_every_key_of_the_report_is_documented() -> None:
    about = About("s.jsonl", "http://127.0.0.1:9000", "server", None, None, "", "max")
    report = document(Outcome(Survey()), about)
    table = PAGE.partition("| key | |")[2].partition("\n\n")[0]
    names = [*report, *report["counts"]]
    assert [name for name in names if f"`{name}`" not in table] == []


def test_everything_that_can_be_chosen_by_is_documented() -> None:
    text = PAGE.partition("\n## A part of it\n")[2].partition("\n## ")[0]
    assert [name for name in SIMPLE if f"`{name}`" not in text] == []


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    with serving(ServeOptions(port=0, users=0, groups=0)) as (_, ready):
        yield ready


def run(line: str, ready: Ready, to: str) -> str:
    """Run an example at a tenant instead of the service that it names; returns what it says."""
    base_url = f"{ready.url}/t/{to}/scim/v2"
    words = [word.replace("http://127.0.0.1:9000/scim/v2", base_url) for word in shlex.split(line)[2:]]
    said = CliRunner().invoke(
        command(), [str(ROOT / word) if word == SHIPPED else word for word in words], parent=root()
    )
    assert said.exception is None or isinstance(said.exception, SystemExit), said.output
    return said.stdout.replace(f"/t/{to}/", "/").replace(ready.url.removeprefix("http://"), "127.0.0.1:9000")


def steady(text: str) -> str:
    return re.sub(r" in \d+\.\d s:", " in SOME s:", text).strip()


def test_what_is_shown_is_what_is_said(ready: Ready) -> None:
    lines = [index for index, block in enumerate(BLOCKS) if block.startswith(f"scimmock replay {SHIPPED}")]
    assert len(lines) == 2
    for index in lines:
        said = run(BLOCKS[index].strip(), ready, f"example-{index}")
        assert steady(said) == steady(BLOCKS[index + 1])


def test_every_example_has_options_that_exist() -> None:
    examples = [line for block in BLOCKS for line in block.splitlines() if line.startswith("scimmock replay")]
    assert len(examples) >= 5
    for line in examples:
        assert command().make_context("replay", shlex.split(line)[2:], parent=root()).params["to"]
