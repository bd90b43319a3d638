"""The public names: the same for type checkers, for the import system, and in the documentation."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import scimmock


def test_public_names_agree() -> None:
    tree = ast.parse(Path(scimmock.__file__).read_text("utf-8"))
    typed = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level and node.module != "version"
        for alias in node.names
    }
    assert typed == set(scimmock._MODULES) == set(scimmock.__all__) - {"__version__"}
    assert set(scimmock.__all__) <= set(dir(scimmock))
    assert sorted(scimmock.__all__) == scimmock.__all__
    for name in scimmock.__all__:
        assert getattr(scimmock, name) is not None, name
    wrong = "Servr"
    with pytest.raises(AttributeError, match="no attribute 'Servr'"):
        getattr(scimmock, wrong)


def test_what_records_and_what_plays_is_loaded_for_those_who_do() -> None:
    """Starting a server loads neither: that is a fifth of the time it takes."""
    code = (
        "import sys, scimmock.cli.serve, scimmock.server.run; "
        "seldom = ('scimmock.traffic.redact', 'scimmock.traffic.answering', 'scimmock.scribe', 'mitmproxy'); "
        "print(*sorted(name for name in sys.modules if name.startswith(seldom)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


def test_the_package_alone_needs_the_standard_library_only() -> None:
    code = (
        "import sys, scimmock; scimmock.open_recording; scimmock.UserError; "
        "found = {name.partition('.')[0] for name in sys.modules} - {'scimmock', '__main__'}; "
        "print(*sorted(name for name in found if name not in sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(scimmock.__file__).parents[1],
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
