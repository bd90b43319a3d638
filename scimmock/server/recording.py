"""Recording in process: what passes through the server goes into a file, without a proxy."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from ..clock import parse_time
from ..traffic.exchange import Exchange
from ..traffic.recorded import recorded
from ..traffic.recorder import Recorder, RecordOptions
from ..traffic.recording import make_header
from ..traffic.routes import below
from ..traffic.served import header_of
from .incoming import Scope
from .like import told_of
from .tenant import Tenant
from .tenants import Tenants
from .turns import Turn

log = logging.getLogger("scimmock")

_RECORDED = "scimmock.recorded"
_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


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
        self.recorder = Recorder(options.path, header, redactor, options.existing, _line, self._complain)
        self._tenants = tenants
        self._base_path = blueprint.base_path
        self._complained = ""
        self._turn = Turn(self._hold, self._flush)
        if not self.recorder.begun:
            self._describe()

    def _describe(self) -> None:
        """Say in the header how the server is now: rules and clock may change until the first request."""
        header, clock = self.recorder.header, self._tenants.clock
        rules = self._tenants.default.faults.listing()
        header |= header_of(told_of(self._tenants.blueprint), rules, self.recorder.path)
        if clock.frozen:
            header["started"] = header["clock"] = clock.text()
            self.recorder.started = parse_time(header["started"])

    def _complain(self, why: str) -> None:
        if why != self._complained:
            self._complained = why
            log.error("the recording %s %s: exchanges are lost", self.recorder.path, why)

    async def record_first(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> None:
        """Record an exchange before its answer leaves: nothing that a client has seen is missing.

        Where there are other connections, what they have that is ready now is waited for.
        """
        connection = (scope.get("extensions") or {}).get("scimmock")
        if connection is not None and len(connection.connections) > 1:
            await self._turn.wait(exchange, scope, tenant)
        else:
            self.record(exchange, scope, tenant)

    def record(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> None:
        """Record an exchange, if that has not been done, after those that came before it.

        An answer that does not leave whole is recorded when it has left, before the journal cuts its bodies.
        """
        if _RECORDED not in scope:
            self._turn.end()
            self._hold(exchange, scope, tenant)
            self._flush()

    def _flush(self) -> None:
        self.recorder.flush()
        if not self.recorder.trouble:
            self._complained = ""

    def _hold(self, exchange: Exchange, scope: Scope, tenant: Tenant) -> None:
        if _RECORDED in scope:
            return
        scope[_RECORDED] = True
        if not self.recorder.begun:
            self._describe()
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
        wire = path, base, extensions.get("spelled") or exchange.headers, added
        try:
            document = recorded(exchange, wire, self.recorder.started, _decode, _encoder.encode)
        except Exception as error:  # a defect must not end the traffic
            self.recorder.lose(f"cannot be recorded: {type(error).__name__}: {error}")
            return
        self.recorder.hold(document)

    def close(self) -> None:
        """Close the file."""
        self.recorder.close()


def _decode(body: bytes) -> Any:
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def _line(document: dict[str, Any]) -> bytes:
    return _encoder.encode(document) + b"\n"
