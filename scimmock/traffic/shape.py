"""What the lines of a recording must be like to be read; errors name the line and what would be right."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from ..clock import parse_time
from ..errors import FileError

Document = dict[str, Any]

_URL = '"https://app.example/scim/v2" would be right'
_TIME = '"2026-11-23T10:00:00.123Z" would be right'


def check_header(header: Document, where: str) -> None:
    """Raise FileError where the first line of a recording is no header that can be worked with."""
    base_url = header.get("base_url")
    if base_url is not None and not _is_url(base_url):
        raise FileError("is no header: its base_url is no URL", where=where, hint=_URL)
    if header.get("started") is not None and not is_time(header["started"]):
        raise FileError("is no header: its started is no time", where=where, hint=_TIME)
    if not isinstance(header.get("faults"), list | None):
        hint = "[] would be right where there were none"
        raise FileError("is no header: its faults are no list", where=where, hint=hint)
    if not isinstance(header.get("redaction"), dict | None):
        hint = '{"mode": "none"} would be one'
        raise FileError("is no header: its redaction is no object", where=where, hint=hint)


def check_exchange(document: Document, where: str) -> None:
    """Raise FileError where a line of a recording is no exchange that can be worked with."""
    request = document.get("request")
    if not isinstance(request, dict) or not all(isinstance(request.get(k), str) for k in ("method", "path")):
        hint = '"request": {"method": "GET", "path": "/Users"} would be right'
        raise FileError("is no exchange: its request has no method and path", where=where, hint=hint)
    for name in ("query", "base"):
        if not isinstance(request.get(name, ""), str):
            hint = '"" would be right where there was none'
            raise FileError(f"is no exchange: the {name} of its request is no string", where=where, hint=hint)
    for name in ("response", "upstream", "error", "trace"):
        if not isinstance(document.get(name), dict | None):
            hint = "null would be right where there was none"
            raise FileError(f"is no exchange: its {name} is no object", where=where, hint=hint)
    rules = (document.get("trace") or {}).get("rules")
    if rules is not None and not (isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules)):
        hint = '[{"name": "busy"}] would be right'
        raise FileError("is no exchange: the rules of its trace are no objects", where=where, hint=hint)
    for name in ("request", "response", "upstream"):
        if document.get(name) is not None:
            _check_message(document[name], name, where)


def _check_message(message: Document, name: str, where: str) -> None:
    status = message.get("status")
    if type(status) is not int and (name == "response" or status is not None):
        hint = '"status": 200 would be right'
        raise FileError(f"is no exchange: its {name} has no status", where=where, hint=hint)
    if not isinstance(message.get("error"), dict | None):
        hint = '{"kind": "reset", "message": "..."} would be one'
        raise FileError(f"is no exchange: the error of its {name} is no object", where=where, hint=hint)
    body, headers = message.get("body"), message.get("headers")
    if not isinstance(body, dict | None):
        hint = '{"json": ..., "size": 2} would be one'
        raise FileError(f"is no exchange: the body of its {name} is no object", where=where, hint=hint)
    if body:
        _check_body(body, name, where)
    if headers is not None and not (isinstance(headers, list) and all(map(_is_pair, headers))):
        hint = '["Content-Type", "application/scim+json"] would be one'
        raise FileError(f"is no exchange: a header of its {name} is no pair", where=where, hint=hint)


def _check_body(body: Document, name: str, where: str) -> None:
    if not isinstance(body.get("size"), int | None):
        hint = "a number of bytes would be right"
        raise FileError(f"is no exchange: the size of its {name} is no number", where=where, hint=hint)
    if not isinstance(body.get("text", ""), str):
        hint = '{"text": "...", "size": 3} would be right, or {"json": ..., "size": 3}'
        raise FileError(f"is no exchange: the text of its {name} is no string", where=where, hint=hint)
    if "base64" in body:
        try:
            base64.b64decode(body["base64"], validate=True)
        except (ValueError, TypeError):
            hint = '{"base64": "AAEC", "size": 3} would be right'
            raise FileError(
                f"is no exchange: the body of its {name} is no base64", where=where, hint=hint
            ) from None


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)


def is_time(value: Any) -> bool:
    """Whether a value is a time as recordings have them."""
    try:
        parse_time(value)
    except (ValueError, TypeError, OverflowError):
        return False
    return True


def _is_url(value: Any) -> bool:
    """Whether a value is an absolute URL; "" stands for one that is not known."""
    if not isinstance(value, str):
        return False
    try:
        parts = urlsplit(value)
        return value == "" or bool(parts.scheme and parts.netloc and parts.port != 0)
    except ValueError:
        return False
