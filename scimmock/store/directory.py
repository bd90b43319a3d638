"""One directory: the resources of one tenant and how they hang together.

Implements `scimmock.scim.ports.Store` without knowing the engine: resource types come in as they are,
the encoder of representations is set by whoever puts the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .ids import Minter
from .index import Index
from .resources import Encode, Resources, TypeInfo, epochs
from .table import DirectoryDB, Document, ResourceTable

if TYPE_CHECKING:
    from .history import History

__all__ = ["Directory", "Encode", "IndexPlan", "TypeInfo"]

IndexPlan = dict[str, tuple[tuple[str, Callable[[str], str]], ...]]


class Directory(Resources):
    """The resources of all types of one tenant.

    ``index_plan`` lists for each type name the indexed paths with their key functions; ``history`` is
    the log of changes while somebody wants it (`scimmock.store.history.attach`).
    """

    tables: dict[str, ResourceTable]

    def __init__(self, types: Iterable[TypeInfo], index_plan: IndexPlan, minter: Minter) -> None:
        super().__init__(types)
        self.index_plan = index_plan
        self.minter = minter
        self.earlier_changes = 0  # of a directory that this one took the place of
        self.serial = next(epochs)
        self.history: History | None = None
        self.db = DirectoryDB()
        self.tables = {}
        for kind in self.types:
            table = self.db.resource_table(kind.endpoint.strip("/"))
            for path, fold in index_plan.get(kind.name, ()):
                table.add_index(Index(path, fold))
            self.tables[kind.name] = table
        self.note_indexes()

    def fork(self, minter: Minter) -> Directory:
        """Return a directory with the same resources; neither sees what becomes of the other."""
        copy = Directory(self.types, {}, minter)
        copy.index_plan = self.index_plan
        for name, table in self.tables.items():
            forked = table.fork(copy.db.storage)
            copy.tables[name] = forked
            copy.db._tables[forked.name] = forked
        copy._indexed = self._indexed
        copy.version = self.version
        copy.epoch, copy.epoch_version = self.epoch, self.epoch_version
        copy.minter.adopt(self.minter)
        return copy

    @property
    def revision(self) -> int:
        """A number that moves with every change of any resource."""
        return self.earlier_changes + sum(table.changes for table in self.tables.values())

    def succeed(self, other: Directory) -> None:
        """Take the place of another directory: versions and revisions go on from there."""
        self.version = max(self.version, other.version)
        self.earlier_changes = other.revision + 1

    def slice(self, type_name: str, start: int, stop: int) -> list[str]:
        table = self.tables[type_name]
        table.refresh()
        return table.order[start:stop]

    def mint(self, type_name: str, key: str) -> str:
        return self.minter.mint(type_name, key, lambda id: self.find(id) is not None)

    def retire(self, id: str) -> None:
        self.minter.retire(id)

    def forget_prepared(self) -> None:
        """Encode all resources anew when they are read; after `load`, which has no effects on others."""
        for table in self.tables.values():
            table.prepared.clear()

    def load(self, type_name: str, id: str, document: Document) -> None:
        """Store a resource as part of the initial directory, without effects on others."""
        self.tables[type_name].put_new(id, document)
