"""Processes that start warm: they are forked from one that has imported everything already.

Starting Python and importing costs a server half a second and a mitmdump one; a fork costs nothing.  What
tests do with `subprocess.Popen` they can do with a `Process`.  All of one `Nursery` share the seed of hash
values, so what is to be the same in two processes is tested with those that start cold.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, NoReturn


class Process:
    """A process that a nursery forked; ``returncode`` is None while it runs."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.pid = self._told()
        self.returncode: int | None = None

    def _told(self) -> int:
        """Return a number that the supervisor tells."""
        told = self._connection.recv(4, socket.MSG_WAITALL)
        assert told, "the nursery is gone"
        return int.from_bytes(told, signed=True)

    def poll(self) -> int | None:
        """Return the exit code, as `subprocess.Popen` does, None while the process runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raises `subprocess.TimeoutExpired` after so many seconds."""
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self.returncode = self._told()
            self._connection.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """A process that imports modules and then is forked for each `start`.

    ``function`` ("module:name") is what the forks call, with the arguments in `sys.argv`.
    """

    def __init__(self, function: str, *modules: str) -> None:
        self._program = function.partition(".")[0]
        self._orders, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, __file__, str(theirs.fileno()), function, *modules]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def start(self, *arguments: str, output: IO[Any], env: dict[str, str], cwd: Path) -> Process:
        """Start a process that writes to a file; its input is empty."""
        order = json.dumps([[self._program, *arguments], env, str(cwd)]).encode()
        connection, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._orders, [len(order).to_bytes(4)], [output.fileno(), theirs.fileno()])
            self._orders.sendall(order)
        return Process(connection)

    def close(self) -> None:
        """End it; what it has started goes on."""
        self._orders.close()
        self._process.wait()


def _grow(orders: socket.socket, function: str, modules: list[str]) -> None:
    """Fork for each order, until nobody can give one any more."""
    for name in modules:
        importlib.import_module(name)
    module, _, name = function.partition(":")
    call = getattr(importlib.import_module(module), name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        size, descriptors, *_ = socket.recv_fds(orders, 4, 2)
        _reap()
        if not size:
            return
        order = orders.recv(int.from_bytes(size), socket.MSG_WAITALL)
        if os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
    orders.close()
    _supervise(order, *descriptors, call)


def _reap() -> None:
    """Take leave of supervisors that have ended, so that what they used counts as used by the tests."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _supervise(order: bytes, output: int, descriptor: int, call: Any) -> None:
    """Fork the process itself and tell how it ends; returns nowhere but in the fork."""
    connection = socket.socket(fileno=descriptor)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _be(output, *json.loads(order), call)
    os.close(output)
    connection.sendall(pid.to_bytes(4))
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(OSError):  # nobody may want to know any more
        connection.sendall(code.to_bytes(4, signed=True))
    os._exit(0)


def _be(output: int, arguments: list[str], environment: dict[str, str], folder: str, call: Any) -> NoReturn:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(descriptor, number)
    os.close(output)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    call()
    sys.exit(0)


if __name__ == "__main__":
    sys.path[0] = ""  # as with ``python -m``, not the folder of this file
    _grow(socket.socket(fileno=int(sys.argv[1])), sys.argv[2], sys.argv[3:])
