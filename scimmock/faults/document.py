"""Attributes in the JSON of an answer, found as SCIM names them (RFC 7644 section 3.10)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidFilter
from ..scim.loose import loose_filter
from ..scim.path import resolve
from ..scim.schema import ResourceType

MESSAGES = "urn:ietf:params:scim:api:messages:"
_CORE = ("urn:ietf:params:scim:schemas:core:", "urn:scim:schemas:core:")
# What a list says of itself; the other names are those of its resources (RFC 7644 section 3.4.2).
_ENVELOPE = ("totalresults", "itemsperpage", "startindex", "nextcursor", "previouscursor", "resources")
_ERROR = ("schemas", "status", "scimtype", "detail")
_NAME = re.compile(r'[^\s.:\[\]"]+')

Home = dict[str, Any]
Place = tuple[Any, Any]  # the object or list that holds a value, and its key or index there


def read_document(body: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a body, None when it is none."""
    try:
        document = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def write_document(document: Any) -> bytes:
    """Return a document as compact JSON, names in their order."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _key(holder: dict[str, Any], name: str) -> str | None:
    """Return the key under which an object has a name, whatever its case."""
    return next((key for key in holder if key.lower() == name), None)


def _schemas(document: dict[str, Any]) -> list[str]:
    listed = document.get(_key(document, "schemas") or "")
    return [str(urn).lower() for urn in listed] if isinstance(listed, list) else []


def _is_list(document: dict[str, Any]) -> bool:
    return _key(document, "totalresults") is not None or isinstance(
        document.get(_key(document, "resources") or ""), list
    )


def _is_resource(document: dict[str, Any]) -> bool:
    schemas = _schemas(document)
    if any(urn.startswith(MESSAGES) for urn in schemas):
        return False
    return bool(schemas) or _key(document, "id") is not None


@dataclass(frozen=True, slots=True)
class AttributePath:
    """Which attribute is meant: ``userName``, ``name.givenName``, ``emails[type eq "work"].value``.

    ``whole`` is the path in lower case up to a filter; ``urn`` the part of it before the last colon,
    if it has any; ``names`` lead from the object to the attribute, lists on the way stand for each of
    their values.  ``test`` chooses among the values of the last of the ``names``, of which ``sub`` is
    then meant, or they themselves.
    """

    text: str
    whole: str
    urn: str | None
    names: tuple[str, ...]
    test: Callable[[Any], bool] | None = None
    sub: str | None = None

    @classmethod
    def read(cls, text: str) -> AttributePath:
        """Read a path; raises ValueError saying what is wrong with it."""
        head, bracket, rest = text.partition("[")
        urn, colon, dotted = head.rpartition(":")
        names = tuple(dotted.split("."))
        filter_text, closed, tail = rest.rpartition("]")
        sub = tail[1:] if tail else None
        right = all(map(_NAME.fullmatch, names)) and (not colon or bool(urn.strip()))
        if bracket:
            right = right and bool(closed) and tail[:1] in ("", ".")
            right = right and (sub is None or _NAME.fullmatch(sub) is not None)
        if not right:
            raise ValueError(
                f"{text!r} is no attribute path such as userName, name.givenName or emails.value"
            )
        try:
            test = loose_filter(filter_text) if bracket else None
        except InvalidFilter as error:
            raise ValueError(f"{text!r} has no SCIM filter in its brackets: {error.detail}") from None
        return cls(text, head.lower(), urn if colon else None, names, test, sub)

    @property
    def leaf(self) -> str:
        """The name of the attribute, or of the sub-attribute."""
        return self.sub or self.names[-1]

    @property
    def is_element(self) -> bool:
        """Whether values of a list are meant, rather than something that has a name."""
        return self.test is not None and self.sub is None

    # ---- where it is

    def roots(self, document: dict[str, Any]) -> list[Home]:
        """Return the objects to look into: the document, or each resource of a list."""
        if not _is_list(document):
            return [document]
        if self.urn is None:
            of_list = self.names[0].lower() in _ENVELOPE
        else:
            of_list = self.urn.lower().startswith(MESSAGES)
        if of_list:
            return [document]
        resources = document.get(_key(document, "resources") or "")
        return [item for item in resources if isinstance(item, dict)] if isinstance(resources, list) else []

    def places(self, document: dict[str, Any], kind: ResourceType | None = None) -> list[Place]:
        """Return where the attribute stands; ``kind`` is the type of the resources, if it is known."""
        found: list[Place] = []
        for root in self.roots(document):
            extension = _key(root, self.whole) if self.urn is not None and self.test is None else None
            if extension is not None:
                found.append((root, extension))
                continue
            home = self._home(root, kind)
            if home is not None:
                found.extend(self._within(home))
        return found

    def _home(self, root: Home, kind: ResourceType | None) -> Home | None:
        """Return the object that has the attribute if the resource has it: itself or an extension."""
        if self.urn is None:
            return root
        extension = _key(root, self.urn.lower())
        if extension is not None:
            home = root[extension]
            return home if isinstance(home, dict) else None
        return root if self._is_core(kind) else None

    def _is_core(self, kind: ResourceType | None) -> bool:
        urn = (self.urn or "").lower()
        return urn.startswith((*_CORE, MESSAGES)) or (kind is not None and urn == kind.schema.id.lower())

    def _within(self, home: Home) -> Iterator[Place]:
        holders: list[Any] = [home]
        for name in self.names[:-1]:
            holders = [value for holder in holders for value in _values(holder, name)]
        for holder in holders:
            key = _key(holder, self.names[-1].lower()) if isinstance(holder, dict) else None
            if key is None:
                continue
            if self.test is None:
                yield holder, key
            elif isinstance(holder[key], list):
                yield from self._chosen(holder[key], self.test)

    def _chosen(self, values: list[Any], test: Callable[[Any], bool]) -> Iterator[Place]:
        for index, value in enumerate(values):
            if not isinstance(value, dict) or not test(value):
                continue
            if self.sub is None:
                yield values, index
            else:
                key = _key(value, self.sub.lower())
                if key is not None:
                    yield value, key

    # ---- where it could be

    def add(self, document: dict[str, Any], value: Any, kind: ResourceType | None = None) -> int:
        """Give the attribute to the resources that lack it; returns how many places got it.

        Messages only have the members that they have.  Values of a list get the sub-attribute that
        they lack; for a list or an object that is not there at all, one is made.
        """
        if self.test is not None or len(self.names) > 2:
            return 0
        return sum(self._add_to(root, value, kind) for root in self.roots(document) if self._may_have(root))

    def _may_have(self, root: Home) -> bool:
        if _is_resource(root):
            return True
        of_message = self.urn is None or self.urn.lower().startswith(MESSAGES)
        return of_message and f"{MESSAGES}2.0:error" in _schemas(root) and self.names[0].lower() in _ERROR

    def _add_to(self, root: Home, value: Any, kind: ResourceType | None) -> int:
        home = self._home(root, kind)
        if self.urn is not None:
            if self._is_extension(root, kind):
                return _put(root, self.text, value)
            if home is None:
                if _key(root, self.urn.lower()) is not None:
                    return 0  # what stands there is no object
                home = root[self.urn] = {}
        assert home is not None
        if len(self.names) == 1:
            return _put(home, self.names[0], value)
        first, last = self.names[:2]
        if _key(home, first.lower()) is None:
            home[first] = [{last: value}] if self._is_multi_valued(kind) else {last: value}
            return 1
        holders = [inner for inner in _values(home, first) if isinstance(inner, dict)]
        return sum(_put(holder, last, value) for holder in holders)

    def _is_extension(self, root: Home, kind: ResourceType | None) -> bool:
        """Whether the path is the URN of an extension as a whole."""
        known = kind is not None and self.whole in kind.extensions
        return known or self.whole in _schemas(root) or _key(root, self.whole) is not None

    def _is_multi_valued(self, kind: ResourceType | None) -> bool:
        attribute = resolve(self.text, kind).attribute if kind is not None else None
        return attribute is not None and attribute.multi_valued


def _values(holder: Any, name: str) -> list[Any]:
    """Return what an object holds under a name, each value of a list by itself."""
    key = _key(holder, name.lower()) if isinstance(holder, dict) else None
    if key is None:
        return []
    inner = holder[key]
    return inner if isinstance(inner, list) else [inner]


def _put(holder: Home, name: str, value: Any) -> int:
    if _key(holder, name.lower()) is not None:
        return 0
    holder[name] = value
    return 1
