"""Which difference follows from which: a create that failed makes everything fail that needs its resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..traffic.alike import ABSENT, Difference
from .played import Played

_BRACKETS = re.compile(r"\[[^\[\]]*(?:\[[^\]]*\][^\[\]]*)*\]")
_QUOTED = re.compile(r'"([^"]*)"')
_ALL = "all"
_KINDS = ("Users", "Groups")
_COUNTS = ("totalResults", "itemsPerPage", "startIndex")
_SERVICE = frozenset((401, 403, 429, 500, 502, 503, 504))  # statuses that are about the service as a whole


class Causes:
    """Explains differences as they come, in the order of the session.

    A write that differs casts doubt on what it was about: later differences of that are its consequences,
    and what they were about is in doubt too.  A difference of the same kind that came before is told
    as one like it.  ``recorded`` are the recorded ids of live ones.
    """

    def __init__(self, recorded: Mapping[str, str]) -> None:
        self._recorded = recorded
        self.causes = self.consequences = self.repeated = 0
        self._doubts: dict[str, int] = {}  # what is in doubt, by which exchange
        self._kinds: dict[object, int] = {}

    def explain(self, played: Played) -> None:
        """Say for an exchange with differences what they follow from."""
        if not played.differences:
            return
        own = played.own.union(*(self._keys(one) for one in played.differences), _all_of(played))
        earlier = [self._doubts[key] for key in own | played.keys if key in self._doubts]
        if earlier:
            played.cause = min(earlier)
            self.consequences += 1
        else:
            kind = kind_of(played)
            before = self._kinds.setdefault(kind, played.n)
            if before != played.n:
                played.like = before
                self.repeated += 1
            else:
                self.causes += 1
        if played.is_write:
            origin = played.n if played.cause is None else played.cause
            for key in own:
                self._doubts.setdefault(key, origin)

    def _keys(self, difference: Difference) -> Iterator[str]:
        """Yield what a difference is about: the resource of a list, and references to others."""
        yield from difference.keys
        yield from _QUOTED.findall(difference.path)
        for value in (difference.expected, difference.got):
            for id in _references(value):
                yield self._recorded.get(id, id)


def _all_of(played: Played) -> set[str]:
    """Return the marks of all resources of a kind, where it is a question which there are."""
    operation, resource = played.aim.operation, played.aim.resource
    if operation == "bulk":
        return {f"{_ALL} {name}" for name in _KINDS}
    counted = any(one.what == "resource" or one.path in _COUNTS for one in played.differences)
    if operation in ("create", "delete") or (operation in ("list", "search") and counted):
        return {f"{_ALL} {resource}"} if resource is not None else {f"{_ALL} {name}" for name in _KINDS}
    return set()


def _references(value: Any) -> Iterator[str]:
    """Yield what the references in a value refer to, such as the members of a group."""
    if isinstance(value, str) and "/" in value:
        yield value.rpartition("/")[2]
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict) and isinstance(value.get("value"), str):
        yield value["value"]


def kind_of(played: Played) -> object:
    """Return what differences of one kind have in common."""
    first = played.differences[0]
    if first.what == "status" and first.got in _SERVICE:
        return "status", first.got
    if first.what == "answer":
        return "answer", first.expected, first.got
    return played.aim.operation, played.aim.resource, kinds_of(played)


def kinds_of(played: Played) -> frozenset[tuple[object, ...]]:
    """Return the kinds of the single differences of an exchange."""
    return frozenset(map(_kind, played.differences))


def _kind(difference: Difference) -> tuple[object, ...]:
    path = _BRACKETS.sub("", difference.path)
    absent = "missing" if difference.got is ABSENT else "extra" if difference.expected is ABSENT else "other"
    if difference.what in ("status", "scimType") or (difference.what == "header" and absent == "other"):
        return difference.what, path, str(difference.expected), str(difference.got)
    return difference.what, path, absent
