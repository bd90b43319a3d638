"""``scimmock provision``."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError
from .redaction import check_redaction, recording_options

_FILE = click.Path(path_type=Path, dir_okay=False)
_TEXT_FILE = click.Path(dir_okay=False, allow_dash=True)


@click.command(
    short_help="Be an identity provider that provisions a SCIM service.",
    epilog="Examples:\n\n  scimmock provision --as entra --to http://127.0.0.1:9000/scim --token abc"
    "\n\n  scimmock provision --as okta --to http://127.0.0.1:9000/scim --dry-run",
)
@click.option("--as", "as", required=True, metavar="IDP[@VARIANT]", help="The identity provider to be.")
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
    help="What happens, in this order: see docs/provision.md. Default: lifecycle.",
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
    from ..hosts import is_loopback
    from ..idps.scenario import load_scenario

    match = re.fullmatch(
        r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(/[^?#\s]*)?", given["to"]
    )
    if match is None:
        hint = "http://127.0.0.1:8080/scim/v2 would be one"
        raise UsageError(f"--to {given['to']!r} is no URL of a SCIM service", hint=hint)
    if not is_loopback(match[1].strip("[]")) and not given["yes"] and not given["dry_run"]:
        hint = "--yes says that it is meant"
        raise UsageError(f"{match[1]} is not this machine: accounts would be made there", hint=hint)
    if given["token"] is not None and given["basic"] is not None:
        raise UsageError("--token and --basic exclude each other")
    if given["basic"] is not None and ":" not in given["basic"]:
        raise UsageError("--basic is a name and a password", hint="USER:PASSWORD would be right")
    for option in ("cycle", "timeout"):
        given[option] = _seconds(option, given[option])
    for name in given["scenario"]:
        load_scenario(name)
    if given["json"] == given["junit"] == "-":
        raise UsageError("--json - and --junit - both go to stdout", hint="one of them can go to a file")
    if given["rate"] is not None and not math.isfinite(given["rate"]):
        raise UsageError(f"--rate {given['rate']} is no number of requests")
    if given["record"] is not None:
        check_redaction(given["redact"], given["redact_key"], given["redact_field"])
    if given["dry_run"]:
        for option in ("record", "cleanup", "json", "junit"):
            if given[option]:
                raise UsageError(f"--{option} has no effect with --dry-run, nothing is sent")


def _seconds(option: str, text: str | None) -> float | None:
    from ..clock import parse_duration

    if text is None:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise UsageError(f"--{option}: {error}") from None
    if not seconds:
        raise UsageError(f"--{option} {text} is no time at all")
    return seconds
