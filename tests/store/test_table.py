"""A table through TinyDB's own methods: documents, order and indexes stay one."""

from __future__ import annotations

from typing import Any

import pytest
from tinydb import Query, TinyDB, where
from tinydb.table import Document

from scimmock.scim.values import fold
from scimmock.store.index import Index
from scimmock.store.table import DirectoryDB, ResourceTable


def make(*names: str) -> tuple[DirectoryDB, Any]:
    db = DirectoryDB()
    table = db.table("Users")
    table.add_index(Index("userName", fold))  # type: ignore[attr-defined]
    table.add_index(Index("emails.value", fold))  # type: ignore[attr-defined]
    for name in names:
        table.put_new(name[0], {"id": name[0], "userName": name, "emails": [{"value": f"{name}@x"}]})  # type: ignore[attr-defined]
    return db, table


def agree(table: Any) -> None:
    """Order, places and indexes say what the documents say."""
    table.refresh()
    assert table.order == sorted(table.live, key=table.places.__getitem__)
    assert set(table.places) == set(table.live)
    assert table.order_places == [table.places[id] for id in table.order]
    for path in ("userName", "emails.value"):
        expected: dict[str, set[str]] = {}
        for id, document in table.live.items():
            for key in table.indexes[path].keys(document):
                expected.setdefault(key, set()).add(id)
        for key, ids in expected.items():
            assert set(table.find(path, key)) == ids
        assert set(table.indexes[path]._table) == set(expected)


def test_the_engine_and_tinydb_see_the_same() -> None:
    """What the engine stores can be searched, counted and got through TinyDB."""
    db, table = make("ann", "bob")
    assert isinstance(table, ResourceTable) and db.table("Users") is table
    assert [found["id"] for found in table.search(where("userName") == "bob")] == ["b"]
    assert table.search(where("userName") == "bob")[0].doc_id == "b"
    assert table.get(doc_id="a")["userName"] == "ann"
    assert table.contains(Query().emails.any(Query().value == "ann@x"))
    assert len(table) == 2 and table.count(Query().noop()) == 2
    assert [document["id"] for document in table] == ["a", "b"]
    assert db.storage.read()["Users"] is table.live
    table.put("a", {"id": "a", "userName": "anna"})
    assert table.search(where("userName") == "ann") == []
    table.take("b")
    assert [document["userName"] for document in table.all()] == ["anna"]


def test_repeated_searches_see_changes() -> None:
    """A search is never answered from what was true before a change by the engine."""
    _, table = make("ann")
    query = where("userName") == "bob"
    assert table.search(query) == []
    table.put_new("b", {"id": "b", "userName": "bob"})
    assert len(table.search(query)) == 1
    table.take("b")
    assert table.search(query) == []


def test_insert_through_tinydb() -> None:
    """A document inserted with its id is found by every index and stands last."""
    _, table = make("ann", "bob")
    assert table.insert(Document({"id": "c", "userName": "Cid"}, doc_id="c")) == "c"
    assert list(table.find("userName", "CID")) == ["c"]
    assert table.order == ["a", "b", "c"]
    table.insert_multiple([Document({"id": x, "userName": x}, doc_id=x) for x in "de"])
    assert table.after(table.places["c"], 9) == ["d", "e"]
    agree(table)
    with pytest.raises(ValueError, match="exists"):
        table.insert(Document({"id": "a"}, doc_id="a"))
    agree(table)


@pytest.mark.parametrize("names", [(), ("ann", "bob")])
def test_insert_of_a_plain_dict(names: tuple[str, ...]) -> None:
    """A plain dict with an id goes in under that id, into an empty table and into a full one:
    ids are text.
    """
    _, table = make(*names)
    assert table.insert({"id": "z", "userName": "zed"}) == "z"
    assert all(isinstance(id, str) for id in table.live)
    assert list(table.find("userName", "zed")) == ["z"]
    agree(table)


