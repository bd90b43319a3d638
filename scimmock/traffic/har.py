"""Recordings as HAR 1.2, the HTTP archive that browsers and proxies read and write.

What HAR has a place for stands there; what it has none for, and what could not be worked out from the
rest when it is read back, stands in fields of our own, ``_scimmock``, as HAR 1.2 allows them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, TextIO
from urllib.parse import parse_qsl, urlsplit

from ..version import __version__
from .form import body_bytes
from .har_entry import ABSENT, OWN, exchange_of, milliseconds
from .shape import is_time

Document = dict[str, Any]

_NOWHERE = "http://scim.invalid"  # HAR wants an absolute URL also where none is known (RFC 2606)
_NEVER = "1970-01-01T00:00:00.000Z"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


def write_har(header: Document, exchanges: Iterable[Document], out: TextIO) -> int:
    """Write a recording as HAR, entry by entry; returns how many exchanges there were."""
    log = {"version": "1.2", "creator": {"name": "scimmock", "version": __version__}, OWN: header}
    out.write('{"log":' + json.dumps(log, separators=(",", ":"))[:-1] + ',"entries":[')
    number = 0
    for number, exchange in enumerate(exchanges, 1):
        entry = entry_of(exchange, header, number)
        out.write((",\n" if number > 1 else "\n") + json.dumps(entry, separators=(",", ":")))
    out.write("\n]}}\n")
    return number


def entry_of(exchange: Document, header: Document, number: int) -> Document:
    """Return an exchange as an entry of HAR; ``number`` is its place among the entries, from 1."""
    request, response = exchange["request"], exchange.get("response")
    timing = exchange.get("timing")
    timing = timing if isinstance(timing, dict) else {}
    times = {
        name: milliseconds(timing.get(key))
        for name, key in (("send", "request_ms"), ("wait", "wait_ms"), ("receive", "response_ms"))
    }
    entry: Document = {
        "startedDateTime": next(filter(is_time, (exchange.get("at"), header.get("started"))), _NEVER),
        "time": sum(times.values()),
        "request": _request(request, header),
        "response": _response(response, request) if response else _no_response(),
        "cache": {},
        "timings": times,
    }
    error = exchange.get("error")
    if error:
        entry["response"]["_error"] = str(error.get("message") or error.get("kind"))
    if exchange.get("connection") is not None:
        entry["connection"] = str(exchange["connection"])
    apart = _apart(exchange, exchange_of(entry, header, number))
    if apart:
        entry[OWN] = apart
    return entry


def _apart(exchange: Document, derived: Document) -> Document:
    """Return what is to be told apart, since the rest of the entry would be read as something else."""
    result: Document = {}
    for part in ("request", "response"):
        whole, read = exchange.get(part), derived.get(part)
        if isinstance(whole, dict) and isinstance(read, dict):
            if differs := _difference(whole, read):
                result[part] = differs
            derived = {**derived, part: whole}
    if differs := _difference(exchange, derived):
        result["exchange"] = differs
    return result


def _difference(whole: Document, read: Document) -> Document:
    result = {key: value for key, value in whole.items() if key not in read or read[key] != value}
    absent = [key for key in read if key not in whole]
    return {**result, ABSENT: absent} if absent else result


def _request(request: Document, header: Document) -> Document:
    base_url = str(header.get("base_url") or _NOWHERE)
    if "base" in request:
        parts = urlsplit(base_url)
        base_url = f"{parts.scheme}://{parts.netloc}{request['base']}"
    query = request.get("query") or ""
    headers, body = request.get("headers") or [], request.get("body") or {}
    result: Document = {
        "method": request["method"],
        "url": base_url + request["path"] + (f"?{query}" if query else ""),
        "httpVersion": _version(request),
        "cookies": _cookies(headers, "cookie"),
        "headers": [{"name": name, "value": value} for name, value in headers],
        "queryString": [
            {"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": _size(body),
    }
    if text := _content(body):
        result["postData"] = {"mimeType": _header(headers, "content-type"), **text}
    return result


def _response(response: Document, request: Document) -> Document:
    headers, body = response.get("headers") or [], response.get("body") or {}
    length, size = len(body_bytes(body)), _size(body)
    content: Document = {"size": length, "mimeType": _header(headers, "content-type"), **_content(body)}
    if length > size:
        content["compression"] = length - size
    return {
        "status": response["status"],
        "statusText": _PHRASES.get(response["status"], ""),
        "httpVersion": _version(request),
        "cookies": _cookies(headers, "set-cookie"),
        "headers": [{"name": name, "value": value} for name, value in headers],
        "content": content,
        "redirectURL": _header(headers, "location"),
        "headersSize": -1,
        "bodySize": size,
    }


def _no_response() -> Document:
    return {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": [],
        "content": {"size": 0, "mimeType": ""},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _content(body: Document) -> Document:
    """Return the text of a body, with the name of its encoding where it is none; {} for an empty one."""
    if "base64" in body:
        return {"text": body["base64"], "encoding": "base64"}
    text = body_bytes(body).decode()
    return {"text": text} if text else {}


def _size(body: Document) -> int:
    size = body.get("size")
    return size if isinstance(size, int) else -1


def _version(request: Document) -> str:
    return f"HTTP/{request.get('http') or '1.1'}"


def _header(headers: list[list[str]], name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _cookies(headers: list[list[str]], name: str) -> list[Document]:
    """Return cookies by name and value; what a Set-Cookie says beside them stays in the header."""
    found = []
    for key, value in headers:
        if key.lower() == name:
            pairs = value.split(";")[:1] if name == "set-cookie" else value.split(";")
            found += [pair.strip().partition("=") for pair in pairs if pair.strip()]
    return [{"name": name, "value": value} for name, _, value in found]
