"""``scimmock redact``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from .redaction import check_redaction, redaction_options
from .sessionfile import not_too_deep, open_session, output, redacted

if TYPE_CHECKING:
    from ..traffic.redact.redactor import RedactMode, Redactor


@click.command(
    short_help="Take secrets and persons out of a recording or HAR.",
    epilog="Examples:\n\n  scimmock redact session.jsonl --out shared.jsonl\n\n"
    "  scimmock redact traffic.har --redact-key team.key",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    metavar="FILE",
    help="Write to this file, - for standard output. Default: beside it, NAME.redacted.jsonl.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@redaction_options
@click.option("--quiet", is_flag=True, help="Do not say what was replaced.")
def command(
    file: Path,
    out: str | None,
    force: bool,
    redact: RedactMode,
    redact_key: Path | None,
    redact_field: tuple[str, ...],
    quiet: bool,
) -> None:
    """Redact an existing file: a recording, a HAR file of any origin, or a flow file of mitmproxy.

    It is gone through twice, so that what filters look for at the end of the session is kept from its
    beginning. A recording stays a recording and a HAR a HAR; a flow file becomes a recording. FILE
    itself stays as it is. What was replaced, and how often, is told at the end.
    """
    from ..traffic.har import write_har
    from ..traffic.recording import encode_line
    from ..traffic.redact.key import load_key
    from ..traffic.redact.redactor import Redactor

    if redact == "none":
        raise UsageError("--redact none would change nothing", hint="secrets or pseudonyms would be right")
    check_redaction(redact, redact_key, redact_field)
    session = open_session(file)
    redactor = Redactor(redact, load_key(redact_key) if redact == "pseudonyms" else b"", redact_field)
    target = out or str(_beside(file, session.form))
    with not_too_deep(file):
        session = redacted(session, redactor)
        with output(target, force) as stream:
            if session.form == "har":
                write_har(session.header, session.exchanges(), stream)
            else:
                stream.write(encode_line(session.header).decode())
                for exchange in session.exchanges():
                    stream.write(encode_line(exchange).decode())
    for notice in session.notices():
        click.echo(notice if notice.startswith(str(file)) else f"{file}: {notice}", err=True)
    if not quiet:
        _report(session.header["redaction"]["counts"], redactor, target)


def _beside(file: Path, form: str) -> Path:
    suffix = ".har" if form == "har" else ".jsonl"
    stem = file.name.removesuffix(file.suffix)
    return file.with_name(f"{stem}.redacted{suffix}")


def _report(counts: dict[str, int], redactor: Redactor, target: str) -> None:
    """Say on standard error what was replaced, the most frequent first."""
    from ..journal.plain import plain

    where = "standard output" if target == "-" else target
    told = f"{sum(counts.values())} values in {len(counts)} places were replaced or dropped"
    click.echo(f"{told}: {where}", err=True)
    for place, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{count:>8}  {plain(place)}", err=True)
    if redactor.unkept:
        sentence = "filters on parts of words may find others than before: some of these parts overlap"
        click.echo(f"{sentence} ({redactor.unkept} of them)", err=True)
    sys.stderr.flush()
