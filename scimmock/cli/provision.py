"""``scimmock provision``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .redaction import check_redaction, recording_options
from .target import check_credentials, check_reports, check_target, seconds

_FILE = click.Path(path_type=Path, dir_okay=False)
_TEXT_FILE = click.Path(dir_okay=False, allow_dash=True)


@click.command(
    short_help="Be an identity provider that provisions a SCIM service.",
    epilog="Examples:\n\n  scimmock provision --as entra --to http://127.0.0.1:9000/scim --token abc"
    "\n\n  scimmock provision --as okta --to http://127.0.0.1:9000/scim --dry-run",
)
@click.option("--as", "as", required=True, metavar="IDP[@VARIANT]", help="Whom to be: okta, entra, ...")
@click.option("--to", required=True, metavar="URL", help="Base URL of the SCIM service.")
@click.option("--token", metavar="T", help="Bearer token for it.")
@click.option("--basic", metavar="USER:PASSWORD", help="Name and password for it.")
@click.option("--users", type=click.IntRange(0), default=25, show_default=True, help="People to begin with.")
@click.option("--groups", type=click.IntRange(0), default=5, show_default=True, help="Groups to begin with.")
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same people and changes.")
@click.option(
    "--scenario",
    multiple=True,
    metavar="NAME",
    help="What happens, such as onboard (docs/provision.md); several in this order. Default: lifecycle.",
)
@click.option("--allow-unverified", is_flag=True, help="Play also what no source has confirmed.")
@click.option(
    "--set", "set", multiple=True, metavar="NAME=VALUE", help="A parameter of the identity provider."
)
@click.option("--cycle", metavar="DURATION", help="Time between cycles, where it has to be waited for.")
@click.option(
    "--cycles",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="In how many cycles a step is tried at most.",
)
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=1, show_default=True, help="Requests at once."
)
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Most requests in a second.")
@click.option(
    "--timeout", metavar="DURATION", help="How long an answer may take. Default: as the IdP has it."
)
@click.option("--admin-token", metavar="TOKEN", help="Of a scimmock on another machine, to move its clock.")
@recording_options
@click.option("--dry-run", is_flag=True, help="Send nothing, show the requests.")
@click.option("--cleanup", is_flag=True, help="Delete afterwards what this run has made.")
@click.option("--yes", is_flag=True, help="Needed for a service that is not on this machine.")
@click.option(
    "--json", "json", type=_TEXT_FILE, metavar="FILE", help="Write the report as JSON, - to stdout."
)
@click.option("--junit", type=_TEXT_FILE, metavar="FILE", help="Write the report as JUnit XML, - to stdout.")
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
def command(**given: Any) -> int:
    """Do to a SCIM service what an identity provider would do, in its words and with its reactions.

    Exit code 1 when the service's directory is not as intended at the end or something failed for good,
    5 when the service does not answer, 6 when exchanges could not be recorded.
    """
    _check(given)
    from .provisioning import provision

    return provision(given)


def _check(given: dict[str, Any]) -> None:
    """Raise what can be known to be wrong before anything is sent."""
    from ..idps.scenario import load_scenario

    check_target(given["to"], given["yes"] or given["dry_run"], "accounts would be made there")
    check_credentials(given["token"], given["basic"])
    for option in ("cycle", "timeout"):
        given[option] = seconds(option, given[option])
    for name in given["scenario"]:
        load_scenario(name)
    check_reports(given["json"], given["junit"])
    if given["rate"] is not None and not math.isfinite(given["rate"]):
        raise UsageError(f"--rate {given['rate']} is no number of requests")
    if given["record"] is not None:
        check_redaction(given["redact"], given["redact_key"], given["redact_field"])
    if given["dry_run"]:
        for option in ("record", "cleanup", "json", "junit"):
            if given[option]:
                raise UsageError(f"--{option} has no effect with --dry-run, nothing is sent")
