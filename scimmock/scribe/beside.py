"""The scribe as the server sees it: started, put in charge, asked to give the recorder back."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from ..traffic.recorded import Facts
from ..traffic.recorder import Account, Recorder
from .link import IDENTITY, Link

Done = asyncio.Future[None]
# What is recorded, and who waits for that.
Item = tuple[Facts, Done | None]
# The folder that this scimmock is in comes last: what lies beside it may have names of the standard library.
_BEGIN = (
    "import sys; sys.path.append(sys.argv[2]); "
    "from scimmock.scribe.__main__ import main; main(int(sys.argv[1]))"
)
_PACKAGES = str(Path(__file__).parents[2])
_SECONDS_TO_END = 10.0
# How long it may do nothing while it has something to do.  A body of 10 MB takes some seconds.
_SECONDS_OF_SILENCE = 30.0


def helps_here() -> bool:
    """Whether a second process can be had, and a processor for it."""
    if not hasattr(socket, "send_fds") or os.name != "posix":
        return False
    known = getattr(os, "sched_getaffinity", None)
    return (len(known(0)) if known is not None else os.cpu_count() or 1) > 1


class Scribe:
    """The process.  ``is_ready``: it waits for a recorder; ``in_charge``: it has one.

    Starting raises OSError.  Where the process ends by itself, or is ended since it does nothing any more,
    ``on_end`` is called with the reason, and with what it had not confirmed; some of that may be in the file.
    """

    def __init__(self, on_end: Callable[[str, list[Item]], None]) -> None:
        self._on_end = on_end
        self._recorder: Recorder | None = None
        self._items: deque[Item] = deque()
        self.is_ready = False
        here, there = socket.socketpair()
        try:
            self._process = _started(there)
        except BaseException:
            here.close()
            raise
        finally:
            there.close()
        here.setblocking(False)
        self._link = Link(here, _SECONDS_OF_SILENCE)
        self._confirmed = 0
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(here.fileno(), self._listen)

    @property
    def in_charge(self) -> bool:
        return self._recorder is not None

    @property
    def waiting(self) -> int:
        """How many exchanges it has not confirmed yet."""
        return len(self._items)

    def take_over(self, recorder: Recorder) -> None:
        """Put it in charge of a recorder, whose counts it keeps up to date; raises as `Link.hand`."""
        self._link.hand(recorder)
        self._recorder = recorder
        self.is_ready = False

    def record(self, items: Sequence[Item]) -> None:
        """Let exchanges be recorded, and those go on who wait for that."""
        self._items += items
        if self._timer is None:
            self._look_later()
        try:
            try:
                self._link.send([tuple(facts) for facts, _ in items])
            except ValueError:
                for facts, _ in items:
                    self._send_alone(facts)
            self._hear(self._link.heard())
        except (EOFError, OSError) as error:
            self._end(error)

    def _send_alone(self, facts: Facts) -> None:
        try:
            self._link.send([tuple(facts)])
        except ValueError as error:
            self._link.send([f"cannot be recorded: {error}"])

    def give_back(self) -> Recorder | None:
        """Return the recorder with its file; None where the process has ended by itself."""
        assert self._recorder is not None
        try:
            while self._items:
                self._confirm(self._link.receive())
            self._link.send(None)
            self._recorder.writer.close()  # there is room for the descriptor that comes, then
            recorder = self._link.take()
        except (EOFError, OSError) as error:
            self._end(error)
            return None
        self._recorder = None
        self.is_ready = True
        return recorder

    def close(self) -> None:
        """End the process, which has nothing in charge."""
        if self._timer is not None:
            self._timer.cancel()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._link.socket.fileno())
        self._link.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    # ---- what it says

    def _listen(self) -> None:
        try:
            self._hear(self._link.received())
        except BlockingIOError:
            return
        except (EOFError, OSError) as error:
            self._end(error)

    def _hear(self, messages: Iterable[Any]) -> None:
        for message in messages:
            if self._recorder is not None:
                self._confirm(message)
            elif message == IDENTITY:
                self.is_ready = True
            else:
                raise ConnectionError("it is another scimmock")

    def _confirm(self, account: Account) -> None:
        """Know that one more exchange is in the file, or lost."""
        assert self._recorder is not None
        self._recorder.take_account(account)
        self._confirmed += 1
        let_go(self._items.popleft())

    def _look_later(self) -> None:
        self._timer = self._loop.call_later(_SECONDS_OF_SILENCE, self._look, self._confirmed)

    def _look(self, confirmed: int) -> None:
        """End the process if it confirmed nothing since the last look, and somebody waits for that."""
        self._timer = None
        if self._items and self._confirmed == confirmed:
            self._end(TimeoutError())
        elif self._items:
            self._look_later()

    def _end(self, error: Exception) -> None:
        """Know that the process has ended by itself, or end it where it is of no use."""
        self.is_ready = False
        why = ""
        if isinstance(error, TimeoutError):
            why = f"did nothing for {_SECONDS_OF_SILENCE:g} seconds"
            self._process.kill()
        self.close()
        items = list(self._items)
        self._items.clear()
        code = self._process.returncode
        self._on_end(why or (f"was ended by signal {-code}" if code < 0 else f"ended with {code}"), items)
        self._recorder = None


def let_go(item: Item) -> None:
    """Let go on who waits for an exchange."""
    done = item[1]
    # It is done where the server has given up the request.
    if done is not None and not done.done() and not done.get_loop().is_closed():
        done.set_result(None)


def _started(end: socket.socket) -> subprocess.Popen[bytes]:
    """Start the process with its end of the sockets, out of reach of what stops the server with Ctrl-C."""
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _BEGIN, str(end.fileno()), _PACKAGES],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=[end.fileno()],
        start_new_session=True,
    )
