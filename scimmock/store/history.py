"""What a directory was: a bounded log of replaced documents, kept while somebody wants it.

Stored documents are never changed, only replaced, so the former documents are all that it takes to
show an earlier state (`scimmock.store.view.as_of`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from .directory import Directory
from .resources import member_ids
from .table import Document

MAX_ENTRIES = 10_000
# A former list of this many members takes about as much memory as one entry.
_MEMBERS_PER_ENTRY = 100


class Change(NamedTuple):
    """One change of one resource.

    ``sequence`` is the directory's revision after it, ``time`` in seconds of the clock of the history.
    ``former`` is the document before it, None for an insert; ``place`` its place in the order of
    creation.  ``epoch_version`` is the directory's before the operation, where this is the first change
    of one; ``follows`` says that it belongs to the operation of the change before.
    """

    sequence: int
    time: float
    type_name: str
    id: str
    former: Document | None
    place: int
    epoch_version: int
    follows: bool

    @property
    def weight(self) -> int:
        """How many entries the change counts for: a long list of members counts for several."""
        members = self.former.get("members") if self.former is not None else None
        return 1 + len(members) // _MEMBERS_PER_ENTRY if isinstance(members, list) else 1


class History:
    """The latest changes of one directory.

    An operation (a delete with the groups that the resource leaves, a new list of members with the
    versions of the users) has one time and is kept or dropped as a whole, the newest is always kept.
    When entries are dropped, for ``max_entries`` or by `forget`, a view further back shows the oldest
    state that is known.  So it is after a change through TinyDB's own methods, which ends everything
    before it.  ``now`` gives seconds and never goes back (`scimmock.clock.Clock.elapsed`).
    """

    def __init__(
        self, directory: Directory, now: Callable[[], float], max_entries: int = MAX_ENTRIES
    ) -> None:
        self.directory = directory
        self.now = now
        self.max_entries = max_entries
        self.sequence = directory.revision
        self.horizon = self.sequence  # the earliest mark whose state is known
        self._changes: deque[Change] = deque()
        self._newest: dict[tuple[str, str], Change] = {}
        self._weight = 0
        self._operations = 0

    def __len__(self) -> int:
        return len(self._changes)

    # ---- reading

    def mark(self) -> int:
        """Return what stands for the present state; it is the directory's revision."""
        return self.sequence

    def changes_after(self, mark: int) -> Iterator[Change]:
        """Yield the changes since a mark, newest first."""
        for change in reversed(self._changes):
            if change.sequence <= mark:
                return
            yield change

    def changes_since(self, time: float) -> Iterator[Change]:
        """Yield the changes that came later than a time, newest first."""
        for change in reversed(self._changes):
            if change.time <= time:
                return
            yield change

    def last(self, n: int) -> list[Change]:
        """Return up to ``n`` latest changes, newest first."""
        return list(islice(reversed(self._changes), max(0, n)))

    def previous(self, type_name: str, id: str) -> Document | None:
        """Return a resource as it was before its latest change; None if it was not there or is not known."""
        change = self._newest.get((type_name, id))
        return change.former if change is not None else None

    # ---- writing

    def forget(self, before: float) -> None:
        """Drop the changes of that time and earlier; views as of then or later stay right."""
        while self._changes and self._changes[0].time <= before:
            self._drop_operation()

    def note(self, type_name: str, id: str, former: Document | None, place: int, follows: bool) -> None:
        """Enter a change that is about to be made, see `scimmock.store.table.Watcher`."""
        self.sequence += 1
        follows = follows and bool(self._changes)
        time = self._changes[-1].time if follows else self.now()
        change = Change(
            self.sequence, time, type_name, id, former, place, self.directory.epoch_version, follows
        )
        self._changes.append(change)
        self._newest[type_name, id] = change
        self._weight += change.weight
        self._operations += not follows
        while self._weight > self.max_entries and self._operations > 1:
            self._drop_operation()

    def lose_track(self) -> None:
        """Forget everything: the directory was changed in a way that nobody followed."""
        self.sequence += 1
        self.horizon = self.sequence
        self._changes.clear()
        self._newest.clear()
        self._weight = self._operations = 0

    def _drop_operation(self) -> None:
        self._drop()
        while self._changes and self._changes[0].follows:
            self._drop()
        self._operations -= 1

    def _drop(self) -> None:
        change = self._changes.popleft()
        self.horizon = change.sequence
        self._weight -= change.weight
        if self._newest.get((change.type_name, change.id)) is change:
            del self._newest[change.type_name, change.id]


class _TableWatcher:
    """Tells a history what becomes of one table."""

    __slots__ = ("_history", "_type_name")

    def __init__(self, history: History, type_name: str) -> None:
        self._history = history
        self._type_name = type_name

    def note(self, id: str, former: Document | None, place: int, follows: bool) -> None:
        self._history.note(self._type_name, id, former, place, follows)

    def lose_track(self) -> None:
        self._history.lose_track()


def attach(directory: Directory, now: Callable[[], float], max_entries: int = MAX_ENTRIES) -> History:
    """Have a directory's changes logged from now on, and return the log.

    A directory has one history: who attaches another gets the same, at least as long as wanted.
    """
    history = directory.history
    if history is not None:
        history.max_entries = max(history.max_entries, max_entries)
        return history
    history = directory.history = History(directory, now, max_entries)
    for type_name, table in directory.tables.items():
        table.watcher = _TableWatcher(history, type_name)
    return history


def detach(directory: Directory) -> None:
    """Log no more changes of a directory and forget those that were."""
    directory.history = None
    for table in directory.tables.values():
        table.watcher = None


def restore_document(directory: Directory, type_name: str, id: str, document: Document) -> None:
    """Store a deleted resource again, with the same id and a new version, as the newest of its type.

    The groups that it left stay left; members that were deleted since are left out of a group.
    Raises ValueError when the id is in use.
    """
    if directory.find(id) is not None:
        raise ValueError(f"there is a resource with the id {id!r}")
    restored = {**document, "meta": {**document["meta"], "version": directory.next_version()}}
    if directory.by_name[type_name].membership is not None:
        gone = {
            member
            for member in member_ids(document)
            if member in directory.minter.retired and directory.find(member) is None and member != id
        }
        if gone:
            restored["members"] = [
                member
                for member in document["members"]
                if (member.get("value") if isinstance(member, dict) else member) not in gone
            ]
            if not restored["members"]:
                del restored["members"]
    directory.tables[type_name].put_new(id, restored)
    directory.move_epoch()  # others may refer to it and show its name again
    directory.members_changed(member_ids(restored), ())
