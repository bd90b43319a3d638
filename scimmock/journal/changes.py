"""What differs between two forms of a resource, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..traffic.secrets import is_secret
from .plain import shown

_UNTOLD = ("meta", "schemas")  # change by themselves with every write, or with what is told anyway


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the differences as phrases: ``active true -> false``, ``name.givenName set to "Bo"``.

    Lists are told by how many values came and went (``+2 members, -1 member``), or by what changed in
    the value of a type (``emails[work].value "a" -> "b"``); attributes of an extension without its URN.
    """
    return [phrase for phrase in _objects(before, after, "") if phrase]


def _objects(before: dict[str, Any], after: dict[str, Any], path: str) -> Iterable[str]:
    for name in dict.fromkeys((*before, *after)):
        if not path and name in _UNTOLD:
            continue
        old, new = before.get(name), after.get(name)
        if old is new or (type(old) is type(new) and old == new):
            continue
        inner = path if ":" in name else f"{path}.{name}" if path else name
        yield from _values(old, new, inner or name)


def _values(old: Any, new: Any, path: str) -> Iterable[str]:
    if is_secret(path):
        yield f"{path} changed"
    elif isinstance(old, dict | None) and isinstance(new, dict | None):
        # An extension has no path of its own; its attributes speak for it.
        yield from _objects(old or {}, new or {}, "" if ":" in path else path)
    elif isinstance(old, list | None) and isinstance(new, list | None):
        yield from _lists(old or [], new or [], path)
    elif new is None:
        yield f"{path} {shown(old)} removed"
    elif old is None:
        yield f"{path} set to {shown(new)}"
    else:
        yield f"{path} {shown(old)} -> {shown(new)}"


def _lists(old: list[Any], new: list[Any], path: str) -> Iterable[str]:
    # Both forms of a big group share the members that stayed: those need no closer look.
    same = set(map(id, old)) & set(map(id, new))
    gone = [value for value in old if id(value) not in same]
    come = [value for value in new if id(value) not in same]
    counts = Counter(map(_key, gone))
    counts.subtract(map(_key, come))
    changed = list(_by_type(gone, come, path)) if len(gone) + len(come) <= 40 else None
    if changed is not None and changed:
        yield from changed
        return
    removed, added = sum(n for n in counts.values() if n > 0), -sum(n for n in counts.values() if n < 0)
    if added:
        yield f"+{added} {_noun(path, added)}"
    if removed:
        yield f"-{removed} {_noun(path, removed)}"
    if not added and not removed:
        yield f"{path} changed"


def _by_type(gone: list[Any], come: list[Any], path: str) -> Iterable[str]:
    """Tell of values that differ under one and the same type, nothing unless all of them pair so."""
    old, new = _typed(gone), _typed(come)
    if old is None or new is None or not old or old.keys() != new.keys():
        return
    for kind in old:
        yield from _objects(old[kind], new[kind], f"{path}[{kind}]")


def _typed(values: list[Any]) -> dict[str, dict[str, Any]] | None:
    found: dict[str, dict[str, Any]] = {}
    for value in values:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind in found or kind in ("User", "Group"):
            return None
        found[kind] = value
    return found


def _key(value: Any) -> str:
    """Return what tells a value of a list from another one."""
    if isinstance(value, dict) and isinstance(value.get("value"), str):
        return str(value["value"])
    return repr(value)


def _noun(path: str, count: int) -> str:
    return path[:-1] if count == 1 and path.endswith("s") and not path.endswith("ss") else path
