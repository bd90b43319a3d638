"""Small files that tell others how a recorder fares."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_whole(path: Path, document: dict[str, Any]) -> None:
    """Write a JSON file in one step: who sees it sees all of it; raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(document) + "\n")
    os.replace(temporary, path)
