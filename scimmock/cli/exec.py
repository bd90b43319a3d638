"""``scimmock exec``."""

from __future__ import annotations

import os
import sys
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError, UserError, did_you_mean
from .announcing import told
from .answering import end_replay
from .child import Child, program_of, signals_to_pass_on
from .remote import TOKEN_VARIABLE, URL_VARIABLE
from .serving import serve_options
from .starting import end_recording, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..server.ready import Ready
    from ..server.run import Running
    from ..server.watch import Kind, Watch

_MOST_TOLD = 30  # kinds of findings, and of what was unexpected


@click.command(
    short_help="Run a command with a server of its own.",
    context_settings={"allow_interspersed_args": False},
    epilog="Examples:\n\n  scimmock exec --fixture okta -- pytest"
    "\n\n  scimmock exec --fail-on findings --fail-on unexpected -- npm test",
)
@serve_options(port=0, form=None)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(["findings", "unexpected"]),
    help="Exit code 1 also when requests had findings, or nothing was there for them.",
)
@click.option(
    "--allow", multiple=True, metavar="FINDING", help="A finding that is neither counted nor a failure."
)
@click.argument("argv", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND ...")
def command(argv: tuple[str, ...], **given: Any) -> int:
    """Start a server, run a command with SCIM_BASE_URL and SCIM_TOKEN in its environment, stop the server.

    The command also gets SCIMMOCK_URL and SCIMMOCK_ADMIN_TOKEN, which the other commands of scimmock go
    by. Exit code: the command's, 128 + k when signal k ended it; 2 when it cannot be started, and those of
    serve when the server cannot.
    """
    fail_on, allowed = given.pop("fail_on"), frozenset(given.pop("allow"))
    form, quiet, level = given.pop("print"), given.pop("quiet"), given.pop("log_level")
    _check_allowed(allowed)
    program_of(argv)
    running = start(given, not quiet)
    from ..server.logs import configure_logging
    from ..server.watch import Watch

    configure_logging("error" if quiet else level)
    watch = Watch(running.tenants, allowed)
    if fail_on or not quiet:
        running.watch(watch.see)
    code = _Run(running, argv, form).code()
    watch.finish()
    if not quiet:
        end_replay(running)
    lost = end_recording(running, quiet)
    failed = report(watch, fail_on, quiet)
    return code or int(failed) or lost


def _check_allowed(names: frozenset[str]) -> None:
    """Raise UsageError for what is no finding."""
    if not names:
        return
    from ..findings.catalogue import CATALOGUE

    known = [check.name for check in CATALOGUE]
    for name in sorted(names.difference(known)):
        near = did_you_mean(name, known)
        hint = f"did you mean {near!r}?" if near else "docs/findings.md lists them"
        raise UsageError(f"--allow: there is no finding {name!r}", hint=hint)


class _Run:
    """One run of a command beside a server."""

    def __init__(self, running: Running, argv: Sequence[str], form: str | None) -> None:
        self._running, self._argv, self._form = running, argv, form
        self._child: Child | None = None
        self._ended_by = 0  # the signal that came before there was a command
        running.server.signals = signals_to_pass_on()
        running.server.on_signal = self._signalled

    def code(self) -> int:
        """Serve until the command has ended and return its exit code."""
        trouble = 0
        try:
            self._running.serve(self._begin)
        except UserError as error:
            if self._child is None:
                raise
            click.echo(f"scimmock: {error}", err=True)
            trouble = error.exit_code
        finally:
            if self._child is not None and self._child.is_running:
                self._child.terminate()
        if self._child is None:
            return 128 + self._ended_by
        return self._child.end() or trouble

    def _begin(self, ready: Ready) -> None:
        if self._form is not None:
            click.echo(told(self._running, ready, self._form), err=True)
        sys.stdout.flush()
        self._child = Child(self._argv, os.environ | environment_of(ready))
        self._child.when_ended(self._stop)

    def _stop(self) -> None:
        self._running.server.should_exit = True

    def _signalled(self, number: int) -> None:
        if self._child is not None and self._child.is_running:
            self._child.pass_on(number)
            return
        # Before the command, or while the last requests get their time: the server is meant.
        self._ended_by = self._ended_by or number
        self._running.server.handle_exit(number, None)


def environment_of(ready: Ready) -> dict[str, str]:
    """Return the variables that tell a command where the server is; with --no-auth any token is right."""
    return {
        "SCIM_BASE_URL": ready.base_url,
        "SCIM_TOKEN": ready.token or "scimmock",
        URL_VARIABLE: ready.local_url,
        TOKEN_VARIABLE: ready.admin_token,
    }


def report(watch: Watch, fail_on: Sequence[str], quiet: bool) -> bool:
    """Say what was seen; returns whether there is something that was to fail."""
    failed = False
    if not quiet:
        click.echo(f"scimmock: {_counted(watch.exchanges, 'exchange')}", err=True)
    for name, found in (("findings", watch.findings), ("unexpected", watch.unexpected)):
        kinds = list(found.values())
        more = f"{len(kinds) - _MOST_TOLD} kinds more" if len(kinds) > _MOST_TOLD else None
        if name in fail_on and kinds:
            failed = True
            lines = [f"scimmock: --fail-on {name}", *chain.from_iterable(map(_details, kinds[:_MOST_TOLD]))]
            click.echo("\n".join([*lines, f"  and {more}"] if more else lines), err=True)
        elif not quiet:
            counts = [f"{kind.name} {kind.count}" for kind in kinds[:_MOST_TOLD]]
            listed = ", ".join([*counts, more] if more else counts)
            click.echo(f"  {name:<11}{listed or 'none'}", err=True)
    return failed


def _details(kind: Kind) -> Iterator[str]:
    about = f" ({kind.about})" if kind.about else ""
    yield f"  {kind.name}{about}: {_counted(kind.count, 'time')}, first {kind.first}"
    if kind.message:
        yield f"    {kind.message}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
