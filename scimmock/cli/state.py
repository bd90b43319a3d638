"""``scimmock state``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import click

from ..errors import FileError
from ..outgoing.remote import Remote
from .remote import remote_options, with_remote


@click.group(
    short_help="Get, restore and reset what a server's directory holds.",
    epilog="Examples:\n\n  scimmock state get --out before.json\n\n  scimmock state restore before.json",
)
@remote_options
def command() -> None:
    """Get, restore and reset what the directory of a running server, or of a tenant of it, holds."""


@command.command(
    "get", epilog="Examples:\n\n  scimmock state get\n\n  scimmock state get --tenant a --out a.json"
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@with_remote
def get(remote: Remote, out: Path | None) -> None:
    """Print all resources as JSON, as they are stored."""
    text = json.dumps(remote.call("GET", "state"), indent=2, ensure_ascii=False) + "\n"
    # Wrong data is held as it came, half a surrogate pair included; that has no UTF-8.
    text = text.encode("utf-8", "replace").decode()
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"cannot be written: {error.strerror}", where=str(out)) from None


@command.command(
    "restore",
    epilog="Examples:\n\n  scimmock state restore before.json\n\n  scimmock state restore - < before.json",
)
@click.argument("file", type=click.File("r", encoding="utf-8"))
@with_remote
def restore(remote: Remote, file: TextIO) -> None:
    """Replace the directory by the content of a FILE that `state get` wrote; - is standard input.

    All or nothing: when one resource of it is wrong, the directory stays as it was.
    """
    where = "standard input" if file.name in ("-", "<stdin>") else file.name
    try:
        content = json.load(file)
    except (ValueError, RecursionError) as error:
        raise FileError(f"is not JSON: {error}", where=where) from None
    counts = remote.call("PUT", "state", content)
    click.echo(", ".join(f"{count} {name.lower()}" for name, count in counts.items()))


@command.command("reset", epilog="Examples:\n\n  scimmock state reset\n\n  scimmock state reset --tenant a")
@with_remote
def reset(remote: Remote) -> None:
    """Put the directory back to what the fixture made it."""
    remote.call("DELETE", "state")
