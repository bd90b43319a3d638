"""What is recorded together: the exchanges that are done in one turn of the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..traffic.exchange import Exchange
from .incoming import Scope
from .tenant import Tenant


class Turn:
    """Holds exchanges back until all that are ready now are done, and records them one after the other.

    That is cheaper than to record each between two others, since code and data are at hand then, and
    ``flush`` writes all that was recorded at once.
    """

    def __init__(self, record: Callable[[Exchange, Scope, Tenant], None], flush: Callable[[], None]) -> None:
        self._record = record
        self._flush = flush
        self._waiting: list[tuple[asyncio.Future[None], Exchange, Scope, Tenant]] = []

    async def wait(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> None:
        """Return when an exchange is recorded; raises what recording it raised."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self.end)
        self._waiting.append((done, exchange, scope, tenant))
        await done

    def end(self) -> None:
        """Record what waits, in the order in which it came."""
        waiting, self._waiting = self._waiting, []
        recorded: list[asyncio.Future[None]] = []
        for done, exchange, scope, tenant in waiting:
            try:
                self._record(exchange, scope, tenant)
            except Exception as error:
                if not done.done():
                    done.set_exception(error)
            else:
                recorded.append(done)
        self._flush()
        for done in recorded:
            if not done.done():  # as it is where the server stops and has given up the request
                done.set_result(None)
