"""A tenant in the hands of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

import httpx

from ..control import state as calls
from ..errors import UsageError
from .clock import Clock
from .directory import Resource, Resources
from .expecting import check, check_async, expected, met, wait_document
from .faults import Faults
from .http import async_client_of, client_of, headers_of
from .journal import Entry, Finding, Journal
from .reach import Access, not_running

__all__ = ["Tenant"]

Duration = str | float


class Tenant:
    """One directory of a server with everything that serves it, for the code of a test.

    Members can be used from any thread and work on the tenant as it is at that moment; what makes no sense
    is a UsageError.
    """

    _access: Access | None = None
    _about: Mapping[str, Any] = {}
    _client: httpx.Client | None = None

    def _begin(self, access: Access, about: Mapping[str, Any]) -> None:
        self._access, self._about, self._client = access, about, None

    @property
    def _open(self) -> Access:
        if self._access is None:
            raise not_running()
        return self._access

    def __repr__(self) -> str:
        return f"<scimmock {self._about.get('base_url', 'that does not run')}>"

    # ---- how to get there

    @property
    def name(self) -> str:
        """Its name, "" for the tenant that a server has of itself."""
        return self._open.name

    @property
    def url(self) -> str:
        """The base URL of the SCIM service."""
        return str(self._told("base_url"))

    @property
    def also(self) -> dict[str, str]:
        """The base URLs at which the same directory is served under other behaviours, by fixture."""
        return dict(self._told("also") or {})

    @property
    def control_url(self) -> str:
        """The URL of its control API."""
        return str(self._told("control_url"))

    @property
    def token(self) -> str | None:
        """A bearer token that is let in, None where nobody is kept out."""
        token = self._told("token")
        return None if token is None else str(token)

    @property
    def headers(self) -> dict[str, str]:
        """The header with the token."""
        return headers_of(self.token)

    @property
    def client(self) -> httpx.Client:
        """A client with base URL and token, closed at the end."""
        if self._client is None:
            self._client = client_of(self.url, self.token)
        return self._client

    def async_client(self, **options: Any) -> httpx.AsyncClient:
        """Return a client with base URL and token for ``async with``; ``options`` are those of httpx."""
        return async_client_of(self.url, self.token, **options)

    def _told(self, name: str) -> Any:
        assert self._open
        return self._about.get(name)

    # ---- what there is

    @property
    def users(self) -> Resources:
        """The users, to be looked at and changed."""
        return Resources(self._open, "Users")

    @property
    def groups(self) -> Resources:
        """The groups, to be looked at and changed."""
        return Resources(self._open, "Groups")

    def resources(self, endpoint: str) -> Resources:
        """Return the resources of any endpoint ("Devices")."""
        return Resources(self._open, endpoint)

    @property
    def faults(self) -> Faults:
        """The fault rules."""
        return Faults(self._open)

    @property
    def clock(self) -> Clock:
        """The clock of the server."""
        return Clock(self._open)

    @property
    def journal(self) -> Journal:
        """The exchanges."""
        return Journal(self._open)

    @property
    def findings(self) -> list[Finding]:
        """What is to be said about the requests."""
        return self.journal.findings()

    def state(self) -> dict[str, list[Resource]]:
        """Return every resource as it is stored, by endpoint; `restore` takes it back."""
        host = self._open.reach.host
        return self._open.call(host.dump)

    def restore(self, state: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Replace the directory; what is wrong in it is stored as it is.  Raises UsageError."""
        content = {name: [dict(one) for one in resources] for name, resources in state.items()}
        host = self._open.reach.host
        self._open.call(lambda tenant: calls.restore(host, tenant, content))

    def reset(self) -> None:
        """Put the directory back to what the fixture made it."""
        host = self._open.reach.host
        self._open.call(lambda tenant: calls.reset(host, tenant))

    # ---- what was expected of the client

    def assert_called(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        resource: str | None = None,
        filter: str | None = None,
        within: Duration | None = None,
        **criteria: Any,
    ) -> list[Entry]:
        """Return the exchanges that meet the criteria; raises AssertionError when there are not so many.

        Without ``times`` there shall be at least one; ``within`` waits so long for what is missing.
        ``criteria`` are the keys of an expectation in docs/control-api.md: ``status``, ``at_least``, ...
        """
        __tracebackhide__ = True
        given = {**criteria, "times": times, "resource": resource, "filter": filter, "within": within}
        if times is None and "at_least" not in criteria and "at_most" not in criteria:
            given["at_least"] = 1
        return met(check(self._open, expected(operation, given)))[0]

    def assert_not_called(
        self,
        operation: str | None = None,
        *,
        resource: str | None = None,
        filter: str | None = None,
        within: Duration | None = None,
        **criteria: Any,
    ) -> None:
        """Raise AssertionError when an exchange meets the criteria; ``within`` looks on for so long."""
        __tracebackhide__ = True
        given = {**criteria, "resource": resource, "filter": filter, "within": within, "never": True}
        met(check(self._open, expected(operation, given)))

    def wait_for(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        resource: str | None = None,
        filter: str | None = None,
        timeout: Duration = "5s",
        **criteria: Any,
    ) -> Entry:
        """Wait for an exchange, or for so many, and return the last; raises AssertionError in the end."""
        __tracebackhide__ = True
        given = {**criteria, "times": times, "resource": resource, "filter": filter}
        found = met(check(self._open, wait_document(operation, timeout, given)))[0]
        return found[(times or 1) - 1]

    async def wait_for_async(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        resource: str | None = None,
        filter: str | None = None,
        timeout: Duration = "5s",
        **criteria: Any,
    ) -> Entry:
        """Do the same as `wait_for` on an event loop, which goes on meanwhile."""
        __tracebackhide__ = True
        given = {**criteria, "times": times, "resource": resource, "filter": filter}
        result = await check_async(self._open, wait_document(operation, timeout, given))
        return met(result)[0][(times or 1) - 1]

    def verify(
        self,
        expect: Sequence[Mapping[str, Any]],
        *,
        order: bool = False,
        no_others: bool = False,
        within: Duration = 0.0,
        since: int = 0,
    ) -> list[list[Entry]]:
        """Hold the journal against several expectations, as ``scimmock verify`` does.

        Returns the exchanges of each; raises AssertionError.
        """
        __tracebackhide__ = True
        around = {"order": order, "no_others": no_others, "within": within, "since": since}
        return met(check(self._open, {"expect": [dict(one) for one in expect], **around}))

    # ---- its end

    def close(self) -> None:
        """Close its client and delete it; a clock that it has moved is released.  May be done twice."""
        access = self._access
        self._close_client()
        if access is not None and access.name:
            host = access.reach.host
            with suppress(UsageError):  # the server has ended, and the tenant with it
                access.reach.call(lambda: host.delete_tenant(access.name))
                if access.moved_clock:
                    self.clock.release()

    def _close_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
