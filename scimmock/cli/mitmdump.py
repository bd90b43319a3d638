"""Runs mitmdump with the addon as a process of its own: starts it, watches what it says, ends it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import BindError, FileError, UsageError, UserError
from .addon_path import ADDON

_START = 30.0  # seconds until it must be ready
_END = 15.0  # seconds that it has to end by itself
_RUN = "from mitmproxy.tools.main import mitmdump; mitmdump()"
# What an option of the addon is called here, where the refusal of a value names it.
_OPTION = re.compile(r"\bscim_(public_url|redact|redact_key|redact_field|faults|seed)\b")
_TAKEN = ("address already in use", "errno 98", "errno 48", "only one usage of each socket")


class Tail:
    """Yields the lines that come to a file, from ``start`` bytes on; it need not be there yet."""

    def __init__(self, path: Path, start: int = 0) -> None:
        self._path = path
        self._at = start

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that are complete by now."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._at)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self._at += len(line)
                    yield line
        except FileNotFoundError:
            return


class Mitmdump:
    """One run of it, whose files are in ``folder``; ``options`` are arguments of mitmdump.

    ``ready`` is what the addon says once connections are accepted.
    """

    def __init__(self, folder: Path, options: Sequence[str]) -> None:
        self.ready: dict[str, Any] = {}
        self._ready_file, self._summary = folder / "ready.json", folder / "summary.json"
        self._said = folder / "output.txt"
        self.output = Tail(self._said)
        command = [
            *_program(),
            "--quiet",
            *("--scripts", str(ADDON)),
            *("--set", f"scim_ready={self._ready_file}", "--set", f"scim_summary={self._summary}"),
            *options,
        ]
        with self._said.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait_until_ready(self) -> None:
        """Return once it accepts connections; raises UserError with what it said when it does not."""
        deadline = time.monotonic() + _START
        while not self._ready_file.exists():
            if not self.is_running or time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise self._failure()
            time.sleep(0.02)
        self.ready = json.loads(self._ready_file.read_text("utf-8"))

    def _failure(self) -> UserError:
        refused = self.summary()
        if "refused" in refused:
            kind = {2: UsageError, 4: FileError}.get(refused.get("exit_code", 0), UserError)
            said = _OPTION.sub(lambda match: "--" + match[1].replace("_", "-"), str(refused["refused"]))
            return kind(said)
        said = self._said.read_text("utf-8", "replace").strip()
        if any(words in said.lower() for words in _TAKEN):
            return BindError("the port is taken", hint="choose another with --port, 0 for a free one")
        if not said:
            said = "it said nothing: is the file of the addon what it should be?"
        return UserError(f"mitmdump did not start with the addon {ADDON}: {said}")

    def end(self) -> int:
        """End it if it runs, as it likes to be ended, and return its exit code."""
        if self.is_running:
            self.process.terminate()
        try:
            return self.process.wait(_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def summary(self) -> dict[str, Any]:
        """Return what the addon said at its end, nothing when it did not come to it."""
        try:
            found = json.loads(self._summary.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def _program() -> list[str]:
    """Return how mitmdump is called: that of this Python, else the one on the PATH."""
    if importlib.util.find_spec("mitmproxy") is not None:
        return [sys.executable, "-P", "-c", _RUN]
    found = shutil.which("mitmdump")
    if found is None:
        raise UsageError("record needs mitmproxy", hint="pip install 'scimmock[record]' installs it")
    return [found]


@contextmanager
def alone(confdir: Path) -> Iterator[None]:
    """Let no two processes make a certificate authority in the same folder: they would spoil it."""
    if (confdir / "mitmproxy-ca.pem").exists():
        yield
        return
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with open(confdir / "scimmock.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def conf_folder(given: Path | None, fallback: Path) -> tuple[Path, bool]:
    """Return the folder of mitmproxy's certificate authority, and whether it stays.

    By default it is one of scimmock's own, so that an authority that is trusted once stays the same;
    without a home that can be written to, ``fallback``.
    """
    if given is not None:
        try:
            given.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"cannot be written: {error.strerror}", where=str(given)) from None
        return given, True
    try:
        state = os.environ.get("XDG_STATE_HOME")
        folder = (Path(state) if state else Path.home() / ".local" / "state") / "scimmock" / "mitmproxy"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder, True
    except (OSError, RuntimeError):
        pass
    fallback.mkdir(mode=0o700, exist_ok=True)
    return fallback, False
