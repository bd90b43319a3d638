"""One value at one place: which kind of handling it gets."""

from __future__ import annotations

import re
from typing import Any

from ..secrets import MASK
from .places import Kind, Place, is_attribute_path, is_urn
from .values import MOMENT, Values
from .vocabulary import CANONICAL, time_zones

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
# A word without a digit may be anybody's name.
_VERSION = re.compile(r"(?:W/)?(?:\"[\w+/=.:-]{0,128}\"|(?=.*\d)[\w+/=.:-]{1,128})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2}|[0-9]{3})){0,2}")
_NUMBER = re.compile(r"-?\d{1,6}")
_MOST_HARMLESS = 200  # strings that a place remembers
_PATHS = re.compile(r"[^,]+")


class Atoms:
    """Redacts strings and numbers by the kind of their place; free text, addresses and filters aside."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def string(self, value: str, place: Place) -> str:
        """Return a string, as it is where it has the form of what is harmless at its place."""
        kind = place.kind
        if kind is Kind.PERSON:
            found = self.values.person(value)
        elif kind is Kind.SECRET:
            found = MASK
        elif kind is Kind.FORCED:
            found = self.values.forced(value)
        elif is_harmless(value, kind):
            if len(place.harmless) < _MOST_HARMLESS:
                place.harmless.add(value)
            return value
        else:
            found = self.values.person(value)
        if found != value:
            place.count += 1
        return found

    def number(self, value: int | float, place: Place) -> Any:
        """Return a number; those of an envelope stay."""
        if place.kind in (Kind.NUMBER, Kind.LITERAL, Kind.VERSION):
            return value
        place.count += 1
        return MASK if place.kind is Kind.SECRET else self.values.number(value)


def is_harmless(value: str, kind: Kind) -> bool:
    """Whether a string has the form of what stands at a place of that kind and names nobody."""
    if kind is Kind.CANONICAL:
        return value.lower() in CANONICAL
    if kind is Kind.URN:
        return is_urn(value)
    if kind is Kind.NAME:
        return (
            all(is_attribute_path(name.strip()) for name in _PATHS.findall(value))
            or _NAME.fullmatch(value) is not None
        )
    if kind is Kind.DATE:
        return MOMENT.fullmatch(value) is not None
    if kind is Kind.VERSION:
        return _VERSION.fullmatch(value) is not None
    if kind is Kind.NUMBER:
        return _NUMBER.fullmatch(value) is not None
    if kind is Kind.COUNTRY:
        return _COUNTRY.fullmatch(value) is not None
    if kind is Kind.LANGUAGE:
        return _LANGUAGE.fullmatch(value) is not None
    if kind is Kind.ZONE:
        return value in time_zones()
    return kind is Kind.LITERAL
