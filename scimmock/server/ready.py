"""What is told of a server once it listens, and the file for those who wait for that."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import FileError


@dataclass(frozen=True, slots=True)
class Ready:
    """What a client needs to know of a server that listens.

    ``url`` may be a public URL; ``local_url`` is where the server can be reached from its machine.
    ``also`` are the base URLs at which the same directory is served under other behaviours, by fixture.
    """

    url: str
    base_url: str
    control_url: str
    token: str | None
    admin_token: str
    pid: int
    seed: int
    version: str
    local_url: str
    also: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def write_ready_file(path: Path, ready: Ready) -> None:
    """Write the ready file in one step: who sees it sees all of it.  It holds tokens, hence mode 0600."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(ready.as_dict()) + "\n")
        os.replace(temporary, path)
    except OSError as error:
        raise FileError(f"the ready file cannot be written: {error.strerror}", where=str(path)) from None
