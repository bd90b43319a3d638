"""How an answer leaves that does not simply leave whole: late, piece by piece, broken, or not at all.

What stays a correct HTTP message goes through ASGI.  Everything else takes the connection away from
uvicorn and is written to its transport: the client then sees a real reset (RST), a real end (FIN) or
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from ..traffic.reply import Delivery, Headers, Reply
from .incoming import Receive, Send

# A reset discards what the client's machine has not received: the time, in seconds, that the last bytes get.
GRACE = 0.05
# A client that does not close after a FIN is waited for so long, in seconds.
LINGER = 1.0
_FLUSH_POLL = 0.005  # seconds; transports do not say when their buffer becomes empty
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_BROKEN_CHUNK = b"zz\r\n"


class Flow(Protocol):
    """What uvicorn's flow control offers."""

    async def drain(self) -> None:
        """Wait while the transport holds more than its high-water mark; ends when the connection does."""


class Connection(Protocol):
    """What must be known of a connection to break it; `protocol.ScimProtocol` is one.

    ``has_answered`` says whether an earlier answer went out on it.
    """

    transport: asyncio.Transport
    has_answered: bool

    @property
    def flow(self) -> Flow: ...

    @property
    def default_headers(self) -> Iterable[tuple[bytes, bytes]]: ...

    @property
    def keep_alive(self) -> bool: ...

    def take(self) -> asyncio.Event: ...

    def release(self, seconds: float | None = None) -> None: ...


@dataclass(slots=True)
class _Message:
    """What is sent.  ``kind`` is what is wrong with it, None if nothing is.

    ``headers`` None sends no head.  ``is_chunked`` means in chunks, of which the last is broken.
    ``is_open`` says that the client waits for more bytes than it gets, ``is_framed`` that the bytes are
    as many as announced: another answer can follow.
    """

    headers: Headers | None
    body: bytes
    kind: str | None = None
    is_chunked: bool = False
    is_open: bool = False
    is_framed: bool = False


async def deliver(
    reply: Reply, method: str, http_version: str, connection: Connection | None, send: Send, receive: Receive
) -> tuple[int, str | None]:
    """Send an answer, whose headers are complete, as its delivery says.

    Returns how many bytes of its body were sent and what the client saw, None for a whole answer:

    - ``reset``, ``hang``: this is how the answer ended, after some bytes of it or none;
    - ``closed``: the connection ended without a byte;
    - ``truncated``: a part of the body, ``wrong_length``: another Content-Length than that of the bytes;
    - ``garbage``: ``raw`` instead of an answer, ``bad_chunk``: a chunk without a valid size;
    - ``client_gone``: the client went, or the server stopped, before all was sent.

    A connection that cannot carry another answer ends with a FIN where ``end`` would keep it.  ``close``
    is not announced by a Connection header.  Before a reset all bytes are handed to the kernel and get a
    moment to arrive; a client that reads slowly may lose the last of them, with ``close`` it never does.
    A cut at or behind the end of the body leaves it whole, a pause behind the last byte sent is none.

    ``connection`` is None in process, where only whole answers can be sent; others raise ConnectionError.
    """
    delivery = reply.delivery or Delivery()
    message = _shape(reply, delivery, method, http_version)
    end = delivery.end
    if end == "keep" and not message.is_framed:
        end = "close"
    if end == "keep" or (connection is None and end == "close" and message.is_framed):
        return await _send_framed(reply.status, message, delivery, connection, send, receive)
    if connection is None:
        raise ConnectionError("the answer ends in a way that needs a network connection, and there is none")
    writer = _Writer(connection)  # first of all: without it uvicorn misses an answer
    if connection.transport.is_closing():
        return 0, "client_gone"
    sent = 0
    try:
        if message.headers is not None:
            writer.head(reply.status, message.headers)
        for seconds, piece in schedule(message.body, delivery.pause, delivery.drip):
            if not await writer.write(piece, seconds, message.is_chunked):
                return _counted(delivery, sent), "client_gone"
            sent += len(piece)
        if message.is_chunked:
            await writer.write(_BROKEN_CHUNK)
        if end == "reset":
            await writer.reset()
        elif end == "hang":
            await writer.hang()
        else:
            writer.close()
    except asyncio.CancelledError:
        # The server stops and the grace for requests in flight is over.
        connection.transport.abort()
        if sent < len(message.body):
            return _counted(delivery, sent), "client_gone"
    return _counted(delivery, sent), _seen(message, end)


def _counted(delivery: Delivery, sent: int) -> int:
    """Of what is sent instead of an answer nothing is the answer's body."""
    return sent if delivery.raw is None else 0


def _seen(message: _Message, end: str) -> str | None:
    """Return what a client meets first that reads the message and then the end."""
    if message.kind is not None and not message.is_open:
        return message.kind
    return end if end in ("reset", "hang") else message.kind


