"""A request as it is looked for in a session."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

from ..directory import document_of
from ..form import body_bytes
from ..pairing import NATURAL_KEYS
from ..routes import Aim, aim_of
from .bodies import message_of, search_of, target_of
from .nodes import Exact, Fields, Node, Row, Slot, outline

Document = dict[str, Any]

CONDITIONS = ("if-match", "if-none-match")
_DEEPEST = 64  # levels
_AGAIN = ("search", "token")  # operations that are no GET and change nothing either
_NATURAL = frozenset(name.lower() for name in NATURAL_KEYS)


@dataclass(frozen=True)
class Asked:
    """A request: raw ``path`` below the base, raw ``query``, headers by their names in lower case.

    ``body`` is what its JSON decodes to, or else its bytes.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] | None = None
    body: Any = b""

    @cached_property
    def aim(self) -> Aim:
        """What it is for."""
        return aim_of(self.method, self.path)

    @property
    def is_read(self) -> bool:
        """Whether it changes nothing."""
        return self.method in ("GET", "HEAD", "OPTIONS") or self.aim.operation in _AGAIN

    @cached_property
    def node(self) -> Fields:
        """What it says: ``path``, ``query`` and ``body``."""
        aim = self.aim
        method, path = ("method", Exact(self.method)), ("path", target_of(self.path))
        if aim.operation == "token":  # its body is a secret, wherever it is sent
            return Fields((method, ("path", Exact("token"))))
        query = search_of(aim.resource, _pairs(self.query))
        return Fields((("body", self._body(aim)), method, path, ("query", query)))

    def _body(self, aim: Aim) -> Node:
        body = self.body
        if isinstance(body, bytes):
            # What is no JSON was redacted as a text.
            return Slot("own", "(text)", body.decode("utf-8", "replace")) if body else Exact(body)
        if aim.operation == "search" and isinstance(body, dict):
            return search_of(aim.resource, {name.lower(): value for name, value in body.items()})
        return message_of(self.method, aim.resource, body)

    @cached_property
    def outline(self) -> int:
        """A number that it shares with those which differ from it by what the client brings along."""
        return outline(self.node)

    @cached_property
    def mark(self) -> Slot | None:
        """By what one request of an outline is told from others at once, None where nothing stands out."""
        parts = dict(self.node.items)
        path = parts["path"]
        if isinstance(path, Row) and len(path.items) > 1 and isinstance(path.items[1], Slot):
            return path.items[1]
        for name in ("query", "body"):
            part = parts.get(name)
            given = dict(part.items) if isinstance(part, Fields) else {}
            if "filter" in given:
                return _compared(given["filter"])
            for key in ("username", "externalid", "displayname"):
                found = given.get(key)
                if isinstance(found, Slot) and found.kind == "key":
                    return found
        return None

    @cached_property
    def natural_key(self) -> tuple[str, str] | None:
        """Return the attribute and the value by which the resource that it is about is known."""
        mark = self.mark
        if mark is None or mark.kind == "id" or mark.name not in _NATURAL:
            return None
        return mark.name, str(mark.value).lower()


def asked_in(exchange: Document) -> Asked:
    """Return the request of an exchange as a recording has it."""
    request = exchange["request"]
    form = request.get("body") or {}
    document = document_of(form)
    body = document if document is not None and not is_deep(document) else body_bytes(form)
    headers = headers_of(request.get("headers") or ())
    return Asked(request["method"], request["path"], request.get("query") or "", headers, body)


def decoded(body: bytes) -> Any:
    """Return what a body decodes to, or the body where it is no JSON or nested too deep."""
    try:
        document = json.loads(body) if body else b""
    except (ValueError, RecursionError):
        return body
    return body if is_deep(document) else document


def is_deep(document: Any) -> bool:
    """Whether JSON is nested deeper than anything in SCIM is."""
    level = [document] if isinstance(document, dict | list) else []
    for _ in range(_DEEPEST):
        values = (item.values() if isinstance(item, dict) else item for item in level)
        level = [value for inner in values for value in inner if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def headers_of(pairs: Iterable[Any]) -> dict[str, str]:
    """Return the conditions among headers, by their names in lower case."""
    return {name.lower(): value for name, value in pairs if name.lower() in CONDITIONS}


def _pairs(query: str) -> dict[str, Any]:
    found = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name:
            found[unquote_plus(name).lower()] = unquote_plus(value)
    return found


def _compared(node: Node) -> Slot | None:
    """Return the first key or id that a filter compares with."""
    if isinstance(node, Slot):
        return node if node.kind in ("key", "id") else None
    if isinstance(node, Row):
        return next((found for found in map(_compared, node.items) if found is not None), None)
    return None
