"""Reads the directory of a target: lists in pages (RFC 7644 section 3.4.2.4), resources by their id.

A look at the end must not fail because of one answer that got lost, so each GET is tried a few times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import quote

from .attributes import ABSENT, get

__all__ = ["Answered", "Get", "Reading", "UnreadableError"]

_ATTEMPTS = 4
_PAUSES = (0.2, 1.0, 3.0)  # seconds before the second, third, fourth attempt
_LONGEST_WAIT = 60.0  # seconds of a Retry-After that are waited for
_PAGE = 100
_READS = 1_000  # resources that are read by id in one comparison


class Answered(Protocol):
    """What is looked at of an answer; ``status`` is None where there was none."""

    @property
    def status(self) -> int | None: ...
    @property
    def json(self) -> Any: ...
    @property
    def error(self) -> str | None: ...
    def header(self, name: str) -> str | None: ...


Get = Callable[[str], Answered]


class UnreadableError(Exception):
    """The target does not give its directory; the message says how it answered."""


class Reading:
    """Reads through ``get``, which sends a GET for what is below the base URL ("/Users?count=100").

    ``pause`` waits so many seconds before a GET is tried again.  ``reads`` counts what was read by id;
    beyond some hundreds no more is read so, `exhausted` then.
    """

    def __init__(self, get: Get, pause: Callable[[float], None]) -> None:
        self._get = get
        self._pause = pause
        self.reads = 0

    @property
    def exhausted(self) -> bool:
        """Whether so much was read by id that no more will be."""
        return self.reads >= _READS

    def resources(self, endpoint: str) -> Iterator[dict[str, Any]]:
        """Yield all resources of "/Users" or "/Groups", each once; raises UnreadableError."""
        seen: set[str] = set()
        passed, where = 0, f"startIndex=1&count={_PAGE}"
        while True:
            answer = self._ask(f"{endpoint}?{where}")
            if answer.status != 200:
                raise UnreadableError(f"GET {endpoint} is answered {in_words(answer)}")
            page = get(answer.json, "Resources")
            items = [item for item in page if isinstance(item, dict)] if isinstance(page, list) else []
            if page is ABSENT and not isinstance(answer.json, dict):
                raise UnreadableError(f"GET {endpoint} is answered without a list")
            fresh = [item for item in items if (id := id_of(item)) is not None and id not in seen]
            for item in fresh:
                seen.add(id_of(item) or "")
                yield item
            passed += len(items)
            cursor, total = get(answer.json, "nextCursor"), _number(get(answer.json, "totalResults"))
            if not items or not fresh:
                return
            if isinstance(cursor, str) and cursor:
                where = f"cursor={quote(cursor, safe='')}&count={_PAGE}"
            elif total is not None and passed >= total:
                return
            else:
                where = f"startIndex={passed + 1}&count={_PAGE}"

    def resource(self, endpoint: str, id: str) -> dict[str, Any] | None:
        """Return a resource by its id, None where there is none; raises UnreadableError."""
        self.reads += 1
        answer = self._ask(f"{endpoint}/{quote(id, safe='')}")
        if answer.status in (404, 410):
            return None
        if answer.status != 200 or not isinstance(answer.json, dict):
            raise UnreadableError(f"GET {endpoint}/{id} is answered {in_words(answer)}")
        return answer.json

    def has_member(self, group: str, user: str) -> bool | None:
        """Ask whether a user is a member of a group; None where the target cannot say.

        For services that never show members, which answer such a filter nonetheless.
        """
        self.reads += 1
        filter = quote(f'id eq "{group}" and members eq "{user}"', safe="")
        answer = self._ask(f"/Groups?filter={filter}&attributes=id")
        total = _number(get(answer.json, "totalResults")) if answer.status == 200 else None
        return None if total is None else total > 0

    def _ask(self, target: str) -> Answered:
        for attempt in range(_ATTEMPTS):
            answer = self._get(target)
            passing = answer.status is None or answer.status == 429 or answer.status >= 500
            if not passing or answer.status == 501 or attempt == _ATTEMPTS - 1:
                break
            told = _number(answer.header("retry-after")) if answer.status is not None else None
            self._pause(min(max(told or 0, _PAUSES[attempt]), _LONGEST_WAIT))
        return answer


def id_of(resource: dict[str, Any]) -> str | None:
    """Return the id of a resource, None where it has none that can be one."""
    id = get(resource, "id")
    return str(id) if isinstance(id, str | int) and id != "" and not isinstance(id, bool) else None


def in_words(answer: Answered) -> str:
    """Return how a request was answered: "403", or "by nothing (timeout)"."""
    return str(answer.status) if answer.status is not None else f"by nothing ({answer.error})"


def _number(value: Any) -> int | None:
    return int(value) if str(value).strip().isdecimal() else None
