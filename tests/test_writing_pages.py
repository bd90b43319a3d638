"""Pages with files for the reader to write: what is made of them works as the page says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.command_lines import calls, shells

from .conftest import Here
from .reader import run_pytest, write_files

DOCS = Path(__file__).parents[1] / "docs"
FIXTURE, FAULT = ((DOCS / name).read_text("utf-8") for name in ("write-a-fixture.md", "write-a-fault.md"))


def test_the_tests_of_the_pages_pass(tmp_path: Path) -> None:
    for page in (FIXTURE, FAULT):
        write_files(page, tmp_path)
    told = run_pytest(tmp_path)
    assert " 5 passed" in told, told


def test_what_a_page_serves_is_what_it_wrote(tmp_path: Path) -> None:
    for page in (FIXTURE, FAULT):
        written = {str(path.relative_to(tmp_path)) for path in write_files(page, tmp_path)}
        for line in re.findall(r"^scimmock (?:serve|faults add) (.*)$", page, re.MULTILINE):
            for name in re.findall(r"[\w.-]+\.(?:yaml|py)", line):
                assert name in written


def test_the_commands_about_the_fixture_work(here: Here, tmp_path: Path) -> None:
    commands = [call for shell in shells(FIXTURE) for call in calls(shell) if call[0] == "fixtures"]
    assert [call[1] for call in commands] == ["new", "check", "show"]
    for call in commands:
        assert here(*call).returncode == 0
        write_files(FIXTURE, tmp_path)  # what `new` has begun is written to its end


def test_nothing_about_the_fixture_is_unverified(here: Here, tmp_path: Path) -> None:
    write_files(FIXTURE, tmp_path)
    told = here("fixtures", "show", "./crm").stdout
    assert re.search(r"fidelity +100% of 8 behaviours", told) and "UNVERIFIED" not in told
