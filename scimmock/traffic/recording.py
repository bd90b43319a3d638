"""The recording file: JSON lines, the first of which is a header, each other one an exchange.

Written on an append-only descriptor, one line or those of one turn with each ``write``, so that a process
which is killed loses at most the exchanges in flight; read line by line, so that a long session takes no
memory.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any, Literal

from ..clock import format_time
from ..errors import FileError, UsageError
from .foreign import foreign_form
from .shape import check_exchange, check_header

VERSION = "recording/1"
KNOWN_VERSIONS = (VERSION,)
Mode = Literal["new", "append", "force"]
_LOOK = 0.1  # seconds between two looks at whether the file is still where it was


def make_header(
    by: str, base_url: str, started: float, redaction: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return the first line of a recording.

    ``by`` is "addon", "server" or "provision", ``started`` seconds since 1970; ``more`` are the other
    keys of a header: idp, fixture, faults, seed, users, groups, clock, synthetic, and server, which only
    a session with a scimmock has.
    """
    header: dict[str, Any] = {
        "scimmock": VERSION,
        "started": format_time(started),
        "base_url": base_url,
        "by": by,
        "idp": None,
        "fixture": None,
        "faults": [],
        "seed": None,
        "users": None,
        "groups": None,
        "clock": None,
        "synthetic": False,
        "redaction": redaction or {"mode": "none", "key": None, "counts": {}},
    }
    unknown = more.keys() - header.keys() - {"server"}
    if unknown:
        raise ValueError(f"a header has no {sorted(unknown)[0]!r}")
    return header | more


def encode_line(document: dict[str, Any]) -> bytes:
    """Return a header or an exchange as a line; with halves of surrogate pairs in it, all as ASCII."""
    try:
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


# ---- reading


class Recording:
    """A recording to read: ``header``, and by iteration its exchanges, as often as wanted.

    ``notices`` are sentences on lines that were skipped, of the iteration that came last.
    """

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        self.header = header
        self.notices: list[str] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the exchanges in the order of the file; raises FileError for a line that is none."""
        self.notices = []
        for number, document in _lines(self.path, self.notices):
            if number == 1:
                continue
            if "scimmock" in document:  # the file was continued by a later run
                continue
            check_exchange(document, f"{self.path}:{number}")
            yield document


def open_recording(path: Path | str) -> Recording:
    """Open a recording; raises FileError when it is none, or of a version that is not known."""
    path = Path(path)
    try:
        return _opened(path)
    except FileError:
        other = foreign_form(path)
        if other is None:
            raise
        hint = f"scimmock convert {path} --to recording makes one"
        raise FileError(f"is {other}, no recording", where=str(path), hint=hint) from None


def _opened(path: Path) -> Recording:
    notices: list[str] = []
    _, header = next(_lines(path, notices), (0, None))
    where = f"{path}:1"
    if header is None and notices:
        raise FileError("is no recording: its first line is no JSON", where=where, hint=_LOOKS)
    if header is None:
        raise FileError("is empty, nothing was recorded", where=str(path))
    version = header.get("scimmock")
    if not isinstance(version, str):
        raise FileError("is no recording: its first line has no 'scimmock'", where=where, hint=_LOOKS)
    if version not in KNOWN_VERSIONS:
        known = ", ".join(KNOWN_VERSIONS)
        raise FileError(f"is of the version {version!r}", where=where, hint=f"known are {known}")
    check_header(header, where)
    return Recording(path, header)


_LOOKS = f'a recording begins with {{"scimmock": "{VERSION}", ...}}'


def _lines(path: Path, notices: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (number, document) of each line that is an object; what is torn is told in ``notices``."""
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    document = json.loads(line)
                except (ValueError, RecursionError):
                    why = "was not written to its end" if not line.endswith(b"\n") else "is no JSON"
                    notices.append(f"{path}:{number}: the line {why}, it is skipped")
                    document = None
                    if number == 1:
                        return
                if isinstance(document, dict):
                    yield number, document
                elif document is not None:
                    raise FileError("is no exchange", where=f"{path}:{number}", hint="an object would be one")
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(path)) from None


# ---- writing


class Writer:
    """Appends lines to a recording.  What fails to be written in part is taken back.

    ``mode`` "new" refuses a file that is there, "append" goes on with it, "force" begins it anew.
    The file becomes one for its owner alone.  Opening raises FileError or UsageError; writing raises
    OSError.  ``n`` is the number of the last exchange in the file.
    """

    def __init__(self, path: Path, mode: Mode = "new") -> None:
        self.path = path
        self.n = 0
        # The header of a file that is continued.
        self.found: dict[str, Any] | None = None
        exists = path.exists()
        if exists and mode == "new":
            raise UsageError(f"{path} is there already", hint="append goes on with it, force replaces it")
        self._descriptor = self._open(os.O_TRUNC if mode == "force" else 0)
        if exists and mode == "append" and path.stat().st_size:
            try:
                self._continue()
            except FileError:
                os.close(self._descriptor)
                raise

    def _open(self, flags: int = 0) -> int:
        try:
            flags |= os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
            descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise FileError(f"cannot be written: {error.strerror}", where=str(self.path)) from None
        there = os.fstat(descriptor)
        if stat.S_ISREG(there.st_mode) and hasattr(os, "fchmod"):
            with contextlib.suppress(OSError):  # some file systems have one mode for all files
                os.fchmod(descriptor, 0o600)
        self._inode = there.st_ino
        self._look_at = 0.0
        return descriptor

    def _continue(self) -> None:
        recording = open_recording(self.path)
        self.found = recording.header
        for exchange in recording:
            number = exchange.get("n")
            self.n = max(self.n, number if isinstance(number, int) else 0)
        with open(self.path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                os.write(self._descriptor, b"\n")  # ends a torn line, which readers skip

    def write(self, line: bytes, again: Callable[[], bytes] = bytes) -> None:
        """Write one line; raises OSError, and nothing of it stays then.

        Where somebody has moved or removed the file, a new one is begun with ``again()``, its header,
        within a tenth of a second; until then lines go where the file went.
        """
        if not self.write_all([line], again):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write_all(self, lines: list[bytes], again: Callable[[], bytes] = bytes) -> int:
        """Write lines as `write` does, all at once; returns how many of the first are in the file.

        Nothing of the others stays; raises OSError where nothing could be written.
        """
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _LOOK
            try:
                if os.stat(self.path).st_ino != self._inode:
                    raise FileNotFoundError
            except FileNotFoundError:
                self._begin_again(again())
        data = b"".join(lines)
        written = os.write(self._descriptor, data)
        if written == len(data):
            return len(lines)
        ends = list(accumulate(map(len, lines)))
        whole = bisect_right(ends, written)
        torn = written - (ends[whole - 1] if whole else 0)
        os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - torn)
        return whole

    def _begin_again(self, header: bytes) -> None:
        try:
            descriptor = self._open()
        except FileError as error:
            raise OSError(errno.ENOENT, str(error)) from None
        os.close(self._descriptor)
        self._descriptor = descriptor
        if header and not os.fstat(descriptor).st_size:
            os.write(descriptor, header)

    @property
    def descriptor(self) -> int:
        """What is written to; -1 where that is closed."""
        return self._descriptor

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_descriptor": -1}

    def go_on(self, descriptor: int) -> None:
        """Write to a descriptor of the same file, as a copy in another process must."""
        self._descriptor = descriptor

    def close(self) -> None:
        """Close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
