"""The uvicorn server: how it begins and ends."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready and ends with 0 on SIGINT and SIGTERM.

    ``on_signal`` is told each of ``signals`` instead, where it is set.
    """

    signals: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
    on_signal: Callable[[int], None] | None = None
    on_ready: Callable[[], None] | None = None
    on_stop: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.on_ready is not None and not self.should_exit:
            self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.on_stop is not None:
            self.on_stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal and hurry at the second; unlike uvicorn, do not raise it again."""
        previous = {}
        for number in self.signals:
            previous[number] = signal.signal(number, self._signalled)
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self.on_signal is None:
            self.handle_exit(number, frame)
        else:
            self.on_signal(number)
