"""A TinyDB table for one resource type: live documents, their order and secondary indexes.

TinyDB's own table reads and rewrites the whole database for each change.  This one keeps its
documents in one dict that is the table in TinyDB's storage too, so that TinyDB's methods work on it
(`table.search(where("userName") == "bjensen")`), while the engine's calls cost the same at any size.
Stored documents are never changed, only replaced, so tables and forks may share them.
"""

from __future__ import annotations

import copy
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Protocol

from tinydb import TinyDB
from tinydb.storages import MemoryStorage, Storage
from tinydb.table import Document as TinyDocument
from tinydb.table import Table

from .index import Index

Document = dict[str, Any]
Prepared = bytes | tuple[int, bytes]


class Watcher(Protocol):
    """Is told of every change of a table; one change may be several of one operation."""

    def note(self, id: str, former: Document | None, place: int, follows: bool) -> None:
        """Note a document before it is replaced or removed; None before it is there.

        ``follows`` marks a change that belongs to the one before, maybe in another table.
        """

    def lose_track(self) -> None:
        """Note a change through TinyDB's own methods, of which nobody knows what it is."""


class ResourceTable(Table):
    """The resources of one type.

    ``document_id_class`` is str: the document id is the SCIM id.  `_update_table` and `_read_table`
    are TinyDB's seams for other storage layouts; a change through TinyDB's own methods marks the
    indexes as stale, and they are rebuilt when they are needed next.
    """

    document_id_class = str  # type: ignore[assignment]

    def __init__(self, storage: Storage, name: str, **options: Any) -> None:
        options.setdefault("cache_size", 0)  # the engine's changes would not clear TinyDB's cache
        super().__init__(storage, name, **options)
        self.live: dict[str, Document] = {}
        self.places: dict[str, int] = {}
        self.order: list[str] = []
        self.order_places: list[int] = []
        self.indexes: dict[str, Index] = {}
        self.prepared: dict[str, Prepared] = {}
        self._next_place = 0
        self.changes = 0
        self.watcher: Watcher | None = None
        self._shared = False
        self._stale = False
        self._register()

    # ---- TinyDB's seams

    def _register(self) -> None:
        """Make the live dict the table that TinyDB's storage holds."""
        tables = self._storage.read() or {}
        tables[self.name] = self.live
        self._storage.write(tables)

    def _read_table(self) -> dict[str, Any]:
        return self.live

    def insert(self, document: Mapping[Any, Any]) -> Any:
        """Insert through TinyDB's own method; the document id is the resource's id."""
        return super().insert(self._identified(document))

    def insert_multiple(self, documents: Iterable[Mapping[Any, Any]]) -> Any:
        """Insert several, see `insert`."""
        return super().insert_multiple([self._identified(document) for document in documents])

    @staticmethod
    def _identified(document: Mapping[Any, Any]) -> Mapping[Any, Any]:
        if isinstance(document, TinyDocument):
            return document
        if not isinstance(document, Mapping) or not isinstance(document.get("id"), str):
            raise ValueError("a resource is a mapping with an id")
        return TinyDocument(document, document["id"])

    def _update_table(self, updater: Callable[[dict[Any, Any]], None]) -> None:
        self.own()
        # TinyDB changes documents in place; these may be shared with forks.
        self.live.update(copy.deepcopy(self.live))
        updater(self.live)
        self.prepared = {}
        self._stale = True
        self.changes += 1
        if self.watcher is not None:
            self.watcher.lose_track()
        self.clear_cache()

    # ---- sharing

    def fork(self, storage: Storage) -> ResourceTable:
        """Return a table with the same documents; both copy what they share before they write."""
        self.refresh()
        twin = ResourceTable(storage, self.name)
        twin.live, twin.places = self.live, self.places
        twin.order, twin.order_places = self.order, self.order_places
        twin.prepared = self.prepared
        twin.indexes = {path: index.fork() for path, index in self.indexes.items()}
        twin._next_place = self._next_place
        twin._shared = self._shared = True
        twin._register()
        return twin

    def own(self) -> None:
        """Copy what is shared with a fork, if anything is; documents stay shared."""
        if self._shared:
            self.live, self.places = dict(self.live), dict(self.places)
            self.order, self.order_places = list(self.order), list(self.order_places)
            self.prepared = dict(self.prepared)
            self._shared = False
            self._register()

    def refresh(self) -> None:
        """Bring order and indexes up to date after a change through TinyDB's own methods."""
        if not self._stale:
            return
        self._stale = False
        for id in [id for id in self.places if id not in self.live]:
            del self.places[id]
        for id in self.live:
            if id not in self.places:
                self.places[id] = self._take_place()
        self.order = sorted(self.live, key=self.places.__getitem__)
        self.order_places = [self.places[id] for id in self.order]
        self.prepared = {}
        for index in self.indexes.values():
            index.rebuild(self.live.items())

    # ---- what the engine needs

    def add_index(self, index: Index) -> None:
        """Keep an index over all present and future documents."""
        index.rebuild(self.live.items())
        self.indexes[index.path] = index

    @property
    def next_place(self) -> int:
        """The place that the next new document gets."""
        return self._next_place

    def _take_place(self) -> int:
        self._next_place += 1
        return self._next_place - 1

    def put_new(self, id: str, document: Document) -> None:
        """Store a new document."""
        self.refresh()
        self.own()
        self.changes += 1
        place = self._take_place()
        if self.watcher is not None:
            self.watcher.note(id, None, place, False)
        self.live[id] = document
        self.places[id] = place
        self.order.append(id)
        self.order_places.append(place)
        for index in self.indexes.values():
            keys = index.keys(document)
            if keys:
                index.add(keys, id)

    def put(
        self,
        id: str,
        document: Document,
        changed: dict[str, tuple[set[str], set[str]]] | None = None,
        follows: bool = False,
    ) -> None:
        """Store a new form of a document; ``changed`` gives what an index gains and loses, if known."""
        self.refresh()
        self.own()
        self.changes += 1
        old = self.live[id]
        if self.watcher is not None:
            self.watcher.note(id, old, self.places[id], follows)
        for path, index in self.indexes.items():
            if changed is not None and path in changed:
                gained, lost = changed[path]
                index.discard(map(index.fold, lost), id)
                index.add(map(index.fold, gained), id)
            else:
                index.change(old, document, id)
        self.live[id] = document
        self.prepared.pop(id, None)

    def touch(self, id: str, document: Document) -> None:
        """Store a document that differs from its old form in nothing that an index knows.

        Such a change follows from one of another document.
        """
        self.own()
        self.changes += 1
        if self.watcher is not None:
            self.refresh()
            self.watcher.note(id, self.live[id], self.places[id], True)
        self.live[id] = document
        self.prepared.pop(id, None)

    def take(self, id: str) -> Document:
        """Remove a document and return it."""
        self.refresh()
        self.own()
        self.changes += 1
        document = self.live.pop(id)
        place = self.places.pop(id)
        if self.watcher is not None:
            self.watcher.note(id, document, place, False)
        at = bisect_left(self.order_places, place)
        del self.order[at], self.order_places[at]
        for index in self.indexes.values():
            index.discard(index.keys(document), id)
        self.prepared.pop(id, None)
        return document

    def find(self, path: str, value: str) -> Collection[str]:
        """Return the ids with a value of an indexed attribute, in order of creation."""
        self.refresh()
        if path == "id":
            return (value,) if value in self.live else ()
        ids = self.indexes[path].find(value)
        return sorted(ids, key=self.places.__getitem__) if len(ids) > 1 else ids

    def has(self, path: str, value: str, id: str) -> bool:
        """Whether a document has a value of an indexed attribute."""
        return id in self.indexes[path].find(value)

    def after(self, place: int, count: int) -> list[str]:
        """Return up to ``count`` ids whose place comes after the given one."""
        self.refresh()
        start = bisect_right(self.order_places, place)
        return self.order[start : start + count]

    def items(self) -> Iterable[tuple[str, Document]]:
        """Return (id, document) in order of creation, which is the order of the live dict."""
        self.refresh()
        return self.live.items()


class DirectoryDB(TinyDB):
    """A TinyDB in memory whose tables are ResourceTables."""

    table_class = ResourceTable  # type: ignore[assignment]
    default_storage_class = MemoryStorage  # type: ignore[assignment]

    def resource_table(self, name: str) -> ResourceTable:
        """Return a table with its true type."""
        table = self.table(name)
        assert isinstance(table, ResourceTable)
        return table
