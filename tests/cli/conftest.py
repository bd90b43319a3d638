"""Run the command line as a person does: in a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``scimmock`` with arguments and return what it said; a traceback fails the test."""

    def run_command(
        *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
        done = subprocess.run(
            [sys.executable, "-m", "scimmock", *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            env=clean | (env or {}),
            cwd=cwd or tmp_path,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    return run_command


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command line in this process up to the start of a server: (exit code, what it said)."""
    from scimmock.cli.main import main
    from scimmock.server import run as module

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "Running", lambda *_: pytest.fail("the server was started"))

    def run_command(*arguments: str) -> tuple[Any, str]:
        monkeypatch.setattr("sys.argv", ["scimmock", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code, capsys.readouterr().err

    return run_command


@pytest.fixture
def command(
    scim: httpx.Client,
    shared_server: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Run a command in this process, for the tenant of ``scim``: (exit code, output, errors)."""
    from scimmock.cli.main import main

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SCIMMOCK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")

    def run_command(*arguments: str, here: bool = True) -> tuple[int, str, str]:
        place = ("--url", shared_server.url, "--tenant", scim.base_url.path.split("/")[2]) if here else ()
        monkeypatch.setattr("sys.argv", ["scimmock", *arguments, *place])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return int(caught.value.code or 0), captured.out, captured.err

    return run_command
