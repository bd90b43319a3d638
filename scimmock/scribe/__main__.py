"""The scribe's process: started with one end of a pair of sockets, it ends when the other is closed."""

from __future__ import annotations

import gc
import signal
import socket
import sys
from contextlib import suppress

from ..traffic.recorded import Facts
from ..traffic.recorder import Recorder
from .lines import hold
from .link import IDENTITY, Link


def main(descriptor: int) -> None:
    """Take over a recorder, record until it is asked for, give it back, and so on."""
    # Who stops the server may mean this process too; it must outlive it, to write what is on its way.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    gc.set_threshold(10_000, 20, 20)  # as the server's
    link = Link(socket.socket(fileno=descriptor))
    with suppress(EOFError, OSError):
        link.send(IDENTITY)  # it is ready
        while True:
            recorder = link.take()
            try:
                _record(link, recorder)
            finally:
                recorder.flush()
            link.hand(recorder)
            recorder.writer.close()
    link.close()


def _record(link: Link, recorder: Recorder) -> None:
    """Record what comes, and say of each exchange when it is in the file, or lost."""
    server_listens = True
    while (batch := link.receive()) is not None:
        for item in batch:
            if isinstance(item, str):
                recorder.lose(item)
            else:
                hold(recorder, Facts._make(item))
                recorder.flush()
            if server_listens:
                try:
                    link.send(recorder.account)
                except OSError:
                    server_listens = False


if __name__ == "__main__":
    sys.exit("scimmock.scribe is started by `scimmock serve --record`, and by nobody else")
