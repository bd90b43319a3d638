"""Counts what happens while a server runs: exchanges, what clients did wrong, and what was unexpected.

Each exchange is taken when it comes into the journal, so that nothing is lost where a test empties the
journal or deletes its tenant, or where the journal has to make room.  Examining one takes longer than
answering it: that is done while nobody asks, and what is left then at the end.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from ..findings.examine import Examiner
from ..journal.plain import plain, short
from ..journal.ring import Journal
from ..journal.unexpected import unexpected
from ..journal.words import describe
from ..traffic.exchange import Exchange
from .tenants import Tenants

_MOST_KINDS = 1000  # of what is unexpected; more is counted, without telling the kinds apart
_MOST_HELD = 32 * 1024 * 1024  # bytes of exchanges that wait to be examined
_PAUSE = 0.02  # seconds without a request in which they are
_AT_ONCE = 20


@dataclass(slots=True)
class Kind:
    """How often something happened, and the first time that it did.

    ``about`` is the text that asks for it otherwise with the severity, "" where there is none; ``first``
    the number and the line of the exchange, ``message`` a sentence on it.
    """

    name: str
    about: str
    first: str
    message: str = ""
    count: int = 0


class Watch:
    """What was seen so far, by kinds in the order of their first appearance.

    ``findings`` is complete after `finish`; ``allowed`` are the names of those that are of no interest.
    """

    def __init__(self, tenants: Tenants, allowed: frozenset[str] = frozenset()) -> None:
        self.exchanges = 0
        self.findings: dict[str, Kind] = {}
        self.unexpected: dict[str, Kind] = {}
        self._tenants = tenants
        self._allowed = allowed
        self._pending: deque[tuple[Examiner, Journal, Exchange]] = deque()
        self._held = 0  # bytes
        self._seen = 0  # how many exchanges there were when the timer was set
        self._timer: asyncio.TimerHandle | None = None

    def see(self, exchange: Exchange) -> None:
        """Take an exchange that has just come into the journal of its tenant; for the server's event loop."""
        self.exchanges += 1
        reason = unexpected(exchange)
        if reason is not None:
            self._count_unexpected(exchange, reason)
        tenant = self._tenants.get(exchange.tenant) or self._tenants.default
        self._pending.append((tenant.examiner, tenant.journal, exchange))
        self._held += exchange.cost
        while self._held > _MOST_HELD:
            self._examine(1)
        if self._timer is None:
            self._wait()

    def finish(self) -> None:
        """Examine what is left."""
        if self._timer is not None:
            self._timer.cancel()
        self._examine(len(self._pending))

    def _wait(self) -> None:
        self._seen = self.exchanges
        self._timer = asyncio.get_running_loop().call_later(_PAUSE, self._work)

    def _work(self) -> None:
        self._timer = None
        if self._seen == self.exchanges:
            self._examine(_AT_ONCE)
        if self._pending:
            self._wait()

    def _examine(self, count: int) -> None:
        for _ in range(min(count, len(self._pending))):
            examiner, journal, exchange = self._pending.popleft()
            self._held -= exchange.cost
            examiner.catch_up((exchange,), min(journal.oldest, exchange.n))
            for finding in examiner.of(exchange.n):
                if finding.name not in self._allowed:
                    kind = self.findings.get(finding.name)
                    if kind is None:
                        about = f"{finding.section}, {finding.severity}"
                        kind = Kind(finding.name, about, _told(exchange), finding.message)
                        self.findings[finding.name] = kind
                    kind.count += 1

    def _count_unexpected(self, exchange: Exchange, reason: str) -> None:
        name = reason if exchange.method == "?" else f"{reason}: {exchange.method} {_place(exchange)}"
        if name not in self.unexpected and len(self.unexpected) >= _MOST_KINDS:
            name = "more of them"
        kind = self.unexpected.get(name)
        if kind is None:
            kind = self.unexpected[name] = Kind(name, "", _told(exchange))
        kind.count += 1


def _place(exchange: Exchange) -> str:
    """Return the path of an exchange, the same for all resources of a type."""
    if exchange.resource:
        return f"/{exchange.resource}/{{id}}" if exchange.id else f"/{exchange.resource}"
    return short(plain(exchange.path), 80)


def _told(exchange: Exchange) -> str:
    where = f" of tenant {exchange.tenant}" if exchange.tenant else ""
    return f"{exchange.n}{where}: {describe(exchange)}"
