"""From options to a running server: bind, load, say that it is ready, serve, stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import secrets
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TextIO

import uvicorn

from ..clock import Clock
from ..control.api import control_app
from ..errors import FileError, UsageError
from ..traffic.bodies import masked_query
from ..traffic.exchange import Exchange
from ..version import __version__
from .app import App
from .bases import BaseUrls
from .binding import bind
from .host import ControlHost
from .like import NOTHING, read_like
from .options import ServeOptions, blueprint_of
from .persistence import Persistence
from .protocol import ScimProtocol
from .ready import Ready, write_ready_file
from .recording import SessionRecorder
from .tenants import Tenants

log = logging.getLogger("scimmock")
GRACE = 5  # seconds that requests in flight have to finish


def _tls(options: ServeOptions) -> None:
    if (options.tls_cert is None) != (options.tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together")
    if options.tls_cert is None:
        return
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise FileError(f"cannot be used for TLS: {error}", where=str(options.tls_cert)) from None


def _open_log(path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        return open(path, "a", buffering=1, encoding="utf-8")
    except OSError as error:
        raise FileError(f"the access log cannot be written: {error.strerror}", where=str(path)) from None


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready and ends with 0 on SIGINT and SIGTERM.

    ``on_signal`` is told each of ``signals`` instead, where it is set.
    """

    signals: tuple[int, ...] = (signal.SIGINT, signal.SIGTERM)
    on_signal: Callable[[int], None] | None = None
    on_ready: Callable[[], None] | None = None
    on_stop: Callable[[], None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.on_ready is not None and not self.should_exit:
            self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.on_stop is not None:
            self.on_stop()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal and hurry at the second; unlike uvicorn, do not raise it again."""
        previous = {}
        for number in self.signals:
            previous[number] = signal.signal(number, self._signalled)
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self.on_signal is None:
            self.handle_exit(number, frame)
        else:
            self.on_signal(number)


class Running:
    """A server put together from options; `serve` runs it until it is told to stop."""

    def __init__(self, options: ServeOptions, progress: Callable[[int, int], None] | None = None) -> None:
        self.options = options
        _tls(options)
        self.socket = bind(options.host, options.port)
        try:
            self._assemble(options, progress)
        except BaseException:
            self.socket.close()
            raise

    def _assemble(self, options: ServeOptions, progress: Callable[[int, int], None] | None) -> None:
        self.like = read_like(options.like) if options.like is not None else NOTHING
        blueprint = blueprint_of(options, self.like)
        self.clock = Clock()
        if self.like.clock is not None:
            self.clock.freeze(self.like.clock)
        self.tenants = Tenants(blueprint, self.clock, options.max_tenants)
        self.persistence = Persistence(options.db) if options.db is not None else None
        if self.persistence is None or not self.persistence.open(self.tenants):
            self.tenants.start(progress)
        self.admin_token = options.admin_token or secrets.token_urlsafe(24)
        self.port: int = self.socket.getsockname()[1]
        tls = options.tls_cert is not None
        self.bases = BaseUrls(options.host, self.port, tls, options.public_url)
        self._access_log = _open_log(options.access_log)
        self.host = ControlHost(self.tenants, self.bases, self.admin_token)
        observer = self._log_access if self._access_log is not None else None
        self.recorder: SessionRecorder | None = None
        if options.record is not None:
            base_url = f"{self.bases.bound}{blueprint.base_path}"
            self.recorder = SessionRecorder(options.record, self.tenants, base_url)
        self.app = App(
            self.tenants,
            self.bases,
            control_app(self.host),
            observer,
            options.fault_header,
            self.recorder.record if self.recorder is not None else None,
        )
        protocol = type(
            "Protocol",
            (ScimProtocol,),
            {
                "header_limit": blueprint.layers.behaviour.policy.limits.header_bytes,
                "on_refused": staticmethod(self._refused),
                "keeps_spelling": self.recorder is not None,
            },
        )
        self.config = uvicorn.Config(
            self.app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE,
            backlog=2048,
            ssl_certfile=str(options.tls_cert) if options.tls_cert else None,
            ssl_keyfile=str(options.tls_key) if options.tls_key else None,
        )
        self.server = Server(self.config)
        self.server.on_stop = self.tenants.end_streams

    @property
    def ready(self) -> Ready:
        url = self.bases.bound
        blueprint = self.tenants.blueprint
        return Ready(
            url=url,
            base_url=f"{url}{blueprint.base_path}",
            control_url=f"{url}/_scimmock",
            token=next(iter(blueprint.tokens.values()), None),
            admin_token=self.admin_token,
            pid=os.getpid(),
            seed=blueprint.seed,
            version=__version__,
            local_url=self.bases.local,
            also={
                face.blueprint.layers.behaviour.name: f"{url}{face.base_path}"
                for face in self.tenants.default.faces
            },
        )

    def _refused(self, status: int, detail: str, connection: int) -> None:
        """Enter a request that never became one into the journal."""
        now = self.clock.now()
        exchange = Exchange(now, 0.0, "", "?", "?", b"", [], "1.1")
        exchange.status, exchange.connection = status, connection
        exchange.error = {"kind": "refused", "message": detail}
        self.tenants.default.journal.add(exchange)
        if self.app.on_exchange is not None:
            self.app.on_exchange(exchange)

    def watch(self, see: Callable[[Exchange], None]) -> None:
        """Let ``see`` be told each exchange once it is in the journal, beside the access log."""
        others = self.app.on_exchange

        def told(exchange: Exchange) -> None:
            if others is not None:
                others(exchange)
            see(exchange)

        self.app.on_exchange = told

    def _log_access(self, exchange: Exchange) -> None:
        assert self._access_log is not None
        line = {
            "at": self.clock.text(),
            "tenant": exchange.tenant,
            "method": exchange.method,
            "path": exchange.path,
            "query": masked_query(exchange.query.decode("latin-1")),
            "status": exchange.status,
            "ms": round((exchange.end - exchange.begin) * 1000, 3),
            "operation": exchange.operation,
            "resource": exchange.resource,
            "id": exchange.id,
            "token": exchange.identity,
            "rule": exchange.rule,
            "connection": exchange.connection,
        }
        self._access_log.write(json.dumps(line, ensure_ascii=False) + "\n")

    def serve(self, on_ready: Callable[[Ready], None]) -> None:
        """Serve until SIGINT or SIGTERM; ``on_ready`` is called once the socket accepts."""

        def ready() -> None:
            if self.options.ready_file is not None:
                write_ready_file(self.options.ready_file, self.ready)
            on_ready(self.ready)

        self.server.on_ready = ready
        # The directory lives as long as the server: the collector need not look at it again, nor at
        # the exchanges of the journal after every few hundred requests.
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        try:
            with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
                runner.run(self._serve())
        finally:
            if self.options.ready_file is not None:
                self.options.ready_file.unlink(missing_ok=True)
            if self._access_log is not None:
                self._access_log.close()
            if self.recorder is not None:
                self.recorder.close()

    async def _serve(self) -> None:
        writer = asyncio.create_task(self.persistence.run(self.tenants)) if self.persistence else None
        try:
            await self.server.serve(sockets=[self.socket])
        finally:
            if writer is not None and self.persistence is not None:
                writer.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await writer
                try:
                    await self.persistence.close(self.tenants)
                except OSError as error:
                    where = str(self.persistence.path)
                    raise FileError(f"cannot be written: {error.strerror}", where=where) from None


def configure_logging(level: str) -> None:
    """Send log messages to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("scimmock", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        # uvicorn tells the story of every start and stop at INFO; that is for those who debug.
        quiet = name != "scimmock" and level == "info"
        logger.setLevel("WARNING" if quiet else level.upper())
