"""Lines of documentation and configuration files that call scimmock, held against its real command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click

from scimmock.cli.main import COMMANDS, cli

_ENDS = frozenset(("&", "&&", "||", "|", ";", ">", "<", "<<<", "2>", "{", "}"))


def shells(page: str) -> Iterator[str]:
    """Yield what is to be typed in the code blocks of a page: all of ``sh``, the prompts of ``console``."""
    blocks = re.findall(r"^```(sh|console)\n(.*?)^```", page.replace("\\\n", " "), re.DOTALL | re.MULTILINE)
    for kind, block in blocks:
        lines = block.splitlines()
        yield "\n".join(lines if kind == "sh" else [line[2:] for line in lines if line.startswith("$ ")])


def calls(shell: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of scimmock in a text of shell, those that `exec` runs included."""
    for words in _commands(shell):
        for place, word in enumerate(words[:-1]):
            if word == "scimmock" and words[place + 1] in COMMANDS:
                yield words[place + 1 :]
                break
        if "-c" in words:
            yield from calls(words[words.index("-c") + 1])


def _commands(shell: str) -> Iterator[list[str]]:
    """Yield the words of each simple command."""
    pending = ""
    for line in shell.replace("\\\n", " ").splitlines():
        pending += line
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quotation that goes on
            pending += "\n"
            continue
        pending = ""
        while words:
            end = next((place for place, word in enumerate(words) if word in _ENDS), len(words))
            yield [word.rstrip(";") for word in words[:end]]
            words = words[end + 1 :]
    assert not pending, f"no end of a quotation: {pending}"


def root() -> click.Context:
    """Return the context of ``scimmock`` itself, which commands that are called without it have to be given:
    they remember the names of the option for help, which come from there."""
    return click.Context(cli, info_name="scimmock", **cli.context_settings)


def check(arguments: list[str]) -> None:
    """Raise click.UsageError for a command, an option, an argument or a choice that there is not."""
    command: click.Command = cli
    context = root()
    words = list(arguments)
    while isinstance(command, click.Group):
        if command is not cli:
            values, words, _ = command.make_parser(context).parse_args(words)
            _check_values(command, context, values)
        found = command.get_command(context, words[0])
        if found is None:
            raise click.UsageError(f"there is no command {words[0]!r}")
        command = found
        context = click.Context(command, context, info_name=words[0], **command.context_settings)
        words = words[1:]
    values, left, _ = command.make_parser(context).parse_args(words)
    if left:
        raise click.UsageError(f"nobody takes {left}")
    _check_values(command, context, values)


def _check_values(command: click.Command, context: click.Context, values: dict[str, object]) -> None:
    for option in command.params:
        given = values.get(option.name or "")
        if isinstance(option.type, click.Choice | click.types.IntParamType) and given is not None:
            for value in given if isinstance(given, list | tuple) else [given]:
                option.type.convert(value, option, context)
