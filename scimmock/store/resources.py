"""Resources of several types and what follows from one for the other: groups, names, versions.

The tables that hold the documents are whoever inherits it to choose: a `Directory` has real ones, a
`View` has the differences from a directory.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from .table import Document, Prepared


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


class Places(Protocol):
    """The place of each resource in the order of creation."""

    def __getitem__(self, id: str, /) -> int: ...


class Rows(Protocol):
    """The resources of one type, see `scimmock.store.table.ResourceTable`."""

    @property
    def live(self) -> Mapping[str, Document]: ...
    @property
    def places(self) -> Places: ...
    @property
    def indexes(self) -> Mapping[str, Any]: ...
    @property
    def prepared(self) -> dict[str, Prepared]: ...

    def refresh(self) -> None: ...
    def find(self, path: str, value: str) -> Collection[str]: ...
    def has(self, path: str, value: str, id: str) -> bool: ...
    def after(self, place: int, count: int) -> list[str]: ...
    def items(self) -> Iterable[tuple[str, Document]]: ...
    def put_new(self, id: str, document: Document) -> None: ...
    def put(
        self,
        id: str,
        document: Document,
        changed: dict[str, tuple[set[str], set[str]]] | None = None,
        follows: bool = False,
    ) -> None: ...
    def touch(self, id: str, document: Document) -> None: ...
    def take(self, id: str) -> Document: ...


Encode = Callable[[Any, Document], tuple[bytes, bool]]

_MEMBERS = "members.value"
_GROUPS = "groups.value"  # no index of its own: it follows from the members of the groups

# Epochs are unique in the process: prepared bytes that forks share are never taken for another's.
epochs = itertools.count(1)


class Resources(ABC):
    """What `scimmock.scim.ports.Store` asks for, on any tables.

    ``tables`` has one for each type name; the inheritor fills it and says how versions are numbered.
    """

    tables: Mapping[str, Rows]

    def __init__(self, types: Iterable[TypeInfo]) -> None:
        self.types = tuple(types)
        self.by_name = {kind.name: kind for kind in self.types}
        self.encode: Encode | None = None
        self.version = 0
        self.epoch_version = -1  # the version counter when the epoch moved last
        # Moves when something changes that representations of other resources show (names, nesting).
        self.epoch = 0
        self._group_type = next((kind for kind in self.types if kind.membership is not None), None)
        self._indexed: dict[str, frozenset[str]] = {}

    def note_indexes(self) -> None:
        """Note what `lookup` takes, once all tables have their indexes."""
        for kind in self.types:
            derived = (_GROUPS,) if kind.belonging is not None and self._group_type is not None else ()
            self._indexed[kind.name] = frozenset(("id", *self.tables[kind.name].indexes, *derived))

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
            for member in member_ids(groups.get(waiting.pop(), {})):
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

    # ---- writing

    def next_version(self) -> str:
        self.version += 1
        return f'W/"{self.version}"'

    @abstractmethod
    def retire(self, id: str) -> None:
        """Never issue the id of a deleted resource again."""

    def move_epoch(self) -> None:
        """Make representations afresh that show other resources.

        Comes after the change that is the cause and before the versions that follow from it.
        """
        self.epoch = next(epochs)
        self.epoch_version = self.version

    def insert(self, type_name: str, id: str, document: Document) -> None:
        self.tables[type_name].put_new(id, document)
        if self.by_name[type_name].membership is not None:
            self.members_changed(member_ids(document), ())

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
        renamed = _names(old) != _names(document)
        if self.by_name[type_name].membership is None:
            table.put(id, document)
            if renamed:
                self.move_epoch()
            return
        if added is None or removed is None:
            before, after = set(member_ids(old)), set(member_ids(document))
            added, removed = after - before, before - after
        table.put(id, document, {_MEMBERS: (added, removed)} if _MEMBERS in table.indexes else None)
        if renamed:
            self.move_epoch()
        self.members_changed(added, removed)

    def delete(self, type_name: str, id: str, now: str | None = None) -> None:
        document = self.tables[type_name].take(id)
        self.move_epoch()
        self.retire(id)
        if self.by_name[type_name].membership is not None:
            self.members_changed((), member_ids(document))
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
            groups.put(group_id, changed, {_MEMBERS: (set(), {id})}, follows=True)

    def members_changed(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Move the version of every user whose groups changed: its representation shows them."""
        for id in (*added, *removed):
            found = self.find(id)
            if found is None:
                continue
            kind, document = found
            if kind.belonging is None:
                self.move_epoch()  # a group in a group: what users show of it is read afresh
                continue
            meta = {**document["meta"], "version": self.next_version()}
            self.tables[kind.name].touch(id, {**document, "meta": meta})


def _names(document: Document) -> tuple[Any, Any]:
    return document.get("displayName"), document.get("userName")


def _is_member(member: Any, id: str) -> bool:
    return (member.get("value") if isinstance(member, dict) else member) == id


def member_ids(document: Document) -> list[str]:
    """Return the ids of the members of a stored group; what is no id is left out."""
    members = document.get("members")
    if not isinstance(members, list):
        return []
    found = (member.get("value") if isinstance(member, dict) else member for member in members)
    return [id for id in found if isinstance(id, str)]
