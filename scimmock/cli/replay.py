"""``scimmock replay``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .target import check_credentials, check_reports, check_target, seconds

_FILE = click.Path(path_type=Path, dir_okay=False)
_TEXT_FILE = click.Path(dir_okay=False, allow_dash=True)


@click.command(
    short_help="Play a recorded session at a service again, and show what is different.",
    epilog="Examples:\n\n  scimmock replay session.jsonl --to http://127.0.0.1:9000/scim/v2 --token abc"
    "\n\n  scimmock replay session.jsonl --to http://127.0.0.1:9000/scim --pace 10x",
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--to", required=True, metavar="URL", help="Base URL of the SCIM service.")
@click.option("--token", metavar="T", help="Bearer token for it.")
@click.option("--basic", metavar="USER:PASSWORD", help="Name and password for it.")
@click.option(
    "--pace",
    default="max",
    show_default=True,
    metavar="original|max|Nx",
    help="As fast as it was, as fast as it goes, or N times as fast.",
)
@click.option("--max-gap", metavar="DURATION", help="The longest pause that is kept, in recorded time.")
@click.option("--serial", is_flag=True, help="One request at a time, also where they overlapped.")
@click.option(
    "--retry-after",
    type=click.Choice(["recorded", "live"]),
    default="recorded",
    show_default=True,
    help="Send what the client sent then, or wait and send again what the service throttles now.",
)
@click.option("--timeout", default="30s", show_default=True, metavar="DURATION", help="For an answer.")
@click.option("--ignore", multiple=True, metavar="PATH", help="Do not compare an attribute, or header:NAME.")
@click.option("--header", multiple=True, metavar="NAME", help="Compare this header too, literally.")
@click.option("--strict", is_flag=True, help="Leave nothing out, forgive no order, case or absence.")
@click.option(
    "--expect",
    type=click.Choice(["client", "service"]),
    help="Compare with what the client got, or with what the service had answered. Default: service for"
    " sessions that were recorded in front of one, else client.",
)
@click.option("--seed-state", is_flag=True, help="Create first what was there before the recording began.")
@click.option("--from", "from", type=int, metavar="N", help="Begin with exchange N.")
@click.option("--to-exchange", type=int, metavar="N", help="End with exchange N.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only those with this operation, resource, status, client, method, path, rule or id.",
)
@click.option("--stop-on-diff", is_flag=True, help="End at the first difference.")
@click.option("--no-final-check", is_flag=True, help="Do not look at the directory in the end.")
@click.option("--no-clock", is_flag=True, help="Leave the clock of a target that is a scimmock alone.")
@click.option(
    "--minimize", type=_FILE, metavar="FILE", help="Write the fewest exchanges that still differ, and a test."
)
@click.option("--reset-url", metavar="URL", help="POSTed to before each attempt of --minimize.")
@click.option("--reset-command", metavar="COMMAND", help="Run before each attempt of --minimize.")
@click.option("--admin-token", metavar="TOKEN", help="Of a scimmock on another machine, for its clock.")
@click.option("--dry-run", is_flag=True, help="Send nothing, show the requests.")
@click.option("--yes", is_flag=True, help="Needed for a service that is not on this machine.")
@click.option(
    "--json", "json", type=_TEXT_FILE, metavar="FILE", help="Write the report as JSON, - to stdout."
)
@click.option("--junit", type=_TEXT_FILE, metavar="FILE", help="Write the report as JUnit XML, - to stdout.")
@click.option("--html", type=_FILE, metavar="FILE", help="Write the report as one page of HTML.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(**given: Any) -> int:
    """Send the requests of a recording to a service, and compare its answers with the recorded ones.

    Ids, locations, versions and cursors that the service issues take the place of the recorded ones. Exit
    code 1 when something differs, 5 when the service does not answer.
    """
    _check(given)
    from .replaying import replay

    return replay(given)


def _check(given: dict[str, Any]) -> None:
    """Raise what can be known to be wrong before anything is sent."""
    from ..traffic.pace import parse_pace

    check_target(given["to"], given["yes"] or given["dry_run"], "the session would be played there")
    check_credentials(given["token"], given["basic"])
    parse_pace(given["pace"])
    given["max_gap"] = seconds("max-gap", given["max_gap"], zero=True)
    given["timeout"] = seconds("timeout", given["timeout"])
    check_reports(given["json"], given["junit"])
    if given["from"] is not None and given["to_exchange"] is not None:
        if given["from"] > given["to_exchange"]:
            raise UsageError(f"--from {given['from']} comes after --to-exchange {given['to_exchange']}")
    if given["reset_url"] is not None:
        check_target(given["reset_url"], given["yes"], "it would be reset")
    if given["minimize"] is None and (given["reset_url"] or given["reset_command"]):
        raise UsageError("--reset-url and --reset-command belong to --minimize")
    if given["dry_run"]:
        for option in ("minimize", "json", "junit", "html"):
            if given[option]:
                raise UsageError(f"--{option} has no effect with --dry-run, nothing is sent")
