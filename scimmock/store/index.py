"""Secondary indexes: from the value of an attribute to the ids of the resources that have it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

# One id, or several in order of arrival: nearly all keys have one, and a str costs no container.
_Ids = str | dict[str, None]


class Index:
    """The index of one path, such as ``userName``, ``emails.value`` or ``urn:...:User:employeeNumber``.

    ``fold`` turns a value into its key (case folding, or `str` for case-exact attributes).
    Copies made by `fork` share their table until one of them writes.
    """

    __slots__ = ("_shared", "_table", "attribute", "extension", "fold", "path", "sub")

    def __init__(self, path: str, fold: Callable[[str], str]) -> None:
        self.path = path
        self.fold = fold
        extension, _, rest = path.rpartition(":")
        self.extension = extension
        self.attribute, _, self.sub = rest.partition(".")
        self._table: dict[str, _Ids] = {}
        self._shared = False

    def fork(self) -> Index:
        """Return a copy that shares the table until either side writes."""
        copy = Index(self.path, self.fold)
        copy._table = self._table
        copy._shared = self._shared = True
        return copy

    def _own(self) -> None:
        if self._shared:
            self._table = {
                key: ids if isinstance(ids, str) else dict(ids) for key, ids in self._table.items()
            }
            self._shared = False

    def raw(self, document: Mapping[str, Any]) -> Any:
        """Return what a document holds at the attribute; the same object means the same keys."""
        if self.extension:
            document = document.get(self.extension) or {}
        return document.get(self.attribute)

    def keys(self, document: Mapping[str, Any]) -> Collection[str]:
        """Return the keys of a document; values that are no strings have none."""
        value = self.raw(document)
        if value is None:
            return ()
        if isinstance(value, str):
            return (self.fold(value),)
        elements: Iterable[Any] = value if isinstance(value, list) else (value,)
        fold, sub = self.fold, self.sub
        if sub:
            found = (element.get(sub) if isinstance(element, dict) else element for element in elements)
            return [fold(inner) for inner in found if isinstance(inner, str)]
        return [fold(element) for element in elements if isinstance(element, str)]

    def find(self, value: str) -> Collection[str]:
        """Return the ids of the resources with the value."""
        ids = self._table.get(self.fold(value))
        if ids is None:
            return ()
        return (ids,) if isinstance(ids, str) else ids

    def add(self, keys: Iterable[str], id: str) -> None:
        """Enter an id under keys."""
        self._own()
        table = self._table
        for key in keys:
            ids = table.get(key)
            if ids is None:
                table[key] = id
            elif isinstance(ids, str):
                if ids != id:
                    table[key] = {ids: None, id: None}
            else:
                ids[id] = None

    def discard(self, keys: Iterable[str], id: str) -> None:
        """Take an id from keys."""
        self._own()
        table = self._table
        for key in keys:
            ids = table.get(key)
            if isinstance(ids, str):
                if ids == id:
                    del table[key]
            elif ids is not None:
                ids.pop(id, None)
                if len(ids) == 1:
                    table[key] = next(iter(ids))
                elif not ids:
                    del table[key]

    def change(self, old: Mapping[str, Any], new: Mapping[str, Any], id: str) -> None:
        """Follow a resource from one document to the next."""
        if self.raw(old) is self.raw(new):
            return
        before, after = set(self.keys(old)), set(self.keys(new))
        if before != after:
            self.discard(before - after, id)
            self.add(after - before, id)

    def rebuild(self, documents: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Forget everything and enter all documents."""
        self._table, self._shared = {}, False
        for id, document in documents:
            self.add(self.keys(document), id)
