"""``scimmock serve``."""

from __future__ import annotations

from typing import Any

import click

from .announcing import told
from .answering import end_replay
from .serving import serve_options
from .starting import end_recording, start


@click.command(
    short_help="Serve SCIM 2.0 from memory, seeded with people.",
    epilog="Examples:\n\n  scimmock serve --fixture okta\n\n  scimmock serve --port 0 --print json",
)
@serve_options(port=8080, form="human")
def command(**given: Any) -> int:
    """Serve SCIM 2.0 from memory, seeded with people, until Ctrl-C.

    The service is at http://HOST:PORT/scim/v2, isolated directories for parallel tests are at
    /t/NAME/scim/v2, the control API is at /_scimmock.
    """
    form, quiet, level = given.pop("print"), given.pop("quiet"), given.pop("log_level")
    running = start(given, form == "human" and not quiet)
    from ..server.logs import configure_logging
    from ..server.ready import Ready

    configure_logging("error" if quiet else level)

    def announce(ready: Ready) -> None:
        if form == "json":
            click.echo(told(running, ready, form))
        elif not quiet:
            click.echo(f"{told(running, ready, form)}\nCtrl-C stops the server.")

    running.serve(announce)
    if not quiet:
        end_replay(running)
    return end_recording(running, quiet)
