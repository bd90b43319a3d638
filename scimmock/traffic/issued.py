"""What a service issued in a session and later requests use: ids, versions, cursors.

Whoever sends a session again gets others, so that code made of it names them by variables.  A value is
looked for where such values stand: as a segment of a path, in quotes in a filter or PATCH path, as the
value of a reference, at the end of an address, as an entity tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .directory import aim_in, answer_of, document_of, header_of, id_in_location, resources_in
from .places import SURE

Document = dict[str, Any]

_KEYS = ("userName", "externalId", "displayName")  # by which a resource is found again in a list
_QUOTED = re.compile(r'(?<=")[^"\\]+(?=")')
_QUOTED_IN_QUERY = re.compile(r'(?<=%22)[^"%&]+(?=%22)|(?<=")[^"%&]+(?=")')
# What stands around a value, as patterns.
_AROUND_IN_TEXT = ('(?<=["]){value}(?=["])', "(?<=/){value}\\Z")
_AROUND_IN_QUERY = ("(?<=%22){value}(?=%22)", '(?<=["]){value}(?=["])', "(?<=cursor=){value}(?=&|\\Z)")
_REFERRING = {"value", "display", "type", "$ref"}
_CONDITIONS = ("if-match", "if-none-match")


@dataclass(frozen=True, slots=True)
class Issued:
    """A value that the service issued, and how it is learned from a new answer.

    ``how`` is "created" (the id of a new resource), "found" (the id of the resource in a list whose
    attribute ``by`` has the value ``is_``), "version" or "cursor".  ``name`` is that of a variable.
    """

    name: str
    value: str
    how: str
    by: str = ""
    is_: str = ""


Pieces = list["str | Issued"]


class Plan:
    """Which values are issued by which exchange (by its place in the session, from 0).

    Whoever writes code goes through the exchanges again and calls `learn` after each: a value is a
    variable in what follows the exchange that issued it.
    """

    def __init__(self, exchanges: Iterable[Document]) -> None:
        self.known: dict[str, Issued] = {}
        self._named: set[str] = set()
        self.at: dict[int, list[Issued]] = {}
        self._told: dict[str, tuple[int, str, str, str, str]] = {}
        self._numbers: dict[str, int] = {}
        for index, exchange in enumerate(exchanges):
            for value in self._used(exchange):
                self._name(value)
            for value, how, kind, by, is_ in _told_by(exchange):
                self._told.setdefault(value, (index, how, kind, by, is_))

    def _name(self, value: str) -> None:
        if value in self._named or value not in self._told:
            return
        self._named.add(value)
        index, how, kind, by, is_ = self._told[value]
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        self.at.setdefault(index, []).append(Issued(f"{kind}_{number}", value, how, by, is_))

    def learn(self, index: int) -> None:
        """Know from now on what an exchange issues."""
        self.known |= {issued.value: issued for issued in self.at.get(index, ())}

    def _used(self, exchange: Document) -> Iterator[str]:
        """Yield the values of a request that are known to be issued."""
        request, told = exchange["request"], self._told
        yield from (segment for segment in request["path"].split("/") if segment in told)
        yield from _in_query(request.get("query") or "", told)
        yield from _in_value(document_of(request.get("body")), "", told)
        for name in _CONDITIONS:
            if (header_of(request, name) or "") in told:
                yield header_of(request, name) or ""

    # ---- the parts of a request, with variables in them

    def path(self, path: str) -> Pieces:
        """Return a path as its text and the ids in it."""
        pieces: Pieces = []
        for index, segment in enumerate(path.split("/")):
            pieces += ["/"] if index else []
            pieces.append(self.known.get(segment, segment))
        return joined(pieces)

    def query(self, query: str) -> Pieces:
        """Return a raw query as its text and the ids and cursors in it."""
        return _split(query, set(_in_query(query, self.known)), self.known, _AROUND_IN_QUERY)

    def text(self, text: str, key: str, alone: bool = False) -> Pieces:
        """Return a string of a body, which stands at a key, as its text and the ids in it."""
        if text in self.known and _may_be(text, key, alone):
            return [self.known[text]]
        return _split(text, set(_in_text(text, self.known)), self.known, _AROUND_IN_TEXT)

    def header(self, value: str) -> Pieces:
        """Return the value of a condition (RFC 7644 section 3.14) as its text and the version in it."""
        return [self.known.get(value, value)]


def is_reference(value: Any, key: str) -> bool:
    """Whether an object can only be a reference to a resource, such as a member."""
    parent = key.rpartition(":")[2].lower()
    return (
        isinstance(value, dict)
        and "value" in value
        and value.keys() <= _REFERRING
        and parent in ("members", "value", "manager", "groups")
    )


def _told_by(exchange: Document) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (value, how, kind, by, is) of what an answer issues."""
    answer, aim = answer_of(exchange), aim_in(exchange)
    if answer is None or not 200 <= answer["status"] < 300:
        return
    body = document_of(answer.get("body"))
    kind = _kind(aim.resource)
    document = body if isinstance(body, dict) else {}
    if aim.operation == "create":
        id = document.get("id") or id_in_location(header_of(answer, "location"))
        if isinstance(id, str) and id:
            yield id, "created", kind, "", ""
    if aim.operation in ("list", "search"):
        for resource in resources_in(document):
            if isinstance(resource.get("id"), str):
                yield from _found(resource, _kind(aim.resource) if aim.resource else "resource")
        cursor = document.get("nextCursor")
        if isinstance(cursor, str) and cursor:
            yield cursor, "cursor", "cursor", "", ""
    version = header_of(answer, "etag")
    if version and aim.operation in ("create", "read", "replace", "patch"):
        yield version, "version", "version", "", ""


