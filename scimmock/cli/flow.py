"""Fault rules on one line, in the form in which ``faults add`` takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..yamltext import flow


def rule_text(rule: Mapping[str, Any]) -> str:
    """Return what a rule is for, how often it fires and what it does, without its name and counts."""
    parts = [f"{key} {flow(rule[key])}" for key in ("match", "when", "do") if rule.get(key)]
    return " ".join([*parts, "continue"] if rule.get("continue") else parts)
