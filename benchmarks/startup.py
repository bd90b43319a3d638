"""How long until it serves, and how much memory it takes."""

from __future__ import annotations

import subprocess
import time

from client import resident_mb
from report import Limit
from servers import environment, running, scimmock_serve

LARGE = 100_000


def measure_startup(command: list[str], repeat: int, large: bool) -> list[Limit]:
    """Best of a few starts; the large directory is started once."""
    helps, starts = [], []
    for _ in range(repeat):
        start = time.perf_counter()
        subprocess.run([*command, "--help"], check=True, stdout=subprocess.DEVNULL, env=environment())
        helps.append(time.perf_counter() - start)
        with running("scimmock", [*command, "serve", "--port", "0"], ["--ready-file"]) as server:
            starts.append(server.ready_after)
    found = [
        Limit("`scimmock --help`", min(helps), 0.25, " s"),
        Limit("`scimmock serve` until ready, default directory", min(starts), 0.7, " s"),
    ]
    if large:
        with running("scimmock", scimmock_serve(command, "rfc", LARGE), ["--ready-file"]) as server:
            memory = resident_mb(server.pid)
            found += [
                Limit(f"`scimmock serve --users {LARGE}` until ready", server.ready_after, 10, " s"),
                Limit(f"resident memory with {LARGE:,} users", memory, 600, " MB"),
            ]
    return found
