"""Where in a document the paths of differences lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ...traffic.pairing import NATURAL_KEYS, attribute

__all__ = ["Place", "places"]

Place = tuple["str | int", ...]  # the names and indexes that lead to a value

# By what an element of a list is named in the path of a difference.
_NAMES = ("value", "$ref", "type", "name", "id", "display", *NATURAL_KEYS)


def places(document: Any, differences: Iterable[dict[str, Any]], side: str) -> set[Place]:
    """Return which values of a document differ; ``side`` is "expected" or "got"."""
    found: set[Place] = set()
    for one in differences:
        if side not in one:
            continue
        path, wanted = one["path"], one[side]
        if one["what"] in ("body", "resource"):
            found.update(_chosen(document, _walk(document, path, wanted), wanted))
        elif one["what"] == "scimType":
            found.update(_walk(document, f"{path}.response.scimType" if path else "scimType", wanted))
        elif one["what"] == "status":
            found.update(_walk(document, f"{path}.status" if path else "status", wanted))
    return found


def _chosen(document: Any, found: Iterable[Place], wanted: Any) -> list[Place]:
    """Return of several places those that have the value, or else the only one."""
    several = list(dict.fromkeys(found))
    if len(several) < 2:
        return several
    return [place for place in several if _value(document, place) == wanted]


def _value(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def _walk(value: Any, path: str, wanted: Any) -> Iterator[Place]:
    """Yield where a path may lead, all of them where elements of a list are not told apart."""
    if not path:
        yield ()
    elif isinstance(value, dict):
        yield from _in_object(value, path, wanted)
    elif isinstance(value, list):
        if path.startswith("["):
            yield from _in_list(value, path, wanted)
        else:
            yield from _anywhere(value, path, wanted)


def _in_object(value: dict[str, Any], path: str, wanted: Any) -> Iterator[Place]:
    lowered = path.lower()
    # The longest name first: a schema URN has dots in it.
    for name in sorted(value, key=len, reverse=True):
        rest = path[len(name) :]
        if lowered.startswith(name.lower()) and rest[:1] in ("", ".", "["):
            yield from ((name, *more) for more in _walk(value[name], rest.removeprefix("."), wanted))
            return


def _in_list(value: list[Any], path: str, wanted: Any) -> Iterator[Place]:
    named = False
    for index, item in enumerate(value):
        for label in _labels(item, index):
            if path.startswith(f"[{label}]"):
                named = True
                rest = path[len(label) + 2 :].removeprefix(".")
                yield from ((index, *more) for more in _walk(item, rest, wanted))
                break
    if named:
        return
    # An id of the other side: whichever element has the value behind it.
    end = path.find("]")
    while end >= 0:
        yield from _anywhere(value, path[end + 1 :].removeprefix("."), wanted)
        end = path.find("]", end + 1)


def _anywhere(value: list[Any], path: str, wanted: Any) -> Iterator[Place]:
    for index, item in enumerate(value):
        for more in _walk(item, path, wanted):
            if _value(item, more) == wanted or (path and len(value) == 1):
                yield index, *more


def _labels(item: Any, index: int) -> Iterator[str]:
    if not isinstance(item, dict):
        yield str(item)
        return
    for name in _NAMES:
        value = attribute(item, name)
        if isinstance(value, str):
            yield f'{name} eq "{value}"'
    yield str(item.get("bulkId", index))
