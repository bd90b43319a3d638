"""Whether two JSON values say the same in SCIM's terms, and where they do not.

Equal are: attribute names in any case, ``schemas`` and the values of multi-valued attributes in any order
(RFC 7643 sections 2.4 and 3), null, an empty array and an absent attribute (section 2.5), ids and addresses
that stand for one another, instants in two spellings.  What changes by itself (``meta.created``,
``lastModified``, ``version``, ``location``) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote

from ..clock import parse_time
from .bindings import Bindings
from .ignored import Segment, path_of, without
from .pairing import attribute
from .places import ADDRESSES, Kind, has_own_text, is_number, kind_in_address, place_within
from .secrets import MASK, is_secret

Document = dict[str, Any]


class Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()  # in the place of a value that is not there

_VOLATILE = frozenset(("created", "lastmodified", "version", "location"))
_KEYS = ("value", "$ref", "type", "name", "id", "display")  # by which elements of a list belong together


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: ``what`` is "status", "answer", "scimType", "header", "body" or "resource".

    ``path`` names the header or the attribute; ``expected`` and ``got`` are JSON, or `ABSENT`.  ``about`` is
    the recorded id of the resource of a list that it is about, ``keys`` are that and its natural keys.
    """

    what: str
    path: str
    expected: Any
    got: Any
    about: str | None = None
    keys: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rules:
    """What is compared how.

    ``strict`` leaves nothing out and forgives no order, case or absence; ids are bound nonetheless.
    ``ignore`` are attribute paths ("emails.display", "meta"), or "header:NAME"; ``headers`` are compared
    literally beside the usual ones.
    """

    strict: bool = False
    ignore: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise UsageError where a path to ignore is none."""
        for path in self._paths():
            path_of(path)

    @cached_property
    def literal_headers(self) -> frozenset[str]:
        return frozenset(name.lower() for name in self.headers)

    @cached_property
    def ignored_headers(self) -> frozenset[str]:
        names = (path.lower() for path in self.ignore)
        return frozenset(name.removeprefix("header:") for name in names if name.startswith("header:"))

    @cached_property
    def ignored_paths(self) -> list[list[Segment]]:
        return list(map(path_of, self._paths()))

    def _paths(self) -> list[str]:
        return [path for path in self.ignore if not path.lower().startswith("header:")]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: at a name as it is spelled, and as `places` calls that."""

    key: str = ""
    name: str = ""
    kind: Kind = None


