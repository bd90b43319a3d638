"""Attribute values: how they compare and which types they have (RFC 7643 sections 2.2 and 2.3)."""

from __future__ import annotations

import base64
import binascii
import operator
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from .schema import Attribute

_DATE_TIME = re.compile(
    r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII | re.IGNORECASE
)
_FRACTION = re.compile(r"\.(\d+)")


def fold(text: str) -> str:
    """Return the form under which text of a case-insensitive attribute is compared.

    Unicode case folding over NFC, so that both spellings of an accented letter are one
    (RFC 7644 section 5 asks for the UsernameCaseMapped profile, whose core this is).
    """
    if text.isascii():
        return text.lower()
    return normalize("NFC", normalize("NFC", text).casefold())


def key_of(attribute: Attribute) -> Callable[[str], str]:
    """Return the function that turns a string of the attribute into its comparison key."""
    return str if attribute.case_exact else fold


@lru_cache(maxsize=8192)
def parse_date_time(text: str) -> datetime | None:
    """Return an xsd:dateTime as an aware datetime, None when it is none (RFC 7643 section 2.3.5).

    A value without time zone counts as UTC; fractions finer than a microsecond are cut.
    """
    if not _DATE_TIME.fullmatch(text):
        return None
    text = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text.upper())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_binary(value: str) -> bool:
    padded = value + "=" * (-len(value) % 4)
    try:
        base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def wrong_type(attribute: Attribute, value: Any) -> str | None:
    """Return what a value of the attribute's type would be when ``value`` is not one, else None.

    ``value`` is a single value, never the list of a multi-valued attribute.
    """
    kind = attribute.type
    if kind in ("string", "reference"):
        return None if type(value) is str else "a string"
    if kind == "boolean":
        return None if type(value) is bool else "true or false"
    if kind == "integer":
        return None if type(value) is int else "a whole number"
    if kind == "decimal":
        return None if type(value) in (int, float) else "a number"
    if kind == "complex":
        return None if isinstance(value, dict) else "an object"
    if kind == "dateTime":
        ok = type(value) is str and parse_date_time(value) is not None
        return None if ok else "a date and time such as 2026-01-31T09:30:00Z"
    if kind == "binary":
        return None if type(value) is str and _is_binary(value) else "a base64 string"
    return None


def same(one: Any, other: Any) -> bool:
    """Whether two documents are the same JSON: unlike for Python, true is not 1 and 1 is not 1.0."""
    if one is other:
        return True
    if type(one) is not type(other) or one != other:
        return False
    if isinstance(one, dict):
        return all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return all(map(operator.is_, one, other)) or all(map(same, one, other))
    return True


def is_present(value: Any) -> bool:
    """Whether a value counts for ``pr``: neither null nor empty (RFC 7644 table 3)."""
    if value is None:
        return False
    if isinstance(value, str | list | tuple):
        return any(map(is_present, value)) if not isinstance(value, str) else value != ""
    if isinstance(value, dict):
        return any(map(is_present, value.values()))
    return True


def is_unassigned(value: Any) -> bool:
    """Whether a value makes its attribute unassigned: null or an empty array (RFC 7643 section 2.5)."""
    return value is None or (isinstance(value, list) and not value)


def is_inactive(document: dict[str, Any]) -> bool:
    """Whether a resource is deactivated; a service that stores wrong types may have a string there."""
    active = document.get("active")
    return active is False or (type(active) is str and active.lower() == "false")
