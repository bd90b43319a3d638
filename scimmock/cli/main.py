"""``scimmock``: finds its commands, reads configuration, shows errors as a sentence."""

from __future__ import annotations

import importlib
import sys
from typing import Any, NoReturn

import click

from ..errors import UserError, did_you_mean
from ..version import __version__
from .config import check_environment, load_config

# Command -> (module, what it does); the modules are imported when a command runs or shows its help.
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serve", "Serve SCIM 2.0 from memory, seeded with people."),
    "wait": ("wait", "Wait until a server is ready."),
    "exec": ("exec", "Run a command with a server of its own."),
    "fixtures": ("fixtures", "List, show and check fixtures."),
    "faults": ("faults", "List, add, switch and remove the fault rules of a server."),
    "state": ("state", "Get, restore and reset what a server's directory holds."),
    "clock": ("clock", "Show, stop and move a server's clock."),
    "verify": ("verify", "Check that a server was called as expected."),
    "tail": ("tail", "Show the exchanges of a server, one line each."),
    "record": ("record", "Record what an identity provider and an application say to each other."),
    "show": ("show", "Show a recorded session as a list that can be read."),
    "convert": ("convert", "Turn recordings into HAR, curl, pytest or people, and HAR into recordings."),
    "redact": ("redact", "Take secrets and persons out of a recording or HAR."),
    "replay": ("replay", "Play a recorded session at a service again, and show what is different."),
    "provision": ("provision", "Be an identity provider that provisions a SCIM service."),
    "addon-path": ("addon_path", "Print where the addon for mitmproxy is."),
}


class Commands(click.Group):
    """A group that imports a command only when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f".{COMMANDS[cmd_name][0]}", __package__)
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = did_you_mean(args[0], COMMANDS)
            hint = f", did you mean {near!r}?" if near else f", there are {', '.join(COMMANDS)}"
            ctx.fail(f"there is no command {args[0]!r}{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": "SCIMMOCK",
        "max_content_width": 100,
    },
    epilog="Examples:\n\n  scimmock serve --fixture okta\n\n  scimmock fixtures list",
)
@click.version_option(__version__, prog_name="scimmock")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A mock SCIM server for testing identity provisioning.

    Every option can also be set as SCIMMOCK_<COMMAND>_<OPTION> in the environment, in scimmock.toml
    or under [tool.scimmock] in pyproject.toml.
    """
    ctx.default_map = load_config()
    if ctx.invoked_subcommand in COMMANDS:
        check_environment(ctx.invoked_subcommand)


def main() -> NoReturn:
    """Run the command line and exit; errors of the user are one sentence, never a traceback."""
    try:
        result = cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UserError as error:
        click.echo(f"scimmock: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(result if isinstance(result, int) else 0)
