"""The examiner: works out the findings of a journal when somebody reads them, each exchange once."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ..scim.schema import ResourceType
from ..traffic.exchange import Exchange
from .asked import Asked
from .base import DEFAULT_PROFILES, PROFILES, Check, Finding, Look
from .catalogue import CATALOGUE

log = logging.getLogger("scimmock")

_MAX_OF_ONE_CHECK = 5  # findings for one exchange
_SHORTEST_SECRET = 4  # characters; what is shorter would blot out half of each sentence
_SECRET_HEADERS = ("authorization", "proxy-authorization", "cookie", "x-api-key")
_MASK = "***"
_AT_ONCE = 20  # exchanges that are examined before others get the event loop
_RESETS = 10_000  # as many as a journal has exchanges


class Examiner:
    """Finds what is odd in the exchanges of one tenant.

    ``types`` are the resource types of its service, ``profiles`` which of `PROFILES` to examine by
    ("rfc" and "behaviour" unless asked for more); an unknown profile is a ValueError.
    """

    def __init__(self, types: tuple[ResourceType, ...], profiles: frozenset[str] = DEFAULT_PROFILES) -> None:
        unknown = profiles - set(PROFILES)
        if unknown:
            raise ValueError(f"there is no profile {sorted(unknown)[0]!r}, {', '.join(PROFILES)} are")
        self.types = types
        self.profiles = profiles
        self.last = 0  # the number of the newest exchange that was examined
        self._found: OrderedDict[int, tuple[Finding, ...]] = OrderedDict()
        self._resets: deque[int] = deque(maxlen=_RESETS)
        self._looks: list[tuple[Check, Look]] = []
        self._last_failed: set[str] = set()
        self._start()

    def forget(self, n: int) -> None:
        """Let the checks forget what they remember of exchanges up to number ``n``; findings stay.

        For when the directory is replaced by another way than requests (a restored or reset state), or
        the journal is emptied.  Nothing is examined now: those up to ``n`` that are not examined yet
        will still be seen together, and those after them by checks that begin anew.
        """
        if n <= self.last:
            self._start()
        elif not self._resets or self._resets[-1] < n:
            self._resets.append(n)

    def _start(self) -> None:
        self._looks = [(check, check.start()) for check in CATALOGUE if check.profile in self.profiles]

    def catch_up(self, entries: Iterable[Exchange], oldest: int) -> None:
        """Examine the exchanges of ``entries``, oldest first, that are new (after number `last`).

        Findings of exchanges before number ``oldest``, which the journal has dropped, are forgotten.
        Never raises.
        """
        for exchange in entries:
            if exchange.n <= self.last:
                continue
            if self._resets and exchange.n > self._resets[0]:
                while self._resets and exchange.n > self._resets[0]:
                    self._resets.popleft()
                self._start()
            self.last = exchange.n
            found = self._examine(exchange)
            if found:
                self._found[exchange.n] = found
        while self._found and next(iter(self._found)) < oldest:
            self._found.popitem(last=False)

    async def catch_up_in_turn(self, entries: Sequence[Exchange], oldest: int) -> None:
        """Do the same as `catch_up`, a few at a time: in between, others get the event loop."""
        self.catch_up(entries[:_AT_ONCE], oldest)
        for start in range(_AT_ONCE, len(entries), _AT_ONCE):
            await asyncio.sleep(0)
            # Others may have examined some of them meanwhile.
            self.catch_up(entries[start : start + _AT_ONCE], oldest)

    def of(self, n: int) -> tuple[Finding, ...]:
        """Return the findings of the exchange with that number, () when there are none."""
        return self._found.get(n, ())

    def _examine(self, exchange: Exchange) -> tuple[Finding, ...]:
        asked = Asked(exchange, self.types)
        findings: list[Finding] = []
        looks = self._looks
        if exchange.speaks is not None and exchange.speaks[1] != "2.0":
            # The rules of SCIM 2.0 are not those of SCIM 1.1.
            looks = [(check, look) for check, look in looks if check.profile == "behaviour"]
        for check, look in looks:
            findings.extend(check.finding(message) for message in self._messages(check, look, asked))
        return tuple(findings)

    def _messages(self, check: Check, look: Look, asked: Asked) -> list[str]:
        try:
            found = list(dict.fromkeys(islice(look(asked), _MAX_OF_ONE_CHECK)))
            return [_without_secrets(message, asked) for message in found]
        except Exception:
            # A finding is a remark; a defect in a check must not keep anybody from reading the journal.
            if check.name not in self._last_failed:
                self._last_failed.add(check.name)
                log.exception("a defect of scimmock in the check %s", check.name)
            return []


def _without_secrets(message: str, asked: Asked) -> str:
    """Mask what the request holds of secrets, wherever a message might quote it."""
    if "secrets" not in asked.memo:
        asked.memo["secrets"] = sorted(set(_secrets(asked)), key=len, reverse=True)
    for secret in asked.memo["secrets"]:
        message = message.replace(secret, _MASK)
    return message


def _secrets(asked: Asked) -> Iterator[str]:
    for name in _SECRET_HEADERS:
        value = asked.headers.get(name, "")
        yield from (word for word in (value, value.rpartition(" ")[2]) if len(word) >= _SHORTEST_SECRET)
    yield from (text for text in _passwords(asked.json) if len(text) >= _SHORTEST_SECRET)


def _passwords(value: object, secret: bool = False) -> Iterator[str]:
    """Yield the strings of a document that stand at a name or path of a password."""
    if isinstance(value, str):
        if secret:
            yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _passwords(inner, secret)
    elif isinstance(value, dict):
        path = value.get("path")
        hidden = secret or (isinstance(path, str) and "password" in path.lower())
        for name, inner in value.items():
            yield from _passwords(inner, hidden if name.lower() == "value" else "password" in name.lower())
