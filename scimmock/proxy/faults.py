"""scimmock's fault rules between a real client and a real service, inside mitmproxy.

The rules, their schedules and draws are those of `scimmock serve`, and so is the order of stages.
What a proxy cannot do truly is refused when the rules are read; see docs/faults.md.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from weakref import WeakKeyDictionary

from mitmproxy import ctx, http

from ..clock import Clock
from ..errors import UsageError
from ..faults.at_proxy import ProxyGround, load_for_proxy
from ..faults.base import Stage
from ..faults.call import Call, Ground
from ..faults.limits.base import Keyed
from ..faults.ruleset import Candidates, RuleSet
from ..traffic.exchange import Exchange
from ..traffic.reply import TOLD, Headers, Reply
from ..traffic.routes import aim_of, base_of, below
from .answers import change, reply_of, response_of
from .exchanges import plain_path
from .leaving import Leaving, kill
from .wire import gone

log = logging.getLogger("scimmock")

_TYPES = {"Users": "User", "Groups": "Group"}  # the names that `match: {resource: User}` may have


class _Call(Call):
    """A request that is waited for when it was answered: the service acts though the client gives up."""

    __slots__ = ("owed",)

    owed: float

    async def sleep(self, seconds: float) -> None:
        """Let real time pass before the answer leaves."""
        self.owed += max(0.0, seconds)


@dataclass(slots=True)
class _Passage:
    """One flow on its way; ``own`` is a rule's answer, ``upstream`` what the service said instead.

    ``error`` is how the answer ended, where the client did not get all of one.
    """

    call: _Call
    candidates: Candidates
    own: Reply | None = None
    error: str | None = None
    upstream: tuple[int, Headers, bytes] | None = None

    def close(self) -> None:
        """Do what must happen when the answer is out, once."""
        for act in self.call.finally_:
            try:
                act()
            except Exception:
                log.exception("a defect of scimmock at the end of a request")
        self.call.forget()


class ProxyFaults:
    """The rules of one run of mitmproxy; its methods that have the name of a hook are to be called in it.

    ``names`` are packs or files, as for `scimmock serve --faults`.  ``base`` returns the base path of
    the service, None while it is not known; requests outside of it meet no rules.  Raises FileError for
    rules that are wrong, and one for all those that a proxy cannot do; UsageError for an option of
    mitmproxy that lets bodies pass unseen.
    """

    def __init__(self, names: Sequence[str], seed: int, base: Callable[[], str | None]) -> None:
        if getattr(getattr(ctx, "options", None), "stream_large_bodies", None):
            # What is longer is sent on as it comes, whatever an addon says.
            hint = "leave it out, the addon itself keeps only so much of a body as scim_max_body says"
            raise UsageError("stream_large_bodies does not go with fault rules", hint=hint)
        self.clock = Clock()
        self.rules = RuleSet(seed, self.clock, _TYPES)
        self.rules.put(load_for_proxy(names))
        self._base = base
        self._ground = cast(Ground, ProxyGround(self.clock))
        self._passages: WeakKeyDictionary[http.HTTPFlow, _Passage] = WeakKeyDictionary()
        self._tokens: Keyed[int] = Keyed(itertools.count(1).__next__)
        self._salt = secrets.token_bytes(16)
        self._leaving = Leaving()

    # ---- the hooks

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """See to it that a request which may meet a rule does not pass before it was met."""
        if flow.request.stream and self._candidates(self._call(flow)) is not None:
            flow.request.stream = False

    async def request(self, flow: http.HTTPFlow) -> None:
        """Let rules count a request, and answer it or end its connection in the service's stead."""
        call = self._call(flow)
        candidates = self._candidates(call)
        if call is None or candidates is None:
            return
        passage = self._passages[flow] = _Passage(call, candidates)
        call.raw_body = flow.request.get_content(strict=False) or b""
        stages = candidates.by_stage
        for rules in (candidates.with_head, *stages[Stage.LIMIT : Stage.STATE]):
            reply = await self.rules.before(rules, call)
            if reply is not None:
                await self._answer(flow, passage, reply)
                return

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """See to it that an answer which rules may change does not pass before they did."""
        if flow in self._passages and flow.response is not None:
            flow.response.stream = False

    async def response(self, flow: http.HTTPFlow) -> None:
        """Let rules change the answer of the service or of a rule, and how it leaves."""
        passage = self._passages.get(flow)
        if passage is None or flow.response is None or passage.error is not None:
            return
        try:
            if flow.response.raw_content is None:
                log.warning("an answer that was streamed by another addon has met no rule")
            else:
                await self._after(flow, flow.response, passage)
        finally:
            passage.close()

    def error(self, flow: http.HTTPFlow) -> None:
        """Let a request end that gets no answer: what it took of a limit is given back."""
        passage = self._passages.get(flow)
        if passage is not None:
            passage.close()

    # ---- what a recorder asks

    def rules_of(self, flow: http.HTTPFlow) -> list[dict[str, Any]]:
        """Return what fired for a flow, in the form of ``trace.rules``."""
        passage = self._passages.get(flow)
        return list(passage.call.exchange.rules or ()) if passage is not None else []

    def told(self, flow: http.HTTPFlow) -> dict[str, Any] | None:
        """Return what rules made of a flow, None where they left it alone.

        ``error`` is how the client's answer ended, where it was not whole: ``{"kind", "message"}``;
        ``upstream`` what the service answered, where the client got something else: (status, headers,
        body), the body decompressed.
        """
        passage = self._passages.get(flow)
        if passage is None or (passage.error is None and passage.upstream is None):
            return None
        error = None
        if passage.error is not None:
            error = {"kind": passage.error, "message": TOLD[passage.error]}
        return {"error": error, "upstream": passage.upstream}

    # ---- the way in

    def _call(self, flow: http.HTTPFlow) -> _Call | None:
        """Return a request as rules see it; None where it is not for the service."""
        request = flow.request
        raw, _, query = request.data.path.partition(b"?")
        whole = plain_path(raw)
        base = self._base()
        if base is None:
            base = base_of(whole)
        path = below(whole, base) if base is not None else None
        if path is None and whole.endswith("/oauth/token"):
            path = whole
        if path is None:
            return None
        aim = aim_of(request.method, path)
        headers = [(name.lower(), value) for name, value in request.headers.fields]
        exchange = Exchange(
            self.clock.now(),
            time.perf_counter(),
            "",
            request.method,
            path,
            query,
            headers,
            request.http_version.removeprefix("HTTP/"),
        )
        exchange.operation, exchange.resource, exchange.id = aim.operation, aim.resource, aim.id
        exchange.identity = self._identity(headers)
        exchange.connection = hash(flow.client_conn.id)
        call = _Call(exchange, self._ground, request.method, path, aim.operation, aim.resource, aim.id)
        call.owed = 0.0
        return call

    def _identity(self, headers: Headers) -> str | None:
        """Return a name for the credentials of a request, by the order in which they came first."""
        value = next((value for name, value in headers if name == b"authorization"), None)
        if value is None:
            return None
        # Nothing can be learnt of a token from its number.
        digest = hashlib.blake2b(value.strip(), digest_size=16, key=self._salt).hexdigest()
        return f"token-{self._tokens[digest]}"

    def _candidates(self, call: Call | None) -> Candidates | None:
        if call is None or not self.rules.active:
            return None
        return self.rules.candidates(call.method, call.operation, call.resource)

    async def _answer(self, flow: http.HTTPFlow, passage: _Passage, reply: Reply) -> None:
        """Answer in the service's stead, or not at all."""
        passage.own = reply
        if reply.delivery is not None and reply.delivery.silent:
            await gone(flow, passage.call.owed)
            passage.error = await self._leaving.silence(flow, reply.delivery.end)
            passage.close()
            return
        flow.response = response_of(reply, flow.request)

    # ---- the way out

    async def _after(self, flow: http.HTTPFlow, response: http.Response, passage: _Passage) -> None:
        call, stages, turns = passage.call, passage.candidates.by_stage, self.rules.turns
        reply = made = reply_of(response)
        meant = reply.status, list(response.headers.fields), reply.body
        was = reply.status, reply.media_type, response.raw_content
        if passage.own is not None:
            reply.delivery, reply.close = passage.own.delivery, passage.own.close
        else:
            # Who is not let in does not come to what these rules are about.
            if response.status_code != 401:
                for fired in turns(stages[Stage.STATE], call):
                    call.attach(fired.rule.action, fired)
            for action, fired in [pair for pair in call.actions if pair[0].stage is Stage.STATE]:
                reply = action.answered(call, fired, reply)
        for action, fired in sorted(call.actions, key=lambda pair: pair[0].stage):
            if action.stage is not Stage.WIRE:
                reply = action.after(call, fired, reply)
        if reply.status:
            for fired in turns(stages[Stage.BODY], call):
                reply = fired.rule.action.after(call, fired, reply)
        if reply.status:
            if reply is made:
                change(response, reply)
            else:
                response = flow.response = response_of(reply, flow.request)
            # From here on sizes are those of the bytes that are sent.
            reply.body = response.raw_content or b""
            for action, fired in [pair for pair in call.actions if pair[0].stage is Stage.WIRE]:
                reply = action.after(call, fired, reply)
            for fired in turns(stages[Stage.WIRE], call):
                reply = fired.rule.action.after(call, fired, reply)
        if call.owed and await gone(flow, call.owed):
            passage.error = "client_gone"
            kill(flow)
        else:
            passage.error = await self._leaving.deliver(flow, response, reply)
        now = response.status_code, reply_of(response).media_type, response.raw_content
        if passage.own is None and (passage.error is not None or now != was):
            passage.upstream = meant
