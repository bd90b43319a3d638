"""The options that say what a server is like, the same for every command that serves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from .answering import replay_options
from .redaction import recording_options

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)
_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)


def serve_options(port: int, form: str | None) -> Callable[[F], F]:
    """Return a decorator that adds them to a command.

    ``port`` is the default of --port, ``form`` that of --print (None: nothing is said).
    """

    def decorate(command: F) -> F:
        for option in reversed(_options(port, form)):
            command = option(command)
        return command

    return decorate


def _options(port: int, form: str | None) -> list[Callable[[F], F]]:
    return [
        click.option(
            "--fixture",
            "fixture",
            multiple=True,
            metavar="NAME|PATH",
            help="What the server is like (`scimmock fixtures list`); later ones win. Default: rfc.",
        ),
        click.option(
            "--also",
            multiple=True,
            metavar="NAME|PATH",
            help="Serve the directory with the behaviour of this fixture too, at its base path.",
        ),
        click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            default=port,
            show_default=True,
            help="Port, 0 for a free one.",
        ),
        click.option(
            "--base-path", metavar="P", help="Path of the SCIM service. Default: the fixture's, /scim/v2."
        ),
        click.option(
            "--token",
            "token",
            multiple=True,
            metavar="[NAME=]T",
            help="Bearer token that is accepted. Default: scimmock on loopback, else a random one.",
        ),
        click.option(
            "--basic",
            "basic",
            multiple=True,
            metavar="USER:PASSWORD",
            help="HTTP basic account that is accepted.",
        ),
        click.option(
            "--oauth-client",
            "oauth_client",
            multiple=True,
            metavar="ID:SECRET[:SECONDS]",
            help="OAuth 2.0 client of the token endpoint, and how long its tokens live.",
        ),
        click.option("--no-auth", is_flag=True, help="Accept requests without credentials."),
        click.option(
            "--admin-token",
            metavar="T",
            help="Token for the control API from elsewhere. Default: a random one.",
        ),
        click.option("--users", type=click.IntRange(0), metavar="N", help="How many users are made up."),
        click.option("--groups", type=click.IntRange(0), metavar="N", help="How many groups are made up."),
        click.option(
            "--people",
            multiple=True,
            type=_EXISTING,
            metavar="FILE",
            help="People of your own: ListResponse, JSON array, JSON lines or CSV.",
        ),
        click.option("--seed", type=int, metavar="N", help="Same seed, same people and ids. Default: 1."),
        click.option(
            "--faults",
            multiple=True,
            metavar="NAME|FILE",
            help="Fault rules: a pack (`scimmock faults packs`), a YAML file or a Python file.",
        ),
        click.option(
            "--quirk",
            "quirk",
            multiple=True,
            metavar="NAME[:P=V,...]",
            help="Oddities of the service beside those of the fixture (docs/quirks.md).",
        ),
        click.option("--no-limits", is_flag=True, help="Leave out the limits of the fixture."),
        click.option(
            "--lint",
            "lint",
            multiple=True,
            type=click.Choice(["interop", "ipsie"]),
            help="Examine requests by a stricter profile too.",
        ),
        click.option("--fault-header", is_flag=True, help="Let requests name rules in X-Scimmock-Fault."),
        click.option("--db", type=_FILE, metavar="FILE", help="Keep the directory in a file."),
        recording_options,
        click.option(
            "--like",
            type=_FILE,
            metavar="RECORDING",
            help="Be as the service of a recording was: fixture, faults, seed, users, groups and clock.",
        ),
        replay_options,
        click.option("--tls-cert", type=_EXISTING, metavar="F", help="Certificate chain (PEM), for HTTPS."),
        click.option("--tls-key", type=_EXISTING, metavar="F", help="Key of the certificate (PEM)."),
        click.option(
            "--public-url",
            metavar="URL",
            help="URL in locations, when clients come through a proxy or tunnel.",
        ),
        click.option(
            "--max-body",
            type=click.IntRange(1),
            metavar="BYTES",
            help="Largest request body. Default: 10 MB.",
        ),
        click.option(
            "--max-tenants",
            type=click.IntRange(0),
            default=10_000,
            show_default=True,
            help="How many tenants there can be.",
        ),
        click.option(
            "--ready-file", type=_FILE, metavar="FILE", help="Write this file once the server accepts."
        ),
        click.option("--access-log", type=_FILE, metavar="FILE", help="Append a JSON line for each request."),
        click.option(
            "--print",
            "print",
            type=click.Choice(["human", "json"]),
            default=form,
            show_default=True,
            help="How to say where the server listens.",
        ),
        click.option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"]),
            default="info",
            show_default=True,
        ),
        click.option("--quiet", is_flag=True, help="Say nothing but errors."),
    ]
