"""Answers flows from a recorded session, in the stead of the service behind the proxy."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from ..traffic.answering.asked import Asked, decoded, headers_of
from ..traffic.answering.nearest import Miss
from ..traffic.answering.player import Counts, Order
from ..traffic.answering.replayer import Given, Replayer, miss_note, miss_reply
from ..traffic.answering.session import read_session
from ..traffic.reply import TOLD, Delivery, Reply
from ..traffic.routes import base_of, below
from .addresses import origin_from
from .answers import response_of
from .leaving import Leaving, can_deliver, kill
from .wire import gone

log = logging.getLogger(__name__)

OnMiss = Literal["404", "kill", "forward"]
_BEYOND = ("garbage", "bad_chunk")  # how answers end that mitmproxy cannot give


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """Which session answers, in which order and how fast, and what becomes of other requests."""

    path: Path
    on_miss: OnMiss = "404"
    order: Order = "per-resource"
    factor: float | None = None


@dataclass(slots=True)
class _Answered:
    """What became of a flow; ``reply`` None: it was not in the session."""

    note: dict[str, Any]
    reply: Reply | None = None
    error: str | None = None


class ProxyReplay:
    """A session that answers; its methods that have the name of a hook are to be called in it.

    ``base`` is the base path of the service, None where the session and each request tell.  Raises
    FileError where there is no session.
    """

    def __init__(self, settings: ReplaySettings, base: str | None) -> None:
        self.settings = settings
        self.forwarded = 0
        self._base = base
        self._session = read_session(settings.path)
        self._replayers: dict[str | None, Replayer] = {}
        self._replayer("")
        self._answered: WeakKeyDictionary[http.HTTPFlow, _Answered] = WeakKeyDictionary()
        self._leaving = Leaving()
        for kind in _BEYOND:
            numbers = self._session.ends.get(kind, [])
            if numbers:
                listed = ", ".join(map(str, numbers[:10]))
                log.warning(
                    f"scimmock: a proxy cannot answer with {kind}, it closes the connection: {listed}"
                )

    # ---- the hooks

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """See to it that a request does not pass before it was looked for."""
        if self._place(flow) is not None:
            flow.request.stream = False

    async def request(self, flow: http.HTTPFlow) -> None:
        """Answer a request, or do what is to be done with one that is not in the session."""
        place = self._place(flow)
        if place is None or flow.response is not None or flow.error is not None:
            return
        base, path = place
        request = flow.request
        query = request.data.path.partition(b"?")[2].decode("latin-1")
        body = decoded(request.get_content(strict=False) or b"")
        asked = Asked(request.method, path, query, headers_of(_pairs(request)), body)
        origin = origin_from(request.scheme, request.host, request.port)
        found = self._replayer(base).answer(asked, f"{origin}{base}")
        if isinstance(found, Miss):
            self._missed(flow, found)
        else:
            await self._play(flow, found)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Let an answer leave as the recorded one did."""
        answered = self._answered.get(flow)
        if answered is None or answered.reply is None or flow.response is None:
            return
        answered.error = await self._leaving.deliver(flow, flow.response, answered.reply)

    # ---- what a recorder asks

    def told(self, flow: http.HTTPFlow) -> dict[str, Any] | None:
        """Return how the answer to a flow ended, None for a whole one."""
        answered = self._answered.get(flow)
        if answered is None or answered.error is None:
            return None
        return {"error": {"kind": answered.error, "message": TOLD[answered.error]}, "upstream": None}

    def notes_of(self, flow: http.HTTPFlow) -> list[dict[str, Any]]:
        """Return what was found for a flow, in the form of ``trace.notes``."""
        answered = self._answered.get(flow)
        return [answered.note] if answered is not None else []

    @property
    def counts(self) -> Counts:
        """What has been played so far."""
        all_ = [replayer.counts for replayer in self._replayers.values()]
        return Counts(
            sum(counts.total for counts in all_),
            sum(counts.played for counts in all_),
            sum(counts.again for counts in all_),
            sum(counts.missed for counts in all_),
            [n for counts in all_ for n in counts.unplayed],
        )

    @property
    def summary(self) -> dict[str, Any]:
        """What has been played so far, for a summary at the end."""
        counts = self.counts
        told = {"exchanges": counts.total, "played": counts.played, "missed": counts.missed}
        return {"recording": str(self.settings.path), **told, "forwarded": self.forwarded}

    # ---- the way

    def _replayer(self, base: str) -> Replayer:
        own = base if base in self._session.parts else None
        if own not in self._replayers:
            settings = self.settings
            self._replayers[own] = Replayer(self._session, own or "", settings.order, settings.factor)
        return self._replayers[own]

    def _place(self, flow: http.HTTPFlow) -> tuple[str, str] | None:
        """Return the base path of a request and its raw path below that; None for none of our business."""
        path = flow.request.data.path.partition(b"?")[0].decode("latin-1")
        known = self._session.base_path if self._base is None else self._base
        rest = below(path, known) if known else None
        if rest is not None:
            return known, rest
        base = base_of(path) if self._base is None else None
        if base is not None:
            return base, below(path, base) or "/"
        is_token = path.endswith("/oauth/token")
        return ("", path) if is_token or isinstance(flow.client_conn.proxy_mode, ReverseMode) else None

    async def _play(self, flow: http.HTTPFlow, found: Given) -> None:
        reply = found.reply
        answered = self._answered[flow] = _Answered(found.note, reply)
        if found.wait:
            await gone(flow, found.wait)
        if not can_deliver(reply.delivery):
            reply.delivery = Delivery(silent=True, end="close")
        if reply.delivery is not None and reply.delivery.silent:
            answered.error = await self._leaving.silence(flow, reply.delivery.end)
        else:
            flow.response = response_of(reply, flow.request)

    def _missed(self, flow: http.HTTPFlow, miss: Miss) -> None:
        on_miss = self.settings.on_miss
        self._answered[flow] = _Answered(miss_note(miss) | {"then": on_miss})
        log.info(f"scimmock: {flow.request.method} {flow.request.path}: {miss.detail}")
        if on_miss == "kill":
            kill(flow)
        elif on_miss == "forward":
            self.forwarded += 1
        else:
            flow.response = response_of(miss_reply(miss), flow.request)


def _pairs(request: http.Request) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.fields]
