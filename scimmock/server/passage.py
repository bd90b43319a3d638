"""The way of a request through the fault rules and quirks that it can meet.

See `scimmock.faults` and `scimmock.quirks`; who meets none of them takes the short way in
`scimmock.server.app`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import msgspec

from ..errors import ScimError
from ..faults.base import Action, Run, Stage
from ..faults.call import Call, json_of, told_of
from ..faults.rule import Fired, Rule
from ..faults.ruleset import Candidates, RuleSet
from ..scim.answer import Answer, Request
from ..scim.bulk import Operation
from ..scim.engine import Service
from ..traffic.exchange import Exchange
from ..traffic.reply import Reply
from .auth import Identity
from .operations import operate
from .routes import Route, bulk_route
from .tenant import Tenant

log = logging.getLogger("scimmock")

_NONE = Candidates(())
_BULK_OPERATIONS = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete"}
_MAX_INNER = 1000


class Passage:
    """One request under rules and quirks.

    ``forced`` are the names of rules that the request itself asks for.
    """

    def __init__(
        self,
        tenant: Tenant,
        found: Route | ScimError,
        exchange: Exchange,
        candidates: Candidates | None,
        forced: bytes | None,
    ) -> None:
        self.tenant = tenant
        self.rules: RuleSet = tenant.faults
        self.candidates = candidates or _NONE
        self.call = Call(
            exchange,
            tenant,
            exchange.method,
            exchange.path,
            exchange.operation,
            exchange.resource,
            exchange.id,
            None if isinstance(found, ScimError) else found.resource_type,
        )
        self.forced = self._named(forced) if forced is not None else []
        self._joined: bytes | None = None  # the body as it was joined, before anybody changed it
        self._asked_for: set[Stage] = set()
        self.inner: dict[int, tuple[Call, Reply | None, Candidates]] = {}
        self.is_recorded = False  # the answer is that of another service, whose words it has

    def _named(self, header: bytes) -> list[Rule]:
        rules = []
        for name in dict.fromkeys(header.decode("latin-1").split(",")):
            rule = self.rules.named(name.strip())
            if rule is None:
                known = ", ".join(rule.name for rule in self.rules.rules if rule.enabled) or "none"
                about = "is switched off" if self.rules.get(name.strip()) else "does not exist"
                detail = f"X-Scimmock-Fault: the rule {name.strip()!r} {about}, there are {known}"
                raise ScimError(400, detail)
            rules.append(rule)
        return rules

    def _turns(self, stage: Stage, rules: Iterable[Rule]) -> Iterable[Fired]:
        """Yield what fires at a stage: the rules that the request asked for, else those whose turn it is."""
        forced = [rule for rule in self.forced if rule.action.stage is stage]
        if not forced:
            yield from self.rules.turns(rules, self.call)
            return
        if stage in self._asked_for:  # limits have two moments
            return
        self._asked_for.add(stage)
        for rule in forced:
            fired = Fired(rule, rule.schedule.turn_at_once(), self.call)
            if not rule.action.tentative:
                fired.count(asked_for=True)
            yield fired

    def ends_here(self, body: bytes) -> bool:
        """Whether the body shows that no rule has anything to do with the request."""
        exchange = self.call.exchange
        return self.candidates.none_has_its_turn(
            exchange.path, told_of(json_of(body), exchange.operation) or {}
        )

    @property
    def waits_for_body(self) -> bool:
        """Whether a look at the body may end the way here."""
        quirky = self.tenant.quirks.on_call or self.call.operation == "bulk"
        return self.candidates.asks_body and not quirky and not self.forced

    async def run(self, read: Callable[[], Awaitable[bytes]], execute: Callable[[bytes], Reply]) -> Reply:
        """Lead the request through all stages; ``read`` gives its body, ``execute`` runs the service."""
        call, stages = self.call, self.candidates.by_stage
        reply = await self._before(Stage.LIMIT, self.candidates.with_head)
        try:
            call.raw_body = body = await read()
        except ScimError as error:
            call.exchange.matched = time.perf_counter()
            return self._after(reply or self.tenant.error_reply(error))
        if reply is None:
            for stage in (Stage.LIMIT, Stage.TIME, Stage.ANSWER):
                reply = await self._before(stage, stages[stage])
                if reply is not None:
                    break
        if reply is None and call.operation == "bulk":
            reply = await self._before_inner()
        call.exchange.matched = time.perf_counter()
        if reply is None:
            try:
                reply = execute(body)
            except ScimError as error:
                reply = self.tenant.error_reply(error)
            self._joined = reply.body
        limits = [pair for pair in call.actions if pair[0].stage is Stage.LIMIT]
        for action, fired in limits:  # what they tell of themselves is worded by quirks too
            reply = action.after(call, fired, reply)
        if reply.status and not self.is_recorded:
            self.tenant.quirks.reply(call, reply)
        return self._after(reply)

    async def _before(self, stage: Stage, rules: list[Rule]) -> Reply | None:
        if not rules and not self.forced:
            return None
        for fired in self._turns(stage, rules):
            reply = await self.rules.act(fired, self.call)
            if reply is not None:
                return reply
        return None

    # ---- the engine

    def engine(self, found: Route, request: Request, identity: Identity) -> Answer:
        """Run the operation within the rules that change what the service does; raises ScimError."""
        call, tenant = self.call, self.tenant
        call.request = request
        call.body = request.body
        call.service = tenant.service

        def run(service: Service | None = None) -> Answer:
            assert call.request is not None
            if found.operation == "bulk":
                tenant.quirks.bulk_request(call)
                around = partial(self._around, service) if self.inner else None
                return operate(tenant, found, call.request, identity, service, around)
            call.service = service or tenant.service
            return tenant.quirks.engine(call, partial(on_engine, service))

        def on_engine(service: Service | None, other: Service | None = None) -> Answer:
            assert call.request is not None
            call.service = other or service or tenant.service
            return operate(tenant, found, call.request, identity, call.service)

        return self._wrapped(self._turns(Stage.STATE, self.candidates.by_stage[Stage.STATE]), call, run)

    @staticmethod
    def _wrapped(turns: Iterable[Fired], call: Call, run: Callable[..., Answer]) -> Answer:
        acting = list(turns)
        for fired in acting:
            call.attach(fired.rule.action, fired)
        for fired in reversed(acting):
            if fired.rule.action.changes_engine:
                run = _around(fired.rule.action, call, fired, run)
        # What came in before may have left something to do here too.
        for action, fired in reversed(call.actions):
            if action.changes_engine and fired not in acting:
                run = _around(action, call, fired, run)
        return run()

    # ---- the operations inside a bulk request

    async def _before_inner(self) -> Reply | None:
        """Let rules meet each operation of a bulk request.

        What they make wait is the whole request, and so is what they do to the connection: that is
        the reply which is returned.
        """
        body = self.call.body if isinstance(self.call.body, dict) else {}
        listed = next((value for name, value in body.items() if name.lower() == "operations"), None)
        for index, item in enumerate(listed[:_MAX_INNER] if isinstance(listed, list) else ()):
            call = self._inner_call(item)
            if call is None:
                continue
            candidates = self.rules.candidates(call.method, call.operation, call.resource)
            if candidates is None:
                if self.tenant.quirks.on_call:
                    self.inner[index] = call, None, _NONE
                continue
            reply = None
            self.inner[index] = call, None, candidates
            for stage in (Stage.LIMIT, Stage.TIME, Stage.ANSWER):
                with_head = candidates.with_head if stage is Stage.LIMIT else []
                reply = await self.rules.before([*with_head, *candidates.by_stage[stage]], call)
                if reply is not None:
                    break
            self.inner[index] = call, reply, candidates
            for action, fired in call.actions:
                if action.stage is Stage.WIRE:  # an entry of a sequence
                    self.call.attach(action, fired)
            if reply is not None and reply.delivery is not None:
                return reply
        return None

    def _inner_call(self, operation: Any) -> Call | None:
        """Return one operation of a bulk request as rules see it, None for one that is none."""
        item = (
            {name.lower(): value for name, value in operation.items()} if isinstance(operation, dict) else {}
        )
        method, path = str(item.get("method")).upper(), item.get("path")
        found = bulk_route(self.tenant, path) if isinstance(path, str) else None
        if found is None or method not in _BULK_OPERATIONS:
            return None
        resource_type, id = found
        call = Call(
            self.call.exchange,
            self.tenant,
            method,
            "/" + str(path).strip("/"),
            _BULK_OPERATIONS[method],
            resource_type.endpoint.strip("/"),
            id,
            resource_type,
            inner=True,
        )
        call.body = item.get("data")
        return call

    def _around(
        self,
        service: Service | None,
        item: Operation,
        request: Request,
        run: Callable[[Service], Answer],
    ) -> Answer:
        met = self.inner.get(item.index)
        if met is None:
            return run(service or self.tenant.service)
        call, reply, candidates = met
        if reply is not None:
            return _answer_of(reply)
        call.request = request
        call.body = request.body
        own = call.service = service or self.tenant.service
        quirks = self.tenant.quirks
        quirks.head(call)

        def run_on(other: Service | None = None) -> Answer:
            call.service = other or own
            return quirks.engine(call, lambda another=None: run(another or other or own))

        try:
            turns = self.rules.turns(candidates.by_stage[Stage.STATE], call)
            answer = self._wrapped(turns, call, run_on)
        except ScimError as error:
            self._inner_after(call, candidates, error.status)
            raise
        changed = self._inner_after(call, candidates, answer.status)
        return answer if changed is None else changed

    def _inner_after(self, call: Call, candidates: Candidates, status: int) -> Answer | None:
        """Let what changes an answer give the operation its status; what is for the wire goes further out.

        Returns the answer in the place of the operation's own, if there is one; raises ScimError.
        """
        acting = [pair for pair in call.actions if pair[0].stage is Stage.STATE]
        for fired in self.rules.turns(candidates.by_stage[Stage.WIRE], call):
            self.call.attach(fired.rule.action, fired)
        reply = Reply(status)
        for action, fired in acting:
            reply = action.after(call, fired, reply)
            if reply.delivery is not None:
                self.call.attach(action, fired)
                return None
        return None if reply.status == status else _answer_of(reply)

    # ---- the way out

    def _after(self, reply: Reply) -> Reply:
        """Let rules change the answer and how it leaves."""
        call, exchange = self.call, self.call.exchange
        meant = reply.status, list(reply.headers), reply.body
        acting = [pair for pair in call.actions if pair[0].stage is not Stage.LIMIT]
        for action, fired in sorted(acting, key=lambda pair: pair[0].stage):
            reply = action.after(call, fired, reply)
        stages = self.candidates.by_stage
        for stage in (Stage.BODY, Stage.WIRE):
            if reply.status and (stages[stage] or self.forced):
                for fired in self._turns(stage, stages[stage]):
                    reply = fired.rule.action.after(call, fired, reply)
        if (reply.status, reply.body) != (meant[0], meant[2]) and meant[0]:
            exchange.upstream = meant
        if reply.joined is not None and reply.body is not self._joined:
            reply.joined = None
        return reply

    def close(self) -> None:
        """Do what must happen when the last byte of the answer is out."""
        calls = [self.call, *(inner for inner, _, _ in self.inner.values())]
        for call in calls:
            for act in call.finally_:
                try:
                    act()
                except Exception:
                    log.exception("a defect of scimmock at the end of a request")
            call.forget()
        self.inner.clear()


def _around(action: Action, call: Call, fired: Fired, run: Run) -> Run:
    """Return how to run the engine within an action; another service reaches what lies within."""
    own = call.service

    def within(service: Any = None) -> Answer:
        call.service = service or own
        return action.engine(call, fired, lambda other=None: run(other or service))

    return within


def _answer_of(reply: Reply) -> Answer:
    """Return what stands in a bulk response for an answer of a rule; raises ScimError for an error."""
    if 200 <= reply.status < 300:
        return Answer(reply.status)
    try:
        document = msgspec.json.decode(reply.body)
    except msgspec.MsgspecError:
        document = None
    if not isinstance(document, dict):
        document = {}
    scim_type = document.get("scimType")
    raise ScimError(
        reply.status,
        str(document.get("detail") or f"the operation failed with {reply.status}"),
        scim_type if isinstance(scim_type, str) else None,
    )
