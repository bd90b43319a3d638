"""``fixtures list | show | check``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from scimmock.fixture import load_fixture, shipped_names
from scimmock.scim.policy import SWITCHES


def test_list(run: Any) -> None:
    """One line for each shipped fixture, with its kind and title."""
    done = run("fixtures", "list")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and [line.split()[0] for line in lines] == shipped_names()
    assert {"rfc", "okta"} <= set(shipped_names())
    for line in lines:
        file = load_fixture(line.split()[0]).file
        assert file.kind in line and file.title in line


@pytest.mark.parametrize("name", shipped_names())
def test_show(run: Any, name: str) -> None:
    """Title, facts, and every leniency switch with its reason and source."""
    done = run("fixtures", "show", name, env={"COLUMNS": "400"})
    fixture = load_fixture(name)
    assert done.returncode == 0 and fixture.file.title in done.stdout and "/scim/v2" in done.stdout
    told = " ".join(done.stdout.split())
    for switch in fixture.leniency:
        assert f"{switch.switch} ({switch.source}, {switch.confidence})" in told
        assert SWITCHES[switch.switch] in told and switch.why in told
    for address in fixture.file.sources.values():
        assert address in done.stdout


@pytest.mark.parametrize("name", shipped_names())
def test_shipped_fixtures_are_well_formed(name: str) -> None:
    """Each shipped fixture is named like its folder, and says why each switch is on and where that is
    known from.
    """
    fixture = load_fixture(name)
    assert fixture.name == name
    for switch in fixture.leniency:
        assert switch.switch in SWITCHES and switch.why
        assert switch.confidence == "unverified" or switch.source in fixture.file.sources


def test_check(run: Any, tmp_path: Path) -> None:
    """Good ones are named with exit code 0; the first wrong one is 4 with path, line and column."""
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder, key in ((good, "title"), (bad, "titel")):
        folder.mkdir()
        (folder / "fixture.yaml").write_text(f"fixture: x\nkind: service\n{key}: X\n")
    done = run("fixtures", "check", "okta", "rfc", "./good", "good/fixture.yaml")
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 4
    done = run("fixtures", "check", "./good", "./bad")
    assert done.returncode == 4 and "bad/fixture.yaml:3:1" in done.stderr and "'title'" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("check", "nothing"), ("show", "nothing"), ("check", "./nothing"), ("show", "okt")]
)
def test_fixtures_that_are_not_there(run: Any, arguments: tuple[str, ...]) -> None:
    """A fixture that does not exist is exit code 4 with its name."""
    done = run("fixtures", *arguments)
    assert done.returncode == 4 and arguments[1] in done.stderr and len(done.stderr.splitlines()) == 1
