"""The options that say what is recorded and redacted, the same for every command that writes a session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from ..traffic.recorder import RecordOptions

_MOST_TOLD = 8
F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)


def recording_options(command: F) -> F:
    """Add --record, --record-existing and those of `redaction_options` to a command that may record."""
    command = redaction_options(command)
    command = click.option(
        "--record-existing",
        type=click.Choice(["refuse", "append", "force"]),
        default="refuse",
        show_default=True,
        help="What becomes of a recording that is there.",
    )(command)
    return click.option("--record", type=_FILE, metavar="FILE", help="Record the session into this file.")(
        command
    )


def redaction_options(command: F) -> F:
    """Add --redact, --redact-key and --redact-field to a command."""
    for option in (
        click.option(
            "--redact-field",
            multiple=True,
            metavar="PATH[=drop]",
            help="Replace the values of this attribute too, or drop them.",
        ),
        click.option(
            "--redact-key",
            type=_FILE,
            metavar="FILE",
            help="Key of the pseudonyms, made when it is not there. Default: the one of this machine.",
        ),
        click.option(
            "--redact",
            type=click.Choice(["none", "secrets", "pseudonyms"]),
            default="pseudonyms",
            show_default=True,
            help="What is redacted before it is written: nothing, secrets, or persons too.",
        ),
    ):
        command = option(command)
    return command


def record_options(given: dict[str, Any]) -> RecordOptions | None:
    """Take the options of `recording_options` out of the given ones; None when nothing is recorded.

    Raises UsageError for those that do not go together.
    """
    path, existing = given.pop("record"), given.pop("record_existing")
    redact, key_file, fields = given.pop("redact"), given.pop("redact_key"), given.pop("redact_field")
    if path is None:
        return None
    if existing == "refuse" and path.exists():
        hint = "--record-existing append goes on with it, --record-existing force replaces it"
        raise UsageError(f"{path} is there already", hint=hint)
    from ..traffic.recorder import RecordOptions

    check_redaction(redact, key_file, fields)
    return RecordOptions(path, "new" if existing == "refuse" else existing, redact, key_file, fields)


def told_counts(counts: dict[str, int]) -> str:
    """Return a sentence on what was replaced and how often, most frequent first; "" for nothing."""
    if not counts:
        return ""
    from ..journal.plain import plain

    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ", ".join(f"{count} {plain(name)}" for name, count in most[:_MOST_TOLD])
    return f"replaced {sum(counts.values())} values: {shown}{', ...' if len(most) > _MOST_TOLD else ''}"


def check_redaction(mode: str, key_file: Path | None, fields: Sequence[str]) -> None:
    """Raise UsageError where a key or fields are given that --redact makes no use of."""
    if mode == "pseudonyms":
        return
    if key_file is not None:
        hint = "--redact pseudonyms would be right with it"
        raise UsageError(f"--redact-key is for pseudonyms, --redact {mode} makes none", hint=hint)
    for field in fields:
        if mode == "none":
            hint = "--redact secrets or pseudonyms would be right with it"
            raise UsageError(f"--redact-field {field} has no effect with --redact none", hint=hint)
        path, _, what = field.partition("=")
        if what != "drop":
            hint = f"{path}=drop would be right, or --redact pseudonyms"
            raise UsageError(f"--redact-field {field} has no effect with --redact {mode}", hint=hint)
