"""What server and scribe say to each other: messages on a pair of sockets, and the recorder."""

from __future__ import annotations

import errno
import marshal
import os
import pickle
import selectors
import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ..quickjson import line
from ..traffic.recorder import Recorder
from ..version import __version__

_PIECE = 262_144  # bytes that are read at once
_HEAD = 4  # bytes before each message, which say how long it is
_NO_REFERENCES = 2  # a version of marshal, which is faster without
# What an end is: only one that is the same can take over a recorder, and writes the same lines.
IDENTITY = (__version__, line.__name__)


class Link:
    """One end.  Messages are values that `marshal` knows: both ends are one program, and nobody else's.

    An event loop may make the socket one that does not block; all that is here waits all the same, but
    for `received`.  It waits ``seconds`` for the other end to do something, None is for ever, and raises
    TimeoutError then.
    """

    def __init__(self, end: socket.socket, seconds: float | None = None) -> None:
        self.socket = end
        self._seconds = seconds
        self._read = bytearray()

    def send(self, message: Any) -> None:
        """Send a message; raises OSError, EOFError, and ValueError for what is no such value.

        While there is no room, what the other end says is read: none waits for the other for ever.
        """
        content = marshal.dumps(message, _NO_REFERENCES)
        data = memoryview(len(content).to_bytes(_HEAD, "little") + content)
        while data:
            try:
                data = data[self.socket.send(data) :]
            except BlockingIOError:
                if self._wait(selectors.EVENT_READ | selectors.EVENT_WRITE) & selectors.EVENT_READ:
                    self._take()

    def receive(self) -> Any:
        """Return the next message; raises OSError, and EOFError where the other end is closed."""
        while True:
            for message in self.heard():
                return message
            try:
                self._take()
            except BlockingIOError:
                self._wait(selectors.EVENT_READ)

    def received(self) -> Iterator[Any]:
        """Read once, and yield the messages that are there then; raises as `receive`, and BlockingIOError."""
        self._take()
        return self.heard()

    def heard(self) -> Iterator[Any]:
        """Yield the messages that were read whole."""
        read = self._read
        while len(read) >= _HEAD:
            end = _HEAD + int.from_bytes(read[:_HEAD], "little")
            if len(read) < end:
                return
            with memoryview(read) as view, view[_HEAD:end] as content:
                message = marshal.loads(content)
            del read[:end]
            yield message

    def _take(self) -> None:
        data = self.socket.recv(_PIECE)
        if not data:
            raise EOFError
        self._read += data

    def _wait(self, events: int) -> int:
        """Wait for one of the events; returns which have come."""
        # Not the default one, which takes a descriptor: there may be none left.
        with selectors.PollSelector() as selector:
            selector.register(self.socket, events)
            for _, come in selector.select(self._seconds):
                return come
        raise TimeoutError

    # ---- the recorder, when nothing else is on its way

    def hand(self, recorder: Recorder) -> None:
        """Hand over a recorder that holds nothing, and its file, which stays open here.

        Raises as `send`, and what pickle raises for one that cannot be handed over.
        """
        content = pickle.dumps(recorder, pickle.HIGHEST_PROTOCOL)
        socket.send_fds(self.socket, [b"\0"], [recorder.writer.descriptor])
        self.send(content)

    def take(self) -> Recorder:
        """Take over a recorder; raises as `receive`."""
        self._wait(selectors.EVENT_READ)
        head, descriptors, _, _ = socket.recv_fds(self.socket, 1, 1)
        if not head:
            raise EOFError
        if not descriptors:  # they are dropped where this process may have no more
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        try:
            recorder: Recorder = pickle.loads(self.receive())
        except BaseException:
            os.close(descriptors[0])
            raise
        recorder.writer.go_on(descriptors[0])
        return recorder

    def close(self) -> None:
        """Close this end, also where a fork of this process has it too."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
