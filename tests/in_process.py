"""A server in a thread of this process, on a real socket: cheaper than a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from scimmock.server.options import ServeOptions
from scimmock.server.ready import Ready
from scimmock.server.run import Running
from scimmock.testing.reach import ServerThread


@contextmanager
def serving(options: ServeOptions) -> Iterator[tuple[Running, Ready]]:
    """Run a server; yields it with what its ready file would say."""
    thread = ServerThread(options)
    try:
        yield thread.running, thread.running.ready
    finally:
        thread.stop()


def client_of(ready: Ready, **options: Any) -> httpx.Client:
    """Return a client of the server's default tenant, with its token."""
    headers = {"Authorization": f"Bearer {ready.token}"} if ready.token else {}
    return httpx.Client(base_url=ready.base_url, headers=headers, trust_env=False, timeout=20, **options)
