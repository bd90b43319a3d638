"""Configuration files: ``scimmock.toml`` or ``[tool.scimmock]`` in pyproject.toml, searched upward."""

from __future__ import annotations

import importlib
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
                content = content.get("tool", {}).get("scimmock")
                if content is None:
                    continue
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
        known = _option_names(COMMANDS[command][0])
        values = {}
        for key, value in options.items():
            name = key.replace("-", "_")
            if name not in known:
                _refuse(path, f"{command}.{key}", [f"{command}.{option}" for option in known])
            values[known[name]] = value
        defaults[command] = values
    return defaults


def _option_names(module: str) -> dict[str, str]:
    """Return the parameter name of each option by the option's own name, dashes as underscores."""
    command: click.Command = importlib.import_module(f".{module}", __package__).command
    names = {}
    for parameter in command.params:
        if parameter.name is not None:
            for option in parameter.opts:
                names[option.lstrip("-").replace("-", "_")] = parameter.name
    return names


def _refuse(path: Path, key: str, known: list[str]) -> None:
    near = did_you_mean(key, known)
    raise UsageError(
        f"unknown key {key!r}", where=str(path), hint=f"did you mean {near!r}?" if near else None
    )