class ValueComparer:
    """Compares values; ``bindings`` say which ids stand for which."""

    def __init__(self, bindings: Bindings, rules: Rules) -> None:
        self.bindings = bindings
        self.rules = rules

    def values(self, one: Any, other: Any, path: str = "", kind: str = "") -> Iterator[Difference]:
        """Yield the differences of two JSON values of an endpoint, ``other`` being the new one."""
        for ignored in self.rules.ignored_paths:
            one, other = without(one, ignored), without(other, ignored)
        if self.fingerprint(one, True, kind) != self.fingerprint(other, False, kind):
            yield from self._differing(one, other, path, _Place(), kind)

    def _differing(self, one: Any, other: Any, path: str, place: _Place, kind: str) -> Iterator[Difference]:
        if one == MASK or (not self.rules.strict and _is_unassigned(one) and _is_unassigned(other)):
            return
        if isinstance(one, dict) and isinstance(other, dict):
            yield from self._objects(one, other, path, place, kind)
        elif isinstance(one, list) and isinstance(other, list):
            yield from self._arrays(one, other, path, place, kind)
        elif not self._same(one, other, place):
            shown = (MASK, MASK) if is_secret(place.key) else (one, other)
            yield Difference("body", path, *shown)

    def _objects(
        self, one: Document, other: Document, path: str, place: _Place, kind: str
    ) -> Iterator[Difference]:
        there = {self._name(name): (name, value) for name, value in other.items()}
        names = {self._name(name): name for name in one}
        for lowered, name in names.items():
            if self._is_left_out(place, lowered):
                continue
            mine, (key, theirs) = one[name], there.get(lowered, (name, ABSENT))
            inner, its = _within(one, place, name, kind), _within(other, place, key, kind)
            if self._print(mine, True, inner, kind) != self._print(theirs, False, its, kind):
                yield from self._differing(mine, theirs, _join(path, name), inner, kind)
        for lowered, (name, value) in there.items():
            if lowered not in names and not self._is_left_out(place, lowered):
                inner = _within(other, place, name, kind)
                yield from self._differing(ABSENT, value, _join(path, name), inner, kind)

    def _arrays(
        self, one: list[Any], other: list[Any], path: str, place: _Place, kind: str
    ) -> Iterator[Difference]:
        if self.rules.strict:
            yield Difference("body", path, one, other)
            return
        left: dict[Any, list[Any]] = {}
        for item in other:
            left.setdefault(self._print(item, False, place, kind), []).append(item)
        mine = []
        for item in one:
            same = left.get(self._print(item, True, place, kind))
            if same:
                same.pop()
            else:
                mine.append(item)
        theirs = [item for items in left.values() for item in items]
        for name in _KEYS:
            mine, theirs, pairs = self._matched(mine, theirs, name, place, kind)
            for item, there in pairs:
                yield from self._differing(item, there, f"{path}[{_element(item, name)}]", place, kind)
        if len(mine) == len(theirs) == 1:
            yield from self._differing(mine[0], theirs[0], path, place, kind)
            return
        for item in mine:
            yield Difference("body", f"{path}[{_element(item)}]", item, ABSENT)
        for item in theirs:
            yield Difference("body", f"{path}[{_element(item)}]", ABSENT, item)

    def _matched(
        self, mine: list[Any], theirs: list[Any], name: str, place: _Place, kind: str
    ) -> tuple[list[Any], list[Any], list[tuple[Any, Any]]]:
        """Return what is left of two lists, and the pairs that have the same sub-attribute."""
        known: dict[Any, int] = {}
        for index, item in enumerate(theirs):
            value = value_of(item, name)
            if isinstance(value, str):
                known.setdefault(self._print(value, False, _within(item, place, name, kind), kind), index)
        rest, pairs, taken = [], [], set()
        for item in mine:
            value = value_of(item, name)
            there = None
            if isinstance(value, str):
                there = known.pop(self._print(value, True, _within(item, place, name, kind), kind), None)
            if there is None:
                rest.append(item)
            else:
                pairs.append((item, theirs[there]))
                taken.add(there)
        return rest, [item for index, item in enumerate(theirs) if index not in taken], pairs

    def fingerprint(self, value: Any, recorded: bool, kind: str = "") -> Any:
        """Return what two values have in common that are the same; ids of a recorded one become live ones.

        Different fingerprints do not yet mean a difference, which may be one of form.
        """
        return self._print(value, recorded, _Place(), kind)

    def _print(self, value: Any, recorded: bool, place: _Place, kind: str) -> Any:
        if isinstance(value, str):
            return self._live(value, place) if recorded else _shown(value, place)
        if isinstance(value, bool):
            return value, "boolean"
        if isinstance(value, dict):
            parts = []
            for name, inner in value.items():
                lowered = self._name(name)
                if self._is_left_out(place, lowered) or (not self.rules.strict and _is_unassigned(inner)):
                    continue
                parts.append((lowered, self._print(inner, recorded, _within(value, place, name, kind), kind)))
            return frozenset(parts)
        if isinstance(value, list):
            prints = [self._print(item, recorded, place, kind) for item in value]
            if self.rules.strict:
                return tuple(prints)
            if place.name == "schemas":
                return frozenset(str(item).lower() for item in value)
            counts: dict[Any, int] = {}
            for item in prints:
                counts[item] = counts.get(item, 0) + 1
            return frozenset(counts.items())
        if recorded and isinstance(value, int) and place.kind is not None:
            return self._live_number(value, place)
        return value

    def _live(self, text: str, place: _Place) -> str:
        if place.name in ADDRESSES and "/" in text:
            head, _, last = text.rstrip("/").rpartition("/")
            last = unquote(last)
            live = self.bindings.live(last, kind_in_address(text))
            return f"{head.rpartition('/')[2]}/{last if live is None else live}"
        live = None if has_own_text(place.name) else self.bindings.at(text, place.kind)
        return text if live is None else live

    def _live_number(self, number: int, place: _Place) -> int | str:
        """Return what stands for an id that is a number: a number too, where that is one."""
        live = self.bindings.at(str(number), place.kind)
        return number if live is None else int(live) if is_number(live) else live

    def _same(self, one: Any, other: Any, place: _Place) -> bool:
        if isinstance(one, bool) or isinstance(other, bool):
            return one is other
        if isinstance(one, str) and isinstance(other, str):
            return self._live(one, place) == _shown(other, place) or _is_same_instant(one, other)
        return type(one) is type(other) and bool(one == other)

    def same_address(self, one: str, other: str) -> bool:
        """Whether two addresses are of the same resource, by the endpoint and the id at their end."""
        place = _Place("location", "location")
        return self._live(one, place) == _shown(other, place)

    def _name(self, name: str) -> str:
        return name if self.rules.strict else name.lower()

    def _is_left_out(self, parent: _Place, lowered: str) -> bool:
        return not self.rules.strict and parent.name == "meta" and lowered in _VOLATILE


def _within(holder: Any, place: _Place, name: str, kind: str) -> _Place:
    return _Place(name, *place_within(holder, place.name, name, kind))


def _shown(text: str, place: _Place) -> str:
    if place.name in ADDRESSES and "/" in text:
        head, _, last = text.rstrip("/").rpartition("/")
        return f"{head.rpartition('/')[2]}/{unquote(last)}"
    return text


def value_of(document: Any, name: str) -> Any:
    """Return an attribute of an object, `ABSENT` where there is none."""
    found = attribute(document, name) if isinstance(document, dict) else None
    return ABSENT if found is None else found


def _is_unassigned(value: Any) -> bool:
    return value is None or value is ABSENT or value == [] or value == {}


def _is_same_instant(one: str, other: str) -> bool:
    if not (one[:4].isdigit() and other[:4].isdigit()):
        return False
    try:
        return parse_time(one) == parse_time(other)
    except (ValueError, OverflowError):
        return False


def _join(path: str, name: str) -> str:
    if not path:
        return name
    return f"{path}.{name}"


def _element(item: Any, name: str | None = None) -> str:
    if not isinstance(item, dict):
        return str(item)
    for key in (name,) if name else _KEYS:
        value = value_of(item, key)
        if isinstance(value, str):
            return f'{key} eq "{value}"'
    return "?"
