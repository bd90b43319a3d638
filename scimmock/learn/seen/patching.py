"""Kinds of PATCH that are refused, where others are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..look import Look, View, operations_in
from ..portrait import Portrait

# What a PATCH may have, the quirk that refuses it, and what is said of it.
_QUIRKS = {
    "no path": ("patch-path-required", "a PATCH without path is refused"),
    "filter": ("valuepath-unsupported", "a PATCH path with a filter is refused"),
    "capital op": ("case-sensitive-op", "an operation that is not in lower case is refused"),
    "replace members": ("no-replace-members", "a PATCH that replaces all members is refused"),
    "remove members": ("no-remove-all-members", "a PATCH that removes all members is refused"),
}


class Patching:
    """A trait that all PATCH requests with it are refused for, and no other explains it."""

    def __init__(self) -> None:
        self._accepted: set[str] = set()
        self._refused: list[tuple[frozenset[str], Look]] = []
        self._any = False

    def see(self, look: Look, view: View) -> None:
        """Look at a PATCH of something that is there."""
        if look.operation != "patch" or look.made_up or look.before is None:
            return
        traits = frozenset(_traits(look.sent))
        if look.is_done:
            self._accepted |= traits
            self._any = True
        elif look.status in (400, 501):
            self._refused.append((traits, look))

    def tell(self, portrait: Portrait) -> None:
        """Note what is refused for one reason only."""
        for traits, look in self._refused:
            left = traits - self._accepted
            if len(left) == 1 and self._any:
                name, says = _QUIRKS[next(iter(left))]
                portrait.quirk(name, says, look)


def _traits(message: Any) -> Iterator[str]:
    for item in operations_in(message):
        op, path = str(item.get("op")), item.get("path")
        if op != op.lower():
            yield "capital op"
        if not path:
            yield "no path"
        elif "[" in str(path):
            yield "filter"
        elif str(path).lower() == "members" and op.lower() == "replace":
            yield "replace members"
        elif str(path).lower() == "members" and op.lower() == "remove" and not item.get("value"):
            yield "remove members"
