"""The headings of a CSV file of people: attribute paths (RFC 7644 section 3.10), read once per file."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scimmock.errors import FileError
from scimmock.people.kinds import ENTERPRISE, GROUP, USER
from scimmock.people.names import read_table

_PATHS = read_table("paths")
_SEVERAL = frozenset(_PATHS["several"])
_WORK = frozenset({"emails", "phoneNumbers", "addresses"})
_WORDS = frozenset({"members", "schemas"})
_WHOLE = {"name": "name.formatted", "meta": "meta.resourceType"}
_SPELLING: dict[str, str] = {name.lower(): name for name in _PATHS["core"]}
_PART_SPELLING: dict[str, str] = {name.lower(): name for name in _PATHS["parts"]}
_ENTERPRISE_SPELLING: dict[str, str] = {name.lower(): name for name in _PATHS["enterprise"]}
_URNS = {urn.lower(): urn for urn in (USER, GROUP, ENTERPRISE)}
# What other tools call these attributes, without spaces, "_" and "-".
_ALIASES: dict[str, str] = _PATHS["aliases"] | {
    lower: f"{ENTERPRISE}:{name}" for lower, name in _ENTERPRISE_SPELLING.items()
}

_NAME = r"[A-Za-z$][A-Za-z0-9_$-]*"
_PATH = re.compile(
    rf"(?:(?P<urn>urn:[^\[\]\s]+):)?(?P<attribute>{_NAME})(?P<filter>\[[^\]]*\])?(?:\.(?P<sub>{_NAME}))?",
    re.I,
)
_CLAUSE = re.compile(rf'\s*({_NAME})\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*', re.I)
_EXAMPLES = 'write an attribute path such as userName, name.givenName or emails[type eq "work"].value'


@dataclass(slots=True)
class Target:
    """What one or several columns build: a value, an object, an element of a list or a list of words.

    ``shape`` is "value", "object", "element" or "words"; ``columns`` are (index, sub-attribute);
    ``fixed`` are the members that an element has from its heading.
    """

    urn: str | None
    attribute: str
    shape: str
    fixed: dict[str, Any]
    columns: list[tuple[int, str]]


def read_headings(cells: list[str], place: Callable[[int], str]) -> list[Target]:
    """Return what the columns headed ``cells`` build; ``place`` gives "path:line:column" of an index.

    Raises FileError for a heading that is not an attribute path, that says the same as another one or
    contradicts it.
    """
    targets: dict[tuple[Any, ...], Target] = {}
    shapes: dict[tuple[str | None, str], tuple[str, str]] = {}
    seen: dict[tuple[Any, ...], str] = {}
    for index, cell in enumerate(cells):
        text = cell.strip()
        try:
            target, sub = _read(text)
        except FileError as error:
            raise FileError(error.message, where=place(index), hint=error.hint) from None
        root = (target.urn, target.attribute)
        shape, earlier = shapes.setdefault(root, (target.shape, text))
        key = (*root, *sorted((k, v) for k, v in target.fixed.items() if k != "primary"))
        twin = seen.setdefault((*key, sub), text)
        if len(seen) != index + 1:
            raise FileError(
                f'the headings "{twin}" and "{text}" mean the same',
                where=place(index),
                hint="keep one of them",
            )
        if shape != target.shape:
            raise FileError(
                f'the headings "{earlier}" and "{text}" contradict each other',
                where=place(index),
                hint="give the attribute as a whole or by its parts",
            )
        merged = targets.setdefault(key, target)
        merged.fixed.update(target.fixed)
        merged.columns.append((index, sub))
    return list(targets.values())


def _read(text: str) -> tuple[Target, str]:
    match = _PATH.fullmatch(text)
    if not match or text.lower() in _URNS:
        raise _not_a_path(text)
    urn, attribute, sub = match["urn"], match["attribute"], match["sub"]
    urn = _URNS.get(urn.lower(), urn) if urn else None
    if urn in (USER, GROUP):
        urn = None
    if urn is None:
        if attribute.lower() not in _SPELLING or (sub and _alias(text)):
            _reject_slip(text, attribute)
        attribute = _SPELLING.get(attribute.lower(), attribute)
    elif urn == ENTERPRISE:
        attribute = _ENTERPRISE_SPELLING.get(attribute.lower(), attribute)
        if attribute == "manager":
            sub = sub or "value"
    sub = _PART_SPELLING.get(sub.lower(), sub) if sub else ""
    fixed: dict[str, Any] = {}
    if urn is None and not sub and attribute in _WHOLE:
        raise FileError(f'"{text}" has parts', hint=f"did you mean {_WHOLE[attribute]}?")
    if urn is None and attribute in _WORDS:
        if sub not in ("", "value") or match["filter"]:
            raise FileError(f'"{text}" cannot be a column', hint=f'write "{attribute}"')
        return Target(urn, attribute, "words", fixed, []), ""
    if match["filter"]:
        fixed = _fixed(match["filter"][1:-1], text)
    elif urn is not None or attribute not in _SEVERAL:
        return Target(urn, attribute, "object" if sub else "value", fixed, []), sub
    elif attribute in _WORK:
        fixed = {"type": "work", "primary": True}
    whole = "formatted" if attribute == "addresses" else "value"
    return Target(urn, attribute, "element", fixed, []), sub or whole


def _fixed(condition: str, text: str) -> dict[str, Any]:
    """Return what ``a eq "x" and b eq true`` fixes."""
    fixed: dict[str, Any] = {}
    for clause in re.split(r"\s+and\s+", condition, flags=re.I):
        match = _CLAUSE.fullmatch(clause)
        if not match:
            raise _not_a_path(text)
        name, value = match.groups()
        try:
            decoded = json.loads(value if value.startswith('"') else value.lower())
        except ValueError:
            raise _not_a_path(text) from None
        fixed[_PART_SPELLING.get(name.lower(), name)] = decoded
    return fixed


def _reject_slip(text: str, attribute: str) -> None:
    """Refuse what is almost certainly a slip; other attributes of the caller's own are let through."""
    meant = _alias(text)
    if not meant:
        near = difflib.get_close_matches(attribute.lower(), _SPELLING, n=1, cutoff=0.85)
        if not near:
            return
        meant = _SPELLING[near[0]] + text[len(attribute) :]
    raise FileError(f'"{text}" is not a SCIM attribute', hint=f"did you mean {meant}?")


def _alias(text: str) -> str | None:
    return _ALIASES.get(re.sub(r"[\s_-]", "", text.lower()))


def _not_a_path(text: str) -> FileError:
    meant = _alias(text)
    if not text:
        return FileError("a heading is empty", hint=_EXAMPLES)
    if meant:
        hint = f"did you mean {meant}?"
    elif text.lower() in _URNS:
        hint = f"add an attribute to the URN, such as {ENTERPRISE}:department"
    elif re.search(r"[;\t]", text):
        hint = "separate the headings, and the cells, with commas"
    elif index := re.fullmatch(rf"({_NAME})(?:\.\d+|\[\d+\])(?:\.({_NAME}))?", text):
        hint = f'name the element by its type: {index[1]}[type eq "work"].{index[2] or "value"}'
    else:
        hint = _EXAMPLES
    return FileError(f'the heading "{text}" is not an attribute path', hint=hint)
