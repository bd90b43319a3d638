"""One directory: the resources of one tenant and how they hang together.

Implements `scimmock.scim.ports.Store` without knowing the engine: resource types come in as they are,
the encoder of representations is set by whoever puts the two together.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, Protocol

from .ids import Minter
from .index import Index
from .table import DirectoryDB, Document, ResourceTable


class TypeInfo(Protocol):
    """What the directory needs to know of a resource type."""

    @property
    def name(self) -> str: ...
    @property
    def endpoint(self) -> str: ...
    @property
    def membership(self) -> Any: ...
    @property
    def belonging(self) -> Any: ...


Encode = Callable[[Any, Document], tuple[bytes, bool]]
IndexPlan = dict[str, tuple[tuple[str, Callable[[str], str]], ...]]

_MEMBERS = "members.value"
_GROUPS = "groups.value"  # no index of its own: it follows from the members of the groups

# Epochs are unique in the process: prepared bytes that forks share are never taken for another's.
_epochs = itertools.count(1)


class Directory:
    """The resources of all types of one tenant.

    ``index_plan`` lists for each type name the indexed paths with their key functions.
    """

    def __init__(self, types: Iterable[TypeInfo], index_plan: IndexPlan, minter: Minter) -> None:
        self.types = tuple(types)
        self.index_plan = index_plan
        self.by_name = {kind.name: kind for kind in self.types}
        self.minter = minter
        self.encode: Encode | None = None
        self.version = 0
        self.earlier_changes = 0  # of a directory that this one took the place of
        self.epoch_version = -1  # the version counter when the epoch moved last
        self.serial = next(_epochs)
        # Moves when something changes that representations of other resources show (names, nesting).
        self.epoch = 0
        self._group_type = next((kind for kind in self.types if kind.membership is not None), None)
        self.db = DirectoryDB()
        self.tables: dict[str, ResourceTable] = {}
        self._indexed: dict[str, frozenset[str]] = {}
        for kind in self.types:
            table = self.db.resource_table(kind.endpoint.strip("/"))
            for path, fold in index_plan.get(kind.name, ()):
                table.add_index(Index(path, fold))
            self.tables[kind.name] = table
            derived = (_GROUPS,) if kind.belonging is not None and self._group_type is not None else ()
            self._indexed[kind.name] = frozenset(("id", *table.indexes, *derived))

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

    # ---- reading

    def get(self, type_name: str, id: str) -> Document | None:
        return self.tables[type_name].live.get(id)

    def find(self, id: str) -> tuple[Any, Document] | None:
        for kind in self.types:
            document = self.tables[kind.name].live.get(id)
            if document is not None:
                return kind, document
        return None

    def count(self, type_name: str) -> int:
        return len(self.tables[type_name].live)

    def slice(self, type_name: str, start: int, stop: int) -> list[str]:
        table = self.tables[type_name]
        table.refresh()
        return table.order[start:stop]

    def after(self, type_name: str, anchor: int, count: int) -> list[str]:
        return self.tables[type_name].after(anchor, count)

    def anchor(self, type_name: str, id: str) -> int:
        return self.tables[type_name].places[id]

    def lookup(self, type_name: str, path: str, value: str) -> Collection[str]:
        if path == _GROUPS:
            return self._belonging_to(type_name, value)
        return self.tables[type_name].find(path, value)

    def _belonging_to(self, type_name: str, group_id: str) -> list[str]:
        """Return the ids of a type's resources in a group or in a group within it, in order of creation."""
        assert self._group_type is not None
        groups, table = self.tables[self._group_type.name].live, self.tables[type_name]
        found: set[str] = set()
        seen, waiting = {group_id}, [group_id]
        while waiting:
            for member in _member_ids(groups.get(waiting.pop(), {})):
                if member in table.live:
                    found.add(member)
                elif member in groups and member not in seen:
                    seen.add(member)
                    waiting.append(member)
        table.refresh()
        return sorted(found, key=table.places.__getitem__)

    def has_value(self, type_name: str, path: str, value: str, id: str) -> bool:
        return self.tables[type_name].has(path, value, id)

    def indexed(self, type_name: str) -> frozenset[str]:
        return self._indexed[type_name]

    def scan(self, type_name: str) -> Iterable[tuple[str, Document]]:
        return self.tables[type_name].items()

    def group_endpoint(self) -> str:
        return self._group_type.endpoint if self._group_type else "/Groups"

    def groups_of(self, id: str) -> Iterator[tuple[str, Document, bool]]:
        """Yield the groups of a resource, direct ones first, each once (RFC 7643 section 4.1.2)."""
        if self._group_type is None:
            return
        table = self.tables[self._group_type.name]
        index = table.indexes.get(_MEMBERS)
        if index is None:
            return
        seen = {id}
        level: Collection[str] = table.find(_MEMBERS, id)
        direct = True
        while level:
            above: dict[str, None] = {}
            for group_id in level:
                if group_id in seen:
                    continue
                seen.add(group_id)
                yield group_id, table.live[group_id], direct
                for parent in table.find(_MEMBERS, group_id):
                    above[parent] = None
            level, direct = above, False

    def prepared(self, type_name: str, id: str) -> bytes:
        """Return the encoded representation, made at the first read after a change."""
        table = self.tables[type_name]
        found = table.prepared.get(id)
        if found is not None:
            if type(found) is bytes:
                return found
            if found[0] == self.epoch:
                return found[1]  # type: ignore[return-value]
        assert self.encode is not None
        body, depends = self.encode(self.by_name[type_name], table.live[id])
        table.prepared[id] = (self.epoch, body) if depends else body
        return body

    # ---- writing

    def is_true_to_version(self, type_name: str, id: str) -> bool:
        """Whether a resource looks as it did when its version was issued.

        What it shows of other resources (names, indirect groups) may change without its version.
        """
        self.prepared(type_name, id)
        table = self.tables[type_name]
        if type(table.prepared[id]) is bytes:
            return True
        version = str(table.live[id]["meta"].get("version", ""))
        return int(version[3:-1] or 0) > self.epoch_version

    def _move_epoch(self) -> None:
        self.epoch = next(_epochs)
        self.epoch_version = self.version

    def next_version(self) -> str:
        self.version += 1
        return f'W/"{self.version}"'

    def mint(self, type_name: str, key: str) -> str:
        return self.minter.mint(type_name, key, lambda id: self.find(id) is not None)

    def insert(self, type_name: str, id: str, document: Document) -> None:
        self.tables[type_name].put_new(id, document)
        if self.by_name[type_name].membership is not None:
            self._members_changed(_member_ids(document), ())

    def replace(
        self,
        type_name: str,
        id: str,
        document: Document,
        added: set[str] | None = None,
        removed: set[str] | None = None,
    ) -> None:
        table = self.tables[type_name]
        old = table.live[id]
        if _names(old) != _names(document):
            self._move_epoch()
        if self.by_name[type_name].membership is None:
            table.put(id, document)
            return
        if added is None or removed is None:
            before, after = set(_member_ids(old)), set(_member_ids(document))
            added, removed = after - before, before - after
        table.put(id, document, {_MEMBERS: (added, removed)} if _MEMBERS in table.indexes else None)
        self._members_changed(added, removed)

    def delete(self, type_name: str, id: str, now: str | None = None) -> None:
        self._move_epoch()
        document = self.tables[type_name].take(id)
        self.minter.retire(id)
        if self.by_name[type_name].membership is not None:
            self._members_changed((), _member_ids(document))
        if self._group_type is None:
            return
        groups = self.tables[self._group_type.name]
        for group_id in list(groups.find(_MEMBERS, id)) if _MEMBERS in groups.indexes else ():
            group = groups.live[group_id]
            members = group["members"]
            kept = [item for item in members if not _is_member(item, id)] if isinstance(members, list) else []
            changed = {**group, "members": kept}
            if not kept:
                del changed["members"]
            changed["meta"] = {**group["meta"], "version": self.next_version()}
            if now is not None:
                changed["meta"]["lastModified"] = now
            groups.put(group_id, changed, {_MEMBERS: (set(), {id})})

    def _members_changed(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Move the version of every user whose groups changed: its representation shows them."""
        for id in (*added, *removed):
            found = self.find(id)
            if found is None:
                continue
            kind, document = found
            if kind.belonging is None:
                self._move_epoch()  # a group in a group: what users show of it is read afresh
                continue
            meta = {**document["meta"], "version": self.next_version()}
            self.tables[kind.name].touch(id, {**document, "meta": meta})

    def load(self, type_name: str, id: str, document: Document) -> None:
        """Store a resource as part of the initial directory, without effects on others."""
        self.tables[type_name].put_new(id, document)


def _names(document: Document) -> tuple[Any, Any]:
    return document.get("displayName"), document.get("userName")


def _is_member(member: Any, id: str) -> bool:
    return (member.get("value") if isinstance(member, dict) else member) == id


def _member_ids(document: Document) -> list[str]:
    members = document.get("members")
    if not isinstance(members, list):
        return []
    found = (member.get("value") if isinstance(member, dict) else member for member in members)
    return [id for id in found if isinstance(id, str)]
