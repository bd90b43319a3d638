"""The recorder: redacts exchanges, numbers them and writes them, and knows what it lost."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..clock import parse_time
from ..errors import FileError, UsageError
from .clients import KNOWN
from .recording import Mode, Writer, encode_line
from .redact.key import load_key
from .redact.redactor import RedactMode, Redactor
from .secrets import MASK

Encode = Callable[[dict[str, Any]], bytes]
Account = tuple[int, int, str, str]
_MESSAGES = ("request", "response", "upstream")


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """Where a session is recorded, what becomes of a file that is there, and what is redacted."""

    path: Path
    existing: Mode = "new"
    redact: RedactMode = "pseudonyms"
    key_file: Path | None = None
    fields: Sequence[str] = ()

    def redactor(self) -> Redactor:
        """Return what redacts; raises FileError for a key that cannot be used."""
        key = load_key(self.key_file) if self.redact == "pseudonyms" else b""
        return Redactor(self.redact, key, self.fields)


class Recorder:
    """Writes a session.  Opening raises FileError and UsageError, recording never raises.

    ``header`` is written with the first exchange, since a recorder between others may learn its
    ``base_url`` only then.  ``written`` and ``lost`` count exchanges; ``last_trouble`` is the last reason
    why one was lost, ``trouble`` the same until one is written again, "" then.  ``on_lost`` is told a
    reason when it arises.  ``started`` is when the session began, in seconds since 1970: ``t`` of its
    exchanges counts from then.  A copy for another process, made by pickle, tells nobody what it loses and
    has no file until its ``writer`` gets one.
    """

    def __init__(
        self,
        path: Path,
        header: dict[str, Any],
        redactor: Redactor,
        mode: Mode = "new",
        encode: Encode = encode_line,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        self.path = path
        self.header = header
        self.redactor = redactor
        self.written = self.lost = 0
        self.trouble = self.last_trouble = ""
        self._encode = encode
        self.on_lost = on_lost
        self.writer = Writer(path, mode)
        self._has_header = False
        self._held: list[bytes] = []
        if self.writer.found is not None:
            self._go_on_with(self.writer.found)
        self.started = self._started()

    def _go_on_with(self, found: dict[str, Any]) -> None:
        """Take over the header of a file that is continued, if what comes fits to what is there."""
        there, here = found.get("redaction") or {}, self.redactor.about()
        for name, option in (("mode", "--redact"), ("key_id", "--redact-key")):
            if there.get(name) != here.get(name):
                self.writer.close()
                hint = f"the same {option} would be right, or another file"
                raise UsageError(f"{self.path} was recorded with another {option}", hint=hint)
        self.header = found
        self._has_header = True
        self.redactor.goes_on()

    @property
    def begun(self) -> bool:
        """Whether the header is in the file: what it says cannot be changed any more."""
        return self._has_header

    def _started(self) -> float:
        try:
            return parse_time(str(self.header.get("started")))
        except ValueError:
            self.writer.close()
            hint = '"started": "2026-11-23T10:00:00.123Z" would be right'
            raise FileError("does not say when it began", where=f"{self.path}:1", hint=hint) from None

    def record(self, document: dict[str, Any]) -> dict[str, Any] | None:
        """Write an exchange, whose ``n`` is given here; the one that is given stays as it is.

        Bodies that are nested too deep to be looked through are left out.  Returns what was written,
        None when it is lost.
        """
        redacted = self.hold(document)
        self.flush()
        return None if self.trouble else redacted

    def hold(self, document: dict[str, Any]) -> dict[str, Any] | None:
        """Do all for an exchange that `record` does, but for writing it, which is left to `flush`."""
        try:
            if not self._has_header:
                client = (document.get("trace") or {}).get("client")
                if self.header["idp"] is None and client in KNOWN:
                    self.header["idp"] = client
                self.begin()
            try:
                redacted, line = self._line(document)
            except RecursionError:
                redacted, line = self._line(_without_bodies(document))
        except Exception as error:  # whatever it is: the traffic goes on
            self.lose(_words(error))
            return None
        self._held.append(line)
        return redacted

    def flush(self) -> None:
        """Write what is held, with one write; what cannot be written is lost."""
        lines = self._held
        if not lines:
            return
        self._held, whole, why = [], 0, ""
        try:
            whole = self.writer.write_all(lines, self._first_line)
        except Exception as error:
            why = _words(error)
        self.writer.n += whole
        self.written += whole
        if whole:
            self.trouble = ""
        for _ in lines[whole:]:
            self.lose(why or _words(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))

    def _line(self, document: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        redacted = self.redactor.exchange(document)
        redacted["n"] = self.writer.n + len(self._held) + 1
        return redacted, self._encode(redacted)

    def begin(self) -> None:
        """Write the header, if that has not been done; raises OSError."""
        if not self._has_header:
            self.writer.write(self._first_line(), bytes)
            self._has_header = True

    def _first_line(self) -> bytes:
        return self._encode(self.redactor.header(self.header))

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "on_lost": None}

    def lose(self, why: str) -> None:
        """Count an exchange that could not be recorded."""
        self.take_account((self.written, self.lost + 1, why, why))

    @property
    def account(self) -> Account:
        """What was written, what was lost, and why: ``written``, ``lost``, ``trouble``, ``last_trouble``."""
        return self.written, self.lost, self.trouble, self.last_trouble

    def take_account(self, account: Account) -> None:
        """Take over the account of a copy in another process."""
        known = self.trouble
        self.writer.n += account[0] - self.written
        self.written, self.lost, self.trouble, self.last_trouble = account
        if self.trouble not in ("", known) and self.on_lost is not None:
            self.on_lost(self.trouble)

    def go_on_anew(self) -> int:
        """Go on with a file that a copy in another process wrote to, which has ended; raises FileError.

        Returns how many exchanges are in it of which that gave no account; they count as written.
        """
        known = self.writer.n
        self.writer.close()
        try:
            self.writer = Writer(self.path, "append")
            self._has_header = self.writer.found is not None
            more = max(self.writer.n - known, 0)
            self.writer.n = known + more  # also where somebody has moved the file
            self.written += more
            self.begin()
        except OSError as error:
            raise FileError(f"cannot be written: {error.strerror}", where=str(self.path)) from None
        self.redactor.goes_on()
        return more

    def close(self) -> None:
        """Close the file; a session without exchanges still gets its header."""
        try:
            self.begin()
        except OSError as error:
            self.lose(_words(error))
            self.lost -= 1
        self.writer.close()


def _without_bodies(document: dict[str, Any]) -> dict[str, Any]:
    found = dict(document)
    for name in _MESSAGES:
        body = (found.get(name) or {}).get("body") or {}
        if body.keys() - {"size"}:
            found[name] = {**found[name], "body": {"text": MASK, "size": body.get("size", 0)}}
    return found


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be written: {error.strerror or error}"
    return f"cannot be recorded: {type(error).__name__}: {error}"
