"""A target that is made up: it shows each request as it would be sent, and answers that all is well."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, unquote_plus, urlsplit

from ..traffic.routes import aim_of
from ..traffic.secrets import MASK
from .template import Rendered
from .wire import Answer, encoded, headers_of

__all__ = ["DryTarget", "literal"]

_EQUALS = re.compile(r'([A-Za-z]+) eq "?((?:\\.|[^"\\])*)"?')
_NAMES = ("userName", "displayName", "externalId")


def literal(
    rendered: Rendered, base_url: str, protocol: str = "2.0", authorization: str | None = None
) -> str:
    """Return a request as it goes over the wire; credentials are masked."""
    parts = urlsplit(base_url)
    shown = f"{authorization.partition(' ')[0]} {MASK}" if authorization is not None else None
    lines = [f"{rendered.method} {parts.path.rstrip('/')}{rendered.target} HTTP/1.1"]
    lines.append(f"Host: {parts.netloc.rpartition('@')[2]}")
    lines += [f"{name}: {value}" for name, value in headers_of(rendered, protocol, shown)]
    if rendered.body is None:
        if rendered.method in ("POST", "PUT", "PATCH"):
            lines.append("Content-Length: 0")
        return "\n".join(lines) + "\n"
    content = encoded(rendered.body)
    lines.append(f"Content-Length: {len(content)}")
    return "\n".join(lines) + f"\n\n{content.decode()}\n"


class DryTarget:
    """Shows requests through ``show`` and makes up the answers: what is looked up is there if it was made."""

    def __init__(
        self, show: Callable[[str], None], base_url: str, protocol: str, authorization: str | None
    ) -> None:
        self._show = show
        self._about = (base_url, protocol, authorization)
        # Names and kind of what was made, by id.
        self._made: dict[str, dict[str, Any]] = {}
        self._ids: Counter[str] = Counter()
        self._lock = threading.Lock()

    def send(self, rendered: Rendered) -> Answer:
        """Show a request and return an answer."""
        with self._lock:
            self._show(literal(rendered, *self._about))
            status, document = self._answer(rendered)
        path, _, query = rendered.target.partition("?")
        body = encoded(document) if document is not None else b""
        request = {
            "method": rendered.method,
            "path": path,
            "query": query,
            "headers": [],
            "body": {"size": 0},
        }
        response = {"status": status, "headers": [], "body": {"json": document, "size": len(body)}}
        return Answer(status, [], body, document, exchange={"request": request, "response": response})

    def _answer(self, rendered: Rendered) -> tuple[int, Any]:
        path, _, query = rendered.target.partition("?")
        aim = aim_of(rendered.method, path)
        kind, id = aim.resource or "", unquote(aim.id or "")
        if rendered.method == "GET":
            if aim.operation == "list":
                return 200, self._list(kind, query)
            return 200, _shown(id, self._made.get(id, {}))
        if rendered.method == "DELETE":
            self._made.pop(id, None)
            return 204, None
        body = rendered.body if isinstance(rendered.body, dict) else {}
        if rendered.method == "POST":
            self._ids[kind] += 1
            id, status = f"{kind[:-1].lower()}-{self._ids[kind]}", 201
        else:
            status = 200
        kept = self._made.setdefault(id, {"_kind": kind})
        kept |= {name: body[name] for name in _NAMES if name in body}
        for operation in body.get("Operations") or []:
            _apply(kept, operation)
        return status, _shown(id, kept)

    def _list(self, kind: str, query: str) -> dict[str, Any]:
        resources = [_shown(id, one) for id, one in self._made.items() if one["_kind"] == kind]
        given = dict(part.partition("=")[::2] for part in query.split("&"))
        if "filter" in given:
            equals = _EQUALS.fullmatch(unquote_plus(given["filter"]))
            name, value = (equals[1], _plain(equals[2])) if equals is not None else ("", "")
            resources = [one for one in resources if name and one.get(name) == value]
        return {"totalResults": len(resources), "Resources": resources}


def _shown(id: str, kept: dict[str, Any]) -> dict[str, Any]:
    return {"id": id, **{name: kept[name] for name in _NAMES if name in kept}}


def _plain(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _apply(kept: dict[str, Any], operation: Any) -> None:
    """Take over names that an operation of a PATCH sets."""
    if not isinstance(operation, dict):
        return
    value = operation.get("value")
    changes = value if isinstance(value, dict) else {str(operation.get("path")): value}
    kept |= {name: new for name, new in changes.items() if name in _NAMES and isinstance(new, str)}
