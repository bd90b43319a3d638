"""Answers as mitmproxy has them and as fault rules change them, and the way between."""

from __future__ import annotations

from http import HTTPStatus

from mitmproxy import http

from ..traffic.reply import Delivery, Headers, Reply

MEDIA_TYPE = b"application/scim+json"
# What a reply has no header for: these follow from its body and its media type.
_OF_BODY = (b"content-type", b"content-length", b"content-encoding", b"transfer-encoding")
_WITHOUT_BODY = (204, 304)  # RFC 9110 section 6.4.1


def reply_of(response: http.Response) -> Reply:
    """Return an answer as rules see it: the body decoded, names of headers in lower case."""
    headers = [(name.lower(), value) for name, value in response.headers.fields]
    media_type = next((value for name, value in headers if name == b"content-type"), b"")
    return Reply(
        response.status_code,
        response.get_content(strict=False) or b"",
        [header for header in headers if header[0] not in _OF_BODY],
        media_type,
    )


def response_of(reply: Reply, request: http.Request) -> http.Response:
    """Return the answer to a request that a reply is; it is sent in HTTP/1.1 or what the client speaks."""
    media_type = reply.media_type
    if media_type is None:
        only_json = request.headers.get("accept") == "application/json"
        media_type = b"application/json" if only_json else MEDIA_TYPE
    headers = [header for header in reply.headers if header[0] not in _OF_BODY]
    if media_type and (reply.body or reply.status not in _WITHOUT_BODY):
        headers.append((b"content-type", media_type))
    response = http.Response.make(reply.status, reply.body, http.Headers(headers))
    response.reason = _phrase(reply.status)
    if reply.status in _WITHOUT_BODY:
        del response.headers["content-length"]
    if request.method == "HEAD":
        response.raw_content = b""
    return response


def change(response: http.Response, reply: Reply) -> None:
    """Change an answer, in place, to what has become of the reply that `reply_of` made of it.

    What rules left alone stays as it came: the case of names, the compression.
    """
    was = reply_of(response)
    if reply.status != was.status:
        response.status_code = reply.status
        response.reason = _phrase(reply.status)
    if reply.headers != was.headers:
        response.headers = http.Headers(_merged(response.headers.fields, reply.headers))
    if reply.media_type != was.media_type:
        if reply.media_type:
            response.headers["content-type"] = reply.media_type.decode("latin-1")
        else:
            response.headers.pop("content-type", None)
    if reply.body != was.body:
        response.content = reply.body  # compressed as it was, with its Content-Length


def break_off(response: http.Response, delivery: Delivery) -> str | None:
    """Let an answer, in place, have the part of its body and the Content-Length that it shall have.

    Returns what is wrong with it then, ``truncated`` or ``wrong_length``; None for nothing.
    """
    body = response.raw_content or b""
    part = body if delivery.cut is None else body[: max(delivery.cut, 0)]
    kind = "truncated" if len(part) < len(body) else None
    length = len(body)
    if delivery.announced is not None:
        length = delivery.announced
        kind = "wrong_length" if length != len(part) else kind
    if kind is not None:
        response.headers.pop("transfer-encoding", None)
        response.headers["content-length"] = str(length)
        response.raw_content = part
    return kind


def _merged(given: tuple[tuple[bytes, bytes], ...], headers: Headers) -> Headers:
    """Return the headers in the case in which they were given, with those of the body."""
    case = {name.lower(): name for name, _ in given}
    of_body = [header for header in given if header[0].lower() in _OF_BODY]
    return [*((case.get(name, name), value) for name, value in headers), *of_body]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
