"""From options to a running server: bind, load, say that it is ready, serve, stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import secrets
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from ..clock import Clock
from ..control.api import control_app
from ..errors import FileError, UsageError
from ..traffic.exchange import Exchange
from ..version import __version__
from .app import App
from .bases import BaseUrls
from .binding import bind
from .host import ControlHost
from .listening import Server
from .logs import AccessLog
from .options import ServeOptions, blueprint_of, like_of
from .persistence import Persistence
from .protocol import ScimProtocol
from .ready import Ready, write_ready_file
from .tenants import Tenants

if TYPE_CHECKING:
    from .recording import SessionRecorder

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


class Assembly:
    """The parts of a server behind its socket, put together from options.

    ``app`` is the ASGI application, ``port`` None where nothing listens; whoever lets it serve calls `close`
    at the end.
    """

    def __init__(
        self, options: ServeOptions, port: int | None, progress: Callable[[int, int], None] | None = None
    ) -> None:
        self.options = options
        self.like = like_of(options)
        blueprint = blueprint_of(options, self.like)
        self.clock = Clock()
        if self.like.clock is not None:
            self.clock.freeze(self.like.clock)
        self.tenants = Tenants(blueprint, self.clock, options.max_tenants)
        self.persistence = Persistence(options.db) if options.db is not None else None
        if self.persistence is None or not self.persistence.open(self.tenants):
            self.tenants.start(progress)
        self.admin_token = options.admin_token or secrets.token_urlsafe(24)
        self.port = port
        tls = options.tls_cert is not None
        self.bases = BaseUrls(options.host, port, tls, options.public_url)
        log = options.access_log
        self._access_log = AccessLog(log, self.clock) if log is not None else None
        self.host = ControlHost(self.tenants, self.bases, self.admin_token)
        self.recorder: SessionRecorder | None = None
        if options.record is not None:
            from .recording import SessionRecorder  # few record: it is loaded for those

            base_url = f"{self.bases.bound}{blueprint.base_path}"
            self.recorder = SessionRecorder(options.record, self.tenants, base_url)
        self.app = App(
            self.tenants,
            self.bases,
            control_app(self.host),
            self._access_log,
            options.fault_header,
            self.recorder,
        )

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

    def watch(self, see: Callable[[Exchange], None]) -> None:
        """Let ``see`` be told each exchange once it is in the journal, beside the access log."""
        others = self.app.on_exchange

        def told(exchange: Exchange) -> None:
            if others is not None:
                others(exchange)
            see(exchange)

        self.app.on_exchange = told

    def close(self) -> None:
        """Close the files that were written while the server ran."""
        if self._access_log is not None:
            self._access_log.close()
        if self.recorder is not None:
            self.recorder.close()


class Running(Assembly):
    """A server with its socket; `serve` runs it until it is told to stop."""

    def __init__(self, options: ServeOptions, progress: Callable[[int, int], None] | None = None) -> None:
        _tls(options)
        self.socket = bind(options.host, options.port)
        try:
            super().__init__(options, self.socket.getsockname()[1], progress)
            self.config = self._configuration()
        except BaseException:
            self.socket.close()
            raise
        self.server = Server(self.config)
        self.server.on_stop = self.tenants.end_streams

    def _configuration(self) -> uvicorn.Config:
        options = self.options
        protocol = type(
            "Protocol",
            (ScimProtocol,),
            {
                "header_limit": self.tenants.blueprint.layers.behaviour.policy.limits.header_bytes,
                "on_refused": staticmethod(self._refused),
                "keeps_spelling": self.recorder is not None,
            },
        )
        return uvicorn.Config(
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

    def _refused(self, status: int, detail: str, connection: int) -> None:
        """Enter a request that never became one into the journal."""
        now = self.clock.now()
        exchange = Exchange(now, 0.0, "", "?", "?", b"", [], "1.1")
        exchange.status, exchange.connection = status, connection
        exchange.error = {"kind": "refused", "message": detail}
        self.tenants.default.journal.add(exchange)
        if self.app.on_exchange is not None:
            self.app.on_exchange(exchange)

    def serve(self, on_ready: Callable[[Ready], None]) -> None:
        """Serve until SIGINT or SIGTERM; ``on_ready`` is called once the socket accepts.

        For a process that does nothing else: the collector is set for it.
        """
        # The directory lives as long as the server: the collector need not look at it again, nor at
        # the exchanges of the journal after every few hundred requests.
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        self.run(on_ready, takes_signals=True)

    def run(self, on_ready: Callable[[Ready], None], takes_signals: bool = False) -> None:
        """Serve until `stop`, on an event loop of this thread's own."""

        def ready() -> None:
            on_ready(self.ready)  # first: who sees the file may look at what was said
            if self.options.ready_file is not None:
                write_ready_file(self.options.ready_file, self.ready)

        self.server.on_ready = ready
        if not takes_signals:
            self.server.signals = ()
        try:
            with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
                runner.run(self._serve())
        finally:
            if self.options.ready_file is not None:
                self.options.ready_file.unlink(missing_ok=True)
            self.close()

    def stop(self) -> None:
        """Let the server end: soon, and what is in flight may end before it.  For the thread of its loop."""
        self.server.should_exit = True

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
