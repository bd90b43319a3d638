"""Configuration files: ``scimmock.toml`` or ``[tool.scimmock]`` in pyproject.toml, searched upward."""

from __future__ import annotations

import importlib
import os
import tomllib
from pathlib import Path
from typing import Any

import click

from ..errors import UsageError, did_you_mean


def find_config(start: Path) -> tuple[Path, dict[str, Any]] | None:
    """Return the nearest file that configures scimmock and its tables by command, or None."""
    for folder in (start, *start.parents):
        for name in ("scimmock.toml", "pyproject.toml"):
            path = folder / name
            if not path.is_file():
                continue
            try:
                content = tomllib.loads(path.read_text("utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
                if name == "pyproject.toml":
                    continue  # a project's own file: its own tools will complain
                raise UsageError(f"is not TOML: {error}", where=str(path)) from None
            if name == "pyproject.toml":
                tool = content.get("tool")
                own = tool.get("scimmock") if isinstance(tool, dict) else None
                if own is None:
                    continue
                if not isinstance(own, dict):
                    raise UsageError("tool.scimmock is a table of commands", where=str(path))
                content = own
            return path, content
    return None


def load_config(start: Path | None = None) -> dict[str, Any]:
    """Return click's default map; raises UsageError for a key that no command knows."""
    found = find_config(start or Path.cwd())
    if found is None:
        return {}
    path, content = found
    from .main import COMMANDS

    defaults: dict[str, Any] = {}
    for command, options in content.items():
        if command not in COMMANDS:
            _refuse(path, command, list(COMMANDS))
        if not isinstance(options, dict):
            raise UsageError(f"{command} is a table of options", where=str(path))
        known = _options(COMMANDS[command][0])
        values = {}
        for key, value in options.items():
            name = key.replace("-", "_")
            if name not in known:
                _refuse(path, f"{command}.{key}", [f"{command}.{option}" for option in known])
            option = known[name]
            assert option.name is not None
            values[option.name] = _checked(path, f"{command}.{key}", option, value)
        defaults[command] = values
    return defaults


def check_environment(command: str) -> None:
    """Raise UsageError for a variable SCIMMOCK_<COMMAND>_... that is no option of the command."""
    from .main import COMMANDS

    prefix = f"SCIMMOCK_{command}_".upper().replace("-", "_")
    known = [prefix + name.upper() for name in _options(COMMANDS[command][0])]
    for name in os.environ:
        if name.startswith(prefix) and name not in known and not _is_of_subcommand(command, name):
            near = did_you_mean(name, known)
            raise UsageError(
                f"unknown variable {name} in the environment",
                hint=f"did you mean {near}?" if near else f"scimmock {command} --help lists the options",
            )


def _is_of_subcommand(command: str, variable: str) -> bool:
    from .main import COMMANDS

    group = importlib.import_module(f".{COMMANDS[command][0]}", __package__).command
    subcommands = getattr(group, "commands", {})
    return any(
        variable.startswith(f"SCIMMOCK_{command}_{name}_".upper().replace("-", "_")) for name in subcommands
    )


def _options(module: str) -> dict[str, click.Option]:
    """Return the options of a command by name, dashes as underscores."""
    command: click.Command = importlib.import_module(f".{module}", __package__).command
    options = [option for option in command.params if isinstance(option, click.Option)]
    return {name.lstrip("-").replace("-", "_"): option for option in options for name in option.opts}


def _checked(path: Path, key: str, option: click.Option, value: Any) -> Any:
    """Return a value in the form that click takes; raises UsageError for one of the wrong type."""
    if option.multiple:
        values = value if isinstance(value, list) else [value]
        return [_checked_one(path, key, option, item) for item in values]
    return _checked_one(path, key, option, value)


def _checked_one(path: Path, key: str, option: click.Option, value: Any) -> Any:
    if option.is_flag:
        wanted, fits = "true or false", isinstance(value, bool)
    elif isinstance(option.type, click.types.IntParamType):
        wanted, fits = "a whole number", isinstance(value, int) and not isinstance(value, bool)
    else:
        wanted, fits = "a string", isinstance(value, str)
    if not fits:
        raise UsageError(f"{key} is {wanted}, not {value!r}", where=str(path))
    return value


def _refuse(path: Path, key: str, known: list[str]) -> None:
    near = did_you_mean(key, known)
    raise UsageError(
        f"unknown key {key!r}", where=str(path), hint=f"did you mean {near!r}?" if near else None
    )
