"""What tests of recording share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Home = dict[str, str]
OnFullDisk = Callable[[int, str], "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home of its own, so that no key of this machine is made or used."""
    return {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def on_full_disk(tmp_path: Path, home: Home) -> Iterator[OnFullDisk]:
    """What starts an empty ``serve --record FILE`` whose files may grow to so many KiB, which writes
    ``ready.json``; that and the log are small."""
    started = []

    def start(kibibytes: int, file: str) -> subprocess.Popen[str]:
        script = f'ulimit -f {kibibytes}; trap "" XFSZ; exec "$@"'
        command = [sys.executable, "-m", "scimmock", "serve", "--port", "0", "--users", "0", "--groups", "0"]
        command += ["--record", file, "--ready-file", "ready.json"]
        process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command],
            cwd=tmp_path,
            env={**os.environ, **home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
