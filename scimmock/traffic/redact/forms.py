"""The forms of what is harmless at a place that is known for it; a value without the form is personal."""

from __future__ import annotations

import re
from collections.abc import Callable

from .kinds import Kind
from .vocabulary import CANONICAL, time_zones

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?")
_ATTRIBUTE = re.compile(
    r"(?:[A-Za-z][\w.+-]*:[\w.:/+-]*:)?[$A-Za-z_][\w$-]*(?:\.[$A-Za-z_][\w$-]*)?", re.ASCII
)
# What Entra ID sends beside URNs; of other URIs the host may be the tenant.
_OF_ENTRA = r"http://schemas\.microsoft\.com/2006/11/ResourceManagement/ADSCIM/(?:2\.0/)?(?:User|Group)"
_URN = re.compile(rf"urn:[\w.:+/-]+|{_OF_ENTRA}", re.I | re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
# A word without a digit may be anybody's name.
_VERSION = re.compile(r"(?:W/)?(?:\"[\w+/=.:-]{0,128}\"|(?=.*\d)[\w+/=.:-]{1,128})")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2}|[0-9]{3})){0,2}")
_NUMBER = re.compile(r"-?\d{1,6}")


def is_attribute_path(text: str) -> bool:
    """Whether a text has the form of an attribute path, with or without the URN of a schema."""
    return _ATTRIBUTE.fullmatch(text) is not None


def is_urn(text: str) -> bool:
    """Whether a text has the form of the URI of a schema: a URN, or one that is known."""
    return _URN.fullmatch(text) is not None


def are_names(text: str) -> bool:
    """Whether a text is a name, the number of an error, or names of attributes with commas between them."""
    if _NAME.fullmatch(text) or _NUMBER.fullmatch(text):
        return True
    return all(is_attribute_path(name.strip()) for name in text.split(","))


def _is_canonical(text: str) -> bool:
    return text.lower() in CANONICAL


def _is_zone(text: str) -> bool:
    return text in time_zones()


def _is_anything(text: str) -> bool:
    return True


# By name, so that a redactor can go to another process.
_FORMS: dict[Kind, Callable[[str], object]] = {
    Kind.CANONICAL: _is_canonical,
    Kind.URN: _URN.fullmatch,
    Kind.NAME: are_names,
    Kind.DATE: MOMENT.fullmatch,
    Kind.VERSION: _VERSION.fullmatch,
    Kind.NUMBER: _NUMBER.fullmatch,
    Kind.COUNTRY: _COUNTRY.fullmatch,
    Kind.LANGUAGE: _LANGUAGE.fullmatch,
    Kind.ZONE: _is_zone,
    Kind.LITERAL: _is_anything,
}


_PARTS: dict[Kind, Callable[[str], object]] = {
    Kind.CANONICAL: lambda text: any(text.lower() in value for value in CANONICAL),
    Kind.URN: re.compile(r"[\w.:+/-]+", re.ASCII).fullmatch,
    Kind.NAME: _NAME.fullmatch,
    Kind.DATE: re.compile(r"[0-9TZ:.+-]+").fullmatch,
    Kind.VERSION: re.compile(r"[\"W/]*[0-9a-f\"]*").fullmatch,
    Kind.NUMBER: re.compile(r"\d+").fullmatch,
    Kind.COUNTRY: re.compile(r"[A-Za-z]{1,2}").fullmatch,
    Kind.LANGUAGE: re.compile(r"[A-Za-z]{0,3}[-_]?[A-Za-z]{0,2}").fullmatch,
    Kind.ZONE: lambda text: any(text in zone for zone in time_zones()),
}
_OF_IDS = ("members", "groups", "manager")  # where ``value`` is the id of a resource
_OF_UUID = re.compile(r"(?=.*[0-9-])[0-9a-f-]{2,36}", re.I)


def is_part(text: str, kind: Kind, label: str) -> bool:
    """Whether a text that is a part of values at a place may be one of those that stay as they are.

    ``label`` is the attribute path: ids may be UUIDs, addresses and numbers of telephones are none.
    """
    if kind is Kind.PERSON:
        parent, _, name = label.lower().rpartition(".")
        may_be_id = name in ("id", "externalid") or (name == "value" and parent.endswith(_OF_IDS))
        return may_be_id and _OF_UUID.fullmatch(text) is not None
    test = _PARTS.get(kind)
    return test is not None and bool(test(text))


def form_of(kind: Kind) -> Callable[[str], object] | None:
    """Return the test for what is harmless at places of a kind, None where nothing is by its form."""
    return _FORMS.get(kind)
