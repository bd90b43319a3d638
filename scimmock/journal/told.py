"""A failed expectation as lines for a person."""

from __future__ import annotations

from typing import Any


def explained(failure: dict[str, Any]) -> list[str]:
    """Return what an entry of ``failures`` says: what is missing, what came nearest, what was found."""
    lines = [str(failure["message"])]
    for miss in failure.get("nearest", []):
        lines.append(f"nearest: {miss['n']}  {miss['summary']}")
        lines += [
            f"  {differs['field']}: wanted {differs['wanted']}, found {differs['found']}"
            for differs in miss["differs"]
        ]
    lines += [f"found: {match['n']}  {match['summary']}" for match in failure.get("matched", [])]
    return lines
