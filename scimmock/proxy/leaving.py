"""How an answer leaves a proxy, or does not, as a `Delivery` has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from mitmproxy import http

from ..traffic.reply import Delivery, End, Reply
from .answers import break_off
from .wire import end_after, gone, reset

log = logging.getLogger("scimmock")

# What mitmproxy has no way to do: it writes the head of each answer and its chunks itself.
BEYOND = ("raw", "bad_chunk", "pause", "drip")


class Leaving:
    """Lets answers leave; each method returns what the client met instead of a whole one, else None."""

    def __init__(self) -> None:
        self._ending: set[asyncio.Task[None]] = set()

    async def deliver(self, flow: http.HTTPFlow, response: http.Response, reply: Reply) -> str | None:
        """Let the answer of a flow leave as a reply wants it to."""
        delivery = reply.delivery
        if delivery is not None and delivery.silent:
            return await self.silence(flow, delivery.end)
        kind: str | None = None
        end: End = "keep"
        if delivery is not None:
            beyond = [name for name in BEYOND if getattr(delivery, name)]
            if beyond:  # rules were checked, functions can ask for anything
                log.warning("a proxy cannot deliver an answer with %s", ", ".join(beyond))
            kind = break_off(response, delivery)
            end = "close" if delivery.end == "keep" and kind is not None else delivery.end
        if reply.close:
            if not flow.request.is_http2:  # RFC 9113 section 8.2.2
                response.headers["connection"] = "close"
            end = "close" if end == "keep" else end
        if end == "close" or end == "reset":
            task = asyncio.create_task(end_after(flow, end))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)
        return kind

    async def silence(self, flow: http.HTTPFlow, end: End) -> str:
        """Let the client have no byte of an answer."""
        kind = "closed"
        if end == "hang":
            kind = "hang"
            await gone(flow, None)
        elif end == "reset" and await reset(flow):
            kind = "reset"
        kill(flow)
        return kind


def kill(flow: http.HTTPFlow) -> None:
    """Close the connection of a client without an answer."""
    if flow.killable:
        act: Callable[[], None] = flow.kill
        act()


def can_deliver(delivery: Delivery | None) -> bool:
    """Whether a proxy can let an answer leave so."""
    return delivery is None or not any(getattr(delivery, name) for name in BEYOND)
