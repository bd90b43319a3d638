"""``scimmock convert``."""

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

import click

from ..errors import FileError, UsageError

if TYPE_CHECKING:
    from ..traffic.redact.redactor import RedactMode

Document = dict[str, Any]

_FORMS = ("recording", "har", "curl", "pytest", "people")
_HEAD = 65_536  # bytes at the beginning of a file by which its form is told
_FLOW = re.compile(rb"\d{1,12}:")
_JSON = re.compile(rb'\s*\{\s*"(scimmock|log)"\s*:')


@dataclass(slots=True)
class Session:
    """A session to convert; ``exchanges`` begins anew with each call, ``notices`` grow as it is read."""

    form: str
    header: Document
    exchanges: Callable[[], Iterable[Document]]
    notices: Callable[[], list[str]] = field(default=lambda: [])


@click.command(
    short_help="Turn recordings into HAR, curl, pytest or people, and HAR into recordings.",
    epilog="Examples:\n\n  scimmock convert session.jsonl --to pytest --out test_session.py\n\n"
    "  scimmock convert traffic.har --to recording --out session.jsonl",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to", "to", type=click.Choice(_FORMS), required=True, help="What is to become of the session."
)
@click.option("--out", default="-", metavar="FILE", help="Write to this file. Default: -, standard output.")
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option(
    "--from",
    "form",
    type=click.Choice(("auto", "recording", "har", "flow")),
    default="auto",
    show_default=True,
    help="What FILE is; auto looks at its content.",
)
@click.option(
    "--redact",
    type=click.Choice(("none", "secrets", "pseudonyms")),
    help="What is taken out. Default: pseudonyms; a recording stays as it was written.",
)
@click.option(
    "--redact-key",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Key of the pseudonyms. Default: that of this machine.",
)
@click.option(
    "--redact-field", multiple=True, metavar="PATH", help="An attribute to redact that would stay otherwise."
)
def command(
    file: Path,
    to: str,
    out: str,
    force: bool,
    form: str,
    redact: RedactMode | None,
    redact_key: Path | None,
    redact_field: tuple[str, ...],
) -> None:
    """Convert a recorded session into another form, or a session in another form into a recording.

    FILE is a recording, a HAR file of any origin (.har, .zhar), or a flow file of mitmproxy. It becomes
    a recording, HAR 1.2, a script of curl commands, a test for pytest, or the people that
    `scimmock serve --people` takes: every resource as the session saw it last.

    Persons get pseudonyms and secrets go, unless --redact says otherwise. A recording was redacted when it
    was written, and stays as it is unless --redact is given.
    """
    session = open_session(file, form)
    session = _redacted(session, redact, redact_key, redact_field)
    with _output(out, force) as stream:
        notices = _WRITERS[to](session, stream, Path(out).name if out != "-" else "")
    for notice in (*session.notices(), *notices):
        click.echo(notice if notice.startswith(str(file)) else f"{file}: {notice}", err=True)


# ---- what comes in


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


def _redacted(
    session: Session, mode: RedactMode | None, key_file: Path | None, fields: tuple[str, ...]
) -> Session:
    """Return the session redacted as the options say."""
    done = (session.header.get("redaction") or {}).get("mode")
    if mode is None:
        if session.form == "recording" or done == "pseudonyms":
            if key_file or fields:
                hint = "--redact pseudonyms beside it would do it again"
                raise UsageError("--redact-key and --redact-field need --redact here", hint=hint)
            return session
        mode = "pseudonyms"
    if mode == "none":
        return session
    from ..traffic.redact.key import load_key
    from ..traffic.redact.redactor import Redactor
    from ..traffic.redact.session import redact_session

    key = load_key(key_file) if mode == "pseudonyms" else b""
    redactor = Redactor(mode, key, fields)
    header, _ = redact_session(session.header, session.exchanges, redactor)

    def exchanges() -> Iterator[Document]:
        return map(redactor.exchange, session.exchanges())

    return Session(session.form, header, exchanges, session.notices)


# ---- what goes out


@contextmanager
def _output(out: str, force: bool) -> Iterator[TextIO]:
    """Yield the stream to write to; a file is there as a whole, for its owner alone, or not at all."""
    if out == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
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
            with open(descriptor, "w", encoding="utf-8", newline="\n") as stream:
                yield stream
            if is_plain:
                os.replace(written, path)
        finally:
            if is_plain:
                written.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}", where=str(path)) from None


def _to_recording(session: Session, out: TextIO, name: str) -> list[str]:
    from ..traffic.recording import encode_line

    out.write(encode_line(session.header).decode())
    for exchange in session.exchanges():
        out.write(encode_line(exchange).decode())
    return []


def _to_har(session: Session, out: TextIO, name: str) -> list[str]:
    from ..traffic.har import write_har

    write_har(session.header, session.exchanges(), out)
    return []


def _to_curl(session: Session, out: TextIO, name: str) -> list[str]:
    from ..traffic.curl import write_curl

    return write_curl(session.header, session.exchanges, out, name or "session.sh")


def _to_pytest(session: Session, out: TextIO, name: str) -> list[str]:
    from ..traffic.pytest_code import write_pytest

    return write_pytest(session.header, session.exchanges, out, name or "test_session.py")


def _to_people(session: Session, out: TextIO, name: str) -> list[str]:
    from ..traffic.directory import learn
    from ..traffic.people_file import people_of, people_text

    people, notices = people_of(learn(session.exchanges()))
    for part in people_text(people):
        out.write(part)
    return notices


_WRITERS: dict[str, Callable[[Session, TextIO, str], list[str]]] = {
    "recording": _to_recording,
    "har": _to_har,
    "curl": _to_curl,
    "pytest": _to_pytest,
    "people": _to_people,
}
