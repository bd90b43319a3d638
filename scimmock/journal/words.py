"""One readable line for an exchange: ``PATCH User bjensen: active true -> false``."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from ..traffic.exchange import Exchange
from ..traffic.secrets import is_secret, masked_filter
from .changes import changes
from .plain import plain, short

_VERBS = {
    "create": "POST",
    "read": "GET",
    "list": "GET",
    "replace": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
    "search": "SEARCH",
    "bulk": "BULK",
}
_TOTAL = re.compile(rb'"totalResults"\s*:\s*(\d{1,18})')
_MAX_LINE = 400  # characters
_MAX_CHANGES = 6


def describe(exchange: Exchange) -> str:
    """Return what happened in one printable line of at most 400 characters; never raises.

    Differences come from the stored forms before and after a write; where these are not known, from
    the request.  Values of passwords and other secrets are never shown.
    """
    try:
        line = _head(exchange) + _outcome(exchange)
    except Exception:  # a line for a person is no reason to fail, however odd the exchange
        line = f"{exchange.method} {exchange.path} -> {exchange.status or 'no answer'}"
    return short(plain(line), _MAX_LINE)


def json_of(body: bytes) -> Any:
    """Return what a body decodes to, None when it is not JSON."""
    try:
        return msgspec.json.decode(body) if body else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _is_success(exchange: Exchange) -> bool:
    """Whether the service did what it was asked, whatever the client saw of it."""
    status = exchange.upstream[0] if exchange.upstream is not None else exchange.status
    return 200 <= status < 300


def _head(exchange: Exchange) -> str:
    operation = exchange.operation
    if exchange.method == "?":
        error = exchange.error or {}
        return f"refused: {error.get('message', 'a request that is not HTTP')}"
    if operation in ("list", "search"):
        return _listing(exchange)
    if operation == "bulk":
        return _bulk(exchange)
    if operation not in _VERBS or exchange.method == "HEAD":
        return f"{exchange.method} {exchange.path.lstrip('/') if operation == 'discovery' else exchange.path}"
    words = [_VERBS[operation], _type_name(exchange), _name(exchange)]
    head = " ".join(word for word in words if word)
    changed = _changed(exchange) if operation in ("replace", "patch") else ""
    return f"{head}: {changed}" if changed else head


def _type_name(exchange: Exchange) -> str:
    resource = exchange.resource or ""
    if resource.endswith("ies"):
        return resource[:-3] + "y"
    return resource[:-1] if resource.endswith("s") and not resource.endswith("ss") else resource


def _name(exchange: Exchange) -> str:
    """Return the short name of the resource: userName, displayName, else the beginning of its id."""
    seen = exchange.upstream[2] if exchange.upstream is not None else exchange.response_body
    for document in (exchange.after, exchange.before, lambda: json_of(seen), lambda: _sent(exchange)):
        found = document() if callable(document) else document
        if isinstance(found, dict):
            for key in ("userName", "displayName"):
                if isinstance(found.get(key), str) and found[key]:
                    return short(found[key], 40)
    return short(exchange.id, 12) if exchange.id else ""


def _sent(exchange: Exchange) -> Any:
    return json_of(exchange.request_body) if exchange.operation in ("create", "replace") else None


def _changed(exchange: Exchange) -> str:
    """Return what a PUT or PATCH changed, or asked for where that is not known."""
    if exchange.before is not None and exchange.after is not None:
        found = changes(exchange.before, exchange.after)
        if found:
            more = len(found) - _MAX_CHANGES
            return ", ".join(found[:_MAX_CHANGES]) + (f", {more} more" if more > 0 else "")
        return "nothing changed" if _is_success(exchange) else ""
    if exchange.operation != "patch":
        return ""
    message = json_of(exchange.request_body)
    operations = message.get("Operations") if isinstance(message, dict) else None
    if not isinstance(operations, list):
        return ""
    return ", ".join(map(_operation, operations[:_MAX_CHANGES]))


def _operation(operation: Any) -> str:
    if not isinstance(operation, dict):
        return "?"
    path, value = operation.get("path"), operation.get("value")
    paths = [path] if isinstance(path, str) else list(value)[:4] if isinstance(value, dict) else []
    return " ".join((str(operation.get("op", "?")), *map(masked_filter, paths))).strip()


def _listing(exchange: Exchange) -> str:
    verb = "SEARCH" if exchange.operation == "search" else exchange.method
    if exchange.operation == "search":
        message = json_of(exchange.request_body)
        asked = message if isinstance(message, dict) else {}
    else:
        asked = dict(parse_qsl(exchange.query.decode("latin-1"), keep_blank_values=True))
    head = f"{verb} {exchange.resource or exchange.path}"
    if asked.get("filter"):
        head += f" where {short(masked_filter(str(asked['filter'])), 160)}"
    if asked.get("startIndex") not in (None, "", "1", 1):
        head += f" from {short(str(asked['startIndex']), 20)}"
    elif asked.get("cursor"):
        head += " from a cursor"
    return head


def _bulk(exchange: Exchange) -> str:
    asked, answered = json_of(exchange.request_body), json_of(exchange.response_body)
    operations = asked.get("Operations") if isinstance(asked, dict) else None
    if not isinstance(operations, list):
        return "BULK"
    head = f"BULK {len(operations)} operation{'s' if len(operations) != 1 else ''}"
    answers = answered.get("Operations") if isinstance(answered, dict) else None
    if not isinstance(answers, list):
        return head
    failed = sum(_failed(item) for item in answers)
    left = max(0, len(operations) - len(answers))
    return head + (f", {failed} failed" if failed else "") + (f", {left} not tried" if left else "")


def _failed(item: Any) -> bool:
    status = item.get("status") if isinstance(item, dict) else None
    if isinstance(status, dict):  # RFC 7644 drafts had an object here, and some services still do
        status = status.get("code")
    return not str(status).startswith("2")


def _outcome(exchange: Exchange) -> str:
    """Return how it ended; empty where a successful write is told by what it changed."""
    status = exchange.status
    said = exchange.upstream[0] if exchange.upstream is not None else 0
    meant = f", the service had said {said}" if said and said != status else ""
    if not status:
        kind = (exchange.error or {}).get("kind")
        return f" -> no answer ({str(kind).replace('_', ' ')})" + meant if kind else f" -> no answer{meant}"
    if exchange.operation in ("list", "search") and status == 200:
        total = _TOTAL.search(exchange.response_body)
        if total is not None:
            return f" -> {int(total[1])} found{meant}"
    quiet = exchange.operation in ("replace", "patch", "delete", "bulk") and 200 <= status < 300
    if quiet and not meant:
        return ""
    return f" -> {status}{_scim_type(exchange)}{meant}"


def _scim_type(exchange: Exchange) -> str:
    if exchange.status < 400:
        return ""
    document = json_of(exchange.response_body)
    name = document.get("scimType") if isinstance(document, dict) else None
    return f" {short(name, 30)}" if isinstance(name, str) and not is_secret(name) else ""
