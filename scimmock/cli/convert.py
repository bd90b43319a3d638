"""``scimmock convert``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from ..errors import UsageError
from .redaction import check_redaction
from .sessionfile import Session, not_too_deep, open_session, output, redacted

if TYPE_CHECKING:
    from ..traffic.redact.redactor import RedactMode

_FORMS = ("recording", "har", "curl", "pytest", "people")


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
    envvar="SCIMMOCK_CONVERT_FROM",
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
    "--redact-field",
    multiple=True,
    metavar="PATH[=drop]",
    help="Replace the values of this attribute too, or drop them.",
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
    with not_too_deep(file):
        session = _redacted(session, redact, redact_key, redact_field)
        with output(out, force) as stream:
            notices = _WRITERS[to](session, stream, Path(out).name if out != "-" else "")
    for notice in (*session.notices(), *notices):
        click.echo(notice if notice.startswith(str(file)) else f"{file}: {notice}", err=True)


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
    check_redaction(mode, key_file, fields)
    if mode == "none":
        return session
    from ..traffic.redact.key import load_key
    from ..traffic.redact.redactor import Redactor

    key = load_key(key_file) if mode == "pseudonyms" else b""
    return redacted(session, Redactor(mode, key, fields))


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
