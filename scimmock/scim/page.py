"""Paging, by index (RFC 7644 section 3.4.2.4) and by cursor (RFC 9865)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import ScimError
from .policy import Paging

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(slots=True)
class PageRequest:
    """What part of the results is wanted; ``cursor`` is None for paging by index, "" for its first page."""

    start_index: int = 1
    count: int = 100
    cursor: str | None = None


@dataclass(slots=True)
class Page:
    """One page of results: encoded or plain ``items``, and what the envelope says about them.

    ``key`` is the name of the list of items; each of ``dressers`` returns the envelope otherwise.
    """

    total: int
    items: list[Any] = field(default_factory=list)
    start_index: int | None = None
    next_cursor: str | None = None
    key: str = "Resources"
    dressers: list[Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=list)

    def envelope(self) -> dict[str, Any]:
        """Return the ListResponse without its ``Resources`` (RFC 7644 section 3.4.2)."""
        result: dict[str, Any] = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": self.total,
        }
        if self.start_index is not None:
            result["startIndex"] = self.start_index
        result["itemsPerPage"] = len(self.items)
        if self.next_cursor is not None:
            result["nextCursor"] = self.next_cursor
        for dress in self.dressers:
            result = dress(result)
        return result


def _integer(name: str, value: Any, scim_type: str) -> int:
    if type(value) is int:
        return value
    if isinstance(value, str):
        text = value.strip()
        if _WHOLE_NUMBER.fullmatch(text):
            return int(text)
    raise ScimError(400, f"{name!r} is a whole number", scim_type)


def read_page(start_index: Any, count: Any, cursor: Any, paging: Paging) -> PageRequest:
    """Return the page that a query asks for; parameters are None where they are absent.

    Negative counts are 0 and a startIndex below 1 is 1 (RFC 7644 table 6).  Larger pages than the
    service gives are cut for paging by index and 400 invalidCount for cursors (RFC 9865 table 3).
    A service that has neither kind of paging gives what it gives, whatever is asked.
    """
    if not (paging.index or paging.cursor):
        return PageRequest(1, paging.max_page_size)
    if cursor is not None and not isinstance(cursor, str):
        raise ScimError(400, "'cursor' is a string", "invalidCursor")
    if cursor is None and start_index is None and paging.cursor and paging.default_method == "cursor":
        cursor = ""
    if cursor is not None and not paging.cursor:
        cursor = None
    start = 1 if start_index is None else max(1, _integer("startIndex", start_index, "invalidValue"))
    kind = "invalidValue" if cursor is None else "invalidCount"
    wanted = paging.default_page_size if count is None else max(0, _integer("count", count, kind))
    if cursor is not None:
        if wanted > paging.max_page_size:
            raise ScimError(400, f"'count' is at most {paging.max_page_size}", "invalidCount")
        return PageRequest(1, wanted, cursor)
    return PageRequest(start, min(wanted, paging.max_page_size))


@dataclass(frozen=True, slots=True)
class Cursors:
    """Issues and checks cursors: opaque, of URL-safe characters, bound to their query and signed.

    A cursor says after which result to go on, so that resources that come and go meanwhile make no
    result appear twice.  ``key`` is secret, ``now`` gives seconds, ``timeout`` is in seconds.
    """

    key: bytes
    now: Callable[[], float]
    timeout: int = 3600

    def _signature(self, payload: bytes) -> bytes:
        return hmac.new(self.key, payload, hashlib.sha256).digest()[:9]

    def issue(self, query: str, count: int, anchor: Any) -> str:
        """Return the cursor behind ``anchor`` (any JSON) for a query, given in some canonical form."""
        state = [hashlib.sha256(query.encode()).hexdigest()[:16], count, int(self.now()), anchor]
        payload = json.dumps(state, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._signature(payload) + payload).rstrip(b"=").decode()

    def read(self, cursor: str, query: str, count: int) -> Any:
        """Return the anchor; raises 400 invalidCursor, expiredCursor or invalidCount (RFC 9865 table 3)."""
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            raw = b""
        signature, payload = raw[:9], raw[9:]
        if not payload or not hmac.compare_digest(signature, self._signature(payload)):
            raise ScimError(400, "the cursor is not one that this service gave", "invalidCursor")
        digest, issued_count, issued, anchor = json.loads(payload)
        if digest != hashlib.sha256(query.encode()).hexdigest()[:16]:
            raise ScimError(400, "the cursor belongs to another query", "invalidCursor")
        if issued_count != count:
            raise ScimError(400, f"the cursor was given for a count of {issued_count}", "invalidCount")
        if self.now() - issued > self.timeout:
            raise ScimError(400, f"the cursor is older than {self.timeout} seconds", "expiredCursor")
        return anchor
