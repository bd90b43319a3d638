"""From what a command line says to a server that can be run."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .announcing import Progress
from .answering import replay_of
from .redaction import record_options, told_counts

if TYPE_CHECKING:
    from ..server.run import Running

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)=(.*[^=].*)")


def start(given: dict[str, Any], show_progress: bool) -> Running:
    """Return a server put together from the values of `serve_options`, bound and loaded.

    Raises UsageError, BindError and FileError.
    """
    from ..faults.errors import RuleError
    from ..fixture import BasicSpec, ClientSpec
    from ..server.options import ServeOptions
    from ..server.run import Running

    basic, clients = given.pop("basic"), given.pop("oauth_client")
    record = record_options(given)
    options = ServeOptions(
        fixtures=given.pop("fixture"),
        also=given.pop("also"),
        quirks=given.pop("quirk"),
        tokens=_tokens(given.pop("token")),
        basic=tuple(BasicSpec(*_pair("--basic", text)) for text in basic),
        clients=tuple(_client(ClientSpec, text) for text in clients),
        record=record,
        replay=replay_of(given),
        **given,
    )
    if options.no_auth and (options.tokens or options.basic or options.clients):
        raise UsageError("--no-auth goes with no --token, --basic or --oauth-client")
    _check_paths(options.base_path, options.public_url)
    progress = Progress() if show_progress and sys.stderr.isatty() else None
    try:
        return Running(options, progress)
    except RuleError as error:  # each is right, but they do not go together
        raise UsageError(f"the rules of --faults and --quirk: {error.message}", hint=error.hint) from None
    finally:
        if progress is not None:
            progress.close()


def end_recording(running: Running, quiet: bool) -> int:
    """Say what was recorded; returns the exit code, 6 when exchanges were lost."""
    if running.recorder is None:
        return 0
    recorder = running.recorder.recorder
    if not quiet:
        click.echo(f"{recorder.written} exchanges recorded in {recorder.path}", err=True)
        told = told_counts(recorder.redactor.counts)
        if told:
            click.echo(told, err=True)
    if not recorder.lost:
        return 0
    click.echo(f"scimmock: {recorder.lost} exchanges were lost: {recorder.last_trouble}", err=True)
    return 6


def _check_paths(base_path: str | None, public_url: str | None) -> None:
    from ..fixture import wrong_base_path

    if base_path is not None:
        wrong = wrong_base_path(base_path)
        if wrong:
            raise UsageError(f"--base-path {base_path!r} {wrong}", hint="/scim/v2 would be right")
    if public_url is not None and not re.fullmatch(
        r"https?://[A-Za-z0-9._~:\[\]-]+(/[A-Za-z0-9._~/-]*)?", public_url
    ):
        raise UsageError(
            f"--public-url {public_url!r} is no URL", hint="https://scim.example.com would be one"
        )


def _tokens(texts: tuple[str, ...]) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for text in texts:
        named = _NAMED.fullmatch(text)
        name, value = (
            (named[1], named[2]) if named else ("default" if not tokens else f"token-{len(tokens) + 1}", text)
        )
        if not value or not value.isascii() or any(character.isspace() for character in value):
            raise UsageError("a --token has ASCII characters without spaces")
        if name in tokens:
            raise UsageError(f"the token name {name!r} stands twice")
        tokens[name] = value
    return tokens


def _pair(option: str, text: str) -> tuple[str, str]:
    first, colon, second = text.partition(":")
    if not first or not colon:
        raise UsageError(f"{option} {text!r} has no colon", hint="NAME:SECRET would be right")
    return first, second


def _client(kind: Any, text: str) -> Any:
    client_id, rest = _pair("--oauth-client", text)
    secret, colon, seconds = rest.rpartition(":")
    if colon and seconds.isdigit() and int(seconds) > 0:
        return kind(client_id, secret, int(seconds))
    return kind(client_id, rest)
