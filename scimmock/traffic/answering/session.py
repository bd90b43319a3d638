"""A recorded session, read once, to be looked up by what a request is like.

An exchange is kept packed, some hundred bytes of it: only those that a request may be are unpacked.
"""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...errors import FileError
from ..directory import answer_of, document_of, header_of, id_in_location, resources_in
from ..pairing import attribute, id_of, natural_keys
from ..recording import open_recording
from ..routes import Aim
from .asked import Asked, asked_in
from .ends import end_of

Document = dict[str, Any]
Mark = tuple[str, Any] | None

_UNPACKED = 256  # exchanges that are kept unpacked, those that were looked at last
_PERSONAL = ("userName", "externalId")


@dataclass(frozen=True, slots=True)
class Step:
    """An exchange of the session.

    ``place`` counts from 0 in the order in which the exchanges began, ``n`` is its number in the recording.
    ``about`` is the id of the resource that it is about, or else its natural key, "" for none; ``line`` is
    the same for resources that had one natural key one after the other.  ``changes`` says that this was a
    change of the resource which the service accepted.
    """

    place: int
    n: int
    method: str
    operation: str | None
    resource: str | None
    outline: int
    mark: Mark
    about: str
    line: str
    is_read: bool
    changes: bool


@dataclass(slots=True)
class Part:
    """What was sent below one base path: the steps, and where they are found."""

    steps: list[Step] = field(default_factory=list)
    by_outline: dict[int, list[Step]] = field(default_factory=dict)
    by_mark: dict[tuple[int, Mark], list[Step]] = field(default_factory=dict)
    by_line: dict[str, list[Step]] = field(default_factory=dict)
    by_aim: dict[tuple[str, str | None, str | None], list[Step]] = field(default_factory=dict)

    def add(self, step: Step) -> None:
        """Take in the next step."""
        self.steps.append(step)
        self.by_outline.setdefault(step.outline, []).append(step)
        self.by_mark.setdefault((step.outline, step.mark), []).append(step)
        self.by_aim.setdefault((step.method, step.operation, step.resource), []).append(step)
        if step.line:
            self.by_line.setdefault(step.line, []).append(step)


@dataclass(frozen=True, slots=True)
class _Draft:
    """What an exchange tells before all others were seen; ``id`` is that of its resource."""

    t: float
    n: int
    base: str | None
    method: str
    aim: Aim
    outline: int
    mark: Mark
    id: str | None
    natural_key: tuple[str, str] | None
    is_read: bool
    changes: bool


