"""A last look at the directory: is it what the recording implies?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ..outgoing.target import Answer
from ..outgoing.waiting import wait_of
from ..traffic.alike import ABSENT, Difference
from ..traffic.diff import Comparer, keys_of, label
from ..traffic.directory import Learner, aim_in, answer_of, document_of, resources_in
from ..traffic.pairing import attribute, endpoint_of, id_of
from ..traffic.places import kind_of_reference
from ..traffic.routes import Aim
from .order import number_of
from .played import Document, Played

_Ids = set[tuple[str, str]]

_MOST = 2_000  # resources that are looked at
_ATTEMPTS = 4
# What a service works out itself, of other resources: it may have changed since it was seen.
_DERIVED = frozenset(("groups", "meta"))
_DERIVED_OF = {"members": ("display", "$ref", "type"), "manager": ("displayName", "$ref", "display")}


@dataclass(slots=True)
class _Touched:
    resource: str
    n: int  # the last write
    deleted: bool = False
    shown: bool = True  # its form after that is known


@dataclass(slots=True)
class Closing:
    """Follows a session, and looks in the end at what it has changed.

    ``trusts_writes``: the recorded service did what it answered.  ``doubtful`` counts resources of which the
    recording does not show what became of them, ``unlooked`` those beyond the most that are looked at,
    ``unread`` are those that the target did not show, with how it answered.
    """

    trusts_writes: bool = True
    learner: Learner = field(default_factory=Learner)
    doubtful: int = 0
    unlooked: int = 0
    unread: list[str] = field(default_factory=list)
    looked_at: int = 0
    _touched: dict[tuple[str, str], _Touched] = field(default_factory=dict)
    _members: dict[str, set[str]] = field(default_factory=dict)

    def see(self, exchange: Document) -> None:
        """Take in a recorded exchange that was played."""
        aim, answer = aim_in(exchange), answer_of(exchange)
        self.learner.see(exchange)
        self._keep_members()
        if answer is None or not 200 <= answer["status"] < 300:
            return
        if aim.operation in ("list", "search"):
            for document in resources_in(document_of(answer.get("body"))):
                self._seen(endpoint_of(document, aim.resource), id_of(document))
        elif aim.operation == "read":
            self._seen(aim.resource, aim.id)
        n = number_of(exchange)
        for name, id, gone in self.learner.written:
            self._touched[name, id] = _Touched(name, n, gone, self.trusts_writes)

    def _keep_members(self) -> None:
        for name, id, gone in self.learner.written:
            if not gone and name == "Groups":
                members = attribute(self.learner.directory.get(name, id) or {}, "members")
                values = (one.get("value") for one in _list(members) if isinstance(one, dict))
                self._members.setdefault(id, set()).update(
                    value for value in values if isinstance(value, str)
                )

    def members(self, group: str | None) -> set[str]:
        """Return who has been a member of a group: a change of that changes them too."""
        return self._members.get(group or "", set())

    def _seen(self, name: str | None, id: str | None) -> None:
        touched = self._touched.get((name or "", id or ""))
        if touched is not None:
            touched.shown = True

    def notes(self) -> Iterator[str]:
        """Yield sentences on what was not compared."""
        if self.doubtful:
            yield f"{self.doubtful} resources were not compared in the end: what they are like is not known"
        if self.unlooked:
            yield f"{self.unlooked} resources were not compared in the end: there are too many"
        if self.unread:
            yield f"{len(self.unread)} resources could not be read in the end: {self.unread[0]}"

    def look(
        self, get: Callable[[str], Answer], wait: Callable[[float], None], now: float, comparer: Comparer
    ) -> Iterator[Played]:
        """Yield what was looked at; ``get`` sends a GET for a path below the base URL."""
        directory, (gone, away) = self.learner.directory, self._gone(comparer)
        for place, ((_, id), touched) in enumerate(self._touched.items()):
            if place >= _MOST:
                self.unlooked = len(self._touched) - _MOST
                return
            document = directory.get(touched.resource, id)
            in_doubt = document is None or (touched.resource, id) in directory.doubts
            if not touched.shown or (in_doubt and not touched.deleted):
                self.doubtful += 1
                continue
            live = comparer.bindings.live(id, touched.resource)
            played = _played(touched, id, document)
            if live is None:
                if not touched.deleted:
                    played.differences = [_missing(document or {}, id)]
                    yield played
                continue
            if touched.deleted and not comparer.bindings.is_newest(id, touched.resource):
                continue  # it was made again, and the service gives the same id as before
            path = f"/{touched.resource}/{quote(live, safe='')}"
            answer = _read(get, path, wait, now)
            self.looked_at += 1
            if touched.deleted:
                played.differences = _survivor(answer, id)
            elif answer.status in (404, 410):
                played.differences = [_missing(document or {}, id)]
            elif answer.status != 200 or not isinstance(answer.json, dict):
                self.unread.append(f"{path}: {answer.status or answer.error}")
                continue
            else:
                there, here = _kept(_without(gone, document or {})), _kept(_without(away, answer.json))
                played.differences = list(comparer.resource(there, here, kind=touched.resource))
            yield played

    def _gone(self, comparer: Comparer) -> tuple[_Ids, _Ids]:
        """Return endpoint and id of what was deleted: as it was recorded, and here."""
        gone = {key for key, touched in self._touched.items() if touched.deleted}
        bindings = comparer.bindings
        newest = [(name, id) for name, id in gone if bindings.is_newest(id, name)]
        return gone, {(name, bindings.live(id, name) or id) for name, id in newest}


def _without(gone: _Ids, document: Document) -> Document:
    """Return a group without the members that were deleted.

    Some services remove them by themselves, and whether the recorded one did is seen where it was read.
    """
    members = attribute(document, "members")
    if not isinstance(members, list):
        return document
    left = [one for one in members if not (isinstance(one, dict) and _refers_to(one, gone))]
    return {name: left if name.lower() == "members" else value for name, value in document.items()}


def _refers_to(member: Document, ids: _Ids) -> bool:
    return (kind_of_reference(member) or "Users", str(attribute(member, "value"))) in ids


def _read(get: Callable[[str], Answer], path: str, wait: Callable[[float], None], now: float) -> Answer:
    for attempt in range(_ATTEMPTS):
        answer = get(path)
        passing = answer.status is None or answer.status in (429, 500, 502, 503, 504)
        if not passing or attempt == _ATTEMPTS - 1:
            break
        wait(wait_of(answer, now) if answer.status is not None else 0.2)
    return answer


def _played(touched: _Touched, id: str, document: Document | None) -> Played:
    keys = keys_of(document) if document is not None else frozenset()
    return Played(
        n=touched.n,
        aim=Aim("directory", touched.resource, id),
        method="",
        path=f"/{touched.resource}/{id}",
        own=keys | {id},
    )


def _missing(document: Document, id: str) -> Difference:
    return Difference("resource", "", label(document), ABSENT, id, keys_of(document) | {id})


def _survivor(answer: Answer, id: str) -> list[Difference]:
    """Return the difference where a resource is there that was deleted; an inactive one counts as gone."""
    if answer.status != 200 or not isinstance(answer.json, dict):
        return []
    if attribute(answer.json, "active") is False:
        return []
    return [Difference("resource", "", ABSENT, label(answer.json), id, frozenset((id,)))]


def _kept(document: Document) -> Document:
    """Return a resource without what the service works out of others."""
    found: Document = {}
    for name, value in document.items():
        bare = name.rpartition(":")[2].lower() if not name.lower().startswith("urn:") else name
        if bare in _DERIVED:
            continue
        if name.lower().startswith("urn:") and isinstance(value, dict):
            found[name] = _kept(value)
        else:
            found[name] = _plain(bare, value)
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _plain(name: str, value: Any) -> Any:
    left_out = _DERIVED_OF.get(name)
    if left_out is None:
        return value
    if isinstance(value, list):
        return [_plain(name, item) for item in value]
    if isinstance(value, dict):
        return {key: inner for key, inner in value.items() if key not in left_out}
    return value
