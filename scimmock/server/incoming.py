"""What comes in: reading the body, the parameters and the headers of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from ..errors import ScimError
from .codec import decode
from .routes import Route
from .tenant import Tenant

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

WITH_BODY = frozenset(("POST", "PUT", "PATCH"))
_JSON_TYPES = frozenset((b"application/scim+json", b"application/json"))
_MAX_DRAINED = 64 * 1024 * 1024
_DRAIN_SECONDS = 1.0

# The request headers that the stages read.
SEEN = frozenset(
    (
        b"accept",
        b"authorization",
        b"content-length",
        b"content-type",
        b"host",
        b"if-match",
        b"if-none-match",
        b"x-scimmock-fault",
    )
)
Seen = dict[bytes, bytes]


class ClientGone(Exception):
    """Nobody is there to answer."""


async def read_body(receive: Receive, seen: Seen, limit: int) -> bytes:
    """Return the body of a request; raises 413 beyond ``limit`` bytes, ClientGone when it ends early."""
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
            raise ClientGone
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            if more:
                await _drain(receive)
            raise ScimError(413, f"The size of the body exceeds {limit} bytes")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


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


def parameters(query: bytes) -> dict[str, str]:
    """Return the last value of each query parameter; raises 400 for text that is not UTF-8."""
    found: dict[str, str] = {}
    try:
        for pair in query.decode("ascii").split("&"):
            name, _, value = pair.partition("=")
            found[_unescaped(name)] = _unescaped(value)
    except UnicodeDecodeError:
        raise ScimError(400, "the query is not valid percent-encoded UTF-8", "invalidValue") from None
    return found


def _unescaped(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote_to_bytes(text).decode() if "%" in text else text


def check_accept(accept: bytes) -> None:
    """Raise 406 when the client takes no JSON."""
    if accept.strip() and b"*" not in accept and b"json" not in accept.lower():
        raise ScimError(406, "Only application/scim+json and application/json can be answered")


def decode_body(body: bytes, seen: Seen, tenant: Tenant, found: Route) -> Any:
    """Return the JSON of a body; raises 415, 413 for a bulk request that is too large, 400 for no JSON."""
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
