"""Sessions in files of any form: recordings, HAR, and flow files of mitmproxy; and files to write them to."""

from __future__ import annotations

import io
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ..errors import FileError, UsageError

if TYPE_CHECKING:
    from ..traffic.redact.redactor import Redactor

Document = dict[str, Any]

_HEAD = 65_536  # bytes at the beginning of a file by which its form is told
_ERRORS = "backslashreplace"  # what halves of surrogate pairs become: their escapes in JSON
_FLOW = re.compile(rb"\d{1,12}:")
_JSON = re.compile(rb'\s*\{\s*"(scimmock|log)"\s*:')


@dataclass(slots=True)
class Session:
    """A session in a file of some form.

    ``exchanges`` begins anew with each call, ``notices`` grow as it is read.
    """

    form: str
    header: Document
    exchanges: Callable[[], Iterable[Document]]
    notices: Callable[[], list[str]] = field(default=lambda: [])


def open_session(file: Path, form: str = "auto") -> Session:
    """Open a file that holds a session in any of its forms; raises FileError when it is none."""
    form = _form_of(file) if form == "auto" else form
    if form == "har":
        from ..traffic.har_read import read_har

        har = read_har(file)
        return Session(form, har.header, lambda: har.exchanges, lambda: har.notices)
    if form == "flow":
        return _open_flows(file)
    from ..traffic.recording import open_recording

    recording = open_recording(file)
    return Session(form, recording.header, lambda: recording, lambda: recording.notices)


def _open_flows(file: Path) -> Session:
    try:
        from ..proxy.flows import read_flows
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "mitmproxy":
            raise
        hint = "install it: pip install 'scimmock[record]'"
        raise FileError("is a flow file, which mitmproxy reads", where=str(file), hint=hint) from None
    header, _ = read_flows(file)
    return Session("flow", header, lambda: read_flows(file)[1])


def _form_of(file: Path) -> str:
    """Return "recording", "har" or "flow", by the content of a file; raises FileError for any other."""
    try:
        with open(file, "rb") as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", where=str(file)) from None
    if not head.strip():
        raise FileError("is empty", where=str(file))
    if _FLOW.match(head):
        return "flow"
    if head[:1] == b"\x78":  # compressed by zlib
        return "har"
    begins = _JSON.match(head.removeprefix(b"\xef\xbb\xbf"))
    if begins is not None:
        return "recording" if begins[1] == b"scimmock" else "har"
    hint = "a recording, a HAR or a flow file of mitmproxy would be one, --from says which it is"
    raise FileError("is no session", where=str(file), hint=hint)


def redacted(session: Session, redactor: Redactor) -> Session:
    """Return a session redacted in two passes."""
    from ..traffic.redact.session import redact_session

    header, exchanges = redact_session(session.header, session.exchanges, redactor)
    return Session(session.form, header, exchanges, session.notices)


@contextmanager
def not_too_deep(file: Path) -> Iterator[None]:
    """Let JSON in a file that is nested deeper than can be gone through be a FileError."""
    try:
        yield
    except RecursionError:
        hint = "some hundred levels are the most"
        raise FileError("has JSON that is nested too deep", where=str(file), hint=hint) from None


@contextmanager
def output(out: str, force: bool) -> Iterator[TextIO]:
    """Yield the stream to write to; a file is there as a whole, for its owner alone, or not at all."""
    if out == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors=_ERRORS, newline="\n")
        yield sys.stdout
        sys.stdout.flush()
        return
    path = Path(out)
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="--force replaces it")
    is_plain = path.is_file() or not path.exists()
    written = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}") if is_plain else path
    try:
        descriptor = os.open(written, os.O_WRONLY | os.O_CREAT | (os.O_EXCL if is_plain else 0), 0o600)
        try:
            with open(descriptor, "w", encoding="utf-8", errors=_ERRORS, newline="\n") as stream:
                yield stream
            if is_plain:
                os.replace(written, path)
        finally:
            if is_plain:
                written.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}", where=str(path)) from None
