"""The composition root: the one place where the order of the stages of a request is written.

journal.open, route, auth, decode, engine, encode, journal.close.  A pure ASGI application; whatever
goes wrong in a stage becomes a SCIM error.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from ..errors import ScimError
from ..scim.answer import Request
from ..traffic.exchange import Exchange
from .auth import ANONYMOUS
from .bases import BaseUrls
from .codec import decode, encode
from .operations import operate
from .reply import Reply, error_reply, method_reply, reply_to
from .routes import Route, decode_path, route, split
from .tenants import Tenant, Tenants

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = logging.getLogger("scimmock")

_WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
_JSON_TYPES = frozenset((b"application/scim+json", b"application/json"))
CONTROL = "/_scimmock"
_MAX_DRAINED = 64 * 1024 * 1024
_DRAIN_SECONDS = 1.0
_MAX_FORM = 65_536  # bytes of a request to the token endpoint


# The request headers that the stages read.
_SEEN = frozenset(
    (
        b"accept",
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"if-match",
        b"if-none-match",
    )
)
Seen = dict[bytes, bytes]


class _ClientGone(Exception):
    """Nobody is there to answer."""


class App:
    """Serves all tenants; ``control`` answers what lies below ``/_scimmock``.

    ``on_exchange`` is told each finished exchange (an access log).
    """

    def __init__(
        self,
        tenants: Tenants,
        bases: BaseUrls,
        control: ASGIApp | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.tenants = tenants
        self.bases = bases
        self.control = control
        self.on_exchange = on_exchange
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

    async def _scim(
        self, scope: Scope, receive: Receive, send: Send, tenant_name: str, path: str | None
    ) -> None:
        begin = time.perf_counter()
        headers = scope["headers"]
        seen = {name: value for name, value in headers if name in _SEEN}
        tenants = self.tenants
        tenant = tenants.tenants.get(tenant_name)
        exchange = Exchange(
            self.clock.now(),
            begin,
            tenant_name,
            scope["method"],
            path or scope["path"],
            scope["query_string"],
            headers,
            scope["http_version"],
        )
        client = scope.get("client")
        if client is not None:
            exchange.connection = client[1]
        try:
            if path is None:
                raise ScimError(404, "There is nothing at a path that is no UTF-8 or has an empty tenant")
            if tenant is None:
                # Who may not come in does not make tenants.
                tenants.default.auth.identify(seen.get(b"authorization"))
                tenant = tenants.obtain(tenant_name)
            reply = await self._answer(scope, receive, tenant, path, seen, exchange)
        except ScimError as error:
            reply = error_reply(error)
        except _ClientGone:
            exchange.error = {
                "kind": "client_gone",
                "message": "the client went away before the end of the body",
            }
            self._close(tenant or tenants.default, exchange)
            return
        except asyncio.CancelledError:
            # The server stops and the grace for requests in flight is over.
            reply = error_reply(ScimError(503, "The server is stopping"))
        except Exception:
            log.exception("a defect of scimmock in %s %s", scope["method"], path)
            reply = error_reply(ScimError(500, "An internal error, see the server's log"))
        await self._send(send, reply, tenant or tenants.default, seen, exchange)

    async def _answer(
        self, scope: Scope, receive: Receive, tenant: Tenant, path: str, seen: Seen, exchange: Exchange
    ) -> Reply:
        base = tenant.base_path
        method = exchange.method
        if path.startswith(base) and path[len(base) : len(base) + 1] in ("/", ""):
            exchange.path = path = path[len(base) :] or "/"
            found = self._route(tenant, method, path[1:])
            if isinstance(found, ScimError):
                # Only who may come in learns which endpoints there are.
                exchange.identity = tenant.auth.identify(seen.get(b"authorization")).name
                raise found
        elif path in ("/oauth/token", f"{base.rpartition('/')[0]}/oauth/token"):
            return await self._token(receive, tenant, seen, exchange)
        else:
            raise ScimError(404, f"There is nothing at {path}, the base path is {tenant.prefix}{base}")
        exchange.operation = found.operation
        exchange.resource = found.resource or None
        exchange.id = found.id
        credentials = seen.get(b"authorization")
        if credentials is None and found.resource == "ServiceProviderConfig":
            # How to authenticate should be told to who has not yet done so (RFC 7643 section 5).
            identity = ANONYMOUS
        else:
            identity = tenant.auth.identify(credentials)
        exchange.identity = identity.name
        if found.operation is None:
            return method_reply(method, found.methods)
        url, text_url = tenant.base_url(self.bases.root(seen.get(b"host"), scope.get("server")))
        request = Request(base=text_url)
        if b"if-match" in seen:
            request.if_match = seen[b"if-match"].decode("latin-1")
        if b"if-none-match" in seen:
            request.if_none_match = seen[b"if-none-match"].decode("latin-1")
        query = exchange.query
        if query:
            request.query = _parameters(query)
        if b"accept" in seen:
            _check_accept(seen[b"accept"])
        if method in _WITH_BODY:
            body = await self._read(receive, seen, tenant.policy.limits.body_bytes)
            exchange.request_body = body
            exchange.received = time.perf_counter()
            request.body = _decode(body, seen, tenant, found)
        answer = operate(tenant, found, request, identity)
        if answer.id is not None:
            exchange.id = answer.id
        return reply_to(answer, url)

    @staticmethod
    def _route(tenant: Tenant, method: str, path: str) -> Route | ScimError:
        try:
            return route(tenant, method, split(path))
        except ScimError as error:
            return error

    async def _token(self, receive: Receive, tenant: Tenant, seen: Seen, exchange: Exchange) -> Reply:
        """The token endpoint (RFC 6749 section 3.2); its requests hold secrets, which are not kept."""
        exchange.operation = "token"
        if exchange.method != "POST":
            return method_reply(exchange.method, {"POST": "token"})
        form = await self._read(receive, seen, _MAX_FORM)
        status, document = tenant.auth.issue(form, seen.get(b"authorization"))
        reply = Reply(status, encode(document), [(b"cache-control", b"no-store")], b"application/json")
        if status == 401:
            reply.headers.append((b"www-authenticate", b'Basic realm="scimmock"'))
        return reply

    async def _read(self, receive: Receive, seen: Seen, limit: int) -> bytes:
        length = seen.get(b"content-length")
        if length is not None and length.isdigit() and int(length) > limit:
            await _drain(receive)
            raise ScimError(413, f"The size of the body exceeds {limit} bytes")
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                if more:
                    await _drain(receive)
                raise ScimError(413, f"The size of the body exceeds {limit} bytes")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _send(self, send: Send, reply: Reply, tenant: Tenant, seen: Seen, exchange: Exchange) -> None:
        status, body, headers = reply.status, reply.body, reply.headers
        if body or status not in (204, 304):
            media_type = reply.media_type
            if media_type is None:
                only_json = seen.get(b"accept") == b"application/json"
                media_type = b"application/json" if only_json else tenant.media_type
            headers.append((b"content-type", media_type))
            headers.append((b"content-length", str(len(body)).encode()))
        if reply.close:
            headers.append((b"connection", b"close"))
        if exchange.method == "HEAD":
            body = b""
        exchange.answered = time.perf_counter()
        exchange.status = status
        exchange.response_headers = headers
        exchange.response_body = body
        try:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        finally:
            self._close(tenant, exchange)

    def _close(self, tenant: Tenant, exchange: Exchange) -> None:
        exchange.end = time.perf_counter()
        tenant.journal.add(exchange)
        if self.on_exchange is not None:
            self.on_exchange(exchange)


async def _drain(receive: Receive) -> None:
    """Take what a client sends of a body that is too large, for a while.

    Closing a connection with unread data resets it, and many clients then never see the answer.
    """
    left = _MAX_DRAINED
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body"):
                    return
    except TimeoutError:
        return


def _parameters(query: bytes) -> dict[str, str]:
    """Return the last value of each query parameter; raises 400 for text that is not UTF-8."""
    parameters: dict[str, str] = {}
    try:
        for pair in query.decode("ascii").split("&"):
            name, _, value = pair.partition("=")
            parameters[_unescaped(name)] = _unescaped(value)
    except UnicodeDecodeError:
        raise ScimError(400, "the query is not valid percent-encoded UTF-8", "invalidValue") from None
    return parameters


def _unescaped(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


def _check_accept(accept: bytes) -> None:
    if accept.strip() and b"*" not in accept and b"json" not in accept.lower():
        raise ScimError(406, "Only application/scim+json and application/json can be answered")


def _decode(body: bytes, seen: Seen, tenant: Tenant, found: Route) -> Any:
    content_type = seen.get(b"content-type")
    if content_type is not None and content_type not in _JSON_TYPES:
        media, _, parameters = content_type.lower().partition(b";")
        if media.strip() not in _JSON_TYPES:
            shown = content_type.decode("latin-1")
            raise ScimError(415, f"Content-Type is application/scim+json or application/json, not {shown}")
        if b"charset" in parameters and b"utf-8" not in parameters and b"utf8" not in parameters:
            raise ScimError(415, "the charset of JSON is UTF-8")
    policy = tenant.policy
    if found.operation == "bulk" and len(body) > policy.bulk.max_payload_size:
        raise ScimError(
            413,
            f"The size of the bulk operation exceeds the maxPayloadSize ({policy.bulk.max_payload_size}).",
        )
    return decode(body, policy.limits.nesting)
