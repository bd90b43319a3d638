"""The exchanges of sessions as recognisers look at them: prepared once, with what is known by then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..clock import parse_time
from ..traffic.directory import (
    Directory,
    Learner,
    aim_in,
    answer_of,
    document_of,
    is_made_up,
    resources_in,
)
from ..traffic.revive import bytes_of

Document = dict[str, Any]
WRITES = ("create", "replace", "patch", "delete")


@dataclass(slots=True)
class Source:
    """One session: ``code`` is its key among the sources of the fixture, ``name`` that of its file."""

    code: str
    name: str
    header: Document
    exchanges: Iterable[Document]


@dataclass(slots=True)
class Look:
    """One exchange.

    ``before`` and ``after`` are the resource that it was about, as far as it is known.  ``made_up`` says
    that a fault rule may have answered: that tells nothing of the service.  ``at`` is in seconds since 1970.
    """

    source: Source
    n: int
    at: float
    method: str
    path: str
    operation: str | None
    resource: str | None
    id: str | None
    query: dict[str, str]
    asked_headers: dict[str, str]
    sent: Any
    status: int
    headers: dict[str, str]
    told: Any
    text: str
    made_up: bool
    before: Document | None = None
    after: Document | None = None

    @property
    def where(self) -> str:
        """The exchange in words: ``session.jsonl exchange 12``."""
        return f"{self.source.name} exchange {self.n}"

    @property
    def is_done(self) -> bool:
        """Whether the service did what was asked."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """The Content-Type of the answer, "" where there is none."""
        return self.headers.get("content-type", "")

    @property
    def is_whole(self) -> bool:
        """Whether all attributes were asked for."""
        names = {name.lower() for name in self.query}
        if isinstance(self.sent, dict) and self.operation == "search":
            names |= {name.lower() for name in self.sent}
        return not names & {"attributes", "excludedattributes"}

    @property
    def shown(self) -> list[Document]:
        """The resources of users, groups and their like in a good answer."""
        if not self.is_done or self.made_up or not isinstance(self.told, dict):
            return []
        if self.operation in ("list", "search"):
            return resources_in(self.told)
        known = self.operation in ("create", "read", "replace", "patch") and self.resource != "Bulk"
        return [self.told] if known and ("id" in self.told or "schemas" in self.told) else []


@dataclass(slots=True)
class View:
    """What is known while the exchanges pass by.

    ``directory`` is as it was last seen.  ``first`` are the resources that nobody in the session made, as
    they were first seen, and ``made`` those that were made, also where no answer said so; both by the names
    of their endpoints and ids.
    """

    learner: Learner = field(default_factory=Learner)
    first: Directory = field(default_factory=Directory)
    made: set[tuple[str, str]] = field(default_factory=set)
    _partly: set[tuple[str, str]] = field(default_factory=set)
    _attempted: set[tuple[str, str]] = field(default_factory=set)

    @property
    def directory(self) -> Directory:
        """The directory as it was last seen."""
        return self.learner.directory

    def take(self, look: Look, exchange: Document) -> None:
        """Take in an exchange, and let the look know the resource before and after it."""
        look.before, look.after = self.learner.see(exchange)
        if look.operation == "create" and (look.status == 0 or look.status >= 500):
            self._attempted.add((str(look.resource), _key(look.sent)))
        for name, id in self._places(look):
            place, document = (name, id), self.directory.get(name, id)
            if document is None or place in self.made:
                continue
            if look.operation in ("create", "bulk") or (name, _key(document)) in self._attempted:
                self.made.add(place)
            elif self.first.get(name, id) is None or (place in self._partly and look.operation == "read"):
                self.first.resources.setdefault(name, {})[id] = document
                (self._partly.discard if look.is_whole else self._partly.add)(place)
        if look.operation in WRITES and look.resource and look.id:
            self._partly.discard((look.resource, look.id))

    def _places(self, look: Look) -> Iterator[tuple[str, str]]:
        """Yield the names and ids of resources that an answer may have shown for the first time."""
        if look.operation == "bulk":
            asked = len(operations_in(look.sent))
            for name, found in self.directory.resources.items():  # what is new stands at the end
                yield from ((name, id) for id in islice(reversed(found), asked))
            return
        ids = [str(item.get("id")) for item in look.shown] + ([look.id] if look.id else [])
        for id in ids:
            yield from ((name, id) for name, found in self.directory.resources.items() if id in found)


def _key(document: Any) -> str:
    """Return the natural key of a resource, by which one is known that was made without an answer."""
    found = document if isinstance(document, dict) else {}
    return str(found.get("userName") or found.get("displayName")).lower()


def looks(source: Source, view: View) -> Iterator[Look]:
    """Yield the exchanges of a session in their order; those at another base path are left out."""
    for exchange in source.exchanges:
        request = exchange["request"]
        if request.get("base") is not None:
            continue
        look = _look(source, exchange)
        view.take(look, exchange)
        yield look


def _look(source: Source, exchange: Document) -> Look:
    request, answer, aim = exchange["request"], answer_of(exchange), aim_in(exchange)
    answer = answer or {}
    form = answer.get("body") or {}
    return Look(
        source=source,
        n=exchange.get("n") or 0,
        at=_moment(exchange),
        method=request["method"].upper(),
        path=request["path"],
        operation=aim.operation,
        resource=aim.resource,
        id=aim.id,
        query=dict(parse_qsl(request.get("query") or "", keep_blank_values=True)),
        asked_headers=_headers(request),
        sent=document_of(request.get("body")),
        status=answer.get("status") or 0,
        headers=_headers(answer),
        told=document_of(form),
        text=bytes_of(form).decode("utf-8", "replace") if form else "",
        made_up=is_made_up(exchange),
    )


def _moment(exchange: Document) -> float:
    try:
        return parse_time(exchange["at"])
    except (KeyError, TypeError, ValueError, OverflowError):
        t = exchange.get("t")
        return float(t) if isinstance(t, int | float) else 0.0


def _headers(message: Document) -> dict[str, str]:
    return {name.lower(): value for name, value in message.get("headers") or ()}


def objects(value: Any) -> list[Document]:
    """Return the objects in a list; what is no list has none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def operations_in(message: Any) -> list[Document]:
    """Return the operations of a PATCH."""
    named = message.items() if isinstance(message, dict) else ()
    return objects(next((value for name, value in named if name.lower() == "operations"), None))


def base_path_in(source: Source) -> str | None:
    """Return the base path of a session as its header has it, None where it does not say."""
    base_url = source.header.get("base_url")
    return urlsplit(base_url).path.rstrip("/") if base_url else None
