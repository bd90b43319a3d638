"""``scimmock clock``."""

from __future__ import annotations

from typing import Any

import click

from ..outgoing.remote import Remote
from .remote import remote_options, with_remote


@click.group(
    short_help="Show, stop and move a server's clock.",
    epilog="Examples:\n\n  scimmock clock freeze 2026-01-01T00:00:00Z\n\n  scimmock clock advance 40m",
)
@remote_options
def command() -> None:
    """Show, stop and move the clock of a running server.

    Dates, token expiry, rate windows and the life of rules follow it, so that no test needs to wait.
    The server has one clock for all its tenants.
    """


@command.command(
    "show", epilog="Examples:\n\n  scimmock clock show\n\n  scimmock clock show --url http://127.0.0.1:9000"
)
@with_remote
def show(remote: Remote) -> None:
    """Show what time it is for the server."""
    _print(remote.call("GET", "clock"))


@command.command(
    "freeze",
    epilog="Examples:\n\n  scimmock clock freeze\n\n  scimmock clock freeze 2026-01-31T09:30:00Z",
)
@click.argument("time", required=False)
@with_remote
def freeze(remote: Remote, time: str | None) -> None:
    """Stop the clock, now or at a TIME such as 2026-01-31T09:30:00Z."""
    _print(remote.call("POST", "clock", {"freeze": time or True}))


@command.command(
    "advance", epilog="Examples:\n\n  scimmock clock advance 40m\n\n  scimmock clock advance 1.5h"
)
@click.argument("duration")
@with_remote
def advance(remote: Remote, duration: str) -> None:
    """Move the clock forward by a DURATION (200ms, 7s, 40m, 2h, 1d, or seconds), stopped or not."""
    _print(remote.call("POST", "clock", {"advance": duration}))


@command.command(
    "release",
    epilog="Examples:\n\n  scimmock clock release\n\n  scimmock clock release --ready-file /tmp/s.json",
)
@with_remote
def release(remote: Remote) -> None:
    """Let the clock show real time again."""
    _print(remote.call("POST", "clock", {"release": True}))


def _print(answer: Any) -> None:
    click.echo(f"{answer['now']}{'  frozen' if answer['frozen'] else ''}")
