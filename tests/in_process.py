"""A server in a thread of this process, on a real socket: cheaper than a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import httpx

from scimmock.server.options import ServeOptions
from scimmock.server.ready import Ready
from scimmock.server.run import Running

_PATIENCE = 30.0  # seconds


@contextmanager
def serving(options: ServeOptions) -> Iterator[tuple[Running, Ready]]:
    """Run a server; yields it with what its ready file would say."""
    running = Running(options)
    started = threading.Event()
    running.server.on_ready = started.set
    # Signals are the affair of the main thread.
    with mock.patch.object(running.server, "capture_signals", contextlib.nullcontext):
        thread = threading.Thread(target=asyncio.run, args=(running._serve(),))
        thread.start()
        try:
            assert started.wait(_PATIENCE), "the server did not start"
            yield running, running.ready
        finally:
            running.server.should_exit = True
            thread.join(_PATIENCE)
            if running.recorder is not None:
                running.recorder.close()


def client_of(ready: Ready, **options: Any) -> httpx.Client:
    """Return a client of the server's default tenant, with its token."""
    headers = {"Authorization": f"Bearer {ready.token}"} if ready.token else {}
    return httpx.Client(base_url=ready.base_url, headers=headers, trust_env=False, timeout=20, **options)
