"""The house rules: imports point one way, files stay small, and what must run anywhere needs nothing."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

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
    "outgoing": 3,
    "playback": 7,
    "idps": 7,
    "fixture": 6,
    "faults": 4,
    "quirks": 5,
    "yamlfile": 3,
    "yamltext": 4,
    "learn": 7,
    "store": 3,
    "people": 3,
    "proxy": 5,
    "scribe": 5,
    "quickjson": 3,
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


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def _imports(path: Path) -> tuple[str, ...]:
    """Return the absolute names of all modules that a file imports, anywhere in it."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).parts[:-1]
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, node.module) if node.module else base)
            yield module
            if node.module is None:
                yield from (f"{module}.{alias.name}" for alias in node.names)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _imported_by(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield the names of files with each module that they import."""
    return ((_shown(path), name) for path in files for name in _imports(path))


def test_imports_point_one_way() -> None:
    wrong = []
    for path in FILES:
        room = _room(path)
        for name in _imports(path):
            first, _, rest = name.partition(".")
            target = rest.split(".")[0]
            if first == "scimmock" and rest and target != room and LEVELS[target] >= LEVELS[room]:
                wrong.append(f"{_shown(path)} must not import {name}")
    assert wrong == []


def test_files_answer_one_question() -> None:
    assert [_shown(path) for path in FILES if len(path.read_text("utf-8").splitlines()) > 400] == []


def test_the_core_needs_the_standard_library_only() -> None:
    core = [path for path in FILES if _room(path) in STANDARD_LIBRARY_ONLY]
    known = {"scimmock", *sys.stdlib_module_names}
    assert {_room(path) for path in core} == set(STANDARD_LIBRARY_ONLY)
    assert [(path, name) for path, name in _imported_by(core) if name.partition(".")[0] not in known] == []


def test_only_the_proxy_knows_mitmproxy() -> None:
    others = [path for path in FILES if _room(path) != "proxy"]
    assert [path for path, name in _imported_by(others) if name.split(".")[0] == "mitmproxy"] == []


def test_the_addon_runs_where_nothing_but_mitmproxy_is_installed() -> None:
    """Only its faults, which it imports when they are asked for, may need more.

    quickjson goes without what it would like to have; its own tests see to that.
    """
    addon = [path for path in FILES if _room(path) == "proxy" and path.name != "faults.py"]
    wrong = []
    for path, name in _imported_by(addon):
        first, _, rest = name.partition(".")
        room = rest.split(".")[0]
        alone = first in sys.stdlib_module_names or first == "mitmproxy"
        own = first == "scimmock" and (room in ("", "proxy", "hosts", "quickjson", *STANDARD_LIBRARY_ONLY))
        if not alone and not own:
            wrong.append((path, name))
    assert addon and wrong == []


def test_every_file_says_what_it_is_for() -> None:
    silent = [str(path) for path in FILES if not ast.get_docstring(_tree(path))]
    assert silent == []
