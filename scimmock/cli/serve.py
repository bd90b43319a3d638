"""``scimmock serve``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from .redaction import check_redaction, recording_options, told_counts

if TYPE_CHECKING:
    from ..server.recording import RecordOptions
    from ..server.run import Ready, Running

_NAMED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)=(.*[^=].*)")
_FILE = click.Path(path_type=Path, dir_okay=False)
_EXISTING = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(
    short_help="Serve SCIM 2.0 from memory, seeded with people.",
    epilog="Examples:\n\n  scimmock serve --fixture okta\n\n  scimmock serve --port 0 --print json",
)
@click.option(
    "--fixture",
    "fixture",
    multiple=True,
    metavar="NAME|PATH",
    help="What the server is like; several are layers, later ones win. Default: rfc.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="NAME|PATH",
    help="Serve the directory with the behaviour of this fixture too, at its base path.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="Port, 0 for a free one."
)
@click.option("--base-path", metavar="P", help="Path of the SCIM service. Default: the fixture's, /scim/v2.")
@click.option(
    "--token",
    "token",
    multiple=True,
    metavar="[NAME=]T",
    help="Bearer token that is accepted. Default: scimmock on loopback, else a random one.",
)
@click.option(
    "--basic", "basic", multiple=True, metavar="USER:PASSWORD", help="HTTP basic account that is accepted."
)
@click.option(
    "--oauth-client",
    "oauth_client",
    multiple=True,
    metavar="ID:SECRET[:SECONDS]",
    help="OAuth 2.0 client of the token endpoint, and how long its tokens live.",
)
@click.option("--no-auth", is_flag=True, help="Accept requests without credentials.")
@click.option(
    "--admin-token", metavar="T", help="Token for the control API from elsewhere. Default: a random one."
)
@click.option("--users", type=click.IntRange(0), metavar="N", help="How many users are made up.")
@click.option("--groups", type=click.IntRange(0), metavar="N", help="How many groups are made up.")
@click.option(
    "--people",
    multiple=True,
    type=_EXISTING,
    metavar="FILE",
    help="People of your own: ListResponse, JSON array, JSON lines or CSV.",
)
@click.option("--seed", type=int, metavar="N", help="Same seed, same people and ids. Default: 1.")
@click.option(
    "--faults", multiple=True, metavar="NAME|FILE", help="Fault rules: a pack, a YAML file or a Python file."
)
@click.option(
    "--quirk",
    "quirk",
    multiple=True,
    metavar="NAME[:P=V,...]",
    help="Oddities of the service beside those of the fixture.",
)
@click.option("--no-limits", is_flag=True, help="Leave out the limits of the fixture.")
@click.option(
    "--lint",
    "lint",
    multiple=True,
    type=click.Choice(["interop", "ipsie"]),
    help="Examine requests by a stricter profile too.",
)
@click.option("--fault-header", is_flag=True, help="Let requests name rules in X-Scimmock-Fault.")
@click.option("--db", type=_FILE, metavar="FILE", help="Keep the directory in a file.")
@recording_options
@click.option(
    "--like",
    type=_FILE,
    metavar="RECORDING",
    help="Be as the service of a recording was: fixture, faults, seed, users, groups and clock.",
)
@click.option("--tls-cert", type=_EXISTING, metavar="F", help="Certificate chain (PEM), for HTTPS.")
@click.option("--tls-key", type=_EXISTING, metavar="F", help="Key of the certificate (PEM).")
@click.option(
    "--public-url", metavar="URL", help="URL in locations, when clients come through a proxy or tunnel."
)
@click.option(
    "--max-body", type=click.IntRange(1), metavar="BYTES", help="Largest request body. Default: 10 MB."
)
@click.option(
    "--max-tenants",
    type=click.IntRange(0),
    default=10_000,
    show_default=True,
    help="How many tenants there can be.",
)
@click.option("--ready-file", type=_FILE, metavar="FILE", help="Write this file once the server accepts.")
@click.option("--access-log", type=_FILE, metavar="FILE", help="Append a JSON line for each request.")
@click.option(
    "--print",
    "print",
    type=click.Choice(["human", "json"]),
    default="human",
    show_default=True,
    help="How to say where the server listens.",
)
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(**given: Any) -> None:
    """Serve SCIM 2.0 from memory, seeded with people, until Ctrl-C.

    The service is at http://HOST:PORT/scim/v2, isolated directories for parallel tests are at
    /t/NAME/scim/v2, the control API is at /_scimmock.
    """
    form, quiet, level = given.pop("print"), given.pop("quiet"), given.pop("log_level")
    running = _start(given, form == "human" and not quiet)
    from ..server.run import configure_logging

    configure_logging("error" if quiet else level)
    silent = quiet and form == "human"
    running.serve(lambda ready: None if silent else _announce(running, ready, form))
    _end_recording(running, quiet)


def _start(given: dict[str, Any], show_progress: bool) -> Running:
    from ..faults.errors import RuleError
    from ..fixture import BasicSpec, ClientSpec
    from ..server.options import ServeOptions
    from ..server.run import Running

    basic, clients = given.pop("basic"), given.pop("oauth_client")
    record = _recording(given)
    options = ServeOptions(
        fixtures=given.pop("fixture"),
        also=given.pop("also"),
        quirks=given.pop("quirk"),
        tokens=_tokens(given.pop("token")),
        basic=tuple(BasicSpec(*_pair("--basic", text)) for text in basic),
        clients=tuple(_client(ClientSpec, text) for text in clients),
        record=record,
        **given,
    )
    if options.no_auth and (options.tokens or options.basic or options.clients):
        raise UsageError("--no-auth goes with no --token, --basic or --oauth-client")
    _check_paths(options.base_path, options.public_url)
    progress = _Progress() if show_progress and sys.stderr.isatty() else None
    try:
        return Running(options, progress)
    except RuleError as error:  # each is right, but they do not go together
        raise UsageError(f"the rules of --faults and --quirk: {error.message}", hint=error.hint) from None
    finally:
        if progress is not None:
            progress.close()


def _recording(given: dict[str, Any]) -> RecordOptions | None:
    from ..server.recording import RecordOptions

    path, existing = given.pop("record"), given.pop("record_existing")
    redact, key_file, fields = given.pop("redact"), given.pop("redact_key"), given.pop("redact_field")
    if path is None:
        return None
    check_redaction(redact, key_file, fields)
    return RecordOptions(path, "new" if existing == "refuse" else existing, redact, key_file, fields)


def _end_recording(running: Running, quiet: bool) -> None:
    """Say what was recorded; the exit code is 6 when exchanges were lost."""
    if running.recorder is None:
        return
    recorder = running.recorder.recorder
    if not quiet:
        click.echo(f"{recorder.written} exchanges recorded in {recorder.path}", err=True)
        told = told_counts(recorder.redactor.counts)
        if told:
            click.echo(told, err=True)
    if recorder.lost:
        click.echo(f"scimmock: {recorder.lost} exchanges were lost: {recorder.last_trouble}", err=True)
        sys.exit(6)


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


def _announce(running: Running, ready: Ready, form: str) -> None:
    if form == "json":
        click.echo(json.dumps(ready.as_dict()))
        return
    tenants = running.tenants
    layers = tenants.blueprint.layers
    counts = ", ".join(
        f"{tenants.default.directory.count(kind.name)} {kind.endpoint.strip('/').lower()}"
        for kind in tenants.default.types
    )
    token = ready.token or "none needed"
    click.echo(f"scimmock {ready.version}: fixture {' + '.join(layers.names)}, {counts}, seed {ready.seed}")
    click.echo(f"  SCIM     {ready.base_url}")
    if running.like.path is not None:
        from ..server.options import taken

        click.echo(f"  like     {running.like.path}: {', '.join(taken(running.like, running.options))}")
    for fixture, url in ready.also.items():
        click.echo(f"  {fixture:<8} {url}")
    click.echo(f"  token    {token}")
    if running.tenants.blueprint.clients:
        click.echo(f"  OAuth    {ready.url}/oauth/token")
    for account in running.tenants.blueprint.basic:
        click.echo(f"  basic    {account.username}")
    click.echo(f"  control  {ready.control_url}")
    if ready.local_url != ready.url:
        click.echo(f"  locally  {ready.local_url}")
    click.echo("Ctrl-C stops the server.")


class _Progress:
    """A progress bar for long loading, shown after the first second."""

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._begin = self._clock()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            if self._clock() - self._begin < 1 or done >= total:
                return
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("making people", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
