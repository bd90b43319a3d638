"""``scimmock tail``."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from typing import Any

import click

from ..clock import parse_duration
from ..errors import UnreachableError, UsageError
from ..outgoing.remote import Remote
from .lines import line_of
from .remote import with_remote

_SILENCE = 45.0  # seconds; the server sends a comment every 15


@click.command(
    short_help="Show the exchanges of a server, one line each.",
    epilog="Examples:\n\n  scimmock tail --follow\n\n  scimmock tail -n 50 --operation patch --status 4xx",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with what happens, until Ctrl-C.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="SCIMMOCK_TAIL_JSON",
    help="Print each exchange as a line of JSON.",
)
@click.option(
    "--lines", "-n", type=click.IntRange(0), default=20, show_default=True, help="How many past ones to show."
)
@click.option("--operation", metavar="NAME", help="Only create, read, list, replace, patch, delete, ...")
@click.option("--resource", metavar="NAME", help="Only those for Users, Groups, ...")
@click.option("--status", metavar="STATUS", help="Only those answered so: 404, 4xx, or 0 for no answer.")
@click.option("--client", metavar="NAME", help="Only those of a client, such as okta.")
@click.option("--rule", metavar="NAME", help="Only those that a fault rule acted on; * for any rule.")
@click.option(
    "--retry",
    default="5s",
    show_default=True,
    metavar="DURATION",
    help="With --follow: how long to try again when the server is gone.",
)
@with_remote
def command(
    remote: Remote, follow: bool, as_json: bool, lines: int, retry: str, **filters: str | None
) -> None:
    """Show the exchanges of a running server: time, status, milliseconds, and what happened.

    With --follow, Ctrl-C ends it with exit code 0; when the server goes away and does not come back,
    the exit code is 5.
    """
    try:
        patience = parse_duration(retry)
    except ValueError as error:
        raise UsageError(f"--retry: {error}") from None
    try:
        answer = remote.call("GET", "journal", query={"last": lines, **filters})
        for exchange in answer["exchanges"]:
            _print(exchange, as_json)
        if follow:
            for kind, data in _events(remote, int(answer["next"]), patience, filters):
                _tell(kind, data, as_json)
    except KeyboardInterrupt:
        return  # looking on was all the work


def _events(
    remote: Remote, last: int, patience: float, filters: dict[str, str | None]
) -> Iterator[tuple[str, Any]]:
    """Yield events without end, coming back after the last one when the stream breaks.

    Raises UnreachableError when the server stays away for ``patience`` seconds.
    """
    gone_at: float | None = None
    pause, life = 0.1, ""
    while True:
        try:
            connection, answer = remote.stream("events", filters, {"Last-Event-ID": str(last)}, _SILENCE)
        except UnreachableError:
            now = time.monotonic()
            gone_at = now if gone_at is None else gone_at
            if now - gone_at >= patience:
                raise
            time.sleep(min(pause, patience))
            pause = min(pause * 2, 2.0)
            continue
        gone_at, pause = None, 0.1
        try:
            for number, kind, data in _read(answer):
                if kind == "life":
                    if life and data != life:
                        # The server is a new one and counts from 1: take all that it has.
                        life, last, pause = data, 0, 0.0
                        break
                    life = data
                    continue
                last = number if number is not None else last
                yield kind, data
        except (OSError, http.client.HTTPException):
            pass  # come back
        finally:
            connection.close()
        time.sleep(pause)


def _read(answer: http.client.HTTPResponse) -> Iterator[tuple[int | None, str, Any]]:
    """Yield (number, kind, data) of the events of a stream until it ends; first ("life") whose they are."""
    number: int | None = None
    kind, data = "", ""
    while line := answer.readline():
        name, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            number = int(value) if value.isdigit() else None
        elif name == "event":
            kind = value
        elif name == "data":
            data += value
        elif not name and value.startswith("after exchange "):
            yield None, "life", value.rpartition(" ")[2]
        elif not name and not value and data:
            yield number, kind, json.loads(data)
            number, kind, data = None, "", ""


def _tell(kind: str, data: Any, as_json: bool) -> None:
    if kind == "exchange":
        _print(data, as_json)
    elif kind == "dropped":
        click.echo(f"{data['dropped']} exchanges are lost: the journal had no more room for them", err=True)
    elif not as_json:
        words = " ".join(f"{name} {_text(value)}" for name, value in data.items())
        click.echo(click.style(f"-- {kind}: {words}", dim=True))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print(exchange: dict[str, Any], as_json: bool) -> None:
    click.echo(json.dumps(exchange, ensure_ascii=True) if as_json else line_of(exchange))