class Session:
    """A session to answer from; it never changes, and any number of players have it.

    ``parts`` are by the base path where that is not the usual one (None), such as that of a tenant; ``ids``
    are all that the recorded service told, ``open_ids`` those that others may stand for: it made them of a
    user's name or key, which were redacted, or it did not have them.  ``ends`` are the numbers of the
    exchanges that did not end well, by how they ended.
    """

    def __init__(self, header: Document, exchanges: Iterable[Document]) -> None:
        self.header = header
        self.base_url = str(header.get("base_url") or "").rstrip("/")
        self.base_path = urlsplit(self.base_url).path
        self.parts: dict[str | None, Part] = {None: Part()}
        self.ids: set[str] = set()
        self.open_ids: set[str] = set()
        self.ends: dict[str, list[int]] = {}
        self._packed: list[bytes] = []
        self._unpacked: OrderedDict[int, tuple[Document, Asked]] = OrderedDict()
        self._ids_of: dict[tuple[str | None, str, str], str] = {}
        self._first: dict[str, str] = {}  # ids by those of later resources with the same natural key
        self._lacking: set[str] = set()
        self._had: set[str] = set()
        drafts, packed = [], []
        for exchange in exchanges:
            packed.append(_pack(exchange))
            drafts.append(self._draft(exchange))
        for place, index in enumerate(sorted(range(len(drafts)), key=lambda index: drafts[index].t)):
            self._packed.append(packed[index])
            self._add(place, drafts[index])
        self.open_ids |= self._lacking - self._had - self.ids

    def part(self, base: str) -> Part:
        """Return what was sent below a base path, what was sent below the usual one if nothing was."""
        return self.parts.get(base) or self.parts[None]

    def exchange(self, step: Step) -> Document:
        """Return an exchange as the recording has it."""
        return self._open(step)[0]

    def asked(self, step: Step) -> Asked:
        """Return the request of an exchange."""
        return self._open(step)[1]

    def _open(self, step: Step) -> tuple[Document, Asked]:
        found = self._unpacked.get(step.place)
        if found is None:
            exchange = _unpack(self._packed[step.place])
            found = self._unpacked[step.place] = exchange, asked_in(exchange)
            if len(self._unpacked) > _UNPACKED:
                self._unpacked.popitem(last=False)
        else:
            self._unpacked.move_to_end(step.place)
        return found

    # ---- reading

    def _draft(self, exchange: Document) -> _Draft:
        asked = asked_in(exchange)
        aim, answer = asked.aim, answer_of(exchange)
        told = document_of(answer.get("body")) if answer is not None else None
        accepted = answer is not None and 200 <= answer["status"] < 300
        if answer is not None:
            self._learn(aim.resource, told)
        if aim.id is not None:
            is_lacking = answer is not None and answer["status"] in (404, 410)
            (self._lacking if is_lacking else self._had).add(aim.id)
        id = aim.id if aim.operation in ("read", "replace", "patch", "delete") else None
        if aim.operation == "create" and answer is not None and accepted:
            id = id_of(told) if isinstance(told, dict) else None
            id = id or id_in_location(header_of(answer, "location"))
        n, end = int(_number(exchange.get("n"))), end_of(exchange)
        if end is not None:
            self.ends.setdefault(end, []).append(n)
        base = exchange["request"].get("base")
        usual = not isinstance(base, str) or base == self.base_path or aim.operation == "token"
        mark = asked.mark
        return _Draft(
            t=_number(exchange.get("t")),
            n=n,
            base=None if usual else base,
            method=asked.method,
            aim=aim,
            outline=asked.outline,
            mark=(mark.label, mark.value) if mark is not None else None,
            id=id,
            natural_key=asked.natural_key,
            is_read=asked.is_read,
            changes=accepted and not asked.is_read,
        )

    def _learn(self, resource: str | None, told: Any) -> None:
        """Learn which ids there are, and of whom."""
        for document in (*resources_in(told), *((told,) if isinstance(told, dict) else ())):
            id = id_of(document)
            if id is None:
                continue
            self.ids.add(id)
            for surest, (name, value) in enumerate(natural_keys(document)):
                first = self._ids_of.setdefault((resource, name.lower(), value), id)
                if first != id and surest == 0:
                    self._first.setdefault(id, first)
            keys = [attribute(document, name) for name in _PERSONAL]
            emails = attribute(document, "emails")
            emails = emails if isinstance(emails, list) else []
            keys += [attribute(one, "value") for one in emails if isinstance(one, dict)]
            if any(isinstance(key, str) and key.lower() == id.lower() for key in keys):
                self.open_ids.add(id)

    def _add(self, place: int, draft: _Draft) -> None:
        aim, about, key = draft.aim, draft.id, draft.natural_key
        if about is None and key is not None:
            about = self._ids_of.get((aim.resource, *key)) or f"{aim.resource} {key[0]} {key[1]}"
        about = about or ""
        step = Step(
            place=place,
            n=draft.n,
            method=draft.method,
            operation=aim.operation,
            resource=aim.resource,
            outline=draft.outline,
            mark=draft.mark,
            about=about,
            line=self._first.get(about, about),
            is_read=draft.is_read,
            changes=draft.changes,
        )
        self.parts.setdefault(draft.base, Part()).add(step)


def read_session(path: Path) -> Session:
    """Return the session in a recording; raises FileError where it is none."""
    recording = open_recording(path)
    try:
        return Session(recording.header, recording)
    except RecursionError:
        hint = "some hundred levels are the most"
        raise FileError("has JSON that is nested too deep", where=str(path), hint=hint) from None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _pack(exchange: Document) -> bytes:
    return zlib.compress(json.dumps(exchange, separators=(",", ":")).encode(), 1)


def _unpack(packed: bytes) -> Document:
    found: Document = json.loads(zlib.decompress(packed))
    return found
