"""What a session has in it, seen before anything is sent: ids, and what was there before it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..traffic.directory import aim_in, answer_of, document_of, header_of, id_in_location, resources_in
from ..traffic.pairing import NATURAL_KEYS, attribute, endpoint_of, id_of
from ..traffic.routes import Aim
from .order import number_of, timed

Document = dict[str, Any]
Select = Callable[[Document], bool]

_ONE = ("read", "replace", "patch", "delete")
_EQUALS = re.compile(r'\b(userName|externalId|displayName)\s+eq\s+"((?:[^"\\]|\\.)*)"', re.I)
_REFERENCES = re.compile(r"(?:.*:)?(members|manager)\b", re.I)


@dataclass(slots=True)
class Before:
    """A resource that was there before the exchanges that are played.

    ``key`` is the attribute and the value by which it can be found at another service, None where the
    session shows none; ``n`` is the first exchange that uses its id; ``document`` is how it was first seen.
    """

    id: str
    resource: str
    n: int
    key: tuple[str, str] | None = None
    document: Document | None = None


@dataclass(slots=True)
class Survey:
    """What a session has in it, and what was there before it.

    ``known`` are all ids that the session shows, ``created`` those that what is played makes; ``before`` is
    what was there before, by its id; ``unbindable`` are those of them that a request uses and nothing tells
    how to find.  ``span`` is how long the session took, in seconds; ``token_requests`` are not played, since
    their bodies are not kept; ``shows_credentials``: a request has the header for them.
    """

    count: int = 0
    span: float = 0.0
    token_requests: int = 0
    shows_credentials: bool = False
    known: set[str] = field(default_factory=set)
    created: set[str] = field(default_factory=set)
    before: dict[str, Before] = field(default_factory=dict)
    unbindable: list[Before] = field(default_factory=list)


def survey(exchanges: Iterable[Document], selected: Select, with_documents: bool = False) -> Survey:
    """Go through a session once.  ``selected`` says which exchanges are to be played.

    What the others created was there before, for those that are.  ``with_documents`` keeps how
    resources looked when they were first seen, which costs memory.
    """
    return _Surveyor(selected, with_documents).look(exchanges)


def is_token_request(exchange: Document) -> bool:
    """Whether an exchange asked for an access token."""
    return aim_in(exchange).operation == "token"


class _Surveyor:
    def __init__(self, selected: Select, with_documents: bool) -> None:
        self._selected = selected
        self._with_documents = with_documents
        self._found = Survey()
        self._uses: dict[str, tuple[int, str]] = {}  # ids in requests: first exchange, and the endpoint
        self._created = self._found.created
        self._sent_keys: set[str] = set()  # of what exchanges that are played create
        self._lacking: set[str] = set()  # used, and answered as if they were not there

    def look(self, exchanges: Iterable[Document]) -> Survey:
        found = self._found
        first = last = None
        for step in timed(exchanges):
            exchange = step.document
            first = step.begin if first is None else min(first, step.begin)
            last = step.end if last is None else max(last, step.end)
            selected = self._selected(exchange)
            if selected and is_token_request(exchange):
                found.token_requests += 1
                continue
            found.count += selected
            self._see(exchange, aim_in(exchange), selected)
        found.span = (last or 0.0) - (first or 0.0)
        found.known |= self._uses.keys()
        for id, (n, resource) in self._uses.items():
            if id in found.before:
                found.before[id].n = n
            elif id not in self._created and id not in self._lacking:
                found.before[id] = Before(id, resource, n)
        found.before = {id: one for id, one in found.before.items() if id in self._uses or one.document}
        found.unbindable = sorted(
            (one for one in found.before.values() if one.key is None and one.id in self._uses),
            key=lambda one: one.n,
        )
        return found

    def _see(self, exchange: Document, aim: Aim, selected: bool) -> None:
        n = number_of(exchange)
        sent = document_of(exchange["request"].get("body"))
        if not self._found.shows_credentials:
            self._found.shows_credentials = header_of(exchange["request"], "authorization") is not None
        if selected:
            for id, resource in _references(aim, sent):
                self._uses.setdefault(id, (n, resource))
            if aim.operation == "create" and isinstance(sent, dict):
                self._sent_keys |= keys_in(sent)
        answer = answer_of(exchange)
        if answer is None:
            return
        if aim.id is not None and answer["status"] in (404, 410) and aim.id not in self._found.known:
            self._lacking.add(aim.id)
        if not 200 <= answer["status"] < 300:
            return
        told = document_of(answer.get("body"))
        if aim.operation == "create":
            made = told if isinstance(told, dict) else sent
            at = id_of(told) if isinstance(told, dict) else None
            at = at or id_in_location(header_of(answer, "location"))
            if at is not None:
                self._issued(at, selected, aim.resource or "", made, n)
        elif aim.operation in _ONE and isinstance(told, dict) and id_of(told):
            self._seen(told, aim.resource or "", n)
        elif aim.operation in ("list", "search"):
            for document in resources_in(told):
                self._seen(document, endpoint_of(document, aim.resource), n)
        elif aim.operation == "bulk":
            for id in _issued_in_bulk(told):
                self._issued(id, selected, "", None, n)

    def _issued(self, id: str, selected: bool, resource: str, document: Any, n: int) -> None:
        self._found.known.add(id)
        if selected:
            self._created.add(id)
        elif isinstance(document, dict):
            self._seen({**document, "id": id}, resource, n)

    def _seen(self, document: Document, resource: str, n: int) -> None:
        id = id_of(document)
        if id is None or id in self._created:
            return
        self._found.known.add(id)
        known = self._found.before.get(id)
        if known is not None and known.key is not None:
            return
        if keys_in(document) & self._sent_keys:
            self._created.add(id)  # by a create whose answer was lost
            self._found.before.pop(id, None)
            return
        kept = document if self._with_documents else None
        self._found.before[id] = Before(id, resource, n, _key_of(document), kept)


def keys_in(document: Document) -> set[str]:
    """Return the surest natural key of a resource, as "username bjensen"; empty where it has none."""
    key = _key_of(document)
    return {f"{key[0].lower()} {key[1].lower()}"} if key is not None else set()


def keys_of_filter(query: str) -> set[str]:
    """Return the natural keys that the filter of a raw query compares with, as "username bjensen"."""
    if "filter" not in query.lower():
        return set()
    found = set()
    for name, value in parse_qsl(query):
        if name.lower() == "filter":
            found |= {f"{match[1].lower()} {match[2].lower()}" for match in _EQUALS.finditer(value)}
    return found


def _key_of(document: Document) -> tuple[str, str] | None:
    for name in NATURAL_KEYS:
        value = attribute(document, name)
        if isinstance(value, str) and value:
            return name, value
    return None


def _references(aim: Aim, sent: Any) -> Iterator[tuple[str, str]]:
    """Yield the ids that a request surely uses, with the endpoint of what they are of ("" unknown)."""
    if aim.id is not None and aim.operation in _ONE:
        yield unquote(aim.id), aim.resource or ""
    if not isinstance(sent, dict):
        return
    for id in referred(sent):
        yield id, ""
    operations = attribute(sent, "Operations")
    for operation in operations if isinstance(operations, list) else ():
        if not isinstance(operation, dict):
            continue
        path, value = attribute(operation, "path"), attribute(operation, "value")
        if isinstance(path, str) and _REFERENCES.match(path):
            yield from ((id, "") for id in _values(value))
        elif isinstance(value, dict):
            yield from ((id, "") for id in referred(value))


def referred(document: Document) -> Iterator[str]:
    """Yield the ids of other resources in a resource or a part of one: its members, its manager."""
    for name, value in document.items():
        if _REFERENCES.fullmatch(name):
            yield from _values(value)
        elif isinstance(value, dict) and name.lower().startswith("urn:"):
            yield from referred(value)


def _values(value: Any) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        id = attribute(item, "value") if isinstance(item, dict) else item
        if isinstance(id, str) and id and not id.startswith("bulkId:"):
            yield id


def _issued_in_bulk(told: Any) -> Iterator[str]:
    operations = attribute(told, "Operations") if isinstance(told, dict) else None
    for item in operations if isinstance(operations, list) else ():
        if isinstance(item, dict) and str(item.get("method")).upper() == "POST":
            id = id_in_location(item.get("location"))
            if id is not None:
                yield id
