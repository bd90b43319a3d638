"""JSON bodies: each value by its place, a PATCH operation by its path, a bulk operation by its own."""

from __future__ import annotations

from typing import Any

from ..secrets import MASK, tells_secret
from .addresses import Addresses
from .atoms import Atoms
from .filters import Filters
from .forms import is_attribute_path
from .kinds import Kind
from .places import Place
from .texts import Texts
from .vocabulary import known_sentence

# Looked at for many values: a name of this module is found faster than a member of an enumeration.
_SECRET = Kind.SECRET


class Documents:
    """Redacts what JSON decodes to.  ``resources``, ``errors`` and ``discovery`` are the places of bodies."""

    def __init__(
        self,
        atoms: Atoms,
        filters: Filters,
        addresses: Addresses,
        texts: Texts,
        trees: tuple[Place, Place, Place],
    ) -> None:
        self.atoms = atoms
        self.filters = filters
        self.addresses = addresses
        self.texts = texts
        self.resources, self.errors, self.discovery = trees
        # Whether an error is about a secret, and might quote it.
        self.guarded = False

    def body(self, document: Any, place: Place) -> Any:
        """Return a document whose values stand at a place."""
        kind = type(document)
        if kind is dict:
            return self._object(document, place)
        if kind is str:
            if place.shown is None:
                return self._string(document, place)
            new = place.shown[document]
            if new != document:
                place.count += 1
            return new
        if kind is list:
            return [self.body(item, place) for item in document]
        if document is None or kind is bool:
            if place.kind is Kind.SECRET and document is not None:
                return MASK
            return document
        return self.atoms.number(document, place)

    def _object(self, document: dict[str, Any], place: Place) -> dict[str, Any]:
        if place.is_operations:
            return self._operation(document, place)
        found = document.copy()
        keys = tuple(document)
        places, all_shown, has_odd = place.rows[keys]
        for key, value, child, shown in zip(keys, document.values(), places, all_shown, strict=True):
            kind = type(value)
            if shown is not None and kind is str:  # what most values are
                new = shown[value]
                if new != value:
                    found[key] = new
                    child.count += 1
            elif kind is dict:
                found[key] = self._object(value, child)
            elif kind is list:
                found[key] = [
                    self._object(item, child) if type(item) is dict else self.body(item, child)
                    for item in value
                ]
            elif kind is not bool or child.kind is _SECRET:
                found[key] = self.body(value, child)
        return self._with_odd_keys(document, found, places) if has_odd else found

    def _with_odd_keys(
        self, document: dict[str, Any], found: dict[str, Any], places: tuple[Place, ...]
    ) -> dict[str, Any]:
        """Return what was found in a document some of whose keys are no names of attributes."""
        renamed: dict[str, Any] = {}
        for (key, new), place in zip(found.items(), places, strict=True):
            if not place.is_named:
                key, new = self._odd(key, document[key], new, renamed)
            renamed[key] = new
        return renamed

    def _odd(self, key: str, value: Any, new: Any, found: dict[str, Any]) -> tuple[str, Any]:
        """Return a key that is no name of an attribute, and what stands there.

        It is the path of a PATCH operation that has none of its own, or may name somebody.
        """
        if "[" in key:
            shown, place = self.filters.path(key)
            return shown, self.body(value, place)
        shown = MASK if tells_secret(key) else self.atoms.values.forced(key)
        while shown in found:
            shown += "_"
        return shown, new

    def _string(self, value: str, place: Place) -> str:
        """Return a string at a place where it alone does not say what takes its place."""
        kind = place.kind
        if kind is Kind.LABEL and is_attribute_path(value):
            return value
        if kind in (Kind.TEXT, Kind.LABEL):
            if self.guarded:
                place.count += 1
                return MASK
            if place.table is self.discovery.table and known_sentence(value):
                return value
            return self.texts.sentence(value, place)
        if kind is Kind.ADDRESS:
            if self.addresses.is_address(value):
                return self.addresses.url(value)
            return self.atoms.string(value, place)
        if kind is Kind.FILTER:
            return self.filters.filter(value)
        if kind is Kind.PATH:
            return self.addresses.url(value) if value.startswith("/") else self.filters.path(value)[0]
        return self.atoms.string(value, place)

    def _operation(self, operation: dict[str, Any], place: Place) -> dict[str, Any]:
        """Return one operation of a PATCH or bulk request, or of the answer to that."""
        by_lower = {key.lower(): value for key, value in operation.items()}
        path = by_lower.get("path")
        target = self.resources
        failed = str(_status(by_lower.get("status"))).startswith(("4", "5"))
        shown_path: str | None = None
        if isinstance(path, str):
            if path.startswith("/") or "method" in by_lower:
                shown_path = self.addresses.url(path)
            else:
                shown_path, target = self.filters.path(path)
        found: dict[str, Any] = {}
        for key, value in operation.items():
            low = key.lower()
            if low == "path" and shown_path is not None:
                new: Any = shown_path
            elif low == "value":
                new = self.body(value, target)
            elif low == "data":
                new = self.body(value, self.resources)
            elif low == "response":
                new = self.body(value, self.errors if failed else self.resources)
            else:
                child = place.child(key)
                new = self.body(value, child)
                if not child.is_named:
                    key, new = self._odd(key, value, new, found)
            found[key] = new
        return found


def _status(status: Any) -> Any:
    return status.get("code") if isinstance(status, dict) else status
