"""People from a file: SCIM documents as JSON or JSON lines, or a CSV table.

JSON is kept exactly as it is given, wrong types and unknown attributes included: a mock has to be
able to hold what a real service holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from scimmock.errors import FileError, did_you_mean
from scimmock.people.kinds import endpoint_of
from scimmock.people.table import read_rows

_LINES = (".jsonl", ".ndjson")
_KEYS = ("Resources", "Users", "Groups")
_SHAPES = 'a SCIM ListResponse, a list of resources, {"Users": [...], "Groups": [...]} or one resource'
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_TYPES = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list"}


@dataclass(slots=True)
class People:
    """The resources of a file in its order; ``others`` by endpoint name, such as "Devices"."""

    users: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    others: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, endpoint: str, resource: dict[str, Any]) -> None:
        """Append a resource to those of its endpoint."""
        known = {"Users": self.users, "Groups": self.groups}.get(endpoint)
        (self.others.setdefault(endpoint, []) if known is None else known).append(resource)


def load_people(path: Path) -> People:
    """Return the users, groups and other resources of a JSON, JSON lines or CSV file.

    Content decides before the extension does: what begins with ``{`` or ``[`` is JSON.  Raises
    FileError with path:line:column, or the index of the wrong resource, and what would be right.
    """
    name = str(path)
    text = _read(path, name)
    people = People()
    begins_as_json = text.lstrip()[0] in "{["
    if not begins_as_json and path.suffix.lower() not in (".json", *_LINES):
        for endpoint, resource in read_rows(text, name):
            people.add(endpoint, resource)
        return people
    for endpoint, resource in _json(text, name, path.suffix.lower() in _LINES):
        people.add(endpoint, resource)
    return people


def _read(path: Path, name: str) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise FileError("there is no such file", where=name, hint="check the path") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"cannot be read: {reason}", where=name, hint="give a readable file") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig")
        hint = "save it as UTF-8"
        if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
            hint = "it looks like UTF-16: save it as UTF-8"
        raise FileError("not UTF-8", where=_at(name, good, len(good)), hint=hint) from None
    if not text.strip():
        raise FileError("the file is empty", where=name, hint=f"give {_SHAPES}, JSON lines or CSV")
    return text


def _json(text: str, name: str, as_lines: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        document = _decode(text)
    except ValueError as error:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if as_lines or (len(lines) > 1 and _is_object(lines[0][1])):
            yield from _from_lines(lines, name)
            return
        _refuse(text, name, str(error))
    if isinstance(document, list):
        yield from _from_list(document, name, "")
        return
    if not isinstance(document, dict):
        raise FileError(f"the document is {_type(document)}", where=name, hint=f"give {_SHAPES}")
    endpoint = endpoint_of(document)
    is_list = "listresponse" in str(document.get("schemas")).lower()
    key = _key(document, ("Resources",), endpoint is None or is_list)
    if key:
        yield from _from_list(document[key], name, key)
    elif _key(document, ("Users", "Groups"), endpoint is None):
        yield from _from_object(document, name)
    elif endpoint is None:
        near = next((near for key in document if (near := did_you_mean(key, _KEYS))), None)
        hint = f"did you mean {near}?" if near else f"give {_SHAPES}"
        raise FileError("the object is no resource and has no list of resources", where=name, hint=hint)
    elif not is_list:
        # A ListResponse without Resources is one that found nothing (RFC 7644 section 3.4.2).
        yield endpoint, document


def _key(document: dict[str, Any], names: tuple[str, ...], any_case: bool) -> str | None:
    """Return the first key among ``names``; in any case only where it cannot be a User's ``groups``."""
    lower = {name.lower() for name in names}
    return next((key for key in document if key in names or (any_case and key.lower() in lower)), None)


def _from_object(document: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in document.items():
        endpoint = {"users": "Users", "groups": "Groups"}.get(key.lower(), key)
        if key == "schemas":
            continue
        for index, resource in enumerate(_list(value, name, key)):
            yield endpoint, _object(resource, name, f"{key}[{index}]")


def _from_list(document: Any, name: str, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, resource in enumerate(_list(document, name, key)):
        yield _sorted(_object(resource, name, f"{key}[{index}]"), name, f"{key}[{index}]: ")


def _from_lines(lines: list[tuple[int, str]], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in lines:
        try:
            resource = _decode(line)
        except ValueError as error:
            _refuse(line, name, str(error), number)
        if not isinstance(resource, dict):
            raise FileError(
                f"the line is {_type(resource)}, not a resource",
                where=f"{name}:{number}",
                hint="write one JSON object on each line",
            )
        yield _sorted(resource, f"{name}:{number}", "")


def _sorted(resource: dict[str, Any], where: str, label: str) -> tuple[str, dict[str, Any]]:
    endpoint = endpoint_of(resource)
    if endpoint is None:
        raise FileError(
            f"{label}nothing says which kind of resource this is",
            where=where,
            hint="a user needs a userName, a group a displayName, anything else a meta.resourceType",
        )
    return endpoint, resource


def _list(value: Any, name: str, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise FileError(f"{key} is {_type(value)}, not a list", where=name, hint=f'write "{key}": [...]')
    return value


def _object(value: Any, name: str, label: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        hint = 'write a resource such as {"userName": "jane@example.com"}'
        raise FileError(f"{label}: this is {_type(value)}, not a resource", where=name, hint=hint)
    return value


def _type(value: Any) -> str:
    return "null" if value is None else _TYPES.get(type(value), "an object")


def _decode(text: str) -> Any:
    """Decode JSON; every kind of refusal is a ValueError."""
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _is_object(line: str) -> bool:
    try:
        return isinstance(_decode(line), dict)
    except ValueError:
        return False


def _refuse(text: str, name: str, reason: str, first_line: int = 1) -> NoReturn:
    """Raise FileError for JSON that does not decode; the slower decoder knows where it is wrong."""
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        position = error.pos
        if text[position : position + 1] == ",":
            # Python 3.13 points at a comma too many, earlier versions at the bracket behind it.
            behind = position + 1 + len(text[position + 1 :]) - len(text[position + 1 :].lstrip())
            if text[behind : behind + 1] in ("]", "}"):
                position = behind
        before, here = text[:position].rstrip(), text[position : position + 1]
        if not text[position:].strip():
            hint = "it ends too early: close every quote, { and ["
        elif here == "'":
            hint = "use double quotes"
        elif before.endswith(",") and here in "]}":
            hint = "take away the comma before it"
        else:
            hint = "look here, and just before, for a missing comma, colon or quote"
        raise FileError(
            f"not valid JSON: {error.msg}", where=_at(name, text, position, first_line), hint=hint
        ) from None
    except RecursionError:
        raise FileError("nested too deeply", where=name, hint="give resources of ordinary depth") from None
    except ValueError as error:
        at = re.search(rf"{re.escape(str(error))}\b", text)
        where = _at(name, text, at.start() if at else 0, first_line)
        raise FileError(
            f"not valid JSON: {error} is no value", where=where, hint="write a number or null"
        ) from None
    lone = _LONE_SURROGATE.search(text)
    raise FileError(
        "not valid JSON: half of a surrogate pair" if lone else f"not valid JSON: {reason}",
        where=_at(name, text, lone.start(), first_line) if lone else f"{name}:{first_line}",
        hint="write the character itself, or both halves" if lone else "check it with a JSON tool",
    )


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)


def _at(name: str, text: str, position: int, first_line: int = 1) -> str:
    line = text.count("\n", 0, position)
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return f"{name}:{first_line + line}:{column}"
