"""Recording in process: what passes through the server goes into a file, without a proxy."""

from __future__ import annotations

import asyncio
import logging

from ..clock import parse_time
from ..quickjson import line
from ..scribe.beside import Item
from ..traffic.exchange import Exchange
from ..traffic.recorded import Facts, facts
from ..traffic.recorder import Recorder, RecordOptions
from ..traffic.recording import make_header
from ..traffic.routes import below
from ..traffic.served import header_of
from .desk import Desk
from .incoming import Scope
from .like import told_of
from .tenant import Tenant
from .tenants import Tenants
from .turns import Turn

log = logging.getLogger("scimmock")

_RECORDED = "scimmock.recorded"


class SessionRecorder:
    """Records the exchanges of all tenants; ``base_url`` is that of the default one.

    Opening raises FileError and UsageError; after that whatever goes wrong is logged and counted, and
    the traffic goes on.
    """

    def __init__(self, options: RecordOptions, tenants: Tenants, base_url: str) -> None:
        blueprint = tenants.blueprint
        layers = blueprint.layers
        header = make_header(
            "server",
            base_url,
            tenants.clock.now(),
            fixture="+".join(layers.names),
            seed=blueprint.seed,
            users=blueprint.population.users,
            groups=blueprint.population.groups,
        )
        if blueprint.quirks:
            header["quirks"] = [item.name for item in blueprint.quirks]
        if layers.also:
            header["also"] = [item.name for item in layers.beside]
        redactor = options.redactor()
        redactor.never_returned(
            [
                {"name": attribute.name, "returned": "never"}
                for kind in layers.behaviour.types
                for attribute in kind.hidden
                if attribute.returned == "never"
            ]
        )
        recorder = Recorder(options.path, header, redactor, options.existing, line, self._complain)
        self._desk = Desk(recorder)
        self._tenants = tenants
        self._base_path = blueprint.base_path
        self._turn = Turn(self._record, lambda: self._desk.is_helped)
        if not recorder.begun:
            self._describe()

    @property
    def recorder(self) -> Recorder:
        """What redacts and writes; another one when that was done by another process for a while."""
        return self._desk.recorder

    def _describe(self) -> None:
        """Say in the header how the server is now: rules and clock may change until the first request."""
        header, clock = self.recorder.header, self._tenants.clock
        rules = self._tenants.default.faults.listing()
        header |= header_of(told_of(self._tenants.blueprint), rules, self.recorder.path)
        if clock.frozen:
            header["started"] = header["clock"] = clock.text()
            self.recorder.started = parse_time(header["started"])

    def _complain(self, why: str) -> None:
        log.error("the recording %s %s: exchanges are lost", self.recorder.path, why)

    async def record_first(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> None:
        """Record an exchange before its answer leaves: nothing that a client has seen is missing.

        Where there are other connections, what they have that is ready now is waited for.
        """
        connection = (scope.get("extensions") or {}).get("scimmock")
        others = connection is not None and len(connection.connections) > 1
        if others or self._desk.is_helped:
            known = self._facts(exchange, scope, tenant)
            if known is not None:
                try:
                    await self._turn.wait(known)
                except asyncio.CancelledError:
                    # The server stops and the grace is over: what is asked for is answered now.
                    self._turn.end()
                    self._desk.take_back()
        else:
            self.record(exchange, scope, tenant)

    def record(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> None:
        """Record an exchange, if that has not been done, after those that came before it.

        An answer that does not leave whole is recorded when it has left, before the journal cuts its bodies.
        """
        known = self._facts(exchange, scope, tenant)
        if known is not None:
            self._turn.end()
            self._record([(known, None)])

    def _record(self, items: list[Item]) -> None:
        if not self.recorder.begun:
            self._describe()
        self._desk.record(items)

    def _facts(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> Facts | None:
        """Return what is recorded of an exchange, None where that was asked for before."""
        if _RECORDED in scope:
            return None
        scope[_RECORDED] = True
        extensions = scope.get("extensions") or {}
        raw = str(scope["raw_path"], "latin-1")
        prefix = tenant.prefix
        base: str | None = f"{prefix}{tenant.base_path}" if prefix else tenant.base_path
        path = below(raw, base or "")
        if path is None:
            path, base = raw, ""
        elif base == self._base_path:
            base = None
        connection = extensions.get("scimmock")
        added = connection.default_headers if connection is not None and exchange.status else ()
        return facts(exchange, path, base, extensions.get("spelled") or exchange.headers, added)

    def close(self) -> None:
        """Close the file."""
        self._desk.close()
