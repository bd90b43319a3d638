"""What a service issued when a session was recorded, and what it issues now: ids, versions, cursors.

Learned by laying the recorded answer beside the new one, used in everything that is sent later.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .directory import aim_in, document_of, header_of, id_in_location, resources_in
from .form import body_bytes, encoded
from .mentions import Lookup, path_with, query_with, value_with
from .pairing import attribute, endpoint_of, id_of, paired
from .places import SURE, Kind, kind_in_address
from .routes import Aim, aim_of

Document = dict[str, Any]

_CONDITIONS = ("if-match", "if-none-match")
_TAG = re.compile(r'(?:W/)?"[^"]*"|[^,\s]+')  # RFC 9110 section 8.8.3; some services leave the quotes out

# A word that stands in quotation marks, escaped or not, or ends an address.
_QUOTED = re.compile(r'(?<=["/])[^"\\/\s]+(?=\\?"|/)')


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
    """Pairs of recorded and live values.  ``known`` are the ids that the recorded service has issued.

    ``ids`` has for a recorded id the live one by the endpoint of what it is of, "" where that is unknown.
    """

    def __init__(self, known: Container[str] = ()) -> None:
        self.known = known
        self.ids: dict[str, dict[str, str]] = {}
        self.recorded: dict[str, str] = {}  # of any endpoint, the other way round
        self._newest: dict[tuple[str, str], str] = {}  # by endpoint and live id
        self._versions: dict[tuple[str, str], str] = {}
        self._cursors: dict[str, str] = {}

    def live(self, id: str, kind: Kind = "") -> str | None:
        """Return the id that stands for a recorded one of an endpoint now, None where that is not known.

        A short id may be that of another resource at another endpoint.
        """
        found = self.ids.get(id)
        if found is None:
            return None
        kind = _canonical(kind)
        if kind in found:
            return found[kind]
        if kind and len(id) < SURE and "" not in found:
            return None
        return found.get("") or found.get("Users") or next(iter(found.values()))

    def at(self, text: str, kind: Kind) -> str | None:
        """Return what stands for a text at a place: see `places`, None where it is no id that is known."""
        return None if kind is None and len(text) < SURE else self.live(text, kind)

    def is_newest(self, id: str, kind: Kind) -> bool:
        """Whether the live id of a recorded one stands for no other one since, that was made again."""
        live = self.live(id, kind)
        return live is not None and self._newest.get((_canonical(kind), live), id) == id

    def bind(self, recorded: str, live: str, kind: Kind = "") -> None:
        """Know from now on which id stands for a recorded one; what is newer wins."""
        kind = _canonical(kind)
        found = self.ids.setdefault(recorded, {})
        before = found.get(kind)
        if before == live:
            return
        if before is not None and self.recorded.get(before) == recorded:
            del self.recorded[before]
        found[kind] = live
        self.recorded[live] = self._newest[kind, live] = recorded

    # ---- what is sent

    def rewrite(self, request: Document) -> Rewritten:
        """Return a recorded request with live values in the place of recorded ones."""
        mentions: set[str] = set()
        unbound: set[str] = set()

        def lookup(text: str, of: Kind) -> str | None:
            found = self.at(text, of)
            if found is not None:
                mentions.add(text)
            elif text in self.known and (of is not None or len(text) >= SURE):
                mentions.add(text)
                unbound.add(text)
            return found

        aim = aim_of(request["method"], request["path"])
        path = path_with(request["path"], lookup)
        query = query_with(request.get("query") or "", lookup, self._cursors.get, aim.resource or "")
        headers = [(name, value) for name, value in request.get("headers") or ()]
        if any(name.lower() in _CONDITIONS for name, _ in headers):
            headers = self._conditions(aim, headers)
        body = self._body(request.get("body") or {}, lookup, aim)
        return Rewritten(path, query, headers, body, mentions, unbound)

    def _conditions(self, aim: Aim, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return headers with live versions in the conditions (RFC 7644 section 3.14)."""
        return [
            (name, self._tags(_versioned(aim), value) if name.lower() in _CONDITIONS else value)
            for name, value in headers
        ]

    def _tags(self, id: str, text: str) -> str:
        return _TAG.sub(lambda tag: self._live_version(id, tag[0]), text)

    def _live_version(self, id: str, tag: str) -> str:
        """Return the version that stands for a recorded one, weak or strong as the client has it."""
        found = self._versions.get((id, tag))
        if found is None and tag.startswith("W/"):
            found = self._versions.get((id, tag.removeprefix("W/")))
            return tag if found is None else f"W/{found}"
        if found is None:
            found = self._versions.get((id, f"W/{tag}"))
            return tag if found is None else found.removeprefix("W/")
        return found

    def _body(self, form: Document, lookup: Lookup, aim: Aim) -> bytes:
        if "json" in form:
            return encoded(
                self._message(value_with(form["json"], lookup, kind=aim.resource or ""), form, aim)
            )
        if "text" in form:
            # JSON that is not the same when it is encoded anew, or none: only what is surely an id changes.
            return self._text(form["text"], lookup).encode("utf-8", "replace")
        return body_bytes(form)

    def _text(self, text: str, lookup: Lookup) -> str:
        def other(match: re.Match[str]) -> str:
            found = lookup(match[0], None)
            return match[0] if found is None else found

        return _QUOTED.sub(other, text)

    def _message(self, message: Any, form: Document, aim: Aim) -> Any:
        """Return a message with the cursor of a search and the versions of a bulk that hold now."""
        if not isinstance(message, dict):
            return message
        if aim.operation == "search":
            cursor = next((name for name in message if name.lower() == "cursor"), "")
            found = self._cursors.get(str(message.get(cursor)))
            return message if found is None else {**message, cursor: found}
        if aim.operation == "bulk":
            pairs = zip(_list_of(message), _list_of(form["json"]), strict=True)
            operations = [self._operation(sent, recorded) for sent, recorded in pairs]
            name = next((name for name in message if name.lower() == "operations"), "")
            return {**message, name: operations} if name else message
        return message

    def _operation(self, sent: Any, recorded: Any) -> Any:
        """Return an operation of a Bulk with the version that holds now (RFC 7644 section 3.7)."""
        version = sent.get("version") if isinstance(sent, dict) else None
        if not isinstance(version, str):
            return sent
        aim = aim_of(str(recorded.get("method")).upper(), str(recorded.get("path")))
        return {**sent, "version": self._tags(_versioned(aim), version)}

    # ---- what is learned

    def learn(self, exchange: Document, answer: Document, live: Document) -> None:
        """Lay a recorded answer beside a live one (each as a recording has it) to the same request."""
        if not (200 <= answer["status"] < 300 and 200 <= live["status"] < 300):
            return
        aim = aim_in(exchange)
        expected, got = document_of(answer.get("body")), document_of(live.get("body"))
        if aim.operation in ("list", "search"):
            self._learn_list(expected, got, aim.resource)
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
            self.bind(recorded, here, aim.resource)
        self._learn_resource(one, other, aim.resource)
        tags = header_of(answer, "etag"), header_of(live, "etag")
        if tags[0] and tags[1]:
            self._version(
                _versioned(aim if recorded is None else replace(aim, id=recorded)), tags[0], tags[1]
            )

    def _learn_list(self, expected: Any, got: Any, kind: Kind) -> None:
        for one, other in paired(resources_in(expected), resources_in(got), self.live, kind)[0]:
            recorded, here, of = id_of(one), id_of(other), endpoint_of(one, kind)
            if recorded is not None and here is not None:
                self.bind(recorded, here, of)
            self._learn_resource(one, other, of)
        for name in ("nextCursor", "previousCursor"):
            cursors = [
                attribute(document, name) if isinstance(document, dict) else None
                for document in (expected, got)
            ]
            if isinstance(cursors[0], str) and isinstance(cursors[1], str):
                self._cursors[cursors[0]] = cursors[1]

    def _learn_resource(self, one: Document, other: Document, kind: Kind) -> None:
        """Learn the version of a resource that stands in two answers."""
        metas = attribute(one, "meta"), attribute(other, "meta")
        recorded = id_of(one)
        if recorded is None or not (isinstance(metas[0], dict) and isinstance(metas[1], dict)):
            return
        versions = attribute(metas[0], "version"), attribute(metas[1], "version")
        if isinstance(versions[0], str) and isinstance(versions[1], str):
            self._version(_versioned(Aim(None, kind, recorded)), versions[0], versions[1])

    def _version(self, of: str, recorded: str, live: str) -> None:
        if recorded != live:
            self._versions[of, recorded] = live
        else:
            self._versions.pop((of, recorded), None)

    def _learn_bulk(self, expected: Any, got: Any) -> None:
        """Learn from the operations of two Bulk answers (RFC 7644 section 3.7)."""
        for one, other in operation_pairs(expected, got):
            recorded, here = id_in_location(one.get("location")), id_in_location(other.get("location"))
            kind = kind_in_address(one.get("location"))
            if recorded is not None and here is not None:
                self.bind(recorded, here, kind)
            versions = one.get("version"), other.get("version")
            if recorded is not None and isinstance(versions[0], str) and isinstance(versions[1], str):
                self._version(_versioned(Aim(None, kind, recorded)), versions[0], versions[1])


def _canonical(kind: Kind) -> str:
    return "Users" if kind == "Me" else kind or ""


def _versioned(aim: Aim) -> str:
    """Return by what the versions are known of the resource that a request is for."""
    return "Me" if aim.resource == "Me" else f"{aim.resource or ''}/{aim.id or ''}"


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
    return [item for item in _list_of(message) if isinstance(item, dict)]


def _list_of(message: Any) -> list[Any]:
    found = attribute(message, "Operations") if isinstance(message, dict) else None
    return found if isinstance(found, list) else []
