"""The options of the commands that ask or change a running server over its control API."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ..errors import UnreachableError, UsageError
from ..outgoing.remote import DEFAULT_URL, Remote

URL_VARIABLE, TOKEN_VARIABLE = "SCIMMOCK_URL", "SCIMMOCK_ADMIN_TOKEN"  # what scimmock exec tells its command
USUAL = f"${URL_VARIABLE}, else {DEFAULT_URL}"
_Command = TypeVar("_Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--url", metavar="URL", help=f"Root URL of the server. Default: {USUAL}."),
    click.option("--tenant", metavar="NAME", help="The tenant. Default: the one without a name."),
    click.option("--admin-token", metavar="TOKEN", help="Needed for a server on another machine."),
    click.option(
        "--ready-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The server's ready file, which tells URL and admin token.",
    ),
)
_NAMES = ("url", "tenant", "admin_token", "ready_file")


def with_remote(command: _Command) -> _Command:
    """Add the options that say which server is meant; the command gets a `Remote` as first argument.

    What is not given comes from the same options of the group around the command.
    """

    @functools.wraps(command)
    def wrapped(**arguments: Any) -> Any:
        context = click.get_current_context()
        around = context.parent.params if context.parent is not None else {}
        chosen = {name: arguments.pop(name) for name in _NAMES}
        if all(value is None for name, value in chosen.items() if name in ("url", "ready_file")):
            chosen |= {name: around.get(name) for name in ("url", "ready_file")}
        for name in ("tenant", "admin_token"):
            chosen[name] = around.get(name) if chosen[name] is None else chosen[name]
        return command(_remote(**chosen), **arguments)

    return _optioned(wrapped)  # type: ignore[return-value]


def remote_options(group: _Command) -> _Command:
    """Add the same options to a group, for the commands in it."""

    @functools.wraps(group)
    def wrapped(**arguments: Any) -> Any:
        return group()

    return _optioned(wrapped)  # type: ignore[return-value]


def _optioned(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _remote(url: str | None, tenant: str | None, admin_token: str | None, ready_file: Path | None) -> Remote:
    if url is not None and ready_file is not None:
        raise UsageError("--url and --ready-file exclude each other")
    if ready_file is not None:
        try:
            content = json.loads(ready_file.read_text("utf-8"))
        except OSError as error:
            raise UnreachableError(
                f"cannot be read: {error.strerror}", where=str(ready_file), hint="is the server running?"
            ) from None
        except ValueError:
            content = None
        url = (content.get("local_url") or content.get("url")) if isinstance(content, dict) else None
        if not isinstance(url, str) or not url:
            raise UsageError("is no ready file", where=str(ready_file))
        admin_token = admin_token or content.get("admin_token")
    url = url or usual_url()
    return Remote(url, tenant or None, admin_token or os.environ.get(TOKEN_VARIABLE) or None)


def usual_url() -> str:
    """Return where the server is that is meant when nobody says so: that of `scimmock exec`, if any."""
    return os.environ.get(URL_VARIABLE) or DEFAULT_URL
