"""The house rules: imports point one way, files stay small, and what must run anywhere needs nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "scimmock"

# A room may import from rooms on a lower level; rooms on one level do not know each other.
LEVELS = {
    "cli": 10,
    "__main__": 11,
    "pytest_plugin": 11,
    "testing": 10,
    "server": 9,
    "control": 8,
    "console": 8,
    "journal": 5,
    "findings": 5,
    "outgoing": 2,
    "replay": 7,
    "idps": 7,
    "fixture": 6,
    "faults": 4,
    "quirks": 5,
    "yamlfile": 3,
    "store": 3,
    "people": 3,
    "proxy": 5,
    "traffic": 2,
    "scim": 1,
    "clock": 1,
    "hosts": 1,
    "errors": 0,
    "version": 0,
    "__init__": 11,  # names are imported when they are used
}
STANDARD_LIBRARY_ONLY = ("errors", "clock", "scim", "traffic", "version", "__init__")
FILES = sorted(PACKAGE.rglob("*.py"))


def _room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def _imports(path: Path) -> Iterator[str]:
    """Yield the absolute names of all modules that a file imports, anywhere in it."""
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, node.module) if node.module else base)
            yield module
            if node.module is None:
                yield from (f"{module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room = _room(path)
    for name in _imports(path):
        first, _, rest = name.partition(".")
        if first != "scimmock" or not rest:
            continue
        target = rest.split(".")[0]
        assert target == room or LEVELS[target] < LEVELS[room], f"{room} must not import {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_answer_one_question(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if _room(path) in STANDARD_LIBRARY_ONLY],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_core_needs_the_standard_library_only(path: Path) -> None:
    for name in _imports(path):
        first = name.partition(".")[0]
        assert first == "scimmock" or first in sys.stdlib_module_names, name


def test_only_the_proxy_knows_mitmproxy() -> None:
    users = {
        _room(path) for path in FILES if any(name.split(".")[0] == "mitmproxy" for name in _imports(path))
    }
    assert users <= {"proxy"}


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if _room(path) == "proxy" and path.name != "faults.py"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_the_addon_runs_where_nothing_but_mitmproxy_is_installed(path: Path) -> None:
    """Only its faults, which it imports when they are asked for, may need more."""
    for name in _imports(path):
        first, _, rest = name.partition(".")
        room = rest.split(".")[0]
        alone = first in sys.stdlib_module_names or first == "mitmproxy"
        own = first == "scimmock" and (room in ("", "proxy", "hosts", *STANDARD_LIBRARY_ONLY))
        assert alone or own, name


def test_every_file_says_what_it_is_for() -> None:
    silent = [str(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []
