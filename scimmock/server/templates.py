"""The first directories that tenants start from: made once for all that are alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable

from ..store.directory import Directory

# Resources of templates that no tenant has any more: one test after the other asks for the same people.
MAX_SPARE = 10_000


class Templates:
    """Directories that are never served themselves, by what makes two of them the same.

    A template is kept while a tenant `hold`s it.  After that it is a spare one: the last of these stay,
    as many as have `MAX_SPARE` resources together.
    """

    def __init__(self) -> None:
        self._made: dict[Hashable, Directory] = {}  # the spare ones in the order of their release
        self._held: Counter[Hashable] = Counter()

    def obtain(self, key: Hashable, make: Callable[[], Directory]) -> Directory:
        """Return the template of that key, made when there is none."""
        template = self._made.get(key)
        if template is None:
            template = self._made[key] = make()
        return template

    def hold(self, key: Hashable) -> None:
        """Say that one more tenant starts from the template, now or later."""
        self._held[key] += 1

    def release(self, key: Hashable) -> None:
        """Say that a tenant is gone."""
        self._held[key] -= 1
        if self._held[key] > 0:
            return
        del self._held[key]
        template = self._made.pop(key, None)
        if template is None:
            return
        self._made[key] = template
        spare = [other for other in self._made if other not in self._held]
        room = MAX_SPARE
        for other in reversed(spare):
            room -= _size(self._made[other])
            if room < 0:
                del self._made[other]


def _size(directory: Directory) -> int:
    return sum(directory.count(kind.name) for kind in directory.types)
