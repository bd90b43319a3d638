"""Quirks in a fixture, and what cannot stand together in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from ..errors import did_you_mean
from ..faults.errors import RuleError
from ..faults.rule import Rule
from ..faults.ruleset import MAX_RULES
from ..yamlfile import YamlFile
from .quirkset import Chosen, QuirkSet, read_quirks

Confidence = Literal["documented", "logged", "code", "issue", "second-hand", "unverified", "standard"]

_CONTRADICTIONS = (
    ("store-unknown-attributes", "drop-unknown-attributes"),
    ("store-unknown-members", "skip-unknown-members"),
)


def quirks_of(source: YamlFile, path: str, data: list[Any]) -> list[Chosen]:
    """Read the quirks at a path of a YAML file; raises FileError with path:line:column."""
    try:
        chosen = read_quirks(data, path)
    except RuleError as error:
        raise source.error(error.path, error.message, error.advice) from None
    check_confidence(source, path, data)
    return chosen


def check_confidence(source: YamlFile, path: str, items: list[Any]) -> None:
    """Raise FileError for a ``confidence`` of quirks or rules that is none of the known ones."""
    known = get_args(Confidence)
    for index, item in enumerate(items):
        given = item.get("confidence", known[0]) if isinstance(item, dict) else known[0]
        if given not in known:
            near = did_you_mean(str(given), known)
            hint = f"did you mean {near!r}?" if near else f"{', '.join(known)} would be right"
            raise source.error(f"{path}[{index}].confidence", f"unknown confidence {given!r}", hint)


def check_together(
    source: YamlFile, switches: Sequence[str], quirks: Sequence[Chosen], faults: Sequence[Rule]
) -> None:
    """Raise FileError for switches and quirks of a fixture that exclude each other or stand twice.

    Also for rules of the fixture that have the name of one that plays a quirk, and for too many rules.
    """
    places = {name: f"$.behaviour.leniency[{index}]" for index, name in enumerate(switches)}
    for index, item in enumerate(quirks):
        path = f"$.behaviour.quirks[{index}]"
        if item.name in places:
            message = f"{item.name!r} stands among the leniency switches too"
            raise source.error(path, message, "keep one of them")
        places[item.name] = path
    order = list(places)
    for pair in _CONTRADICTIONS:
        if all(name in places for name in pair):
            later = max(pair, key=order.index)
            message = f"{pair[0]!r} and {pair[1]!r} exclude each other"
            raise source.error(places[later], message, "keep one of them")
    playing = {rule.name: item.name for item in quirks for rule in QuirkSet([item]).rules()}
    for index, rule in enumerate(faults):
        if rule.name in playing:
            message = f"the name {rule.name!r} is that of a rule of the quirk {playing[rule.name]!r}"
            raise source.error(f"$.faults[{index}].name", message, "choose another")
    if len(faults) + len(playing) > MAX_RULES:
        raise source.error("$.faults", f"there are at most {MAX_RULES} rules", "leave some out")
