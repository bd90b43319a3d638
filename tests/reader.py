"""What a reader of the documentation does: writes the files that a page shows, and runs pytest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import clean_environment

# Plugins of others take half of the time.
QUICK = ["-p", "scimmock.pytest_plugin", "-p", "no:cacheprovider"]
_FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def write_files(page: str, folder: Path) -> list[Path]:
    """Write what stands in a page below a line with the name of a file; returns the paths."""
    paths = []
    for name, text in _FILE.findall(page):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def run_pytest(folder: Path, *words: str, first: str = "pass") -> str:
    """Run pytest in a process of its own, after a statement; returns what it says."""
    code = f"import sys, pytest; {first}; pytest.main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, *QUICK, *words],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env=clean_environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    return done.stdout + done.stderr
