"""Who waits for a journal, and what they are told.

A subscription holds no exchanges: it remembers the number of the last one that it gave out and reads
the ring from there.  A slow reader therefore costs nothing and loses what the ring loses; the gap in
the numbers tells it how much that was.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..traffic.exchange import Exchange

_MAX_PUBLISHED = 1000  # notices beside exchanges that wait for a slow reader
_AT_ONCE = 50  # exchanges that a subscription takes from the ring in one go


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that a subscriber is told.

    ``kind`` is "exchange" (``data`` is an Exchange), "dropped" (``data`` is how many exchanges are lost
    to this reader, ``n`` the number of the last of them) or what was published.  ``n`` is the number of
    the exchange, or of the last one before.
    """

    kind: str
    n: int
    data: Any


class Ring(Protocol):
    """What a subscription reads."""

    @property
    def last(self) -> int: ...
    def since(self, n: int = 0) -> Sequence[Exchange]: ...


class Feed:
    """The waiters and subscriptions of one journal."""

    def __init__(self) -> None:
        self.waiters: set[asyncio.Future[None]] = set()
        self.subscriptions: set[Subscription] = set()
        self.ended = False

    def wake(self) -> None:
        """Let everybody who waits look again."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(None)

    def publish(self, n: int, kind: str, data: Any) -> None:
        """Give a notice to all subscriptions."""
        for subscription in self.subscriptions:
            subscription.published.append(Notice(kind, n, data))
        self.wake()

    def end(self) -> None:
        """Make every wait the last one."""
        self.ended = True
        self.wake()

    async def wait(self, is_there: Callable[[], bool], timeout: float | None = None) -> bool:
        """Return True once ``is_there`` says so, False after ``timeout`` seconds or at the end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not is_there() and not self.ended:
                    waiter = asyncio.get_running_loop().create_future()
                    self.waiters.add(waiter)
                    try:
                        await waiter
                    finally:
                        self.waiters.discard(waiter)
        return is_there()


class Subscription:
    """An iterator over the notices of a journal, in their order; `close` it, or use it in ``with``.

    ``since`` beyond the journal's last number comes from another life of the server: everything that
    there is comes then.
    """

    def __init__(self, ring: Ring, feed: Feed, since: int) -> None:
        self.published: deque[Notice] = deque(maxlen=_MAX_PUBLISHED)
        self._ring = ring
        self._feed = feed
        self.last = since if since <= ring.last else 0
        self._closed = False
        self._ready: deque[Notice] = deque()
        feed.subscriptions.add(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the iteration, also one that waits."""
        self._closed = True
        self._feed.subscriptions.discard(self)
        self._feed.wake()

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Notice:
        while not self._ready:
            if self._closed:
                raise StopAsyncIteration
            if not await self._feed.wait(self._has_more):
                raise StopAsyncIteration
            self._collect()
        return self._ready.popleft()

    def _has_more(self) -> bool:
        return self._closed or bool(self.published) or self._ring.last > self.last

    def _collect(self) -> None:
        """Take the next notices: a few at a time, so that what waits here stays small."""
        entries = self._ring.since(self.last)[:_AT_ONCE]
        end = entries[-1].n if entries else self._ring.last
        first = entries[0].n if entries else self._ring.last + 1
        if first > self.last + 1:
            self._ready.append(Notice("dropped", first - 1, first - 1 - self.last))
        for entry in entries:
            self._tell_published(entry.n - 1)
            self._ready.append(Notice("exchange", entry.n, entry))
        self._tell_published(end)
        self.last = max(self.last, end)

    def _tell_published(self, n: int) -> None:
        """Take over what was published before the exchange after ``n``."""
        while self.published and self.published[0].n <= n:
            self._ready.append(self.published.popleft())
