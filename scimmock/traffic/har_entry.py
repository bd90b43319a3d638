"""One entry of a HAR 1.2 file as an exchange of a recording."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..clock import format_time, parse_time
from ..errors import FileError
from .clients import client_of
from .form import body_form, cut_form
from .routes import aim_of, below

Document = dict[str, Any]

OWN = "_scimmock"  # our own fields
ABSENT = "_absent"  # within them: the keys that the exchange did not have

_KINDS = (  # of errors, by what browsers and mitmproxy say
    ("timed out", "timeout"),
    ("timeout", "timeout"),
    ("refused", "refused"),
    ("reset", "reset"),
    ("client disconnected", "client_gone"),
    ("aborted", "client_gone"),
)


def exchange_of(entry: Document, header: Document, number: int, place: str = "") -> Document:
    """Return the exchange that an entry tells of, as the header of its recording makes it read.

    ``number`` becomes its ``n``.  Raises FileError with ``place``, such as "a.har: log.entries[3]", and
    the field that is not as HAR 1.2 wants it.
    """
    at = started_of(entry, place)
    request = request_of(entry, header, place)
    response, message = _response_of(entry, place)
    aim = aim_of(request["method"], request["path"])
    agent = next((value for name, value in request["headers"] if name.lower() == "user-agent"), "")
    exchange: Document = {
        "n": number,
        "at": format_time(at),
        "t": round(at - began_of(header, at), 3),
        "request": request,
        "response": response,
        "timing": _timing(entry.get("timings")),
        "connection": _number(entry.get("connection")),
        "error": None,
        "trace": {
            "operation": aim.operation,
            "resource": aim.resource,
            "id": aim.id,
            "client": client_of(agent.encode("latin-1", "replace")),
            "rule": None,
            "quirks": [],
            "findings": [],
        },
    }
    if response is None or message:
        message = message or "no answer"
        kind = next((kind for words, kind in _KINDS if words in message.lower().replace("_", " ")), "closed")
        exchange["error"] = {"kind": kind, "message": message}
    return _restored(exchange, entry.get(OWN))


def _restored(exchange: Document, own: Any) -> Document:
    """Put in what an entry that we have written tells apart."""
    if not isinstance(own, dict):
        return exchange
    for part, told in own.items():
        holder = exchange if part == "exchange" else exchange.get(part)
        if not isinstance(holder, dict) or not isinstance(told, dict):
            continue
        holder.update(told)
        for key in holder.pop(ABSENT, ()):
            holder.pop(key, None)
    return exchange


def started_of(entry: Document, place: str = "") -> float:
    """Return when an entry began, in seconds since 1970; raises FileError."""
    return time_of(wanted(entry, "startedDateTime", str, place), f"{place}.startedDateTime")


def began_of(header: Document, usual: float) -> float:
    """Return when a session began, in seconds since 1970, by its header where that says it."""
    started = header.get("started")
    return usual if started is None else time_of(str(started), "started")


def time_of(text: str, where: str) -> float:
    """Return a time in seconds since 1970; raises FileError."""
    try:
        return parse_time(text)
    except ValueError:
        hint = "a time such as 2026-11-23T10:00:00.123Z would be right"
        raise FileError(f"{text!r} is no time with a time zone", where=where, hint=hint) from None


def wanted(holder: Document, key: str, kind: type, place: str) -> Any:
    """Return a field that HAR 1.2 wants; raises FileError where it is missing or of another type."""
    value = holder.get(key)
    if not isinstance(value, kind) or isinstance(value, bool):
        right = {str: "a string", int: "a whole number", dict: "an object", list: "a list"}[kind]
        what = "is missing" if key not in holder else f"is {_named(value)}"
        where = f"{place}{key}" if place.endswith(" ") else f"{place}.{key}"
        raise FileError(what, where=where, hint=f"{right} would be right")
    return value


def _named(value: Any) -> str:
    names = {str: "a string", bool: "a boolean", int: "a number", float: "a number", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def request_of(entry: Document, header: Document, place: str = "") -> Document:
    """Return the request of an entry; its path lies below the header's base where it can."""
    told = wanted(entry, "request", dict, place)
    place = f"{place}.request"
    method, url = wanted(told, "method", str, place), wanted(told, "url", str, place)
    path, query = split_url(url, f"{place}.url")
    base_url = header.get("base_url")
    base = split_url(base_url, "base_url")[0].rstrip("/") if base_url else ""
    inner = below(path, base)
    body = _body(told.get("postData"), told.get("bodySize"), f"{place}.postData")
    request: Document = {
        "method": method,
        "path": path if inner is None else inner,
        "query": query,
        "http": _version(told.get("httpVersion")),
        "headers": _headers(told, place),
        "body": body,
    }
    if inner is None:
        request["base"] = ""
    return request


