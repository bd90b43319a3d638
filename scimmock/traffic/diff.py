"""How a new answer differs from the recorded one: status, scimType, headers, body.

Resources of lists are laid beside one another by their ids and natural keys.  Errors are compared by their
scimType (RFC 7644 section 3.12): their wording is the service's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .alike import ABSENT, Difference, ValueComparer, value_of
from .bindings import operation_pairs
from .directory import document_of, header_of, id_in_location, resources_in
from .pairing import attribute, endpoint_of, id_of, natural_keys, paired
from .routes import Aim
from .secrets import MASK

Document = dict[str, Any]


_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
# How an exchange without an answer ended, as the other side of the connection could tell.
_BROKEN = "the connection broke"
_ENDS = {
    "hang": "no answer in time",
    "timeout": "no answer in time",
    "refused": "no connection",
    **dict.fromkeys(
        ("reset", "closed", "truncated", "garbage", "bad_chunk", "wrong_length", "malformed"), _BROKEN
    ),
}


def end_of(error: Document | None) -> str | None:
    """Return how an exchange ended without an answer, None where it had one or the client did not wait."""
    return (
        _ENDS.get(str(error.get("kind")), _BROKEN) if error and error.get("kind") != "client_gone" else None
    )


class Comparer(ValueComparer):
    """Compares answers to the same request, one recorded and one new."""

    def answers(self, aim: Aim, expected: Document, got: Document) -> list[Difference]:
        """Compare a recorded answer with a new one, each as a recording has it."""
        differences: list[Difference] = []
        alike = expected["status"] == got["status"]
        if not alike:
            differences.append(Difference("status", "", expected["status"], got["status"]))
        one, other = document_of(expected.get("body")), document_of(got.get("body"))
        if expected["status"] >= 400 or got["status"] >= 400:
            if self.rules.strict and alike:
                return differences + self._headers(expected, got) + list(self.values(one, other))
            differences += self._errors(one, other) if alike else self._scim_types(one, other)
            return differences + (self._headers(expected, got) if alike else [])
        if not alike:
            return differences
        differences += self._headers(expected, got, aim.operation not in ("list", "search", "discovery"))
        if not (_is_whole(expected) and _is_whole(got)):
            return differences
        if one is None or other is None:
            return differences + _forms(expected, got, one, other)
        if aim.operation in ("list", "search"):
            return differences + list(self._lists(one, other, aim.resource))
        if aim.operation == "bulk":
            return differences + list(self._bulks(one, other))
        if aim.operation == "discovery" and not self.rules.strict:
            one, other = _without_prose(one), _without_prose(other)
        return differences + list(self.values(one, other, kind=aim.resource or ""))

    # ---- errors and headers

    @staticmethod
    def _scim_types(one: Any, other: Any) -> list[Difference]:
        """Compare the scimTypes of errors that both have one; a status says enough where only one has."""
        types = value_of(one, "scimType"), value_of(other, "scimType")
        if types[0] == types[1] or ABSENT in types:
            return []
        return [Difference("scimType", "", *types)]

    @staticmethod
    def _errors(one: Any, other: Any) -> list[Difference]:
        """Compare two errors of one status (RFC 7644 section 3.12)."""
        found = []
        types = value_of(one, "scimType"), value_of(other, "scimType")
        if types[0] != types[1]:
            found.append(Difference("scimType", "", *types))
        forms = _form_of_error(one), _form_of_error(other)
        if forms[0] != forms[1]:
            found.append(Difference("body", "", *forms))
        return found

    def _headers(self, expected: Document, got: Document, of_one: bool = True) -> list[Difference]:
        """Compare headers; ``of_one``: Location is that of a resource (RFC 7644 section 3.3)."""
        usual = () if self.rules.strict else [name for name in _HEADERS if of_one or name != "location"]
        names = dict.fromkeys((*usual, *sorted(self.rules.literal_headers)))
        if self.rules.strict:
            names |= dict.fromkeys(name.lower() for name, _ in expected.get("headers") or ())
        found = []
        for name in names:
            texts = header_of(expected, name), header_of(got, name)
            literal = self.rules.strict or name in self.rules.literal_headers
            shown = texts if literal else self._shown_headers(name, texts, expected, got)
            if shown[0] != shown[1] and MASK not in texts and name not in self.rules.ignored_headers:
                one, other = (ABSENT if text is None else text for text in shown)
                found.append(Difference("header", name, one, other))
        return found

    def _shown_headers(
        self, name: str, texts: tuple[str | None, str | None], expected: Document, got: Document
    ) -> tuple[str | None, str | None]:
        """Return what of a header is compared."""
        if name == "content-type" and not (_size(expected) and _size(got)):
            return None, None
        one, other = texts
        if one is None or other is None:
            return texts
        if name == "location":
            return (None, None) if self.same_address(one, other) else texts
        return _HEADERS[name](one), _HEADERS[name](other)

    # ---- lists and bulks

    def _lists(self, one: Any, other: Any, kind: str | None) -> Iterator[Difference]:
        if not (isinstance(one, dict) and isinstance(other, dict)):
            yield from self.values(one, other)
            return
        pairs, missing, extra = paired(resources_in(one), resources_in(other), self.bindings.live, kind)
        for document, there in pairs:
            of = endpoint_of(document, kind)
            if self.fingerprint(document, True, of) != self.fingerprint(there, False, of):
                yield from self.resource(document, there, f"Resources[{label(document)}]", of)
        for document in missing:
            yield _of(document, "resource", f"Resources[{label(document)}]", label(document), ABSENT)
        for document in extra:
            known = self.bindings.recorded.get(id_of(document) or "")
            yield _of(document, "resource", f"Resources[{label(document)}]", ABSENT, label(document), known)
        yield from self.values(_without_resources(one), _without_resources(other))
        if self.rules.strict and not (missing or extra):
            places = {id(there): index for index, there in enumerate(resources_in(other))}
            order = {id(document): places[id(there)] for document, there in pairs}
            if [order[id(document)] for document in resources_in(one)] != sorted(order.values()):
                yield Difference("body", "Resources", "in the recorded order", "in another order")

    def _bulks(self, one: Any, other: Any) -> Iterator[Difference]:
        counts = [len(_list(value_of(document, "Operations"))) for document in (one, other)]
        if counts[0] != counts[1]:
            yield Difference("body", "Operations", f"{counts[0]} operations", f"{counts[1]} operations")
        for index, (mine, theirs) in enumerate(operation_pairs(one, other)):
            path = f"Operations[{mine.get('bulkId', index)}]"
            states = str(_code(mine.get("status"))), str(_code(theirs.get("status")))
            about = id_in_location(mine.get("location"))
            keys = frozenset((about,)) if about else frozenset()
            if states[0] != states[1]:
                yield Difference("status", path, *states, about, keys)
            else:
                for found in self._scim_types(mine.get("response"), theirs.get("response")):
                    yield Difference("scimType", path, found.expected, found.got, about, keys)

    def resource(
        self, one: Document, other: Document, path: str = "", kind: str = ""
    ) -> Iterator[Difference]:
        """Yield the differences of two forms of one resource of an endpoint."""
        about, keys = id_of(one), keys_of(one)
        for found in self.values(one, other, path, kind):
            yield Difference(found.what, found.path, found.expected, found.got, about, keys)


def label(document: Document) -> str:
    """Return what a resource is called in a path: ``userName eq "x"``."""
    for name in ("userName", "displayName", "externalId", "id", "name"):
        value = attribute(document, name)
        if isinstance(value, str) and value:
            return f'{name} eq "{value}"'
    return "?"


def keys_of(document: Document) -> frozenset[str]:
    """Return what a resource is known by: its id, and its natural keys as "userName bjensen"."""
    found = {f"{name.lower()} {value}" for name, value in natural_keys(document)}
    id = id_of(document)
    return frozenset(found | {id} if id is not None else found)


_PROSE = ("description", "documentationUri")
# What of the usual headers is compared.
_HEADERS: dict[str, Callable[[str], str]] = {
    "content-type": lambda text: text.partition(";")[0].strip().lower(),
    "location": lambda text: "there",
    "etag": lambda text: "there",
    "retry-after": lambda text: "there",
    "www-authenticate": lambda text: text.partition(" ")[0].lower(),
}


def _of(
    document: Document, what: str, path: str, expected: Any, got: Any, about: str | None = None
) -> Difference:
    keys = keys_of(document)
    return Difference(what, path, expected, got, about or id_of(document), keys | {about} if about else keys)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _size(answer: Document) -> int:
    return int((answer.get("body") or {}).get("size") or 0)


def _is_whole(answer: Document) -> bool:
    return not (answer.get("body") or {}).get("cut")


def _forms(expected: Document, got: Document, one: Any, other: Any) -> list[Difference]:
    """Compare answers of which at least one has no JSON."""
    forms = _form_of(expected, one), _form_of(got, other)
    return [Difference("body", "", *forms)] if forms[0] != forms[1] else []


def _form_of(answer: Document, document: Any) -> str:
    return "JSON" if document is not None else "another body" if _size(answer) else "no body"


def _form_of_error(document: Any) -> str:
    return "a SCIM error" if _is_scim_error(document) else "no SCIM error"


def _without_resources(message: Document) -> Document:
    """Return a list response without its resources and cursors.

    A cursor is the service's own (RFC 9865): where it leads is seen when it is followed.
    """
    return {
        name: value
        for name, value in message.items()
        if name.lower() not in ("resources", "nextcursor", "previouscursor")
    }


def _without_prose(value: Any) -> Any:
    """Return the description of a service without what is for people only (RFC 7643 sections 5 to 7)."""
    if isinstance(value, list):
        return [_without_prose(item) for item in value]
    if isinstance(value, dict):
        return {name: _without_prose(inner) for name, inner in value.items() if name not in _PROSE}
    return value


def _code(status: Any) -> Any:
    return status.get("code") if isinstance(status, dict) else status


def _is_scim_error(document: Any) -> bool:
    """Whether a body is an error of RFC 7644 section 3.12, or of SCIM 1.1 (section 3.9 of its protocol)."""
    if not isinstance(document, dict):
        return False
    schemas = attribute(document, "schemas")
    named = isinstance(schemas, list) and _ERROR in map(str, schemas)
    return named or isinstance(attribute(document, "Errors"), list)
