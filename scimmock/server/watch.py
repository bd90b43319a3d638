"""Counts what happens while a server runs: exchanges, what clients did wrong, and what was unexpected.

Each exchange is looked at when it is in the journal, so that nothing is lost where a test empties the
journal or deletes its tenant, or where the journal has to make room.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..journal.plain import plain, short
from ..journal.unexpected import unexpected
from ..journal.words import describe
from ..traffic.exchange import Exchange
from .tenants import Tenants

_MOST_KINDS = 1000  # of what is unexpected; more is counted, without telling the kinds apart


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


@dataclass(slots=True)
class Watch:
    """What was seen so far, by kinds in the order of their first appearance.

    ``allowed`` are the names of findings that are of no interest.
    """

    tenants: Tenants
    allowed: frozenset[str] = frozenset()
    exchanges: int = 0
    findings: dict[str, Kind] = field(default_factory=dict)
    unexpected: dict[str, Kind] = field(default_factory=dict)

    def see(self, exchange: Exchange) -> None:
        """Count an exchange that has just come into the journal of its tenant."""
        self.exchanges += 1
        reason = unexpected(exchange)
        if reason is not None:
            self._see_unexpected(exchange, reason)
        tenant = self.tenants.get(exchange.tenant) or self.tenants.default
        tenant.examiner.catch_up((exchange,), tenant.journal.oldest)
        for finding in tenant.examiner.of(exchange.n):
            if finding.name not in self.allowed:
                kind = self.findings.get(finding.name)
                if kind is None:
                    about = f"{finding.section}, {finding.severity}"
                    kind = Kind(finding.name, about, _told(exchange), finding.message)
                    self.findings[finding.name] = kind
                kind.count += 1

    def _see_unexpected(self, exchange: Exchange, reason: str) -> None:
        what = exchange.path if exchange.operation is None else f"/{exchange.resource or ''}"
        name = reason if exchange.method == "?" else f"{reason}: {exchange.method} {short(plain(what), 80)}"
        if name not in self.unexpected and len(self.unexpected) >= _MOST_KINDS:
            name = "more of them"
        kind = self.unexpected.get(name)
        if kind is None:
            kind = self.unexpected[name] = Kind(name, "", _told(exchange))
        kind.count += 1


def _told(exchange: Exchange) -> str:
    where = f" of tenant {exchange.tenant}" if exchange.tenant else ""
    return f"{exchange.n}{where}: {describe(exchange)}"
