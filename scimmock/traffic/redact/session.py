"""A whole session in two passes: the first learns what the second has to keep and to drop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .redactor import Redactor

Document = dict[str, Any]


def redact_session(
    header: Document, exchanges: Callable[[], Iterable[Document]], redactor: Redactor
) -> tuple[Document, Callable[[], Iterator[Document]]]:
    """Return the header of a session, redacted, and a function that gives its exchanges, redacted.

    ``exchanges`` gives them anew at each call; they are gone through once to learn and once to count what
    is replaced, for the header, and never held all at once.  What filters look for in parts of words is
    kept from the first exchange on, and an attribute that a schema late in the session calls never
    returned is dropped everywhere.
    """
    redactor.header(header)
    redactor.learns()
    for exchange in exchanges():
        redactor.exchange(exchange)
    redactor.learned()
    for exchange in exchanges():
        redactor.exchange(exchange)
    shown = redactor.header(header)
    return shown, lambda: map(redactor.exchange, exchanges())
