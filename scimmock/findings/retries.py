"""Running checks of what clients do after an error: Retry-After, back-off, creates whose answer was lost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from ..traffic.exchange import Exchange
from .asked import Asked, by_lower
from .base import running, shown
from .memory import Memory, compared_strings, elapsed, followed
from .queries import tree

_TOLERANCE = 0.1  # seconds, for clocks that are read at slightly different moments
_WINDOW = 1.0
_RETRIES = 3
_KEYS = ("username", "displayname", "externalid")


def retry_after(asked: Asked) -> float | None:
    """Return until when the answer asks to wait, in seconds of the server's clock, None when it does not."""
    exchange = asked.exchange
    text = asked.answer_headers.get("retry-after", "").strip()
    if exchange.status not in (429, 503) or not text:
        return None
    try:
        if text.isascii() and text.replace(".", "", 1).isdigit():
            due = exchange.at + float(text)
        else:
            due = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return due if math.isfinite(due) else None


@dataclass(slots=True)
class _Throttled:
    exchange: Exchange
    due: float


@running(
    "retry-after-ignored",
    "RFC 9110 section 10.2.3",
    "error",
    says="the client asks one endpoint again before the Retry-After of a 429 or 503 has passed",
)
class RetryAfterIgnored:
    """Remembers until when each client was asked to wait, with which method at which endpoint.

    A limit may be for some requests only, so others are no sign that the client did not listen.
    """

    def __init__(self) -> None:
        self.throttled: Memory[tuple[object, ...], _Throttled] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        key = (asked.who, exchange.method, exchange.resource or exchange.path)
        waiting = self.throttled.get(key)
        if waiting is not None:
            early = waiting.due - exchange.at
            if early <= _TOLERANCE:
                self.throttled.pop(key)
            elif followed(waiting.exchange, exchange):
                first = waiting.exchange
                same = (exchange.method, exchange.path) == (first.method, first.path)
                yield (
                    f"{'the same request' if same else 'another such request'} came {early:.1f} s before the "
                    f"Retry-After of the {first.status} to {first.method} {first.path} had passed"
                )
        due = retry_after(asked)
        if due is not None:
            self.throttled.set(key, _Throttled(exchange, due))


@running(
    "retry-without-backoff",
    None,
    "warning",
    says="one request made three times or more within a second after 429 or 5xx without Retry-After",
)
class RetryWithoutBackoff:
    """Remembers the failures of each request."""

    def __init__(self) -> None:
        self.failed: Memory[tuple[object, ...], list[Exchange]] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        key = (asked.who, exchange.method, exchange.path, exchange.query, hash(exchange.request_body))
        before = [old for old in self.failed.get(key) or () if elapsed(old, exchange) <= _WINDOW]
        if len(before) == _RETRIES - 1 and all(followed(old, exchange) for old in before):
            yield (
                f"{asked.target} was made {_RETRIES} times within a second although it failed with "
                f"{before[-1].status or 'no answer'}, waiting longer each time would be right"
            )
        bad = exchange.status == 429 or exchange.status >= 500
        if bad and "retry-after" not in asked.answer_headers:
            self.failed.set(key, [*before, exchange][-_RETRIES:])
        else:
            self.failed.pop(key)


def natural_key(asked: Asked) -> tuple[str, str] | None:
    """Return the name by which a created resource is known to its client: (attribute, value)."""
    if asked.exchange.operation != "create":
        return None
    document = by_lower(asked.json)
    for name in _KEYS:
        value = document.get(name)
        if isinstance(value, str) and value:
            return name, value
    return None


@running(
    "create-retried-blindly",
    None,
    "error",
    says="a create whose answer was lost, made again without a look-up in between: it may make a second one",
)
class CreateRetriedBlindly:
    """Remembers creates that the service carried out and whose client does not know it."""

    def __init__(self) -> None:
        self.lost: Memory[tuple[str, str], int] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        endpoint = exchange.resource or ""
        if exchange.operation in ("list", "search"):
            self._looked_up(asked, endpoint)
            return
        key = natural_key(asked)
        if key is None:
            return
        place = endpoint, key[1].lower()
        lost = self.lost.pop(place)
        if lost is not None:
            yield (
                f"the create of {shown(key[1])} was made again after the answer to it was lost, "
                "a look-up first would find what that one made"
            )
        if asked.done and not asked.succeeded:
            self.lost.set(place, exchange.n)

    def _looked_up(self, asked: Asked, endpoint: str) -> None:
        """Who looks for a resource, or reads the whole list, is not blind."""
        node = tree(asked)
        names = None if node is None else set(compared_strings(node))
        for place in self.lost:
            if place[0] == endpoint and (names is None or place[1] in names):
                self.lost.pop(place)


@running(
    "duplicate-created",
    "RFC 7644 section 3.3",
    "error",
    says="a second resource with the same `userName` appeared (409 uniqueness would be right)",
)
class DuplicateCreated:
    """Remembers which resource was created under which unique name, until it is deleted or renamed."""

    def __init__(self) -> None:
        self.by_name: Memory[tuple[str, str], str] = Memory()
        self.by_id: Memory[tuple[str, str], str] = Memory()

    def see(self, asked: Asked) -> Iterator[str]:
        exchange = asked.exchange
        if exchange.resource is None or not asked.done:
            return
        if exchange.operation in ("delete", "replace", "patch") and exchange.id is not None:
            name = self.by_id.pop((exchange.resource, exchange.id))
            if name is not None:
                self.by_name.pop((exchange.resource, name))
        if exchange.operation not in ("create", "replace", "patch") or exchange.after is None:
            return
        name, identifier = exchange.after.get("userName"), exchange.after.get("id")
        if not isinstance(name, str) or not isinstance(identifier, str):
            return
        place = exchange.resource, name.lower()
        other = self.by_name.get(place)
        if other is not None and other != identifier:
            yield f"there is a second resource with the userName {shown(name)}: {identifier} beside {other}"
        self.by_name.set(place, identifier)
        self.by_id.set((exchange.resource, identifier), name.lower())
