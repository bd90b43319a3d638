"""What a service issued when a session was recorded, and what it issues now: ids, versions, cursors.

Learned by laying the recorded answer beside the new one, used in everything that is sent later.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from .directory import aim_in, document_of, header_of, id_in_location, resources_in
from .form import body_bytes, encoded
from .mentions import path_with, query_with, value_with
from .pairing import attribute, id_of, paired

Document = dict[str, Any]

SURE = 12  # characters of an id that is hardly anything else, wherever it stands
_CONDITIONS = ("if-match", "if-none-match")


@dataclass(slots=True)
class Rewritten:
    """A recorded request as it is to be sent: raw ``path`` and ``query``, and the bytes of the body.

    ``headers`` are the recorded ones with other versions in their conditions.  ``mentions`` are the recorded
    ids in it that the service has issued, ``unbound`` those of them that stand for nothing yet.
    """

    path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes
    mentions: set[str] = field(default_factory=set)
    unbound: set[str] = field(default_factory=set)


class Bindings:
    """Pairs of recorded and live values.  ``known`` are the ids that the recorded service has issued."""

    def __init__(self, known: Container[str] = ()) -> None:
        self.known = known
        self.ids: dict[str, str] = {}
        self.recorded: dict[str, str] = {}  # the same, the other way round
        self._versions: dict[tuple[str, str], str] = {}
        self._cursors: dict[str, str] = {}

    def live(self, id: str) -> str | None:
        """Return the id that stands for a recorded one now, None where that is not known."""
        return self.ids.get(id)

    def bind(self, recorded: str, live: str) -> None:
        """Know from now on which id stands for a recorded one; what is newer wins."""
        before = self.ids.get(recorded)
        if before == live:
            return
        if before is not None and self.recorded.get(before) == recorded:
            del self.recorded[before]
        self.ids[recorded] = live
        self.recorded[live] = recorded

    # ---- what is sent

    def rewrite(self, request: Document) -> Rewritten:
        """Return a recorded request with live values in the place of recorded ones."""
        mentions: set[str] = set()
        unbound: set[str] = set()

        def lookup(text: str, sure: bool) -> str | None:
            found = self.ids.get(text)
            if found is None:
                if text in self.known and (sure or len(text) >= SURE):
                    mentions.add(text)
                    unbound.add(text)
                return None
            if not sure and len(text) < SURE:
                return None
            mentions.add(text)
            return found

        path = path_with(request["path"], lookup)
        query = query_with(request.get("query") or "", lookup, self._cursors.get)
        headers = [(name, value) for name, value in request.get("headers") or ()]
        if any(name.lower() in _CONDITIONS for name, _ in headers):
            headers = self._conditions(unquote(request["path"].rpartition("/")[2]), headers)
        body = self._body(request.get("body") or {}, lookup)
        return Rewritten(path, query, headers, body, mentions, unbound)

    def _conditions(self, id: str, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return headers with live versions in the conditions (RFC 7644 section 3.14)."""
        found = []
        for name, value in headers:
            if name.lower() in _CONDITIONS:
                tags = (tag.strip() for tag in value.split(","))
                value = ", ".join(self._versions.get((id, tag), tag) for tag in tags)
            found.append((name, value))
        return found

    def _body(self, form: Document, lookup: Any) -> bytes:
        if "json" in form:
            return encoded(value_with(form["json"], lookup))
        if "text" in form:
            # JSON that is not the same when it is encoded anew, or none: only what is surely an id changes.
            text: str = form["text"]
            for recorded in sorted((id for id in self.ids if len(id) >= SURE and id in text), key=len):
                text = text.replace(f'"{recorded}"', f'"{self.ids[recorded]}"')
            return text.encode("utf-8", "surrogatepass")
        return body_bytes(form)

    # ---- what is learned

    def learn(self, exchange: Document, answer: Document, live: Document) -> None:
        """Lay a recorded answer beside a live one (each as a recording has it) to the same request."""
        if not (200 <= answer["status"] < 300 and 200 <= live["status"] < 300):
            return
        aim = aim_in(exchange)
        expected, got = document_of(answer.get("body")), document_of(live.get("body"))
        if aim.operation in ("list", "search"):
            self._learn_list(expected, got)
            return
        if aim.operation == "bulk":
            self._learn_bulk(expected, got)
            return
        if aim.operation not in ("create", "read", "replace", "patch"):
            return
        one = expected if isinstance(expected, dict) else {}
        other = got if isinstance(got, dict) else {}
        recorded = id_of(one) or id_in_location(header_of(answer, "location"))
        if recorded is None and aim.operation != "create":
            recorded = aim.id
        here = id_of(other) or id_in_location(header_of(live, "location"))
        if recorded is not None and here is not None:
            self.bind(recorded, here)
        self._learn_resource(one, other)
        tags = header_of(answer, "etag"), header_of(live, "etag")
        if recorded is not None and tags[0] and tags[1]:
            self._version(recorded, tags[0], tags[1])

    def _learn_list(self, expected: Any, got: Any) -> None:
        for one, other in paired(resources_in(expected), resources_in(got), self.live)[0]:
            recorded, here = id_of(one), id_of(other)
            if recorded is not None and here is not None:
                self.bind(recorded, here)
            self._learn_resource(one, other)
        for name in ("nextCursor", "previousCursor"):
            cursors = [
                document.get(name) if isinstance(document, dict) else None for document in (expected, got)
            ]
            if isinstance(cursors[0], str) and isinstance(cursors[1], str):
                self._cursors[cursors[0]] = cursors[1]

    def _learn_resource(self, one: Document, other: Document) -> None:
        """Learn the version of a resource that stands in two answers."""
        metas = attribute(one, "meta"), attribute(other, "meta")
        recorded = id_of(one)
        if recorded is None or not (isinstance(metas[0], dict) and isinstance(metas[1], dict)):
            return
        versions = metas[0].get("version"), metas[1].get("version")
        if isinstance(versions[0], str) and isinstance(versions[1], str):
            self._version(recorded, versions[0], versions[1])

    def _version(self, id: str, recorded: str, live: str) -> None:
        if recorded != live:
            self._versions[id, recorded] = live
        else:
            self._versions.pop((id, recorded), None)

    def _learn_bulk(self, expected: Any, got: Any) -> None:
        """Learn from the operations of two Bulk answers (RFC 7644 section 3.7)."""
        for one, other in operation_pairs(expected, got):
            recorded, here = id_in_location(one.get("location")), id_in_location(other.get("location"))
            if recorded is not None and here is not None:
                self.bind(recorded, here)
            versions = one.get("version"), other.get("version")
            if recorded is not None and isinstance(versions[0], str) and isinstance(versions[1], str):
                self._version(recorded, versions[0], versions[1])


def operation_pairs(expected: Any, got: Any) -> Iterator[tuple[Document, Document]]:
    """Yield the operations of two Bulk answers that belong together, by bulkId or else by their place."""
    ones, others = _operations(expected), _operations(got)
    by_name = {str(item["bulkId"]): item for item in others if "bulkId" in item}
    for index, one in enumerate(ones):
        other = by_name.get(str(one.get("bulkId"))) if "bulkId" in one else None
        if other is None and index < len(others) and "bulkId" not in one:
            other = others[index]
        if other is not None:
            yield one, other


def _operations(message: Any) -> list[Document]:
    found = attribute(message, "Operations") if isinstance(message, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
