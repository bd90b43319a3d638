"""The page of all commands and their options, as docs/commands.md has it::

python -m scimmock.cli.reference > docs/commands.md
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from .main import COMMANDS, cli

_HEAD = """\
# Commands

Every command with all of its options; `scimmock COMMAND --help` says the same. An option can stand on the
command line, in the environment as `SCIMMOCK_<COMMAND>_<OPTION>` (`SCIMMOCK_SERVE_PORT`, for commands in a
group `SCIMMOCK_FAULTS_ADD_MATCH`) or in a file, `scimmock.toml` or `[tool.scimmock.<COMMAND>]` in
`pyproject.toml`, searched upward; the command line wins over the environment, the environment over the file.
What the exit codes mean is said in [scimmock in CI](ci.md#exit-codes).
"""


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Yield all commands with what they are called by, those in a group after the group."""
    context = _root()
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield f"scimmock {name}", command
        if isinstance(command, click.Group):
            for inner, subcommand in command.commands.items():
                yield f"scimmock {name} {inner}", subcommand


def _root() -> click.Context:
    return click.Context(cli, info_name="scimmock", **cli.context_settings)


def reference() -> str:
    """Return the page."""
    return "\n".join((_HEAD, *(_section(called, command) for called, command in every_command())))


def _section(called: str, command: click.Command) -> str:
    pieces = command.collect_usage_pieces(click.Context(command, _root()))
    parts = [f"## {called}", f"    {' '.join((called, *pieces))}", inspect.cleandoc(command.help or "")]
    options = [option for option in command.params if isinstance(option, click.Option)]
    if options:
        rows = (f"| {_name(option)} | {_cell(_told(option))} |" for option in options)
        parts.append("\n".join(("| option | what it does |", "|---|---|", *rows)))
    examples = (command.epilog or "").partition("Examples:")[2].split("\n\n")
    lines = "\n".join(line.strip() for line in examples if line.strip())
    parts.append(f"```sh\n{lines}\n```")
    return "\n\n".join(parts) + "\n"


def _name(option: click.Option) -> str:
    *others, long = sorted((*option.opts, *option.secondary_opts), key=len)
    short = "".join(f", `{name}`" for name in others)
    return f"`{_cell(f'{long} {_value(option)}'.strip())}`{short}"


def _value(option: click.Option) -> str:
    """Return what stands for the value of an option, "" for a flag."""
    if option.is_flag:
        return ""
    if option.metavar:
        return option.metavar
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    if isinstance(option.type, click.Path):
        return "FILE"
    return "N" if option.type.name.split()[0] in ("integer", "float") else "TEXT"


def _told(option: click.Option) -> str:
    told = [option.help or ""]
    if option.multiple:
        told.append("May be repeated.")
    if option.show_default and option.default is not None and not option.is_flag:
        told.append(f"Default: {option.default}.")
    if option.required:
        told.append("Needed.")
    return " ".join(filter(None, told))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    click.echo(reference(), nl=False)
