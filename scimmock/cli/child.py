"""A command that runs beside the server: how it is started, what it is told, and how it ended."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence

from ..errors import UsageError

# What a terminal sends to all of its foreground processes, the command included.
_OF_TERMINALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGQUIT", "SIGHUP") if hasattr(signal, name)
)


def signals_to_pass_on() -> tuple[int, ...]:
    """Return the signals that are meant for the command; those that are ignored stay so for both."""
    every = (signal.SIGTERM, *_OF_TERMINALS)
    return tuple(number for number in every if signal.getsignal(number) is not signal.SIG_IGN)


def program_of(command: Sequence[str]) -> str:
    """Return where the program of a command is; raises UsageError when there is none."""
    found = shutil.which(command[0])
    if found is None:
        hint = "what stands after -- is a program with its arguments"
        raise UsageError(f"the command {command[0]!r} is not there or cannot be executed", hint=hint)
    return found


class Child:
    """The process of a command, with the streams of this one; raises UsageError when it does not start."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(command, env=dict(environment))
        except OSError as error:
            raise UsageError(f"the command {command[0]!r} did not start: {error.strerror}") from None

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` in a thread of its own once the process has ended."""

        def wait() -> None:
            self._process.wait()
            tell()

        threading.Thread(target=wait, daemon=True).start()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def pass_on(self, number: int) -> None:
        """Send a signal to the process, unless the terminal has sent it to both."""
        if not (number in _OF_TERMINALS and _is_in_foreground()):
            self._process.send_signal(number)

    def end(self) -> int:
        """Wait for the end and return the exit code as a shell has it, 128 + k after signal k."""
        code = self._process.wait()
        return code if code >= 0 else 128 - code

    def terminate(self) -> None:
        """Ask the process to end."""
        self._process.terminate()


def _is_in_foreground() -> bool:
    """Whether this process is one of those that the keys of its terminal send signals to."""
    if os.name == "nt":  # a console tells all of its processes
        return True
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
