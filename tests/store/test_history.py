"""The log of a directory's changes: what it keeps, what it drops, what it costs nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinydb import where

from scimmock.scim.schema import group_type, user_type
from scimmock.scim.values import fold
from scimmock.store.directory import Directory
from scimmock.store.history import History, attach, detach, restore_document
from scimmock.store.ids import Minter
from scimmock.store.view import as_of, as_of_time

PLAN: Any = {"User": (("userName", fold),), "Group": (("displayName", fold), ("members.value", str))}


class Recorded:
    """A directory with a history and a clock that is moved by hand."""

    def __init__(self, max_entries: int = 10_000) -> None:
        self.time = 0.0
        self.directory = Directory((user_type(), group_type()), PLAN, Minter(1, ""))
        self.history = attach(self.directory, lambda: self.time, max_entries)

    def document(self, id: str, **more: Any) -> dict[str, Any]:
        return {"id": id, "meta": {"version": self.directory.next_version()}, **more}

    def user(self, id: str, **more: Any) -> None:
        self.directory.insert("User", id, self.document(id, userName=id, **more))

    def rename(self, id: str, name: str) -> None:
        self.directory.replace("User", id, self.document(id, userName=name))

    def group(self, id: str, *members: str) -> None:
        listed = [{"value": member} for member in members]
        self.directory.insert("Group", id, self.document(id, displayName=id, members=listed))

    def names(self, mark: int) -> list[Any]:
        return [document["userName"] for _, document in as_of(self.directory, mark).scan("User")]

    def version(self, type_name: str, id: str) -> str:
        document = self.directory.get(type_name, id)
        assert document is not None
        return str(document["meta"]["version"])


def brief(history: History) -> list[tuple[str, str, bool, bool]]:
    """Return of each change, oldest first: type, id, was it there before, does it follow."""
    return [
        (change.type_name, change.id, change.former is not None, change.follows)
        for change in reversed(history.last(1000))
    ]


def test_every_way_to_change_is_noted() -> None:
    it = Recorded()
    it.user("ann")
    it.group("team", "ann")
    it.rename("ann", "anna")
    it.directory.delete("User", "ann")
    assert brief(it.history) == [
        ("User", "ann", False, False),
        ("Group", "team", False, False),
        ("User", "ann", True, True),  # its groups changed
        ("User", "ann", True, False),
        ("User", "ann", True, False),
        ("Group", "team", True, True),  # its member left
    ]
    assert [change.sequence for change in reversed(it.history.last(1000))] == [1, 2, 3, 4, 5, 6]
    assert it.history.mark() == it.directory.revision == 6
    assert [change.id for change in it.history.last(2)] == ["team", "ann"]
    assert it.history.last(0) == []


def test_the_document_before_the_latest_change() -> None:
    it = Recorded()
    it.user("ann")
    assert it.history.previous("User", "ann") is None
    first = it.directory.get("User", "ann")
    it.user("bob")
    it.rename("ann", "anna")
    assert it.history.previous("User", "ann") is first
    second = it.directory.get("User", "ann")
    it.directory.delete("User", "ann")
    assert it.history.previous("User", "ann") is second
    assert it.history.previous("Group", "ann") is None
    it.history.forget(it.time)
    assert it.history.previous("User", "ann") is None and len(it.history) == 0


def test_an_operation_has_one_time() -> None:
    """A time in the middle of a delete does not show half of it."""
    it = Recorded()
    ticks = iter(range(100))
    it.history.now = lambda: float(next(ticks))
    it.user("ann")  # 0
    it.group("team", "ann")  # 1
    it.directory.delete("User", "ann")  # 2
    for time in (1.0, 1.5):
        view = as_of_time(it.directory, time)
        assert view.find("ann") is not None and list(view.groups_of("ann")) != []
    late = as_of_time(it.directory, 2.0)
    assert late.find("ann") is None and not late.differs
    early = as_of_time(it.directory, 0.0)
    assert early.count("Group") == 0 and early.count("User") == 1
    assert as_of_time(it.directory, -1.0).count("User") == 0


def test_forgetting_keeps_later_views() -> None:
    it = Recorded()
    for time in range(5):
        it.time = float(time)
        it.user(f"u{time}")
    it.history.forget(1.0)
    assert len(it.history) == 3 and it.history.horizon == 2
    assert [as_of_time(it.directory, float(time)).count("User") for time in range(5)] == [2, 2, 3, 4, 5]
    assert [as_of(it.directory, mark).count("User") for mark in range(6)] == [2, 2, 2, 3, 4, 5]


@given(st.integers(1, 6), st.lists(st.integers(0, 3), max_size=30))
def test_the_oldest_go_first(max_entries: int, choices: list[int]) -> None:
    """Whole operations are dropped: what is the oldest known state was a state of the directory."""
    it = Recorded(max_entries)
    states = {it.directory.revision: sorted(it.directory.scan("User"))}
    for number, choice in enumerate(choices):
        everybody = [id for id, _ in it.directory.scan("User")]
        if choice == 0 or not everybody:
            it.user(f"u{number}")
        elif choice == 1:
            it.group(f"g{number}", *everybody)
        elif choice == 2:
            it.rename(everybody[0], f"n{number}")
        else:
            it.directory.delete("User", everybody[-1])
        states[it.directory.revision] = sorted(it.directory.scan("User"))
    horizon = it.history.horizon
    assert horizon in states
    assert len(it.history) == it.directory.revision - horizon
    operations = [change for change in it.history.last(1000) if not change.follows]
    assert len(it.history) <= max_entries or len(operations) == 1
    for mark, users in states.items():
        seen = sorted(as_of(it.directory, mark).scan("User"))
        assert seen == (users if mark >= horizon else states[horizon])


def test_long_lists_of_members_count_for_more() -> None:
    it = Recorded(max_entries=50)
    it.directory.load("Group", "g", it.document("g", members=[{"value": f"x{n}"} for n in range(1000)]))
    for number in range(20):
        old = it.directory.get("Group", "g")
        assert old is not None
        it.directory.replace("Group", "g", {**old, "displayName": f"n{number}"}, set(), set())
    assert 3 <= len(it.history) <= 5


def test_a_change_through_tinydb_ends_the_past() -> None:
    """Nobody knows what it changed, so what was before it is not shown."""
    it = Recorded()
    it.user("ann")
    it.user("bob")
    it.group("team", "bob")
    table: Any = it.directory.tables["User"]
    table.update({"userName": "robert"}, where("userName") == "bob")
    assert len(it.history) == 0 and it.history.mark() == it.directory.revision
    assert it.names(0) == ["ann", "robert"]
    table.remove(where("userName") == "ann")
    it.directory.delete("Group", "team")  # a new version for its member, before anything else is read
    assert it.names(0) == ["robert"]
    table.insert(it.document("zoe", userName="zoe"))
    it.group("late", "zoe")  # its member has no place in the order yet
    assert it.names(0) == ["robert", "zoe"]
    it.directory.delete("User", "zoe")
    mark = it.history.mark()
    it.user("carl")
    assert it.names(mark) == ["robert"] and it.names(it.history.mark()) == ["robert", "carl"]


def test_a_fork_has_no_history() -> None:
    it = Recorded()
    it.user("ann")
    forked = it.directory.fork(Minter(1, ""))
    forked.insert("User", "bob", it.document("bob", userName="bob"))
    assert forked.history is None and len(it.history) == 1


def test_one_history_for_all_who_want_it() -> None:
    it = Recorded(max_entries=5)
    assert attach(it.directory, lambda: 99.0, 7) is it.history and it.history.max_entries == 7
    assert attach(it.directory, lambda: 99.0, 3).max_entries == 7
    it.user("ann")
    detach(it.directory)
    it.user("bob")
    assert it.directory.history is None and len(it.history) == 1
    again = attach(it.directory, lambda: 0.0)
    assert again is not it.history and again.mark() == again.horizon == it.directory.revision
    assert it.names(0) == ["ann", "bob"]


def test_marks_go_on_after_a_reset() -> None:
    """A mark of the directory before never stands for something in the one that took its place."""
    it = Recorded()
    it.user("ann")
    mark = it.history.mark()
    fresh = Directory((user_type(), group_type()), PLAN, Minter(1, ""))
    fresh.succeed(it.directory)
    history = attach(fresh, lambda: 0.0)
    assert history.mark() > mark and list(history.changes_after(mark)) == []
    fresh.insert("User", "bob", it.document("bob", userName="bob"))
    assert as_of(fresh, mark).count("User") == 0


def test_a_deleted_user_comes_back() -> None:
    it = Recorded()
    it.user("ann", manager="bob")
    it.user("bob")
    it.group("team", "ann")
    document = it.directory.get("User", "ann")
    assert document is not None
    it.directory.delete("User", "ann")
    mark, epoch = it.history.mark(), it.directory.epoch
    versions = it.directory.version
    restore_document(it.directory, "User", "ann", document)
    restored = it.directory.get("User", "ann")
    assert restored is not None
    assert {**restored, "meta": None} == {**document, "meta": None}
    assert int(it.version("User", "ann")[3:-1]) > versions, "its groups are others, so is its version"
    assert it.directory.slice("User", 0, 9) == ["bob", "ann"]
    assert list(it.directory.lookup("User", "userName", "ANN")) == ["ann"]
    assert list(it.directory.groups_of("ann")) == []
    assert it.directory.epoch != epoch, "others may refer to it"
    assert it.names(mark) == ["bob"] and it.names(mark - 2) == ["ann", "bob"]
    with pytest.raises(ValueError, match="ann"):
        restore_document(it.directory, "User", "ann", document)
    it.directory.delete("User", "ann")
    assert it.directory.slice("User", 0, 9) == ["bob"]


def test_a_deleted_group_comes_back() -> None:
    """With the members that are still there, whose versions move, and those that never were."""
    it = Recorded()
    for name in ("ann", "bob"):
        it.user(name)
    it.group("inner", "ann")
    it.group("team", "ann", "bob", "stranger", "inner")
    document = it.directory.get("Group", "team")
    assert document is not None
    it.directory.delete("Group", "team")
    it.directory.delete("User", "bob")
    version = it.version("User", "ann")
    restore_document(it.directory, "Group", "team", document)
    restored = it.directory.get("Group", "team")
    assert restored is not None
    assert [member["value"] for member in restored["members"]] == ["ann", "stranger", "inner"]
    assert [group for group, _, _ in it.directory.groups_of("ann")] == ["inner", "team"]
    assert it.version("User", "ann") != version
    assert list(it.directory.lookup("Group", "members.value", "bob")) == []
    assert it.directory.has_value("Group", "members.value", "stranger", "team")


def test_a_group_comes_back_without_members() -> None:
    it = Recorded()
    it.user("ann")
    it.group("team", "ann")
    document = it.directory.get("Group", "team")
    assert document is not None
    it.directory.delete("Group", "team")
    it.directory.delete("User", "ann")
    restore_document(it.directory, "Group", "team", document)
    restored = it.directory.get("Group", "team")
    assert restored is not None and "members" not in restored
