"""People from a CSV file whose headings are attribute paths."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from scimmock.errors import FileError
from scimmock.people.headings import Target, read_headings
from scimmock.people.kinds import GROUP, USER, endpoint_of

_BOOLEANS = {"true": True, "false": False}
_CORE = {"Users": USER, "Groups": GROUP}


def read_rows(text: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (endpoint name, resource) for each row of a CSV file; ``path`` is for the errors.

    An empty cell is an absent attribute, a row of empty cells is skipped.  Raises FileError with
    path:line:column.
    """
    targets: list[Target] | None = None
    width = 0
    for line, cells in _records(text, path):
        if not any(cells):
            continue
        if targets is None:
            width = len(cells)
            targets = read_headings(cells, partial(_place, text, path, line))
            continue
        if len(cells) > width:
            raise FileError(
                f"the row has {len(cells)} cells for {width} headings",
                where=_place(text, path, line, width),
                hint='put a cell that contains a comma in double quotes: "Smith, Jane"',
            )
        try:
            resource = _resource(cells, targets)
        except _CellError as wrong:
            raise FileError(
                f'{wrong.name} is "{wrong.cell}"',
                where=_place(text, path, line, wrong.index),
                hint="write true or false",
            ) from None
        endpoint = endpoint_of(resource)
        if endpoint is None:
            raise FileError(
                "nothing says whether this row is a user or a group",
                where=f"{path}:{line}:1",
                hint="a user needs a userName, a group a displayName",
            )
        yield endpoint, _with_schemas(resource, endpoint, targets)


class _CellError(Exception):
    def __init__(self, index: int, name: str, cell: str) -> None:
        self.index, self.name, self.cell = index, name, cell


def _records(text: str, path: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which it begins, cells) for each record."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise FileError(
                    "a quoted cell is never closed",
                    where=_place(text, path, line, -1),
                    hint="add the double quote that closes it",
                ) from None
            raise FileError(
                f"not valid CSV: {error}",
                where=f"{path}:{reader.line_num}",
                hint="write a double quote within a quoted cell twice",
            ) from None
        yield line, cells


def _resource(cells: list[str], targets: list[Target]) -> dict[str, Any]:
    resource: dict[str, Any] = {"schemas": []}
    for target in targets:
        found = {sub: index for index, sub in target.columns if index < len(cells) and cells[index]}
        if not found:
            continue
        home = resource.setdefault(target.urn, {}) if target.urn else resource
        name = target.attribute
        if target.shape == "words":
            words = re.split(r"[;\s]+", cells[found[""]].strip("; \t\r\n"))
            home[name] = words if name == "schemas" else [{"value": word} for word in words if word]
        elif target.shape == "value":
            home[name] = _value(cells[found[""]], name, found[""])
        else:
            value = {sub: _value(cells[index], sub, index) for sub, index in found.items()}
            if target.shape == "object":
                home[name] = value
            else:
                home.setdefault(name, []).append(
                    value | {k: v for k, v in target.fixed.items() if k not in value}
                )
    return resource


def _value(cell: str, name: str, index: int) -> str | bool:
    """Return the cell, as a boolean where RFC 7643 defines one; ``True`` as a surname stays a string."""
    if name not in ("active", "primary"):
        return cell
    value = _BOOLEANS.get(cell.strip().lower())
    if value is None:
        raise _CellError(index, name, cell)
    return value


def _with_schemas(resource: dict[str, Any], endpoint: str, targets: list[Target]) -> dict[str, Any]:
    """Complete ``schemas`` with the core URN and those of the extensions that the row has."""
    schemas = resource["schemas"]
    known = {urn.lower() for urn in schemas}
    core = _CORE.get(endpoint)
    if core and core.lower() not in known:
        schemas.insert(0, core)
    for urn in dict.fromkeys(target.urn for target in targets if target.urn in resource):
        if urn and urn.lower() not in known:
            schemas.append(urn)
    if not schemas:
        del resource["schemas"]
    return resource


def _place(text: str, path: str, line: int, index: int) -> str:
    """Return "path:line:column" of a cell of the record that begins on ``line``; -1 is its last cell.

    Only for errors and headings: the csv module does not say where it found a cell.
    """
    rest = "".join(islice(io.StringIO(text, newline=""), line - 1, None))
    at, begins, quoted = 0, [0], False
    for at, character in enumerate(rest):
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            begins.append(at + 1)
        elif character in "\r\n" and not quoted:
            break
        if index >= 0 and len(begins) > index:
            break
    begin = begins[index] if index < len(begins) else at
    before = rest[:begin].splitlines(keepends=True)
    broken = before and before[-1][-1] in "\r\n"
    down = len(before) - (0 if broken or not before else 1)
    column = begin - sum(map(len, before[:down])) + 1
    return f"{path}:{line + down}:{column}"
