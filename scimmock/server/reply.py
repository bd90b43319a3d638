"""From the engine's answer to status, headers and bytes."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from ..errors import ScimError
from ..scim.answer import Answer, error_document
from ..scim.page import Page
from ..traffic.reply import Reply, join
from .codec import BASE_MARK, SAFE_IN_IDS, encode


def reply_to(answer: Answer, base: bytes) -> Reply:
    """Encode an answer; ``base`` is the URL that takes the place of the mark in prepared bytes."""
    reply = Reply(answer.status)
    content = answer.body
    if type(content) is bytes:
        reply.joined = (content, BASE_MARK, base, None, b"")
        reply.body = content.replace(BASE_MARK, base)
    elif isinstance(content, Page):
        head = b'%b,"%b":[' % (encode(content.envelope())[:-1], content.key.encode())
        reply.joined = (head, BASE_MARK, base, content.items, b"]}")
        reply.body = join(reply.joined)
    elif content is not None:
        reply.body = encode(content)
    if answer.etag is not None:
        reply.headers.append((b"etag", answer.etag.encode()))
    if answer.location is not None:
        reply.headers.append((b"location", base + _quoted(answer.location)))
    return reply


def error_reply(error: ScimError) -> Reply:
    """Encode an error (RFC 7644 section 3.12)."""
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in error.headers]
    return Reply(error.status, encode(error_document(error)), headers, close=error.status == 413)


def method_reply(
    method: str, methods: dict[str, str], refuse: Callable[[ScimError], Reply] = error_reply
) -> Reply:
    """Answer OPTIONS, or a method that the endpoint does not know, with those that it knows."""
    allowed = ", ".join((*methods, "OPTIONS"))
    if method == "OPTIONS":
        return Reply(204, headers=[(b"allow", allowed.encode())])
    error = ScimError(405, f"{method} is not possible here, {allowed} are", headers=(("Allow", allowed),))
    return refuse(error)


def _quoted(location: str) -> bytes:
    """Return a path for a Location header: ids of a user's own may have any character."""
    if location.isascii() and location.replace("/", "").replace("-", "").isalnum():
        return location.encode()
    endpoint, slash, id = location[1:].partition("/")
    return f"/{endpoint}{slash}{quote(id, safe=SAFE_IN_IDS)}".encode()
