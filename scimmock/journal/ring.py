"""A ring of exchanges that says how many it dropped, and tells those who wait for more."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from ..traffic.exchange import Exchange
from .feed import Feed, Subscription

# What an exchange costs beside its bodies, roughly; it keeps a million empty requests bounded too.
_OVERHEAD = 1500
_PER_HEADER = 130  # two objects and the pair
_PER_FACT = 700  # an entry of rules or notes
_FORM = 3  # a document takes about so many bytes for each byte of its JSON
_PER_VALUE = 8  # two forms of a group share their members, but not the list of them
_PER_DELETED = 300  # one value of a list that nobody else holds any more

Headers = list[tuple[bytes, bytes]]


def _cost(exchange: Exchange, most: int) -> int:
    """Return about how many bytes an exchange holds in memory."""
    asked = exchange.request_size
    cost = min(asked, most) + min(exchange.response_size, most) + _OVERHEAD
    cost += exchange.cost + _PER_HEADER * (len(exchange.headers) + len(exchange.response_headers))
    if exchange.upstream is not None:
        cost += len(exchange.upstream[2]) + _of_headers(exchange.upstream[1])
    if exchange.rules is not None:
        cost += _PER_FACT * len(exchange.rules)
    if exchange.notes is not None:
        cost += _PER_FACT * len(exchange.notes)
    if exchange.after is not None:
        # What the request did not bring is shared with the form before, or with the directory; of a
        # group all but the list of its members.
        cost += _FORM * asked
        members = exchange.after.get("members")
        if type(members) is list:
            cost += _PER_VALUE * len(members)
    elif exchange.before is not None:
        cost += _of_form(exchange.before, _PER_DELETED)
    return cost


def _of_headers(headers: Headers) -> int:
    return len(b"".join(chain.from_iterable(headers))) + _PER_HEADER * len(headers)


def _of_form(form: dict[str, Any], per_value: int) -> int:
    """Return what the long strings and the lists of a stored form take, without a look into them."""
    cost = 0
    for value in form.values():
        if type(value) is list:
            cost += per_value * len(value)
        elif type(value) is str and per_value == _PER_DELETED:
            cost += len(value)
    return cost


@dataclass(slots=True)
class Budget:
    """What all journals of a server may hold together, in bytes."""

    limit: int = 256 * 1024 * 1024
    used: int = 0


class Journal:
    """The exchanges of one tenant, oldest first; the oldest make room for new ones.

    ``max_body`` cuts the copy of larger bodies; ``size`` of the exchange keeps the true length.
    ``life`` differs between journals: numbers of different lives have nothing to do with each other.
    Everything here belongs to the event loop of the server.
    """

    def __init__(
        self,
        budget: Budget | None = None,
        max_entries: int = 10_000,
        max_bytes: int = 64 * 1024 * 1024,
        max_body: int = 256 * 1024,
        started: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.budget = budget or Budget()
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.max_body = max_body
        self.started = started
        self.seed = seed
        self.entries: deque[Exchange] = deque()
        self.bytes = 0
        self.dropped = 0
        self.next = 1
        self.life = f"{time.time_ns():x}"
        self._feed = Feed()
        self.closed = False

    @property
    def last(self) -> int:
        """The number of the newest exchange that ever was entered, 0 for none."""
        return self.next - 1

    @property
    def oldest(self) -> int:
        """The number of the oldest exchange that is still there; of the next one when none is."""
        return self.entries[0].n if self.entries else self.next

    def add(self, exchange: Exchange) -> None:
        """Enter a finished exchange and give it its number."""
        if self.closed:
            return
        n = exchange.n = self.next
        self.next = n + 1
        exchange.t = max(0.0, exchange.at - self.started)  # a clock can be set back
        exchange.seed = self.seed
        most = self.max_body
        asked = exchange.request_size = len(exchange.request_body)
        answered = exchange.response_size
        if not answered:
            answered = exchange.response_size = len(exchange.response_body)
        if asked > most or answered > most:
            exchange.cut(most)
        cost = exchange.cost = _cost(exchange, most)
        entries, budget = self.entries, self.budget
        entries.append(exchange)
        self.bytes += cost
        budget.used += cost
        while (
            len(entries) > self.max_entries or self.bytes > self.max_bytes or budget.used > budget.limit
        ) and len(entries) > 1:
            self._drop()
        if self._feed.waiters:
            self._feed.wake()

    def _drop(self) -> None:
        cost = self.entries.popleft().cost
        self.bytes -= cost
        self.budget.used -= cost
        self.dropped += 1

    def since(self, n: int = 0) -> Sequence[Exchange]:
        """Return the exchanges whose number is larger than ``n``, oldest first."""
        if not self.entries or n >= self.last:
            return []
        # The numbers of the entries have no gaps.
        return list(islice(self.entries, max(0, n + 1 - self.entries[0].n), None))

    def clear(self) -> None:
        """Forget all exchanges; numbers go on."""
        self.budget.used -= self.bytes
        self.bytes = 0
        self.dropped = 0
        self.entries.clear()

    def close(self) -> None:
        """Forget everything and take nothing more in: the tenant is deleted."""
        self.closed = True
        self.clear()
        self.end()

    def subscribe(self, since: int | None = None) -> Subscription:
        """Return an iterator over what comes after exchange ``since``; None means from now on."""
        return Subscription(self, self._feed, self.last if since is None else since)

    def publish(self, kind: str, data: Any) -> None:
        """Tell subscribers of something beside exchanges: ``fault``, ``state``; data is for JSON."""
        self._feed.publish(self.last, kind, data)

    async def wait_beyond(self, n: int, timeout: float | None = None) -> bool:
        """Wait until an exchange with a number larger than ``n`` was entered; False after ``timeout`` s."""
        return await self._feed.wait(lambda: self.last > n, timeout)

    def end(self) -> None:
        """End all subscriptions: the server stops, or the tenant is deleted."""
        self._feed.end()
