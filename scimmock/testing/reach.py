"""How the code of a test reaches a server: what belongs to it is touched on its event loop only."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from ..control.errors import ControlError
from ..errors import UsageError
from ..faults.errors import RuleError
from ..server.host import ControlHost
from ..server.options import ServeOptions
from ..server.run import GRACE, Running
from ..server.tenant import Tenant as ServedTenant

T = TypeVar("T")
_LOOK = 1.0  # seconds between two looks at whether the server is still there


class Reach(Protocol):
    """The way to the objects of a server."""

    @property
    def host(self) -> ControlHost:
        """The server; raises UsageError when it does not run."""

    def call(self, act: Callable[[], T]) -> T:
        """Return what a function returns on the server's event loop; raises what it raises."""

    def wait(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do the same with a coroutine, which may take its time."""

    async def wait_async(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do the same for who waits on an event loop."""


class ServerThread:
    """A server on an event loop in a thread of its own, which ends with the process at the latest."""

    def __init__(self, options: ServeOptions) -> None:
        self.running = Running(options)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begun = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="scimmock", daemon=True)
        self._thread.start()
        self._begun.wait()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        def begun(_: object) -> None:
            self._loop = asyncio.get_running_loop()
            self._begun.set()

        try:
            self.running.run(begun)
        except BaseException as error:
            self._error = error
        finally:
            self._loop = None
            self._begun.set()

    def stop(self) -> None:
        """End the server; requests in flight have some seconds to end.  Raises what went wrong at the end."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self.running.stop)
        self._thread.join(GRACE + 5)
        if self._error is not None:
            raise self._error

    @property
    def host(self) -> ControlHost:
        return self.running.host

    def call(self, act: Callable[[], T]) -> T:
        if threading.current_thread() is self._thread:  # a fault that is written in Python
            return act()
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(act())
            except BaseException as error:
                future.set_exception(error)

        self._schedule(run)
        return self._outcome(future)

    def wait(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if threading.current_thread() is self._thread:
            raise UsageError("the server cannot wait for itself", hint="wait in the thread of the test")
        return self._outcome(self._begin(act))

    async def wait_async(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await asyncio.wrap_future(self._begin(act))

    def _begin(self, act: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        loop = self._loop
        if loop is None:
            raise not_running()
        return asyncio.run_coroutine_threadsafe(act(), loop)

    def _schedule(self, run: Callable[[], None]) -> None:
        loop = self._loop
        try:
            if loop is None:
                raise RuntimeError
            loop.call_soon_threadsafe(run)
        except RuntimeError:  # it was closed just now
            raise not_running() from None

    def _outcome(self, future: Future[T]) -> T:
        while True:
            try:
                return future.result(_LOOK)
            except TimeoutError:
                if future.done():  # the error is the function's own
                    raise
                if not self._thread.is_alive():
                    raise not_running() from None


class Here:
    """A server that is an application of the caller's own event loop."""

    def __init__(self, host: ControlHost) -> None:
        self.host = host

    def call(self, act: Callable[[], T]) -> T:
        return act()

    def wait(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        raise UsageError("nothing can happen while this thread waits", hint="await wait_for_async(...)")

    async def wait_async(self, act: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await act()


def not_running() -> UsageError:
    """Return the error for a server that has not begun or has ended."""
    return UsageError("the server does not run", hint="use it inside of 'with'")


class Access:
    """The way to one tenant.  It knows the name only: nothing here keeps a deleted tenant alive."""

    def __init__(self, reach: Reach, name: str) -> None:
        self.reach = reach
        self.name = name
        self.moved_clock = False  # and has not released it

    def call(self, act: Callable[[ServedTenant], T], within: str = "") -> T:
        """Return what a function of the tenant returns; raises UsageError for what makes no sense."""
        with explained(within):
            return self.reach.call(lambda: act(self.served()))

    def served(self) -> ServedTenant:
        """Return the tenant, for use on the server's event loop; raises UsageError when it is deleted."""
        tenant = self.reach.host.tenants.get(self.name)
        if tenant is None:
            raise UsageError(f"the tenant {self.name!r} is deleted")
        return tenant


@contextmanager
def explained(within: str = "") -> Iterator[None]:
    """Let errors of the control API and of rules be a UsageError; fields are named below ``within``."""
    try:
        yield
    except ControlError as error:
        near = f"did you mean {error.did_you_mean!r}?" if error.did_you_mean else None
        where = error.field.removeprefix(within) if error.field else None
        raise UsageError(error.message, where=where, hint=near) from None
    except RuleError as error:
        raise UsageError(error.message, where=error.path or None, hint=error.advice) from None
