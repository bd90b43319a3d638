"""The composition root: the one place where the order of the stages of a request is written.

journal.open, route, faults before, auth, decode, quirks, engine, encode, faults after, journal.close.
A pure ASGI application; whatever goes wrong in a stage becomes a SCIM error.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import ScimError
from ..scim.answer import Request
from ..traffic.exchange import Exchange
from ..traffic.reply import TOLD, Reply
from ..traffic.routes import below
from .auth import ANONYMOUS, Identity
from .bases import BaseUrls
from .delivery import deliver
from .incoming import (
    SEEN,
    WITH_BODY,
    ClientGone,
    Receive,
    Scope,
    Seen,
    Send,
    check_accept,
    decode_body,
    parameters,
    read_body,
)
from .operations import TOKEN_METHODS, operate, token_reply, write
from .passage import Passage
from .reply import method_reply, reply_to
from .routes import SLASH, Route, decode_path, route, shown, split
from .tenant import Tenant
from .tenants import Tenants

if TYPE_CHECKING:
    from .recording import SessionRecorder

ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("scimmock")

CONTROL = "/_scimmock"
_MAX_FORM = 65_536  # bytes of a request to the token endpoint
_NO_EXTENSIONS: dict[str, Any] = {}
_WRITES = frozenset(("create", "replace", "patch", "delete"))


class App:
    """Serves all tenants; ``control`` answers what lies below ``/_scimmock``.

    ``on_exchange`` is told each finished exchange, ``recorder`` gets it before the client has all of the
    answer or the journal has it; ``fault_header`` lets requests name rules (``X-Scimmock-Fault``).
    """

    def __init__(
        self,
        tenants: Tenants,
        bases: BaseUrls,
        control: ASGIApp | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
        fault_header: bool = False,
        recorder: SessionRecorder | None = None,
    ) -> None:
        self.tenants, self.bases = tenants, bases
        self.control = control
        self.on_exchange = on_exchange
        self.fault_header = fault_header
        self.recorder = recorder
        self.clock = tenants.clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "lifespan":
            await self._lifespan(receive, send)
            return
        if kind != "http":
            return
        path = scope["path"] if b"%" not in scope["raw_path"] else decode_path(scope["raw_path"])
        tenant_name, rest = "", path
        if path is not None and path.startswith("/t/"):
            tenant_name, slash, rest = path[3:].partition("/")
            rest = slash + rest
            if not tenant_name:
                rest = None  # "/t//..." must not mean the tenant without a name
        if rest is not None and rest.startswith(CONTROL) and self.control is not None:
            await self.control({**scope, "path": rest, "tenant": tenant_name}, receive, send)
            return
        await self._scim(scope, receive, send, tenant_name, rest)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _scim(self, scope: Scope, receive: Receive, send: Send, name: str, path: str | None) -> None:
        begin = time.perf_counter()
        headers = scope["headers"]
        seen = {key: value for key, value in headers if key in SEEN}
        tenants = self.tenants
        tenant = tenants.tenants.get(name)
        exchange = Exchange(
            self.clock.now(),
            begin,
            name,
            scope["method"],
            path or scope["path"],
            scope["query_string"],
            headers,
            scope["http_version"],
        )
        connection = scope.get("extensions", _NO_EXTENSIONS).get("scimmock")
        if connection is not None:
            exchange.connection, exchange.cost = connection.serial, connection.head_bytes
        elif scope.get("client") is not None:
            exchange.connection = scope["client"][1]
        passage: Passage | None = None
        try:
            if path is None:
                raise ScimError(404, "There is nothing at a path that is no UTF-8 or has an empty tenant")
            if tenant is None:
                # Who may not come in does not make tenants.
                tenants.default.auth.identify(seen.get(b"authorization"))
                tenant = tenants.obtain(name)
            if tenant.faces:
                tenant = tenant.face(path)
            if tenant.speaks is not None:
                exchange.speaks = tenant.speaks
            found = self._find(tenant, path, exchange)
            identity = tenant.auth.recognise(seen.get(b"authorization"))
            exchange.identity = None if isinstance(identity, ScimError) else identity.name
            if tenant.faults.active or tenant.quirks.on_call or self.fault_header:
                passage = self._passage(tenant, found, seen, exchange)
            body: bytes | None = None
            if exchange.method in WITH_BODY:
                known = not isinstance(identity, ScimError) or exchange.operation == "token"
                if known if passage is None else passage.waits_for_body:
                    body = await self._body(receive, tenant, found, seen, exchange)
                    if passage is not None and known and passage.ends_here(body):
                        passage = None
            if passage is None:
                exchange.matched = time.perf_counter()
                reply = self._execute(scope, tenant, found, identity, seen, exchange, body or b"", None)
            else:
                way = passage
                reply = await way.run(
                    lambda: self._body(receive, tenant, found, seen, exchange, body),
                    lambda body: self._execute(scope, tenant, found, identity, seen, exchange, body, way),
                )
            if reply.wait:
                await asyncio.sleep(reply.wait)
        except ScimError as error:
            reply = (tenant or tenants.default).error_reply(error)
        except ClientGone:
            exchange.error = {
                "kind": "client_gone",
                "message": "the client went away before the end of the body",
            }
            self._close(scope, tenant or tenants.default, exchange, passage)
            return
        except asyncio.CancelledError:
            # The server stops and the grace for requests in flight is over.
            reply = (tenant or tenants.default).error_reply(ScimError(503, "The server is stopping"))
        except Exception:
            log.exception("a defect of scimmock in %s %s", scope["method"], path)
            reply = (tenant or tenants.default).error_reply(
                ScimError(500, "An internal error, see the server's log")
            )
        try:
            await self._send(scope, receive, send, reply, tenant or tenants.default, seen, exchange)
        finally:
            self._close(scope, tenant or tenants.default, exchange, passage)

    # ---- route, and who asks

    def _find(self, tenant: Tenant, path: str, exchange: Exchange) -> Route | ScimError:
        """Say what a request is for; the exchange learns it."""
        base = tenant.base_path
        method = exchange.method
        found: Route | ScimError
        if path.startswith(base) and path[len(base) : len(base) + 1] in ("/", ""):
            path = path[len(base) :] or "/"
            exchange.path = path if SLASH not in path else shown(path)
            parts = split(path[1:])
            try:
                if tenant.quirks.routes:
                    method, parts = tenant.quirks.route(exchange, method, parts)
                found = route(tenant, method, parts)
            except ScimError as error:
                return error
        elif path in ("/oauth/token", f"{base.rpartition('/')[0]}/oauth/token"):
            found = Route("token", TOKEN_METHODS)
        else:
            exchange.path = shown(path)
            # Not the service at all: nobody's credentials and no rules matter.
            raise ScimError(404, f"There is nothing at {shown(path)}, the base path is {tenant.prefix}{base}")
        exchange.operation = found.operation
        exchange.resource = found.resource or None
        exchange.id = found.id
        return found

    def _passage(
        self, tenant: Tenant, found: Route | ScimError, seen: Seen, exchange: Exchange
    ) -> Passage | None:
        """Return the way through the fault rules, None when none can meet the request."""
        rules = tenant.faults
        forced = seen.get(b"x-scimmock-fault") if self.fault_header else None
        candidates = None
        if rules.active:
            rules.settle()
            candidates = rules.candidates(exchange.method, exchange.operation, exchange.resource)
            if candidates is not None and candidates.none_has_its_turn(exchange.path):
                candidates = None
            if exchange.operation == "bulk":  # the operations in it may meet rules that it does not meet
                return Passage(tenant, found, exchange, candidates, forced)
        if candidates is None and forced is None and not tenant.quirks.on_call:
            return None
        return Passage(tenant, found, exchange, candidates, forced)

    async def _body(
        self,
        receive: Receive,
        tenant: Tenant,
        found: Route | ScimError,
        seen: Seen,
        exchange: Exchange,
        body: bytes | None = None,
    ) -> bytes:
        """Read the body of a request that may have one, unless it was read before."""
        if body is not None:
            return body
        if exchange.method not in WITH_BODY:
            return b""
        is_form = isinstance(found, Route) and found.operation == "token"
        limit = _MAX_FORM if is_form else tenant.policy.limits.body_bytes
        body = await read_body(receive, seen, limit)
        if not is_form:  # it holds secrets, which are not kept
            exchange.request_body = body
        exchange.received = time.perf_counter()
        return body

    # ---- auth, decode, engine, encode

    def _execute(
        self,
        scope: Scope,
        tenant: Tenant,
        found: Route | ScimError,
        identity: Identity | ScimError,
        seen: Seen,
        exchange: Exchange,
        body: bytes,
        passage: Passage | None,
    ) -> Reply:
        """Run a request on the service, within the rules that act on that; raises ScimError."""
        if tenant.replaying is not None and not isinstance(identity, ScimError):
            reply = self._replayed(scope, tenant, seen, exchange, body, passage)
            if reply is not None:
                return reply
        if isinstance(found, ScimError):
            # Only who may come in learns which endpoints there are.
            if isinstance(identity, ScimError):
                raise identity
            raise found
        if found.operation == "token":
            return token_reply(tenant, exchange.method, seen.get(b"authorization"), body)
        if isinstance(identity, ScimError):
            # How to authenticate should be told to who has not yet done so (RFC 7643 section 5).
            if b"authorization" in seen or found.resource not in tenant.open:
                raise identity
            identity = ANONYMOUS
            exchange.identity = identity.name
        exchange.quirks = tenant.quirks.standing
        if passage is not None:
            tenant.quirks.head(passage.call)
        if found.operation is None:
            return method_reply(exchange.method, found.methods, tenant.error_reply)
        url, text_url = tenant.base_url(self.bases.root(seen.get(b"host"), scope.get("server")))
        request = Request(base=text_url)
        if b"if-match" in seen:
            request.if_match = seen[b"if-match"].decode("latin-1")
        if b"if-none-match" in seen:
            request.if_none_match = seen[b"if-none-match"].decode("latin-1")
        if exchange.query:
            request.query = parameters(exchange.query)
        if b"accept" in seen:
            check_accept(seen[b"accept"])
        if exchange.method in WITH_BODY and found.operation != "delete":
            request.body = decode_body(body, seen, tenant, found)
        if exchange.operation in _WRITES:
            run = partial(operate, tenant) if passage is None else passage.engine
            answer = write(tenant, run, found, request, identity, exchange)
        else:
            if passage is None:
                answer = operate(tenant, found, request, identity)
            else:
                answer = passage.engine(found, request, identity)
            exchange.executed = time.perf_counter()
            if answer.id is not None:
                exchange.id = answer.id
        return reply_to(answer, url)

    def _replayed(
        self,
        scope: Scope,
        tenant: Tenant,
        seen: Seen,
        exchange: Exchange,
        body: bytes,
        passage: Passage | None,
    ) -> Reply | None:
        """Return the answer of a recorded session, None where the service is to answer."""
        path = below(str(scope["raw_path"], "latin-1"), f"{tenant.prefix}{tenant.base_path}")
        _, url = tenant.base_url(self.bases.root(seen.get(b"host"), scope.get("server")))
        reply = tenant.replay(exchange, path or exchange.path, body, url)
        if passage is not None:
            passage.is_recorded = reply is not None
        return reply

    # ---- the way out

    async def _send(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        reply: Reply,
        tenant: Tenant,
        seen: Seen,
        exchange: Exchange,
    ) -> None:
        status, body, headers = reply.status, reply.body, reply.headers
        if body or status not in (0, 204, 304):
            media_type = reply.media_type
            if media_type is None:
                only_json = seen.get(b"accept") == b"application/json"
                media_type = b"application/json" if only_json else tenant.media_type
            if media_type:
                headers.append((b"content-type", media_type))
            headers.append((b"content-length", str(len(body)).encode()))
        if reply.close:
            headers.append((b"connection", b"close"))
        if exchange.method == "HEAD":
            body = reply.body = b""
        exchange.answered = time.perf_counter()
        exchange.status, exchange.response_headers = status, headers
        exchange.answered_with(body, reply.joined if body else None)
        if reply.delivery is None:
            if self.recorder is not None:
                await self.recorder.record_first(exchange, scope, tenant)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        connection = scope.get("extensions", _NO_EXTENSIONS).get("scimmock")
        sent, kind = await deliver(reply, exchange.method, exchange.http, connection, send, receive)
        if kind is None:
            return
        exchange.error = {"kind": kind, "message": TOLD.get(kind, kind)}
        if exchange.upstream is None and status:
            exchange.upstream = (status, headers, body)
        if reply.delivery.silent or reply.delivery.raw is not None:
            exchange.status, exchange.response_headers, exchange.response_body = 0, [], b""
        else:
            exchange.response_body, exchange.response_size = body[:sent], sent

    def _close(self, scope: Scope, tenant: Tenant, exchange: Exchange, passage: Passage | None) -> None:
        if passage is not None:
            passage.close()
        exchange.end = time.perf_counter()
        if self.recorder is not None:
            self.recorder.record(exchange, scope, tenant)
        tenant.journal.add(exchange)
        if exchange.rules:
            tenant.journal.publish("fault", {"change": "fired", "n": exchange.n, "rules": exchange.rules})
        if self.on_exchange is not None:
            self.on_exchange(exchange)
