"""The events of a tenant as they happen (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..journal.feed import Notice, Subscription
from .answers import encoded
from .asked import number_of, parameters_of
from .exchanges import FILTERS, Wanted, documents_of, those_of, wanted_of
from .host import Call, Host, tenant_of

_PARAMETERS = (*FILTERS, "since")
_KEEP_ALIVE = 15  # seconds between comments
_FAREWELL = 1.0  # seconds that a stream has to end when the server stops


async def _get_events(host: Host, request: Request) -> Response:
    # Imported late: who never looks at events need not wait for it.
    import anyio
    from sse_starlette.sse import EventSourceResponse

    tenant = tenant_of(host, request)
    parameters = parameters_of(request, _PARAMETERS)
    wanted = wanted_of(host, tenant, parameters)
    last = request.headers.get("last-event-id", "")
    # A client that comes back knows better than its URL, which is from its first time.
    start = {"Last-Event-ID": last} if last else parameters
    name = "Last-Event-ID" if last else "since"
    since = number_of(start, name, 0) if name in start else None
    stopping = anyio.Event()
    return EventSourceResponse(
        _stream(host, tenant, wanted, parameters, since, stopping),
        ping=_KEEP_ALIVE,
        sep="\n",
        shutdown_event=stopping,
        shutdown_grace_period=_FAREWELL,
    )


async def _stream(
    host: Host,
    tenant: Any,
    wanted: Wanted,
    parameters: dict[str, str],
    since: int | None,
    stopping: Any,
) -> AsyncIterator[dict[str, str] | Any]:
    with tenant.journal.subscribe(since) as subscription:
        watcher = asyncio.create_task(_end_with_server(subscription, stopping))
        try:
            # The head of the answer leaves at once, and tells who comes back whether numbers began anew.
            yield {"comment": f"after exchange {subscription.last} of {tenant.journal.life}"}
            async for notice in subscription:
                event = await _event(host, tenant, wanted, parameters, notice)
                if event is not None:
                    yield event
        finally:
            watcher.cancel()


async def _end_with_server(subscription: Subscription, stopping: Any) -> None:
    await stopping.wait()
    subscription.close()


async def _event(
    host: Host, tenant: Any, wanted: Wanted, parameters: dict[str, str], notice: Notice
) -> dict[str, str] | None:
    """Return the event for a notice, None for an exchange that nobody asked for."""
    if notice.kind == "exchange":
        if not await those_of(host, tenant, [notice.data], wanted, parameters):
            return None
        (document,) = await documents_of(host, tenant, [notice.data])
        return {"event": "exchange", "id": str(notice.n), "data": _encoded(document)}
    if notice.kind == "dropped":
        gone = {"dropped": notice.data, "last": notice.n}
        return {"event": "dropped", "id": str(notice.n), "data": _encoded(gone)}
    return {"event": notice.kind, "data": _encoded(notice.data)}


def _encoded(document: Any) -> str:
    return encoded(document).decode()


CALLS: tuple[Call, ...] = (("GET", "events", _get_events),)
