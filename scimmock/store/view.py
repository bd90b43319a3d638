"""A directory with differences: as it was earlier, or as it would be after a write that is thrown away.

A view costs memory and time for its differences and for what is read of it, never for the size of the
directory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .directory import Directory
from .history import Change
from .layer import Layer, Row
from .resources import Resources, epochs

Differences = Mapping[str, Mapping[str, Row]]


class View(Resources):
    """A `scimmock.scim.ports.Store` over a directory that it never changes.

    Reads see ``differences`` ({type name: {id: (document, or None for absent, place)}}) over the
    directory, writes change the differences only.  Set ``encode`` as that of a Directory.

    What the view has no difference for is read from the directory as it is at that time, so a view of
    an earlier moment holds until the directory is next changed.  Versions and ids come from the
    directory's counters, so that none is ever issued twice: ``minted`` lists the ids, and
    `retire_minted` makes sure that nothing is found under them later.
    """

    tables: dict[str, Layer]

    def __init__(
        self, base: Directory, differences: Differences | None = None, epoch_version: int | None = None
    ) -> None:
        super().__init__(base.types)
        self.base = base
        self.tables = {
            name: Layer(table, (differences or {}).get(name, {})) for name, table in base.tables.items()
        }
        self.version = base.version
        self.epoch = next(epochs)
        self.epoch_version = base.epoch_version if epoch_version is None else epoch_version
        self.minted: list[str] = []
        self._retired: set[str] = set()
        self._seen = base.revision
        self.note_indexes()

    @property
    def revision(self) -> int:
        """A number that moves with every change of any resource, of the directory too."""
        return self.base.revision + sum(layer.changes for layer in self.tables.values())

    @property
    def differs(self) -> bool:
        """Whether anything is not as in the directory."""
        return any(layer.rows for layer in self.tables.values())

    # ---- reading

    def slice(self, type_name: str, start: int, stop: int) -> list[str]:
        return self.tables[type_name].slice(start, stop)

    def _follow(self) -> None:
        """Trust nothing that was made ready before the directory changed."""
        if self._seen != self.base.revision:
            self._seen = self.base.revision
            self.epoch_version = max(self.epoch_version, self.base.epoch_version)
            for layer in self.tables.values():
                layer.prepared.clear()

    def _ready(self, type_name: str, id: str) -> bytes | None:
        """Return the directory's prepared bytes where they are certainly those of the view."""
        layer = self.tables[type_name]
        layer.refresh()
        if id in layer.rows:
            return None
        # Bytes that stand alone show no other resource.  A user who came into a group, or left one,
        # has a new version and therefore a difference.
        found = layer.base.prepared.get(id)
        return found if type(found) is bytes else None

    def prepared(self, type_name: str, id: str) -> bytes:
        if not self.differs:
            return self.base.prepared(type_name, id)
        ready = self._ready(type_name, id)
        if ready is not None:
            return ready
        self._follow()
        return super().prepared(type_name, id)

    def is_true_to_version(self, type_name: str, id: str) -> bool:
        if not self.differs:
            return self.base.is_true_to_version(type_name, id)
        if self._ready(type_name, id) is not None:
            return True
        self._follow()
        return super().is_true_to_version(type_name, id)

    # ---- writing

    def next_version(self) -> str:
        tag = self.base.next_version()
        self.version = self.base.version
        return tag

    def move_epoch(self) -> None:
        self.version = self.base.version
        super().move_epoch()

    def mint(self, type_name: str, key: str) -> str:
        """Return an id that neither the view nor the directory has or had."""

        def taken(id: str) -> bool:
            return id in self._retired or self.find(id) is not None or self.base.find(id) is not None

        id = self.base.minter.mint(type_name, key, taken)
        self.minted.append(id)
        return id

    def retire(self, id: str) -> None:
        self._retired.add(id)

    def retire_minted(self) -> None:
        """Have the directory never issue the ids that were issued in the view."""
        for id in self.minted:
            self.base.retire(id)


def overlay(directory: Directory) -> View:
    """Return a view without differences, for writes that are thrown away."""
    return View(directory)


def as_of(directory: Directory, mark: int) -> View:
    """Return a directory as it was at a mark of its history (`History.mark`).

    Where the history does not reach so far back the view shows the oldest state that is known, and
    without a history the present.
    """
    history = directory.history
    return _before(directory, history.changes_after(mark) if history is not None else ())


def as_of_time(directory: Directory, seconds: float) -> View:
    """Return a directory as it was at a time of its history's clock, see `as_of`."""
    history = directory.history
    return _before(directory, history.changes_since(seconds) if history is not None else ())


def _before(directory: Directory, changes: Iterable[Change]) -> View:
    """Return a directory as it was before some changes, newest first."""
    differences: dict[str, dict[str, Row]] = {name: {} for name in directory.tables}
    epoch_version = None
    for change in changes:
        differences[change.type_name][change.id] = (change.former, change.place)
        epoch_version = change.epoch_version
    for name, rows in differences.items():
        live = directory.tables[name].live
        for id in [id for id, (document, _) in rows.items() if document is None and id not in live]:
            del rows[id]  # it came and went
    return View(directory, differences, epoch_version)