def test_update_through_tinydb() -> None:
    """An update by query or by id moves the index entries."""
    _, table = make("ann", "bob", "cid")
    table.update({"userName": "changed"}, where("userName") == "bob")
    assert list(table.find("userName", "changed")) == ["b"] and not table.find("userName", "bob")
    table.update({"emails": [{"value": "new@x"}]}, doc_ids=["a"])
    assert list(table.find("emails.value", "NEW@x")) == ["a"] and not table.find("emails.value", "ann@x")
    assert table.order == ["a", "b", "c"]
    agree(table)


def test_upsert_through_tinydb() -> None:
    """An upsert of a document with an id changes it or adds it."""
    _, table = make("ann")
    table.upsert(Document({"userName": "anna"}, doc_id="a"))
    table.upsert(Document({"id": "n", "userName": "new"}, doc_id="n"))
    assert list(table.find("userName", "anna")) == ["a"] and list(table.find("userName", "new")) == ["n"]
    agree(table)


def test_remove_and_truncate_through_tinydb() -> None:
    """What is removed leaves order and indexes; after a truncate the table is as new."""
    _, table = make("ann", "bob", "cid")
    table.remove(where("userName") == "bob")
    assert table.order == ["a", "b", "c"] or not table.find("userName", "bob")
    agree(table)
    assert table.order == ["a", "c"]
    table.remove(doc_ids=["a"])
    agree(table)
    table.truncate()
    assert not table.find("userName", "cid") and len(table) == 0
    agree(table)
    table.put_new("z", {"id": "z", "userName": "zed"})
    assert table.order == ["z"]
    agree(table)


def test_both_ways_in_turn() -> None:
    """Changes by the engine and by TinyDB in any order leave everything consistent."""
    _, table = make("ann", "bob")
    table.update({"userName": "x"}, doc_ids=["a"])
    table.put("a", {"id": "a", "userName": "y"})
    agree(table)
    table.remove(doc_ids=["b"])
    table.put_new("b", {"id": "b", "userName": "bob again"})
    agree(table)
    assert table.order == ["a", "b"]
    table.insert(Document({"id": "c", "userName": "cid"}, doc_id="c"))
    table.take("a")
    agree(table)
    table.update({"userName": "z"}, doc_ids=["b"])
    table.touch("b", {"id": "b", "userName": "z", "title": "t"})
    agree(table)


@pytest.mark.parametrize("owner", ["original", "fork"])
@pytest.mark.parametrize("change", ["insert", "update", "remove", "truncate"])
def test_changes_through_tinydb_stay_on_their_side(owner: str, change: str) -> None:
    """A change through TinyDB on a table or on its fork is not seen by the other."""
    db, original = make("ann", "bob")
    other_db = DirectoryDB()
    forked = original.fork(other_db.storage)
    changed, untouched = (original, forked) if owner == "original" else (forked, original)
    before = {id: repr(document) for id, document in untouched.live.items()}
    if change == "insert":
        changed.insert(Document({"id": "c", "userName": "cid"}, doc_id="c"))
    elif change == "update":
        changed.update({"userName": "changed"}, where("userName") == "ann")
        changed.update(lambda document: document["emails"].clear(), doc_ids=["b"])
    elif change == "remove":
        changed.remove(doc_ids=["a"])
    else:
        changed.truncate()
    assert {id: repr(document) for id, document in untouched.live.items()} == before
    agree(changed)
    agree(untouched)
    assert db.storage.read()["Users"] is original.live and other_db.storage.read()["Users"] is forked.live


def test_what_tinydb_hands_out_is_a_copy() -> None:
    """Changing a document that a search returned changes nothing in the table."""
    _, table = make("ann")
    table.search(where("id") == "a")[0]["userName"] = "x"
    table.get(doc_id="a")["userName"] = "x"
    assert table.live["a"]["userName"] == "ann"
    agree(table)


def test_it_is_a_tinydb() -> None:
    """The database is a TinyDB whose tables are named like the endpoints."""
    db, _ = make("ann")
    assert isinstance(db, TinyDB) and db.tables() == {"Users"}
