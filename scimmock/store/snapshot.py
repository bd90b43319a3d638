"""A directory on disk: one JSON file that TinyDB can open, replaced as a whole or not at all.

Tables are named as in memory ("Users"), those of a tenant "t/NAME/Users"; the table "_scimmock" has
one document that says what the file is.
"""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from ..errors import FileError

FORMAT = "db/1"
HEADER = "_scimmock"
_CHUNK = 200  # documents encoded at a time: the interpreter can serve requests in between

Rows = Iterable[tuple[str, dict[str, Any]]]


def _lines(header: dict[str, Any], tables: Iterable[tuple[str, Rows]]) -> Iterator[bytes]:
    encode = msgspec.json.encode
    yield b'{"' + HEADER.encode() + b'": {"1": ' + encode({"format": FORMAT, **header}) + b"}"
    for name, rows in tables:
        yield b",\n" + encode(name) + b": {"
        separator = b"\n"
        chunk: list[bytes] = []
        for id, document in rows:
            chunk.append(separator + encode(id) + b": " + encode(document))
            separator = b",\n"
            if len(chunk) == _CHUNK:
                yield b"".join(chunk)
                chunk.clear()
        yield b"".join(chunk) + b"}"
    yield b"}\n"


def write_snapshot(path: Path, header: dict[str, Any], tables: Iterable[tuple[str, Rows]]) -> None:
    """Write a snapshot beside the file and put it in its place; raises OSError, the old file stays then.

    The file is readable by its owner only: it holds people.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    temporary = Path(name)
    try:
        with open(descriptor, "wb") as file:
            for line in _lines(header, tables):
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(path: Path) -> None:
    """Remove what a server that was killed while it wrote has left; only for who holds the lock."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        leftover.unlink(missing_ok=True)


def read_snapshot(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, dict[str, Any]]]]:
    """Return the header and the tables of a file; raises FileError and never changes the file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from None
    hint = "the file is left as it is; move it away to begin with a new one"
    try:
        content = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise FileError(f"is damaged: {error}", where=str(path), hint=hint) from None
    about = content.get(HEADER) if isinstance(content, dict) else None
    header = about.get("1") if isinstance(about, dict) else None
    if not isinstance(header, dict) or "format" not in header:
        raise FileError("is not a directory of scimmock", where=str(path), hint=hint)
    if header["format"] != FORMAT:
        known = f"this version knows {FORMAT}"
        raise FileError(f"has the format {header['format']!r}", where=str(path), hint=known)
    tables = {name: rows for name, rows in content.items() if name != HEADER}
    for name, rows in tables.items():
        if not isinstance(rows, dict) or not all(isinstance(document, dict) for document in rows.values()):
            raise FileError(f"is damaged: the table {name!r} is no table", where=str(path), hint=hint)
        for id, document in rows.items():
            if document.get("id") != id or not isinstance(document.get("meta"), dict):
                raise FileError(f"is damaged: {name} {id!r} is no resource", where=str(path), hint=hint)
    return header, tables


class Lock:
    """Keeps a second server from using the same file; held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(f"{path.name}.lock")
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the lock; raises FileError when another process has it."""
        while self._file is None:
            try:
                file = open(self.path, "a+")  # noqa: SIM115 - held open for as long as the lock
            except OSError as error:
                where = str(self.path.with_suffix(""))
                raise FileError(f"cannot be written: {error.strerror}", where=where) from None
            try:
                _lock(file)
            except OSError:
                file.close()
                where = str(self.path.with_suffix(""))
                hint = "stop it or use another file"
                raise FileError("is in use by another scimmock", where=where, hint=hint) from None
            if _is_current(file, self.path):
                self._file = file
            else:
                file.close()  # who had the lock took the file away meanwhile

    def release(self) -> None:
        """Give the lock back and take its file away."""
        if self._file is not None:
            try:
                self.path.unlink(missing_ok=True)
            finally:
                self._file.close()
                self._file = None


def _is_current(file: IO[str], path: Path) -> bool:
    """Whether an open file is still the one that stands at its path."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


try:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt

    def _lock(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
