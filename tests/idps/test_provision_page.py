"""docs/provision.md: it names all that there is, and its examples do what it says."""

from __future__ import annotations

import importlib
import itertools
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import httpx
import pytest

from scimmock.idps.answers import CHECKS
from scimmock.idps.differences import KINDS
from scimmock.idps.scenario import load_scenario, scenario_names

from ..conftest import Here, Launch, LiveServer

PAGE = (Path(__file__).parents[2] / "docs" / "provision.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(sh)?\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [
    line for kind, block in BLOCKS if kind == "sh" for line in block.splitlines() if "provision" in line
]
# The one example whose service is under a fault pack.
FAILING = "--users 30"


def command() -> click.Command:
    found: click.Command = importlib.import_module("scimmock.cli.provision").command
    return found


def rows(heading: str) -> dict[str, list[str]]:
    """Return the cells of the table whose first column has that heading, by the first cell."""
    table = PAGE.partition(f"| {heading} |")[2].partition("\n\n")[0]
    cells = [re.split(r" +\| *", line.strip("| ") + " ") for line in table.splitlines()[2:]]
    return {row[0].strip("`"): [cell.strip() for cell in row[1:]] for row in cells}


def test_every_option_is_documented() -> None:
    options = [option.opts[-1] for option in command().params if isinstance(option, click.Option)]
    assert [option for option in options if f"`{option}" not in PAGE] == []


def test_every_scenario_is_documented_with_what_comes_before() -> None:
    table = rows("scenario")
    assert sorted(table) == scenario_names()
    for name, (_, *after) in table.items():
        assert tuple(re.findall(r"`([^`]+)`", " ".join(after))) == load_scenario(name).after, name


def test_every_kind_of_difference_is_documented() -> None:
    assert list(rows("difference")) == list(KINDS)


def test_every_check_of_answers_is_documented() -> None:
    told = [(name, *cells[:2]) for name, cells in rows("name").items()]
    assert told == [(check.name, check.section, check.severity) for check in CHECKS]


# ---- the examples


@pytest.fixture(scope="module")
def servers(launch_for_module: Launch) -> dict[str, LiveServer]:
    empty = ("--users", "0", "--groups", "0")
    return {
        name: launch_for_module("--fixture", name, *empty) for name in ("entra", "okta", "google-workspace")
    }


@pytest.fixture
def service(servers: dict[str, LiveServer], here: Here) -> Iterator[Callable[[str, str], LiveServer]]:
    """Return the server for a provider, empty and without faults, with a pack of them if one is named."""

    def prepared(name: str, pack: str) -> LiveServer:
        server = servers[name]
        with httpx.Client(base_url=f"{server.url}/_scimmock") as control:
            control.delete("/faults")
            assert control.delete("/state").status_code == 204
            if pack:
                here("faults", "add", pack, "--url", server.url)
        return server

    yield prepared


def at(server: LiveServer, line: str) -> list[str]:
    """Return the arguments of an example, for a server instead of the one that it names."""
    words = shlex.split(line)
    assert words[0] == "scimmock"
    return [re.sub(r"^http://127\.0\.0\.1:9000/scim(/v2)?$", server.base_url, word) for word in words[1:]]


def provider_of(line: str) -> str:
    return shlex.split(line)[shlex.split(line).index("--as") + 1]


def plain(text: str, server: LiveServer) -> list[str]:
    """Return lines without what differs from run to run."""
    text = text.replace(server.url, "http://127.0.0.1:9000").replace(server.url[7:], "127.0.0.1:9000")
    text = re.sub(r"sent( in [\d.]+ s)?, answered.*", "sent", text)
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.partition(" --")[2][:60])
def test_the_examples_work(
    line: str, service: Callable[[str, str], LiveServer], here: Here, tmp_path: Path
) -> None:
    pack = "orphaned-accounts" if FAILING in line else ""
    server = service(provider_of(line), pack)
    ended = here(*at(server, line))
    assert ended.returncode == (1 if pack else 0), ended.stdout + ended.stderr
    for name in ("report.xml", "report.json", "session.jsonl"):
        assert (tmp_path / name).exists() is (name in line)
    shown = next((block for before, block in _shown() if before == line), None)
    if shown is not None:
        wanted, told = plain(shown, server), plain(ended.stdout, server)
        found = [told[place : place + len(wanted)] for place in range(len(told))]
        assert wanted in found, ended.stdout


def _shown() -> Iterator[tuple[str, str]]:
    """Yield commands with the output that the page shows right below."""
    for (kind, block), (next_kind, next_block) in itertools.pairwise(BLOCKS):
        if kind == "sh" and not next_kind:
            yield block.strip(), next_block


def test_some_examples_show_their_output() -> None:
    assert len([line for line, _ in _shown() if line in COMMANDS]) == 3
    assert len(COMMANDS) >= 8


def test_a_quarantine_is_shown_as_the_page_has_it(
    service: Callable[[str, str], LiveServer], here: Here
) -> None:
    server = service("entra", "")
    ended = here("provision", "--as", "entra", "--to", server.base_url, "--token", "wrong")
    (told,) = (line for line in ended.stdout.splitlines() if line.startswith("STOPPED"))
    assert told in PAGE
    assert ended.returncode == 1


def test_every_orphan_that_a_fault_made_is_found(
    service: Callable[[str, str], LiveServer], here: Here, tmp_path: Path
) -> None:
    """What the server acknowledged last of each account, by its own journal, and what it has of it."""
    server = service("entra", "orphaned-accounts")
    with httpx.Client(base_url=f"{server.url}/_scimmock") as control:
        assert control.delete("/journal").status_code == 204
        ended = here(
            *("provision", "--as", "entra", "--to", server.base_url, "--token", "scimmock"),
            *("--users", "40", "--scenario", "offboard", "--json", "report.json", "--quiet"),
        )
        assert ended.returncode == 1, ended.stderr
        seen: list[dict[str, Any]] = []
        for operation in ("patch", "delete"):
            query = {"resource": "Users", "operation": operation, "limit": "1000"}
            seen += control.get("/journal", params=query).json()["exchanges"]
        there = {user["id"]: user for user in control.get("/state").json()["Users"]}
    last = {}
    for exchange in sorted(seen, key=lambda exchange: exchange["n"]):
        said = exchange["request"]["body"].get("json", {}).get("Operations", [{}])[0]
        if exchange["trace"]["operation"] == "delete":
            last[exchange["trace"]["id"]] = "deleted"
        elif said["path"] == "active":
            last[exchange["trace"]["id"]] = "off" if said["value"] == "False" else "on"
    still = {id: what for id, what in last.items() if what != "on" and id in there}
    orphaned = {id for id in still if there[id]["active"]}
    leftover = {id for id, what in still.items() if what == "deleted" and not there[id]["active"]}
    assert len(orphaned) > 1
    differences = json.loads((tmp_path / "report.json").read_text())["comparison"]["differences"]
    assert {one["id"] for one in differences if one["kind"] == "orphaned"} == orphaned
    assert {one["id"] for one in differences if one["kind"] == "leftover"} == leftover
