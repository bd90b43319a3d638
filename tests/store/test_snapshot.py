"""A directory on disk: written whole or not at all, read back the same, refused when it is not whole."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tinydb import TinyDB, where

from scimmock.errors import FileError
from scimmock.store import snapshot
from scimmock.store.snapshot import Lock, read_snapshot, write_snapshot

HEADER = {"tenants": {"": {"version": 3, "retired": ["old"]}}}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('aé\0"/', max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


def rows(*ids: str) -> list[tuple[str, dict[str, Any]]]:
    return [(id, {"id": id, "userName": f"name of {id}", "meta": {"version": 'W/"1"'}}) for id in ids]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "directory.json"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ids=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6), unique=True, max_size=6
    ),
    extra=JSON,
    name=st.sampled_from(["Users", "t/a/Users", 'odd "name"']),
)
def test_there_and_back(tmp_path: Path, ids: list[str], extra: Any, name: str) -> None:
    """What was written is read: header, tables, order, and every value in them."""
    path = tmp_path / "there.json"
    documents = [(id, {**document, "extra": extra}) for id, document in rows(*ids)]
    write_snapshot(path, HEADER, [(name, documents), ("Empty", [])])
    header, tables = read_snapshot(path)
    assert header["tenants"] == HEADER["tenants"]
    assert list(tables[name].items()) == documents and tables["Empty"] == {}


def test_many_documents(path: Path) -> None:
    """More documents than are written at a time, and a number at which a piece ends exactly."""
    for number in (199, 200, 201, 1000):
        write_snapshot(path, HEADER, [("Users", rows(*map(str, range(number))))])
        assert list(read_snapshot(path)[1]["Users"]) == list(map(str, range(number)))


def test_tinydb_opens_the_file(path: Path) -> None:
    """The file is a database of TinyDB as it comes: tables, ids and documents."""
    write_snapshot(path, HEADER, [("Users", rows("1", "2")), ("t/a/Users", rows("3"))])
    with TinyDB(path) as db:
        assert {"Users", "t/a/Users"} <= db.tables()
        (found,) = db.table("Users").search(where("id") == "2")
        assert found["userName"] == "name of 2"
        assert db.table("t/a/Users").count(where("id").exists()) == 1


def test_the_file_is_for_its_owner(path: Path) -> None:
    """Nobody else may read the people in it, also when an older file was open to all."""
    path.write_text("{}")
    path.chmod(0o644)
    write_snapshot(path, HEADER, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file(path: Path) -> None:
    """When a write fails half-way the old content stays and nothing is left beside it."""
    write_snapshot(path, HEADER, [("Users", rows("1"))])
    before = path.read_bytes()

    def broken() -> Any:
        yield from rows(*map(str, range(500)))
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_snapshot(path, HEADER, [("Users", broken())])
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_who_reads_during_a_write_sees_the_old_file(path: Path) -> None:
    """The file is replaced in one step: until then everybody reads the old content."""
    write_snapshot(path, HEADER, [("Users", rows("1"))])
    seen = []

    def watching() -> Any:
        for row in rows(*map(str, range(500))):
            seen.append(len(read_snapshot(path)[1]["Users"]))
            yield row

    write_snapshot(path, HEADER, [("Users", watching())])
    assert set(seen) == {1} and len(read_snapshot(path)[1]["Users"]) == 500


def refused(path: Path, content: bytes) -> str:
    """Assert that a file is refused and stays as it is; return what is said."""
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read_snapshot(path)
    assert path.read_bytes() == content
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_a_truncated_file_is_refused(path: Path) -> None:
    """A file cut anywhere is refused, never read in part."""
    write_snapshot(path, HEADER, [("Users", rows(*map(str, range(20))))])
    whole = path.read_bytes()
    for size in [*range(0, len(whole) - 2, 41), len(whole) - 2]:
        assert "damaged" in refused(path, whole[:size])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0), byte=st.integers(0, 255))
def test_a_changed_byte(tmp_path: Path, at: int, byte: int) -> None:
    """A file with one byte changed is read or refused, nothing else, and stays as it is."""
    path = tmp_path / "changed.json"
    write_snapshot(path, HEADER, [("Users", rows("1", "2"))])
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(content)
    try:
        _, tables = read_snapshot(path)
    except FileError:
        assert path.read_bytes() == content
        return
    for table in tables.values():
        assert all(document["id"] == id for id, document in table.items())


GOOD = '{"_scimmock": {"1": {"format": "db/1", "tenants": {"": {"version": 1, "retired": []}}}}'


@pytest.mark.parametrize(
    "content",
    [
        "", " ", "null", "[]", "{}", '"x"', "5", "not json", "\xff\xfe", "[" * 5000,
        '{"_default": {"1": {"name": "somebody else\'s TinyDB"}}}', '{"Users": {}}',
        '{"_scimmock": []}', '{"_scimmock": "x"}', '{"_scimmock": null}', '{"_scimmock": {"1": []}}',
        '{"_scimmock": {"1": {}}}', '{"_scimmock": {"1": {"format": "db/2"}}}',
        '{"_scimmock": {"1": {"format": 1}}}',
        GOOD + ', "Users": []}', GOOD + ', "Users": {"1": 5}}', GOOD + ', "Users": {"1": {}}}',
        GOOD + ', "Users": {"1": {"id": "2", "meta": {}}}}', GOOD + ', "Users": {"1": {"id": "1"}}}',
        GOOD + ', "Users": {"1": {"id": "1", "meta": "x"}}}', GOOD + "} x",
    ],
)  # fmt: skip
def test_foreign_content_is_refused(path: Path, content: str) -> None:
    """What is no directory of scimmock is refused with what to do, and stays as it is."""
    refused(path, content.encode("latin-1"))


def test_a_file_that_cannot_be_read(path: Path) -> None:
    """A folder in place of the file is an error with its name."""
    path.mkdir()
    with pytest.raises(FileError, match="cannot be read"):
        read_snapshot(path)


# ---- the lock


def test_a_lock_is_held_once(path: Path) -> None:
    """Who comes second is refused naming the file; after a release the next one gets it."""
    first, second = Lock(path), Lock(path)
    first.acquire()
    try:
        with pytest.raises(FileError, match="in use") as caught:
            second.acquire()
        assert str(path) in str(caught.value) and ".lock" not in str(caught.value)
    finally:
        first.release()
    second.acquire()
    second.release()
    second.release()
    assert not path.exists()


def test_a_lock_ends_with_its_process(path: Path) -> None:
    """A process that was killed holds nothing back."""
    code = "import sys, os; from pathlib import Path; from scimmock.store.snapshot import Lock\n"
    code += "Lock(Path(sys.argv[1])).acquire(); os._exit(1)"
    subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=10)
    lock = Lock(path)
    lock.acquire()
    lock.release()


def test_two_servers_never_lock_two_files(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that opened the lock file just before its owner let go keeps out whoever comes later."""
    first, second, third = Lock(path), Lock(path), Lock(path)
    real = snapshot._lock

    def late(file: IO[str]) -> None:
        monkeypatch.setattr(snapshot, "_lock", real)
        first.release()
        real(file)

    first.acquire()
    monkeypatch.setattr(snapshot, "_lock", late)
    second.acquire()
    try:
        with pytest.raises(FileError, match="in use"):
            third.acquire()
    finally:
        second.release()
        third.release()


def test_a_lock_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A folder that does not exist is an error of the file, not a traceback."""
    with pytest.raises(FileError, match="cannot be written"):
        Lock(tmp_path / "none" / "d.json").acquire()


def test_the_header_is_readable_json(path: Path) -> None:
    """The first line says what the file is."""
    write_snapshot(path, HEADER, [])
    assert json.loads(path.read_text())["_scimmock"]["1"]["format"] == "db/1"
