"""The base URL that answers carry in `meta.location` and `$ref`.

It is the public URL if one is set, else what the client called, provided that it names this server:
an answer must never repeat whatever a Host header says.
"""

from __future__ import annotations

import socket

from ..hosts import is_loopback, split_host


class BaseUrls:
    """Finds the root URL of requests.

    ``host`` and ``port`` are where the server listens, ``port`` None where it does not, being called in the
    process; ``public_url`` overrides everything.
    """

    def __init__(self, host: str, port: int | None, tls: bool, public_url: str | None = None) -> None:
        self.host = host
        self.scheme = "https" if tls else "http"
        self.port = port if port is not None else 80
        self._shown_port = f":{port}" if port is not None else ""
        self.public_url = public_url.rstrip("/") if public_url else None
        self._known: dict[bytes, bytes | None] = {}
        self._any = host in ("0.0.0.0", "::", "")
        # What the server is called for sure; bound to every address, that is the name of its machine too.
        self._names = {host.lower(), socket.gethostname().lower()} if self._any else {host.lower()}

    @property
    def bound(self) -> str:
        """The URL under which the server can be reached for certain."""
        return self.public_url or self.local

    @property
    def local(self) -> str:
        """The URL under which this machine reaches the server."""
        host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"{self.scheme}://{_bracketed(host)}{self._shown_port}"

    def root(self, host_header: bytes | None, local: tuple[str, int | None] | None) -> bytes:
        """Return the root URL for a request; ``local`` is the address that the client connected to."""
        if self.public_url is not None:
            return self.public_url.encode()
        key = host_header or b""
        if self._any and local is not None:
            key += b" " + local[0].encode()
        found = self._known.get(key)
        if found is None:
            found = self._accept((host_header or b"").decode("latin-1"), local)
            if found is None:
                if self._any and local is not None and local[0]:
                    return f"{self.scheme}://{_bracketed(local[0])}:{local[1]}".encode()
                return self.bound.encode()
            if len(self._known) < 1000:
                self._known[key] = found
        return found

    def _accept(self, header: str, local: tuple[str, int | None] | None) -> bytes | None:
        found = split_host(header)
        if found is None:
            return None
        host = found[0].lower()
        if is_loopback(host):
            # Whatever the port: a forwarded port or a tunnel on this machine leads here.
            return f"{self.scheme}://{header}".encode()
        port = found[1] if found[1] is not None else (443 if self.scheme == "https" else 80)
        if port == self.port and (host in self._names or (local is not None and host == local[0])):
            return f"{self.scheme}://{header}".encode()
        return None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
