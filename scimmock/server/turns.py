"""What is recorded together: the exchanges that are done while there is other work at hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..scribe.beside import Item
from ..traffic.recorded import Facts


class Turn:
    """Holds exchanges back until all requests that are there now are answered, and records them together.

    That is cheaper than to record each between two others, since code and data are at hand then.
    ``record`` lets those go on who wait.  It is not done where ``is_helped`` says that another process
    records, which can begin at once.
    """

    def __init__(self, record: Callable[[list[Item]], None], is_helped: Callable[[], bool]) -> None:
        self._record = record
        self._is_helped = is_helped
        self._items: list[Item] = []
        self._seen = 0

    async def wait(self, facts: Facts) -> None:
        """Return when an exchange is recorded; raises what recording it raised."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._items.append((facts, done))
        if self._is_helped():
            self.end()
        elif len(self._items) == 1:
            self._seen = 0
            loop.call_soon(self._look, loop)
        await done

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the turn if nothing has come since the last look."""
        if len(self._items) > self._seen:
            self._seen = len(self._items)
            loop.call_soon(self._look, loop)
        else:
            self.end()

    def end(self) -> None:
        """Record what waits, in the order in which it came."""
        items, self._items = self._items, []
        if not items:
            return
        try:
            self._record(items)
        except Exception as error:
            for _, done in items:
                if done is not None and not done.done():
                    done.set_exception(error)
