"""The forms of what is harmless at a place that is known for it; a value without the form is personal."""

from __future__ import annotations

import re
from collections.abc import Callable

from .kinds import Kind
from .vocabulary import CANONICAL, time_zones

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_ATTRIBUTE = re.compile(r"(?:[A-Za-z][\w.+-]*:[\w.:/+-]*:)?[$A-Za-z_][\w$-]*(?:\.[$A-Za-z_][\w$-]*)?")
_URN = re.compile(r"urn:[\w.:+/-]+", re.I)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
# A word without a digit may be anybody's name.
_VERSION = re.compile(r"(?:W/)?(?:\"[\w+/=.:-]{0,128}\"|(?=.*\d)[\w+/=.:-]{1,128})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2}|[0-9]{3})){0,2}")
_NUMBER = re.compile(r"-?\d{1,6}")


def is_attribute_path(text: str) -> bool:
    """Whether a text has the form of an attribute path, with or without the URN of a schema."""
    return _ATTRIBUTE.fullmatch(text) is not None


def are_names(text: str) -> bool:
    """Whether a text is a name, or names of attributes with commas between them."""
    return _NAME.fullmatch(text) is not None or all(
        is_attribute_path(name.strip()) for name in text.split(",")
    )


_FORMS: dict[Kind, Callable[[str], object]] = {
    Kind.CANONICAL: lambda text: text.lower() in CANONICAL,
    Kind.URN: _URN.fullmatch,
    Kind.NAME: are_names,
    Kind.LABEL: is_attribute_path,
    Kind.DATE: MOMENT.fullmatch,
    Kind.VERSION: _VERSION.fullmatch,
    Kind.NUMBER: _NUMBER.fullmatch,
    Kind.COUNTRY: _COUNTRY.fullmatch,
    Kind.LANGUAGE: _LANGUAGE.fullmatch,
    Kind.ZONE: lambda text: text in time_zones(),
    Kind.LITERAL: lambda text: True,
}


def form_of(kind: Kind) -> Callable[[str], object] | None:
    """Return the test for what is harmless at places of a kind, None where nothing is by its form."""
    return _FORMS.get(kind)