def _found(resource: Document, kind: str) -> Iterator[tuple[str, str, str, str, str]]:
    for key in _KEYS:
        if isinstance(resource.get(key), str) and resource[key]:
            yield resource["id"], "found", kind, key, resource[key]
            return


def _kind(resource: str | None) -> str:
    """Return the beginning of a variable's name: "user" for Users."""
    name = re.sub(r"\W", "_", (resource or "resource").lower())
    name = name[:-3] + "y" if name.endswith("ies") else name.removesuffix("s")
    return name if name[:1].isalpha() else "resource"


def _may_be(text: str, key: str, alone: bool) -> bool:
    """Whether a string that is an id stands where ids stand; ``alone``: it is the value of a reference."""
    return len(text) >= SURE or alone or key.lower() in ("id", "manager")


def _in_query(query: str, known: dict[str, Any]) -> Iterator[str]:
    yield from (value for value in _QUOTED_IN_QUERY.findall(query) if value in known)
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name.lower() == "cursor" and unquote(value) == value and value in known:
            yield value


def _in_text(text: str, known: dict[str, Any]) -> Iterator[str]:
    yield from (value for value in _QUOTED.findall(text) if value in known)
    if "/" in text and (last := text.rpartition("/")[2]) in known:
        yield last


def _in_value(value: Any, key: str, known: dict[str, Any], alone: bool = False) -> Iterator[str]:
    if isinstance(value, str):
        if value in known and _may_be(value, key, alone):
            yield value
        else:
            yield from _in_text(value, known)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_value(inner, key, known)
    elif isinstance(value, dict):
        reference = is_reference(value, key)
        for name, inner in value.items():
            yield from _in_value(inner, name, known, reference and name == "value")


def _split(text: str, values: set[str], known: dict[str, Issued], around: Iterable[str]) -> Pieces:
    """Return text as pieces, in which the values that stand where ``around`` says are variables."""
    if not values:
        return [text]
    value = "|".join(map(re.escape, sorted(values, key=len, reverse=True)))
    pattern = "|".join(form.format(value=f"({value})") for form in around)
    parts = [part for part in re.split(pattern, text) if part]
    places = {match.start() for match in re.finditer(pattern, text)}
    pieces: Pieces = []
    start = 0
    for part in parts:
        pieces.append(known[part] if start in places else part)
        start += len(part)
    return joined(pieces)


def joined(pieces: Pieces) -> Pieces:
    """Return pieces with texts that follow one another as one."""
    result: Pieces = []
    for piece in pieces:
        if isinstance(piece, str) and result and isinstance(result[-1], str):
            result[-1] += piece
        else:
            result.append(piece)
    return [piece for piece in result if piece != ""] or [""]
