"""A ring of exchanges that says how many it dropped."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from ..traffic.exchange import Exchange

# What an exchange costs beside its bodies, roughly; it keeps a million empty requests bounded too.
_OVERHEAD = 1500


_PER_MEMBER = 8  # two forms of a group share their members, but not the list of them


def _cost(exchange: Exchange) -> int:
    """Return about how many bytes an exchange holds in memory."""
    cost = len(exchange.request_body) + len(exchange.response_body) + _OVERHEAD
    if exchange.upstream is not None:
        cost += len(exchange.upstream[2])
    if exchange.after is not None and type(exchange.after.get("members")) is list:
        cost += _PER_MEMBER * len(exchange.after["members"])
    return cost


@dataclass(slots=True)
class Budget:
    """What all journals of a server may hold together, in bytes."""

    limit: int = 256 * 1024 * 1024
    used: int = 0


class Journal:
    """The exchanges of one tenant, oldest first; the oldest make room for new ones.

    ``max_body`` cuts the copy of larger bodies; ``size`` of the exchange keeps the true length.
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

    def add(self, exchange: Exchange) -> None:
        """Enter a finished exchange and give it its number."""
        exchange.n = self.next
        exchange.t = exchange.at - self.started
        exchange.seed = self.seed
        self.next += 1
        exchange.request_size = len(exchange.request_body)
        exchange.response_size = exchange.response_size or len(exchange.response_body)
        if exchange.request_size > self.max_body:
            exchange.request_body = exchange.request_body[: self.max_body]
        if len(exchange.response_body) > self.max_body:
            exchange.response_body = exchange.response_body[: self.max_body]
        cost = _cost(exchange)
        self.entries.append(exchange)
        self.bytes += cost
        self.budget.used += cost
        while len(self.entries) > 1 and (
            len(self.entries) > self.max_entries
            or self.bytes > self.max_bytes
            or self.budget.used > self.budget.limit
        ):
            self._drop()

    def _drop(self) -> None:
        old = self.entries.popleft()
        cost = _cost(old)
        self.bytes -= cost
        self.budget.used -= cost
        self.dropped += 1

    def since(self, n: int = 0) -> Iterable[Exchange]:
        """Return the exchanges whose number is larger than ``n``, oldest first."""
        return [exchange for exchange in self.entries if exchange.n > n]

    def clear(self) -> None:
        """Forget all exchanges; numbers go on."""
        self.budget.used -= self.bytes
        self.bytes = 0
        self.dropped = 0
        self.entries.clear()
