"""examples/: the programs with defects fail for the reasons that their page shows, the mended ones do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.reader import run_pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "examples" / "README.md").read_text("utf-8")
FOLDERS = ["examples/client", "examples/server"]
# Directories that differ are looked at once more after six seconds: not here.
AT_ONCE = "import scimmock.idps.compare; scimmock.idps.compare._SETTLING = 0.0"


def shown() -> list[str]:
    """Return the lines of output that the page shows."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return [line.strip() for kind, block in blocks if not kind for line in block.splitlines() if line]


def test_as_they_are_they_fail_as_it_is_shown() -> None:
    told = run_pytest(ROOT, *FOLDERS, first=AT_ONCE)
    assert " 4 failed, 3 passed" in told, told
    said = [re.sub(r"\d\d:\d\d:\d\d\.\d+ +\S+ +\S+ ms +", "", line) for line in told.splitlines()]
    missing = [line for line in shown() if not any(line in text for text in said)]
    assert len(shown()) == 12 and missing == []


def test_mended_they_pass() -> None:
    told = run_pytest(ROOT, *FOLDERS, "--fixed")
    assert " 7 passed" in told, told


@pytest.mark.parametrize("command", re.findall(r"^pytest (\S+)", PAGE, re.MULTILINE))
def test_what_the_page_runs_is_there(command: str) -> None:
    assert (ROOT / command).exists()
