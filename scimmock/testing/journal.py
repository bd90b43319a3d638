"""The journal of a tenant in Python: what was asked, what was answered, and what is to be said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, overload

from ..control.journal import clear, expectations_for
from ..journal.criteria import query_of
from ..journal.lines import line_of
from ..journal.words import describe, json_of
from ..traffic.exchange import Exchange
from .reach import Access

__all__ = ["Entry", "Finding", "Journal"]

Headers = list[tuple[str, str]]
_SHOWN = 50  # exchanges in the representation of a journal


class Entry:
    """One exchange, finished and never changed.

    ``operation``, ``resource`` and ``id`` are what the request was taken for, ``path`` lies below the base
    URL.  ``status`` is 0 when the client got no answer.  `document` is the form of a recording.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.n = exchange.n
        self.operation = exchange.operation
        self.resource = exchange.resource
        self.id = exchange.id
        self.method = exchange.method
        self.path = exchange.path
        self.status = exchange.status
        self.rule = exchange.rule  # the name of the first fault rule that fired
        self.token = exchange.identity

    def __repr__(self) -> str:
        return f"<{self.n}: {self.summary}>"

    @property
    def at(self) -> datetime:
        """When it began, by the server's clock."""
        return datetime.fromtimestamp(self._exchange.at, UTC)

    @cached_property
    def summary(self) -> str:
        """What happened in one line: ``PATCH User bjensen: active true -> false``."""
        return describe(self._exchange)

    @property
    def query(self) -> dict[str, str]:
        """The decoded parameters; of one that stands twice, the last value."""
        return dict(query_of(self._exchange))

    @property
    def request_headers(self) -> Headers:
        return _headers(self._exchange.headers)

    @property
    def response_headers(self) -> Headers:
        return _headers(self._exchange.response_headers)

    @property
    def request_body(self) -> bytes:
        return self._exchange.request_body

    @property
    def response_body(self) -> bytes:
        return self._exchange.response_body

    @property
    def request_json(self) -> Any:
        """What the body of the request decodes to, None when it is no JSON."""
        return json_of(self._exchange.request_body)

    @property
    def response_json(self) -> Any:
        """What the body of the answer decodes to, None when it is no JSON."""
        return json_of(self._exchange.response_body)

    @property
    def client(self) -> str:
        """A short name of the client, by its User-Agent."""
        return self._exchange.client

    @property
    def document(self) -> dict[str, Any]:
        """The exchange in the form of a recording, secrets masked, without findings."""
        return self._exchange.as_dict()


def _headers(headers: list[tuple[bytes, bytes]]) -> Headers:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said about the exchange with number ``n``; see docs/findings.md."""

    n: int
    name: str
    section: str
    severity: str
    profile: str
    message: str
    summary: str

    def __repr__(self) -> str:
        return f"<{self.severity} {self.name} in {self.n}: {self.summary}: {self.message} ({self.section})>"


class Journal(Sequence[Entry]):
    """The exchanges of a tenant, oldest first; each look is at what there is at that moment."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def __repr__(self) -> str:
        return f"<journal>\n{self.text(_SHOWN)}" if self else "<journal, empty>"

    def __len__(self) -> int:
        return self._access.call(lambda tenant: len(tenant.journal.entries))

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries())

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return self._entries()[index]

    def _entries(self) -> list[Entry]:
        return [Entry(exchange) for exchange in self._access.call(lambda tenant: tenant.journal.since())]

    @property
    def dropped(self) -> int:
        """How many exchanges made room for others."""
        return self._access.call(lambda tenant: tenant.journal.dropped)

    def select(self, operation: str | None = None, **criteria: Any) -> list[Entry]:
        """Return the exchanges that meet criteria as `assert_called` takes them."""
        given = {**({} if operation is None else {"operation": operation}), **criteria}

        def look(tenant: Any) -> list[Exchange]:
            (one,) = expectations_for(tenant, {"expect": [given]}).expect
            tests = [criterion.look for criterion in one.criteria]
            return [entry for entry in tenant.journal.since() if all(test(entry)[0] for test in tests)]

        return [Entry(exchange) for exchange in self._access.call(look, "expect[0].")]

    def clear(self) -> None:
        """Forget all of them; numbers go on, findings begin anew."""
        self._access.call(clear)

    def findings(self) -> list[Finding]:
        """Return what is to be said about the exchanges."""

        def look(tenant: Any) -> list[Finding]:
            journal, examiner = tenant.journal, tenant.examiner
            examiner.catch_up(journal.since(examiner.last), journal.oldest)
            return [
                Finding(entry.n, **found.as_dict(), summary=describe(entry))
                for entry in journal.since()
                for found in examiner.of(entry.n)
            ]

        return self._access.call(look)

    def text(self, last: int | None = None) -> str:
        """Return a line for each exchange, or for the last ones, as ``scimmock tail`` shows them."""

        def look(tenant: Any) -> list[str]:
            entries = tenant.journal.since()
            entries = entries if last is None else entries[max(0, len(entries) - last) :]
            tenant.examiner.catch_up(tenant.journal.since(tenant.examiner.last), tenant.journal.oldest)
            return [_line(tenant, entry) for entry in entries]

        return "\n".join(self._access.call(look))


def _line(tenant: Any, exchange: Exchange) -> str:
    document = exchange.as_dict()
    document["trace"]["findings"] = tenant.examiner.of(exchange.n)
    return f"{exchange.n:4}  {line_of(document, describe(exchange))}"
