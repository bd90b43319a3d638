"""Rules from files: YAML, packs by name, and Python."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import FileError, did_you_mean
from ..yamlfile import YamlFile, read_yaml
from .errors import RuleError
from .rule import Rule, read_rules


@dataclass(frozen=True, slots=True)
class Pack:
    """A ready-made set of rules: what it plays, in a sentence, and its file."""

    name: str
    title: str
    path: Path


@cache
def packs() -> dict[str, Pack]:
    """Return the shipped packs by name."""
    found = {}
    for path in sorted((Path(__file__).parent / "packs").glob("*.yaml")):
        data = read_yaml(path).data
        found[path.stem] = Pack(path.stem, str(data.get("title", "")), path)
    return found


def load_faults(name: str) -> list[Rule]:
    """Read the rules of a pack, a YAML file or a Python file; raises FileError with path:line:column."""
    path = Path(name)
    if name in packs() and not path.is_file():
        return _from_yaml(packs()[name].path)
    if not path.is_file():
        if "/" in name or path.suffix in (".yaml", ".yml", ".json", ".py"):
            raise FileError("there is no such faults file", where=name)
        near = did_you_mean(name, packs())
        hint = f"did you mean {near!r}?" if near else f"packs are {', '.join(packs())}"
        raise FileError(f"there is no pack or file of faults {name!r}", hint=hint)
    if path.suffix == ".py":
        from .python import load_python

        return load_python(path)
    return _from_yaml(path)


def _from_yaml(path: Path) -> list[Rule]:
    source = read_yaml(path)
    data = source.data
    if isinstance(data, dict):
        extra = [key for key in data if key not in ("faults", "title", "description")]
        if extra:
            near = did_you_mean(extra[0], ("faults", "title", "description"))
            hint = f"did you mean {near!r}?" if near else "rules stand in a list under 'faults'"
            raise source.error(f"$.{extra[0]}", f"unknown key {extra[0]!r}", hint)
        if "faults" not in data:
            raise source.error("$", "has no rules", "they stand in a list under 'faults'")
        return rules_of(source, "$.faults", data["faults"], "faults")
    return rules_of(source, "$", data, "faults")


def rules_of(source: YamlFile, path: str, data: Any, origin: str) -> list[Rule]:
    """Read the rules at a path of a YAML file; raises FileError with path:line:column."""
    try:
        return read_rules(data, path, origin)
    except RuleError as error:
        raise source.error(error.path, error.message, error.advice) from None
