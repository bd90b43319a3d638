"""Every sentence that scimmock and the shipped fixtures can answer with; what varies in one is a marker."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from scimmock.fixture.folders import fixtures_folder
from scimmock.yamlfile import read_yaml

PACKAGE = Path(__file__).parents[3] / "scimmock"
MARKER = "Zqxjvkw"
# Of the standard's room every string is one that is answered, but for what the switches of leniency mean.
_WHOLE = PACKAGE / "scim"
_NOT_ANSWERED = PACKAGE / "scim" / "policy.py"
_ERRORS = ("ScimError", "InvalidFilter")
# Where errors come from that a SCIM client gets.
_ROOMS = ("scim", "server", "faults", "quirks")
_VARIABLE = re.compile(r"\{[\w.]+\}|\d{4}-\d\d-\d\dT[\d:]+Z")


@cache
def sentences_of_code() -> list[tuple[str, str]]:
    """Return (where, sentence) of the package."""
    return list(_sentences_of_code())


def _sentences_of_code() -> Iterator[tuple[str, str]]:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
    makers = {*_ERRORS, "worded"}
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.returns is not None and _is_error(node.returns):
                makers.add(node.name)
    for path, tree in trees.items():
        if path == _NOT_ANSWERED or path.relative_to(PACKAGE).parts[0] not in _ROOMS:
            continue
        for node in _told(tree, makers) if _WHOLE not in path.parents else [tree]:
            for line, text in _texts(node):
                if " " in text and "realm=" not in text:  # that is a header
                    yield f"{path.relative_to(PACKAGE)}:{line}", _marked(text)


def _is_error(node: ast.expr) -> bool:
    parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node]
    return any(isinstance(part, ast.Name) and part.id in _ERRORS for part in parts)


def _told(tree: ast.AST, makers: set[str]) -> Iterator[ast.AST]:
    """Yield what makes an error, and what is called a detail."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in makers:
                yield node
        elif isinstance(node, ast.FunctionDef) and node.name in makers:
            yield from node.body
        elif (isinstance(node, ast.keyword) and node.arg == "detail") or (
            isinstance(node, ast.Assign | ast.AnnAssign) and "detail" in _target(node) and node.value
        ):
            yield node.value


def _target(node: ast.Assign | ast.AnnAssign) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    return getattr(target, "id", "")


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of the strings in a piece of code that are no docstrings and no patterns."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compile":
        return
    if isinstance(node, ast.JoinedStr):
        yield node.lineno, "".join(map(_piece, node.values))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.lineno, node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _texts(child)


def _piece(node: ast.expr) -> str:
    if isinstance(node, ast.FormattedValue):
        return f"'{MARKER}'" if node.conversion == ord("r") else MARKER
    return str(node.value) if isinstance(node, ast.Constant) else ""


def sentences_of_fixtures() -> Iterator[tuple[str, str]]:
    """Yield (where, sentence) of the fixtures and of the packs of faults."""
    files = [*fixtures_folder().glob("*/fixture.yaml"), *(PACKAGE / "faults" / "packs").glob("*.yaml")]
    for path in sorted(files):
        name = path.parent.name if path.stem == "fixture" else path.name
        for text in _answers(read_yaml(path).data, ""):
            yield name, _marked(text)


def _marked(text: str) -> str:
    return re.sub(f"(?:{MARKER}/?)+", MARKER, _VARIABLE.sub(MARKER, text))


def _answers(value: Any, within: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _answers(item, within)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(inner, str):
                if key in ("detail", "word", "message", "errorSummary") or (
                    key == "description" and within in ("resource_types", "authenticationSchemes")
                ):
                    yield inner
            elif key not in ("client", "evidence"):
                yield from _answers(inner, str(key))


def reasons() -> Iterator[tuple[str, str]]:
    """Yield (where, sentence) of what HTTP calls its statuses."""
    for status in HTTPStatus:
        yield "HTTP", f"{status.value} {status.phrase}"


def described(value: Any) -> Iterator[str]:
    """Yield the descriptions in a schema."""
    if isinstance(value, list):
        for item in value:
            yield from described(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "description" and isinstance(inner, str):
                yield inner
            else:
                yield from described(inner)
