"""The examiner: works out the findings of a journal when somebody reads them, each exchange once."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
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
        self._found: dict[int, tuple[Finding, ...]] = {}
        self._last = 0
        self._looks: list[tuple[Check, Look]] = []
        self._last_failed: set[str] = set()
        self.forget()

    def forget(self) -> None:
        """Let the checks forget what they remember of earlier exchanges; findings stay.

        For when the directory is replaced by another way than requests (a restored or reset state).
        """
        self._looks = [(check, check.start()) for check in CATALOGUE if check.profile in self.profiles]

    def catch_up(self, entries: Iterable[Exchange]) -> None:
        """Examine the exchanges that are new; ``entries`` is the whole journal, oldest first.

        What the journal has dropped is forgotten.  Never raises.
        """
        oldest = None
        for exchange in entries:
            if oldest is None:
                oldest = exchange.n
            if exchange.n > self._last:
                self._last = exchange.n
                found = self._examine(exchange)
                if found:
                    self._found[exchange.n] = found
        first = self._last + 1 if oldest is None else oldest
        for number in [number for number in self._found if number < first]:
            del self._found[number]

    def of(self, n: int) -> tuple[Finding, ...]:
        """Return the findings of the exchange with that number, () when there are none."""
        return self._found.get(n, ())

    def _examine(self, exchange: Exchange) -> tuple[Finding, ...]:
        asked = Asked(exchange, self.types)
        findings: list[Finding] = []
        for check, look in self._looks:
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
