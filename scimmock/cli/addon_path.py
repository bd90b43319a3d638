"""``scimmock addon-path``."""

from __future__ import annotations

from pathlib import Path

import click

ADDON = Path(__file__).resolve().parents[1] / "proxy" / "addon.py"


@click.command(
    name="addon-path",
    short_help="Print where the addon for mitmproxy is.",
    epilog="Examples:\n\n  scimmock addon-path\n\n  scimmock addon-path | xargs -I ADDON mitmdump -s ADDON",
)
def command() -> None:
    """Print the path of the file that mitmproxy takes with -s.

    It runs in any mitmproxy 11 or 12 on Python 3.11 or newer, also where scimmock is not installed.
    """
    click.echo(ADDON)
