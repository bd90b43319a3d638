"""A server in a thread, for ``with`` and ``async with``; and an application without any server."""

from __future__ import annotations

import asyncio
from typing import Any, Self, Unpack

import httpx

from ..errors import UsageError
from ..server.run import Assembly
from .http import async_client_of
from .making import make_tenant, own_tenant
from .options import ServerArguments, TenantArguments, serve_options
from .reach import Here, Reach, ServerThread, explained, not_running
from .tenant import Tenant

__all__ = ["App", "Server", "create_app"]


class Server(Tenant):
    """A real server on a free port, with the members of the tenant that it has of itself.

    ::

        with scimmock.Server(fixture="okta", users=50) as server:
            sync(server.url, server.token)
            server.assert_called("create", resource="Users", times=50)

    The arguments are those of `ServerArguments`; what is wrong with them is a UsageError or FileError when
    the server begins, a port that is taken a BindError.
    """

    def __init__(self, **arguments: Unpack[ServerArguments]) -> None:
        self._options = serve_options(arguments)
        self._thread: ServerThread | None = None

    def start(self) -> Self:
        """Begin to serve; returns when the socket accepts."""
        if self._thread is None:
            with explained():
                thread = ServerThread(self._options)
            own_tenant(self, thread)
            self._thread = thread
        return self

    def stop(self) -> None:
        """End; requests in flight have some seconds to end."""
        thread, self._thread = self._thread, None
        self._close_client()
        if thread is not None:
            thread.stop()

    def close(self) -> None:
        """Do the same as `stop`."""
        self.stop()

    def tenant(self, name: str | None = None, **arguments: Unpack[TenantArguments]) -> Tenant:
        """Make an isolated directory on the server; `Tenant.close`, or ``with``, deletes it.

        What no argument says is as the server has it.
        """
        return make_tenant(self._reach, name, arguments)

    @property
    def _reach(self) -> Reach:
        if self._thread is None:
            raise not_running()
        return self._thread

    @property
    def root_url(self) -> str:
        """The URL of the server, without the path of the SCIM service."""
        return self._reach.host.bases.bound

    @property
    def admin_token(self) -> str:
        """The token for the control API from elsewhere."""
        return self._reach.host.admin_token

    def __enter__(self) -> Self:
        return self.start()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.start)

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)


class App(Tenant):
    """An ASGI application with the members of its own tenant, to be used on the event loop that runs it."""

    def __init__(self, arguments: ServerArguments) -> None:
        refused = [name for name in ("host", "port", "tls_cert", "tls_key", "db") if name in arguments]
        if refused:
            raise UsageError(f"an application has no {refused[0]!r}", hint="a Server has")
        options = serve_options(arguments)
        with explained():
            self._assembly = Assembly(options, None)
        self._here = Here(self._assembly.host)
        own_tenant(self, self._here)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._assembly.app(scope, receive, send)

    def tenant(self, name: str | None = None, **arguments: Unpack[TenantArguments]) -> Tenant:
        """Make an isolated directory; `Tenant.close`, or ``with``, deletes it."""
        return make_tenant(self._here, name, arguments)

    @property
    def client(self) -> httpx.Client:
        raise UsageError("httpx calls an application on an event loop", hint="async_client() is for that")

    def async_client(self, **options: Any) -> httpx.AsyncClient:
        """Return a client that calls the application, without any socket, for ``async with``."""
        transport = httpx.ASGITransport(app=self)
        return async_client_of(self.url, self.token, **{"transport": transport, **options})

    def close(self) -> None:
        """Close the files of the application."""
        self._assembly.close()


def create_app(**arguments: Unpack[ServerArguments]) -> App:
    """Return an ASGI application, for tests in one process: ``httpx.ASGITransport(app=create_app())``.

    The arguments are those of `Server` but for socket, TLS and ``db``.  Faults that act on the connection
    need a real server.
    """
    return App(arguments)
