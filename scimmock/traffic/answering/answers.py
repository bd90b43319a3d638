"""A recorded answer as it is given now: with the values that the client brought, and broken as it was."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from ..directory import answer_of, document_of, header_of
from ..form import body_bytes, body_form, compact
from ..issued import is_reference
from ..redact.kinds import Kind
from ..redact.places import Place
from ..reply import Delivery, Reply
from ..routes import base_of
from ..secrets import MASK
from .asked import is_deep
from .bodies import OPEN, Reader, is_open, root
from .ends import BROKEN, SILENT, end_of
from .player import Found
from .session import Session
from .ties import IDS, Ties

Document = dict[str, Any]

# Headers of one connection (RFC 9110 section 7.6.1), those that follow from the body, and the server's own.
_NOT_SENT = frozenset(
    "connection keep-alive te trailer transfer-encoding upgrade proxy-authenticate content-length"
    " content-type content-encoding date server via".split()
)
_IN_TEXT = 3  # characters of a value or word that is looked for in a text
_GARBAGE = b"\xff" * 64  # no status line begins so
_WORD = re.compile(r"\w+")


class Answers:
    """Makes replies of the exchanges of a session; ``base_url`` is where the client reaches the service."""

    def __init__(self, session: Session, ties: Ties) -> None:
        self._session = session
        self._ties = ties

    def reply(self, found: Found, base_url: str) -> Reply:
        """Return how an exchange was answered; one that got no answer breaks in the same way."""
        exchange = found.exchange
        kind = end_of(exchange)
        seen, service = exchange.get("response"), exchange.get("upstream")
        if kind == "garbage":
            return Reply(200, delivery=Delivery(raw=_GARBAGE, end="close"))
        if kind is None:
            answer = service if seen is None else seen
        elif kind in BROKEN:
            answer = service if _is_answer(service) else seen
        else:
            answer = seen if kind == "reset" and _has_body(seen) else None
        if answer is None or not _is_answer(answer):
            return Reply(0, delivery=Delivery(silent=True, end=SILENT.get(kind or "closed", "hang")))
        reply = self._whole(found, answer, base_url)
        if kind is not None:
            reply.delivery = _broken(kind, reply, seen or {}, answer is service)
        return reply

    def service_answer(self, found: Found, base_url: str) -> Document | None:
        """Return what the service answered, in the form of a recording; None where it did not."""
        answer = answer_of(found.exchange)
        if answer is None:
            return None
        reply = self._whole(found, answer, base_url)
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in reply.headers]
        return {"status": reply.status, "headers": headers, "body": body_form(reply.body)}

    def _whole(self, found: Found, answer: Document, base_url: str) -> Reply:
        view = _View(self._session, self._ties, found, base_url, answer["status"] >= 400)
        headers, media_type = [], b""
        for name, value in answer.get("headers") or ():
            lowered = name.lower()
            if lowered == "content-type":
                media_type = value.encode("latin-1", "replace")
            if lowered in _NOT_SENT or MASK in value:
                continue
            if lowered in ("location", "content-location"):
                value = view.address(value)
            headers.append((lowered.encode("latin-1", "replace"), value.encode("latin-1", "replace")))
        return Reply(answer["status"], view.body(answer.get("body") or {}), headers, media_type)


class _View:
    """One answer, as this client is to see it."""

    def __init__(self, session: Session, ties: Ties, found: Found, base_url: str, is_error: bool) -> None:
        self._session = session
        self._ties = ties
        self._base_url = base_url
        self._is_error = is_error
        self._reader = Reader(found.step.resource)
        self._about = found.step.about
        pairs = [(one, other) for _, one, other in found.pairs if one != other]
        self._in_text = _with_words({str(one): str(other) for one, other in pairs})
        self._bulk = {one: other for space, one, other in found.pairs if space == ("bulkid",)}

    def body(self, form: Document) -> bytes:
        """Return the bytes of a recorded body."""
        document = document_of(form)
        if "json" not in form or document is None or is_deep(document):
            if "base64" in form or not form.get("text"):
                return body_bytes(form)
            return self._text(form["text"]).encode("utf-8", "surrogatepass")
        document = self._value(document, root(), self._about, "")
        try:
            return compact(document)
        except ValueError:  # halves of surrogate pairs
            return json.dumps(document, separators=(",", ":")).encode()

    def address(self, address: str) -> str:
        """Return an address of a resource of the recorded service as one of this one."""
        base = self._session.base_url
        if base and address.startswith(base) and address[len(base) : len(base) + 1] in ("/", "?", ""):
            rest = address[len(base) :]
        else:
            try:
                parts = urlsplit(address)
            except ValueError:
                return address
            below = base_of(parts.path)
            if not parts.scheme or below is None:
                head, slash, last = address.rpartition("/")
                return f"{head}{slash}{self._id_in_path(last)}"
            rest = parts.path[len(below) :] + (f"?{parts.query}" if parts.query else "")
        head, slash, last = rest.rpartition("/")
        return f"{self._base_url}{head}{slash}{self._id_in_path(last)}"

    def _id_in_path(self, segment: str) -> str:
        known = unquote(segment)
        found = self._id(known)
        return segment if found == known else quote(str(found), safe="")

    def _id(self, id: Any) -> Any:
        found = self._ties.live(IDS, id)
        found = self._ties.anywhere(id) if found is None else found
        return id if found is None else found

    # ---- values

    def _value(self, value: Any, place: Place, scope: str, key: str) -> Any:
        if isinstance(value, dict):
            return self._object(value, place, scope, key)
        if isinstance(value, list):
            return [self._value(item, place, scope, key) for item in value]
        if isinstance(value, bool) or value is None:
            return value
        return self._leaf(value, place, scope)

    def _object(self, value: Document, place: Place, scope: str, key: str) -> Document:
        id = value.get("id")
        if isinstance(id, str) and place.is_root and id:
            scope = id
        refers = is_reference(value, key)
        about = value.get("value") if refers else None
        found: Document = {}
        for name, inner in value.items():
            lowered = name.lower()
            if lowered == "bulkid" and isinstance(inner, str):
                found[name] = self._bulk.get(inner, inner)
            elif lowered in ("display", "displayname") and isinstance(about, str):
                found[name] = self._name_of(about, inner)
            else:
                found[name] = self._value(inner, place.child(name), scope, name)
        return found

    def _name_of(self, id: str, name: Any) -> Any:
        """Return how a resource that is referred to is called."""
        for space in ((id, "displayname"), ("displayname",), (id, "name.formatted"), ("username",)):
            live = self._ties.live(space, name)
            if live is not None:
                return live
        return self._worded(name, self._ties.own(id)) if isinstance(name, str) else name

    def _leaf(self, value: Any, place: Place, scope: str) -> Any:
        kind, label = place.kind, place.label.lower()
        if isinstance(value, str):
            if kind is Kind.ADDRESS:
                return self.address(value)
            if kind is Kind.TEXT or (self._is_error and kind is Kind.PERSON):
                return self._text(value)
        if kind not in OPEN and not (kind is Kind.CANONICAL and is_open(value, place)):
            return value
        slot = self._reader.kind(label)
        if slot == "id":
            return self._id(value)
        space = (scope, label) if slot == "own" else (label,)
        found = self._ties.live(space, value)
        found = self._ties.anywhere(value) if found is None else found
        if found is not None:
            return found
        return self._worded(value, self._ties.own(scope)) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        """Return a sentence of the service with what the client sent in the place of what was recorded."""
        base = self._session.base_url
        text = text.replace(base, self._base_url) if base else text
        return self._worded(text, self._in_text)

    @staticmethod
    def _worded(text: str, values: dict[Any, Any]) -> str:
        """Return text in which whole words that stand for others are replaced, all at once."""
        present = [one for one in values if isinstance(one, str) and len(one) >= 2 and one in text]
        if not present:
            return text
        present.sort(key=len, reverse=True)
        pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, present))})(?!\w)"
        return re.sub(pattern, lambda match: str(values[match[0]]), text)


def _with_words(values: dict[str, str]) -> dict[str, str]:
    """Return values that are looked for in texts: also in lower case, and word by word.

    A text that quotes a value may have been redacted in parts.
    """
    found = {one: other for one, other in values.items() if len(one) >= _IN_TEXT}
    for one, other in values.items():
        words, others = _WORD.findall(one), _WORD.findall(other)
        pairs = zip(words, others, strict=True) if len(words) == len(others) else ()
        for mine, theirs in ((one.lower(), other.lower()), *pairs):
            if len(mine) >= _IN_TEXT and mine != theirs:
                found.setdefault(mine, theirs)
    return found


def _is_answer(answer: Document | None) -> bool:
    return answer is not None and bool(answer.get("status"))


def _has_body(answer: Document | None) -> bool:
    return answer is not None and bool((answer.get("body") or {}).get("size"))


def _broken(kind: str, reply: Reply, seen: Document, is_whole: bool) -> Delivery:
    """Return how an answer leaves that did not leave whole; ``is_whole``: all of its body is known."""
    sent = int((seen.get("body") or {}).get("size") or 0)
    if kind == "bad_chunk":
        return Delivery(bad_chunk=True, cut=sent if is_whole else len(reply.body), end="close")
    announced = header_of(seen, "content-length")
    length = int(announced) if announced and announced.isdecimal() else None
    if kind == "wrong_length":
        return Delivery(announced=length, end="close")
    if is_whole:
        # The part has the share that it had: names of another length stand in it.
        of = length or len(reply.body)
        cut = min(len(reply.body) - 1, len(reply.body) * sent // of if of else 0)
        return Delivery(cut=max(cut, 0), end="reset" if kind == "reset" else "close")
    # What is not known of the body is never sent.
    part = len(reply.body)
    reply.body = reply.body.ljust(max(length or 0, part + 1))
    return Delivery(cut=part, end="reset" if kind == "reset" else "close")