def _shape(reply: Reply, delivery: Delivery, method: str, http_version: str) -> _Message:
    if delivery.silent:
        return _Message(None, b"", "closed", is_open=True)
    if delivery.raw is not None:
        return _Message(None, delivery.raw, "garbage")
    can_have_body = method != "HEAD" and reply.status not in (204, 304) and reply.status >= 200
    body = reply.body if can_have_body else b""
    cut = delivery.cut
    if cut is None:
        cut = len(body) // 2 if delivery.bad_chunk else len(body)
    part = body[: max(cut, 0)]
    if delivery.bad_chunk and can_have_body and http_version not in ("1.0", "0.9"):
        headers = _replaced(reply.headers, b"transfer-encoding", b"chunked")
        return _Message(headers, part, "bad_chunk", is_chunked=True)
    is_short = len(part) < len(body)
    kind = "truncated" if is_short else None
    announced = delivery.announced
    if announced is None:
        headers = reply.headers
        if can_have_body:
            # A part is sent under the length of all.
            headers = _replaced(headers, b"content-length", str(len(body)).encode())
        return _Message(headers, part, kind, is_open=is_short, is_framed=not is_short)
    headers = _replaced(reply.headers, b"content-length", str(announced).encode())
    if announced == len(part):
        return _Message(headers, part, kind, is_framed=True)
    return _Message(headers, part, "wrong_length", is_open=can_have_body and announced > len(part))


def _replaced(headers: Headers, name: bytes, value: bytes) -> Headers:
    """Return the headers with this one in the place of what gave the length of the body, or at the end."""
    replaced: Headers = []
    new = [(name, value)]
    for header in headers:
        if header[0].lower() in (b"content-length", b"transfer-encoding"):
            replaced += new
            new = []
        else:
            replaced.append(header)
    return replaced + new


def schedule(
    body: bytes, pause: tuple[int, float] | None, drip: tuple[int, float] | None
) -> Iterator[tuple[float, bytes]]:
    """Yield (seconds to wait, piece to send then).

    ``drip`` waits before each of its pieces but the first; ``pause`` waits before the byte at its
    position, which may be the end of the body, where the last piece is empty.
    """
    size, interval = (max(drip[0], 1), drip[1]) if drip is not None else (max(len(body), 1), 0.0)
    at, seconds = pause if pause is not None else (-1, 0.0)
    start = 0
    while start < len(body):
        end = min(start - start % size + size, len(body))
        if start < at < end:
            end = at
        wait = interval if start and start % size == 0 else 0.0
        yield (wait + seconds if start == at else wait), body[start:end]
        start = end
    if at == len(body):
        yield seconds, b""


async def _send_framed(
    status: int,
    message: _Message,
    delivery: Delivery,
    connection: Connection | None,
    send: Send,
    receive: Receive,
) -> tuple[int, str | None]:
    """Send through ASGI, at the pace of the delivery.  uvicorn's `send` waits for a slow client."""
    await send({"type": "http.response.start", "status": status, "headers": message.headers})
    sent = 0
    gone: asyncio.Task[None] | None = None
    try:
        for seconds, piece in schedule(message.body, delivery.pause, delivery.drip):
            # A drip without an interval must let others work, too.
            if seconds or sent:
                gone = gone or asyncio.create_task(_disconnected(receive))
                if (await asyncio.wait((gone,), timeout=seconds))[0]:
                    return sent, "client_gone"
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            sent += len(piece)
        await send({"type": "http.response.body", "body": b""})
    except asyncio.CancelledError:
        if connection is None:
            raise
        connection.take()
        connection.transport.abort()
        return sent, "client_gone"
    finally:
        if gone is not None:
            gone.cancel()
    return sent, message.kind


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Writer:
    """Writes to a connection, which it takes away from uvicorn, and ends it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.transport = connection.transport
        self.lost = connection.take()
        self._has_written = connection.has_answered

    def head(self, status: int, headers: Headers) -> None:
        """Write status line and headers, the same that uvicorn writes for the whole answer."""
        lines = [STATUS_LINE[status]]
        for name, value in (*self.connection.default_headers, *headers):
            lines += (name.lower(), b": ", value, b"\r\n")
        if not self.connection.keep_alive and all(name.lower() != b"connection" for name, _ in headers):
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        self.transport.write(b"".join(lines))
        self._has_written = True

    async def write(self, data: bytes, seconds: float = 0.0, is_chunk: bool = False) -> bool:
        """Wait, then write; returns False when the client has gone.  A slow client is waited for."""
        if await self._is_gone_within(seconds):
            return False
        if data:
            self.transport.write(b"%x\r\n%b\r\n" % (len(data), data) if is_chunk else data)
            self._has_written = True
            await self.connection.flow.drain()
        return not self.lost.is_set()

    async def reset(self) -> None:
        """End with a RST, after what was written before has had the time to arrive.

        Under TLS the buffer of the transport below is not seen; the grace is all that it gets.
        """
        while not self.lost.is_set() and self.transport.get_write_buffer_size():
            await self._is_gone_within(_FLUSH_POLL)
        if self._has_written:
            await self._is_gone_within(GRACE)
        own = self.transport.get_extra_info("socket")
        if own is not None:
            # Closing a socket that does not linger sends a RST.
            with contextlib.suppress(OSError):
                own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    async def hang(self) -> None:
        """Send nothing until the client goes or the server stops."""
        self.connection.release()
        await self.lost.wait()

    def close(self) -> None:
        """End with a FIN after what was written.

        A socket that is closed with unread data sends a RST instead, so what a client still sends is
        read on for a while.  TLS has no half-closed connections and waits for the client by itself.
        """
        if self.transport.is_closing():
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.connection.release(LINGER)
        else:
            self.transport.close()

    async def _is_gone_within(self, seconds: float) -> bool:
        """Wait, but no longer than the client is there; always lets others work."""
        try:
            async with asyncio.timeout(seconds):
                await self.lost.wait()
        except TimeoutError:
            return self.transport.is_closing()
        return True
