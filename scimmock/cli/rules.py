"""How fault rules are shown in the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import click

from .flow import rule_text

_UNBOUND = 100_000  # columns of what is no terminal: a line for each rule, for grep
_NARROW = 60  # columns; with fewer beside names and counts, what rules do gets lines of its own


def show_rules(rules: Sequence[Mapping[str, Any]]) -> None:
    """Print rules as the control API lists them: name, counts, and what each is for and does.

    In a terminal long ones go on in further lines, where there is room under the same column.
    """
    if not rules:
        click.echo("no rules")
        return
    columns = shutil.get_terminal_size((_UNBOUND, 24)).columns
    states = [state(rule) for rule in rules]
    name_width = max(len(rule["name"]) for rule in rules)
    state_width = max(map(len, states))
    indent = name_width + state_width + 4
    texts = [rule_text(rule) for rule in rules]
    beside = columns - indent >= min(_NARROW, max(map(len, texts)))
    for rule, told, text in zip(rules, states, texts, strict=True):
        head = f"{rule['name']:{name_width}}  {told:{state_width}}"
        if not beside:
            click.echo(head.rstrip())
            click.echo(_wrapped("    ", text, columns, 4))
        elif indent + len(text) <= columns:
            click.echo(f"{head}  {text}")
        else:
            click.echo(_wrapped(f"{head}  ", text, columns, indent))


def _wrapped(first: str, text: str, columns: int, indent: int) -> str:
    return textwrap.fill(
        text,
        columns,
        initial_indent=first,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def state(rule: Mapping[str, Any]) -> str:
    """Return whether a rule is on, what it counted, how long it lives and who brought it, in words."""
    hits = rule["hits"]
    parts = [] if rule["enabled"] else ["off"]
    parts.append(f"{hits} hit{'' if hits == 1 else 's'}")
    if rule.get("left") is not None:
        per = (rule.get("when") or {}).get("per")
        parts.append(f"{rule['left']} {f'per {per}' if per else 'left'}")
    if "expires_in" in rule:
        parts.append(f"ends in {_seconds(rule['expires_in'])}")
    brought = rule.get("origin")
    return ", ".join(parts) + (f" ({brought})" if brought in ("fixture", "quirk") else "")


def _seconds(seconds: float) -> str:
    """Return a time to come as a person says it."""
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds >= 2 else f"{seconds:.1f}s"
