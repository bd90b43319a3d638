"""What the header of a recording says of the scimmock that served, by what that tells of itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_COUNTED = ("origin", "hits", "seen", "left", "expires_in")  # what a listing of rules adds to them


def header_of(server: dict[str, Any], rules: Iterable[dict[str, Any]], recording: Path) -> dict[str, Any]:
    """Return what the header of a recording says of a server.

    ``server`` is that of ``GET info``, ``rules`` are all that are in force, as they are listed.  Paths
    become relative to the folder of the recording: with that they can be moved, and say less of a machine.
    """
    folder = recording.absolute().parent
    portable = {
        name: [_relative(text, folder) for text in server[name]]
        for name in ("fixtures", "also", "people")
        if name in server
    }
    faults = [_uncounted(rule) for rule in rules if rule.get("origin") not in ("fixture", "quirk")]
    return {"faults": faults, "server": {**server, **portable}}


def _relative(text: str, folder: Path) -> str:
    if not os.path.isabs(text):
        return text
    relative = os.path.relpath(text, folder)
    return relative if relative.startswith(".") else f"./{relative}"


def _uncounted(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule as it is written, from its listing."""
    kept = {name: value for name, value in rule.items() if name not in _COUNTED}
    if kept.get("enabled"):
        del kept["enabled"]
    return kept
