"""Redacts exchanges on their way to a file: one session, one exchange after the other.

Secrets are dropped: a mask takes their place.  What may name a person becomes a pseudonym (see `words`);
what is known to be harmless stays (see `places` and `vocabulary`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, Literal

from ...errors import UsageError
from ..secrets import MASK, names_secret
from .addresses import Addresses
from .atoms import Atoms
from .documents import Documents
from .filters import Filters
from .forms import is_attribute_path
from .headers import Headers
from .hearing import Hearing, is_form
from .permute import Keyed
from .places import OF_RESOURCES, Place, Rules, trees
from .plain import PlainTexts, PlainValues
from .texts import Texts
from .torn import redact_torn
from .values import Values
from .words import Words

_MOST_TEXT = 262_144  # characters of a body that is no JSON
_SELDOM = frozenset(("rules", "tenant", "token"))  # what few traces have
_ERRORS = ("Error", "Errors")  # how the URNs of errors end
RedactMode = Literal["none", "secrets", "pseudonyms"]
MODES: tuple[RedactMode, ...] = ("none", "secrets", "pseudonyms")


class Redactor:
    """Redacts the exchanges of one session.

    ``fields`` are attribute paths whose values are replaced too, ``PATH=drop`` those that are dropped;
    a wrong one raises UsageError.  ``header`` comes first: it knows the address of the service.
    ``publish`` puts the key into the header, which is for made-up people only.
    """

    def __init__(
        self,
        mode: RedactMode = "pseudonyms",
        key: bytes = b"",
        fields: Sequence[str] = (),
        publish: bool = False,
    ) -> None:
        self.mode = mode
        self._published = key.hex() if publish and mode == "pseudonyms" else None
        keyed = Keyed(key)
        self._key_id = keyed.digest(b"the name of this key").hex()[:8] if mode == "pseudonyms" else None
        careful = Values(keyed, Words(keyed))
        values, self._texts = careful, Texts(careful)
        if mode != "pseudonyms":
            values = PlainValues(keyed)
            self._texts = PlainTexts(values, self._texts)
        self._words = values.words
        self._rules = _rules(fields, values.known)
        self._trees = trees(self._rules)
        resources = self._trees[0]
        atoms = Atoms(values)
        self._filters = Filters(atoms, self._texts, resources)
        self._addresses = Addresses(values, self._filters, resources)
        self._headers = Headers(values, self._addresses, self._texts)
        values.url = self._texts.url = self._addresses.url
        self._texts.quoted = self._filters.quoted
        self._texts.always_heard = self._addresses.host_words
        self._documents = Documents(atoms, self._filters, self._addresses, self._texts, self._trees)
        self._hearing = Hearing(self._filters, self._texts, resources)
        self._texts_at = Place(self._rules, OF_RESOURCES, "(texts)")

    # ---- what a header says

    @property
    def counts(self) -> dict[str, int]:
        """How often something was replaced or dropped, by where it stood."""
        found: dict[str, int] = {}
        for place in self._places():
            for label, count in place.counted():
                found[label] = found.get(label, 0) + count
        for name, count in self._headers.counts.items():
            found[f"header {name}"] = count
        return dict(sorted(found.items()))

    def _places(self) -> tuple[Place, ...]:
        return *self._trees, self._texts_at, self._addresses.urls, self._addresses.queries

    @property
    def unkept(self) -> int:
        """For how many words and filters the result of a filter on a part of a word may differ."""
        return self._words.unkept

    def about(self) -> dict[str, Any]:
        """Return the ``redaction`` of a header; ``key_id`` tells keys apart and not what they are."""
        told = {"key": self._published, "key_id": self._key_id, "counts": self.counts}
        return {"mode": self.mode, **told}

    def goes_on(self) -> None:
        """Know that a part of the session was redacted before by another run."""
        self._words.freeze()

    def header(self, header: dict[str, Any]) -> dict[str, Any]:
        """Return the header, redacted."""
        found = {**header, "redaction": self.about()}
        base_url = self._addresses.serve(str(header.get("base_url") or ""))
        found["base_url"] = base_url
        if self.mode == "pseudonyms":
            found["faults"] = [self._rule(rule) for rule in header.get("faults") or ()]
        return found

    def _rule(self, rule: Any) -> Any:
        """Return a fault rule: what it matches and what it says is what the session says."""
        if not isinstance(rule, dict):
            return rule
        found = dict(rule)
        match = rule.get("match")
        if isinstance(match, dict):
            found["match"] = {name: self._matched(name, value) for name, value in match.items()}
        if isinstance(rule.get("do"), dict):
            found["do"] = {
                name: self._said(value) if name in ("detail", "body", "text", "html") else value
                for name, value in rule["do"].items()
            }
        return found

    def _matched(self, name: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._matched(name, item) for item in value]
        if isinstance(value, dict):
            return {
                inner: self._addresses.parameter(inner, str(item)) if name == "query" else self._said(item)
                for inner, item in value.items()
            }
        if not isinstance(value, str) or name in ("method", "operation", "resource"):
            return value
        if name == "filter":
            return self._filters.filter(value)
        return self._addresses.path(value, is_below=True) if name == "path" else self._said(value)

    def _said(self, value: Any) -> Any:
        return self._texts.sentence(value) if isinstance(value, str) else value

    # ---- exchanges

    def learns(self) -> None:
        """Begin to look at the exchanges of a session, of which only what they teach is kept."""
        self._words.is_collecting = True

    def learned(self) -> None:
        """Begin the session anew, with what its exchanges have taught: they were only looked at so far."""
        self._words.begin_again()
        self._addresses.values.forget()
        self._addresses.forget()
        for place in self._places():
            place.forget()
        self._headers.forget()

    def exchange(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return an exchange, redacted; the one that is given stays as it is."""
        found = document.copy()
        if self.mode == "none":
            return found
        self._texts.forget()
        self._documents.guarded = False
        request, response, upstream = document["request"], document.get("response"), document.get("upstream")
        trace, error = document.get("trace"), document.get("error")
        operation = trace.get("operation") if trace else None
        if _has_failed(response, operation) or (upstream and _has_failed(upstream, operation)):
            self._documents.guarded = self._hearing.is_about_secret(request)
            self._hearing.hear(document)
        found["request"] = shown = self._request(request)
        if response:
            found["response"] = self._answer(response, operation == "discovery")
        if upstream:
            found["upstream"] = self._answer(upstream, operation == "discovery")
        if error:
            found["error"] = self._error(error)
        if trace:
            found["trace"] = self._trace(trace, request["path"], shown)
        return found

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        found = request.copy()
        base, path = request.get("base"), request["path"]
        query, body = request.get("query"), request.get("body")
        addresses = self._addresses
        found["path"] = shown = (
            addresses.path(path, is_below=False) if base == "" else addresses.request_path(path)
        )
        if shown != path:
            addresses.urls.count += 1
        if base:
            found["base"] = addresses.path(base, is_below=False)
        if query:
            found["query"] = addresses.query(query)
        if body:
            found["body"] = self._body(body, self._trees[0], "text" in body and is_form(request))
        found["headers"] = self._headers.request(request.get("headers") or ())
        return found

    def _answer(self, answer: dict[str, Any], is_discovery: bool) -> dict[str, Any]:
        found = answer.copy()
        resources, errors, discovery = self._trees
        body, error = answer.get("body"), answer.get("error")
        if body:
            failed = (answer.get("status") or 0) >= 400
            if is_discovery and not failed:
                self._discover(body)
            place = errors if failed else discovery if is_discovery else resources
            found["body"] = self._body(self._hearing.unquoted(body), place)
        found["headers"] = self._headers.answer(answer.get("headers") or [])
        if error:
            found["error"] = self._error(error)
        return found

    def _body(self, body: dict[str, Any], place: Place, is_query: bool = False) -> dict[str, Any]:
        if "json" in body:
            document = body["json"]
            if _is_error(document):
                place = self._trees[1]
            found = body.copy()
            found["json"] = self._documents.body(document, place)
            return found
        if "base64" in body:
            if self.mode == "secrets" and not names_secret(
                base64.b64decode(body["base64"]).decode("latin-1")
            ):
                return body
            # What cannot be read cannot be redacted.
            self._texts_at.count += 1
            return {"text": MASK, **{name: value for name, value in body.items() if name != "base64"}}
        text = body.get("text")
        if not text:
            return body
        if is_query:
            return {**body, "text": self._addresses.query(text)}
        if names_secret(text) or self._documents.guarded or self._texts.tells(text):
            self._texts_at.count += 1
            return {**body, "text": MASK}
        if len(text) > _MOST_TEXT:
            text, body = text[:_MOST_TEXT], {**body, "cut": True}
        return {**body, "text": self._text(text, place)}

    def _text(self, text: str, place: Place) -> str:
        """Return text that is no JSON: the sentence of an error, JSON that is broken, or something else."""
        if self.mode == "pseudonyms" and text.lstrip()[:1] in ("{", "["):
            found = redact_torn(text, place, self._documents.body, self._addresses.values.words.text)
        elif place is self._trees[1]:
            return self._texts.sentence(text, self._texts_at)
        else:
            found = self._addresses.values.words.text(text)
        if found != text:
            self._texts_at.count += 1
        return found

    def _error(self, error: dict[str, Any]) -> dict[str, Any]:
        return {**error, "message": self._texts.sentence(str(error.get("message", "")), self._texts_at)}

    def _trace(self, trace: dict[str, Any], path: str, request: dict[str, Any]) -> dict[str, Any]:
        """Return the trace; ``path`` is that of the request, ``request`` that one redacted."""
        found = trace.copy()
        found.pop("before", None)
        found.pop("after", None)
        if self.mode != "pseudonyms":
            return found
        id, resource, client = trace.get("id"), trace.get("resource"), trace.get("client")
        if isinstance(id, str):
            is_last = id and path.endswith(f"/{id}")
            found["id"] = request["path"].rpartition("/")[2] if is_last else self._addresses.values.person(id)
        if isinstance(resource, str):
            found["resource"] = self._addresses.request_path(resource)
        if client and "user-agent" in self._headers.counts:
            found["client"] = self._headers.client
        if not _SELDOM.isdisjoint(found):
            if trace.get("rules"):
                found["rules"] = [
                    {name: value for name, value in rule.items() if name != "key"} for rule in trace["rules"]
                ]
            for name in ("tenant", "token"):
                if isinstance(trace.get(name), str):
                    found[name] = self._texts.sentence(trace[name])
        return found

    # ---- what the session tells of itself

    def _discover(self, body: dict[str, Any]) -> None:
        """Learn from /Schemas which attributes are never returned (RFC 7643 section 7)."""
        document = body.get("json")
        listed = document.get("Resources", [document]) if isinstance(document, dict) else document
        for schema in listed if isinstance(listed, list) else ():
            if isinstance(schema, dict):
                self.never_returned(schema.get("attributes"))

    def never_returned(self, attributes: Any) -> None:
        """Know from the attribute definitions of a schema which values are secrets."""
        for item in attributes if isinstance(attributes, list) else ():
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                if item.get("returned") == "never" or item.get("mutability") == "writeOnly":
                    if item["name"].lower() not in self._rules.never:
                        self._rules.never.add(item["name"].lower())
                        self._reconsider()
                self.never_returned(item.get("subAttributes"))

    def _reconsider(self) -> None:
        for place in self._places():
            place.reconsider()


def _rules(fields: Sequence[str], persons: dict[str, str]) -> Rules:
    forced: list[str] = []
    dropped: list[str] = []
    for field in fields:
        path, equals, what = field.partition("=")
        if equals and what != "drop":
            raise UsageError(f"{field!r} is no field to redact", hint=f"{path} or {path}=drop would be one")
        if not is_attribute_path(path):
            raise UsageError(f"{path!r} is no attribute path", hint="emails.value or costCenter would be one")
        (dropped if equals else forced).append(path)
    return Rules(forced, dropped, persons)


def _has_failed(answer: dict[str, Any] | None, operation: str | None) -> bool:
    """Whether an answer is an error, or may have some in it."""
    return answer is not None and (operation == "bulk" or (answer.get("status") or 0) >= 400)


def _is_error(document: Any) -> bool:
    """Whether a document says by its schemas that it is an error, whatever the status says."""
    try:
        return bool(document["schemas"][0].endswith(_ERRORS))
    except (TypeError, LookupError, AttributeError):
        return False
