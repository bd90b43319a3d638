"""A request that waits for the scribe when the grace of a stopping server is over."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scimmock.server.options import ServeOptions
from scimmock.server.run import Assembly
from scimmock.traffic.exchange import Exchange
from scimmock.traffic.recorder import RecordOptions
from scimmock.traffic.recording import open_recording

from ..scribe.sessions import children, needs_processors


@needs_processors
def test_its_exchange_is_in_the_file_and_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    key = tmp_path / "key"
    options = ServeOptions(users=0, groups=0, record=RecordOptions(path, key_file=key))
    assembly = Assembly(options, None)
    own, tenant = assembly.recorder, assembly.tenants.default
    assert own is not None
    connection: Any = SimpleNamespace(connections={1, 2}, default_headers=())

    async def one() -> None:
        scope = {"raw_path": b"/scim/v2/Users", "extensions": {"scimmock": connection}}
        await own.record_first(Exchange(0.0, 0.0, "", "GET", "/Users", b"", [], "1.1"), scope, tenant)

    async def run() -> int:
        count = 0
        async with asyncio.timeout(20):
            while not own._desk.is_helped:
                await asyncio.gather(one(), one())
                await asyncio.sleep(0.002)
                count += 2
        (scribe,) = children()
        os.kill(scribe, signal.SIGSTOP)
        waiting = asyncio.create_task(one())
        await asyncio.sleep(0.01)
        waiting.cancel()
        threading.Timer(0.05, os.kill, (scribe, signal.SIGCONT)).start()
        await waiting
        assert path.read_bytes().count(b"\n") == count + 2
        return count + 1

    count = asyncio.run(run())
    assembly.close()
    assert len(list(open_recording(path))) == count and children() == []
