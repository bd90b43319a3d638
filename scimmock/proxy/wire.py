"""How the connection of a client ends at a proxy, and whether the client is still there.

mitmproxy's own means are `flow.kill`, which closes a connection without an answer, and nothing for a
reset or for the moment after an answer.  For these its addon ``proxyserver`` knows the connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from typing import Any, Literal

from mitmproxy import ctx, http

# A reset discards what the client's machine has not received: the time, in seconds, that the last bytes get.
GRACE = 0.05
_POLL = 0.005  # seconds
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


async def gone(flow: http.HTTPFlow, seconds: float | None) -> bool:
    """Let so many seconds pass, or any number of them with None, but no longer than the client is there.

    Returns whether it has gone.  Without a connection (a flow that is replayed) only the time passes.
    """
    _, io = _connection(flow)
    reading = getattr(io, "handler", None)  # the task that reads what the client sends, until it goes
    if reading is None:
        await asyncio.sleep(seconds or 0)
        return not flow.client_conn.connected
    done, _ = await asyncio.wait({reading}, timeout=seconds)
    return bool(done)


async def reset(flow: http.HTTPFlow) -> bool:
    """End the client's connection with a RST, after what was written to it has left.

    Returns False where there is no TCP connection to reset: mitmproxy has other kinds of them, too.
    """
    _, io = _connection(flow)
    writer = getattr(io, "writer", None)
    transport: Any = getattr(writer, "transport", None)
    own = transport.get_extra_info("socket") if transport is not None else None
    if own is None:
        return False
    while transport.get_write_buffer_size() and not transport.is_closing():
        await asyncio.sleep(_POLL)
    # Closing a socket that does not linger sends a RST.
    with contextlib.suppress(OSError):
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
    return True


async def end_after(flow: http.HTTPFlow, end: Literal["close", "reset"]) -> None:
    """End the client's connection as soon as mitmproxy has written the answer to it.

    To be run beside the hook that the answer waits for.
    """
    pause = 0.0  # what follows the last hook is done at once, before a client can ask again
    while flow.live:
        await asyncio.sleep(pause)
        pause = _POLL
    if end == "reset":
        await asyncio.sleep(GRACE)
        if await reset(flow):
            return
    handler, io = _connection(flow)
    if io is not None:
        handler.close_connection(flow.client_conn)


def _connection(flow: http.HTTPFlow) -> tuple[Any, Any]:
    """Return what handles the client's connection and its reader, writer and task; None: it has ended."""
    master = getattr(ctx, "master", None)
    server = master.addons.get("proxyserver") if master is not None else None
    handler = server.connections.get(flow.client_conn.id) if server is not None else None
    return handler, handler.transports.get(flow.client_conn) if handler is not None else None
