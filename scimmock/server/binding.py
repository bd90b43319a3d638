"""The socket that the server listens on, bound before anything else is done."""

from __future__ import annotations

import errno
import socket

from ..errors import BindError


def bind(host: str, port: int) -> socket.socket:
    """Return a bound socket (port 0 takes a free one); raises BindError saying what to do."""
    try:
        found = socket.getaddrinfo(host or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError):
        raise BindError(f"the host {host!r} is not an address of this machine") from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and host == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise _explained(error, host, port) from None
    listener.setblocking(False)
    return listener


def _explained(error: OSError, host: str, port: int) -> BindError:
    if error.errno == errno.EADDRINUSE:
        other = f"choose another with --port {port + 1}, or " if port < 65535 else "choose another, "
        return BindError(
            f"port {port} on {host} is taken",
            hint=f"{other}--port 0 for a free one",
        )
    if error.errno == errno.EACCES:
        return BindError(f"port {port} is not allowed for this user", hint="choose one from 1024 upward")
    if error.errno == errno.EADDRNOTAVAIL:
        return BindError(f"{host} is not an address of this machine", hint="127.0.0.1 and 0.0.0.0 are")
    return BindError(f"cannot listen on {host}:{port}: {error.strerror or error}")
