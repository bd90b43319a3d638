"""The options that say what is redacted, the same for every command that writes a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_KEY = click.Path(path_type=Path, dir_okay=False)


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
            type=_KEY,
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