def split_url(url: str, place: str) -> tuple[str, str]:
    """Return the path and the query of a URL as they were sent; raises FileError."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        parts, reason = None, str(error)
    else:
        reason = "it has no scheme and host"
    if parts is None or not parts.scheme or not parts.netloc:
        hint = "https://app.example/scim/v2/Users would be one"
        raise FileError(f"{url!r} is no absolute URL: {reason}", where=place, hint=hint)
    return parts.path or "/", parts.query


def _response_of(entry: Document, place: str) -> tuple[Document | None, str]:
    """Return the response, None where there was none, and what is said of an error."""
    told = wanted(entry, "response", dict, place)
    place = f"{place}.response"
    message = str(told.get("_error") or "")
    status = wanted(told, "status", int, place)
    if status <= 0:
        return None, message
    content = told.get("content") or {}
    if not isinstance(content, dict):
        wanted(told, "content", dict, place)
    size = told.get("bodySize")
    if not isinstance(size, int) or (size <= 0 and not content.get("text")):
        size = content.get("size")
    body = _body(content, size, f"{place}.content")
    return {"status": status, "headers": _headers(told, place), "body": body}, message


def _headers(told: Document, place: str) -> list[list[str]]:
    """Return headers as pairs, without those that HTTP/2 has in place of a request line."""
    pairs = []
    for index, item in enumerate(wanted(told, "headers", list, place)):
        where = f"{place}.headers[{index}]"
        if not isinstance(item, dict):
            raise FileError(
                f"is {_named(item)}", where=where, hint='{"name": ..., "value": ...} would be right'
            )
        name, value = wanted(item, "name", str, where), wanted(item, "value", str, where)
        if not name.startswith(":"):
            pairs.append([name, value])
    return pairs


def _body(told: Any, size: Any, place: str) -> Document:
    """Return the form of a body; ``size`` is what the entry says of its bytes, -1 for not known."""
    content = told if isinstance(told, dict) else {}
    text, params = content.get("text"), content.get("params")
    if not text and isinstance(params, list) and params:
        pairs = [(item.get("name", ""), item.get("value", "")) for item in params if isinstance(item, dict)]
        text = urlencode(pairs)
    size = size if isinstance(size, int) and size > 0 else None
    if not text or not isinstance(text, str):
        return cut_form(b"", size) if size else {"size": 0}
    if content.get("encoding") == "base64":
        try:
            return body_form(base64.b64decode(text, validate=True), size)
        except binascii.Error:
            raise FileError(
                "is no base64", where=f"{place}.text", hint="its encoding says that it is"
            ) from None
    return body_form(_bytes(text), size)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # mitmproxy writes bytes that are no text so
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _version(told: Any) -> str:
    """Return "1.1" for ``HTTP/1.1``, "2" for ``h2`` and ``HTTP/2.0``."""
    text = str(told or "").lower().removeprefix("http/").removeprefix("h")
    text = text.removesuffix(".0") if text != "1.0" else text
    return text if text[:1].isdigit() else "1.1"


def _timing(told: Any) -> Document:
    times = told if isinstance(told, dict) else {}
    pairs = (("request_ms", "send"), ("wait_ms", "wait"), ("response_ms", "receive"))
    return {key: milliseconds(times.get(name)) for key, name in pairs}


def milliseconds(value: Any) -> float:
    """Return a time, 0 for -1, which HAR says where there is none, and for what is no number."""
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return round(value, 3) if is_time else 0.0


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, str | int) and str(value).isdecimal() else None
