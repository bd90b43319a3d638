"""Attributes that are left out of a comparison, by their path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from .pairing import attribute

# An attribute of an extension is named behind the extension's URN, after a colon (RFC 7644 section 3.10).
# Those of SCIM 1.1 end with their version; others may be anything, and are then named as a whole.
_URN = re.compile(r"(urn:scim:schemas:\S+?:1\.0|urn:.+?:\d+\.\d+:\w+|urn:[^.\s]+)(?:[:.](.+))?", re.I)
# A path of attributes, of which one may say which of its values are meant (RFC 7644 section 3.5.2).
_STEP = re.compile(r'([\w$-]+)(?:\[\s*([\w$-]+)\s+eq\s+"([^"]*)"\s*\])?', re.I)
_PATH = re.compile(rf"{_STEP.pattern}(?:\.{_STEP.pattern})*", re.I)


@dataclass(frozen=True, slots=True)
class Segment:
    """An attribute of a path, in lower case; of its values those whose sub-attribute is as ``only`` says."""

    name: str
    only: tuple[str, str] | None = None

    def chooses(self, value: Any) -> bool:
        """Whether a value of the attribute is meant."""
        return self.only is None or (
            isinstance(value, dict) and str(attribute(value, self.only[0])).lower() == self.only[1]
        )


def path_of(path: str) -> list[Segment]:
    """Return the attributes of a path; a schema URN is one of them.  Raises UsageError where it is none."""
    within = _URN.fullmatch(path)
    first = [Segment(within[1].lower())] if within else []
    rest = path if within is None else within[2] or ""
    if (rest or not first) and _PATH.fullmatch(rest) is None:
        hint = 'emails.display, or emails[type eq "work"].display would be right'
        raise UsageError(f"--ignore {path!r} is no path of an attribute", hint=hint)
    return first + [
        Segment(name.lower(), (by.lower(), value.lower()) if by else None)
        for name, by, value in _STEP.findall(rest)
    ]


def without(value: Any, path: list[Segment]) -> Any:
    """Return a value without what a path names, itself where that is not in it."""
    if isinstance(value, list):
        return [without(item, path) for item in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        if name.lower() != path[0].name:
            found[name] = inner
        elif path[0].only is not None:
            items = inner if isinstance(inner, list) else [inner]
            found[name] = [left for item in items for left in _left(item, path)]
        elif len(path) > 1:
            found[name] = without(inner, path[1:])
    return found


def _left(item: Any, path: list[Segment]) -> list[Any]:
    """Return what is left of one value of an attribute that has several."""
    if not path[0].chooses(item):
        return [item]
    return [without(item, path[1:])] if len(path) > 1 else []
