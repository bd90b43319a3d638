"""Types and comparison of values (RFC 7643 sections 2.3 and 2.5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scimmock.scim.schema import Attribute
from scimmock.scim.values import fold, is_present, is_unassigned, parse_date_time, wrong_type


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [
        ("string", "x", True),
        ("string", "", True),
        ("string", 1, False),
        ("string", True, False),
        ("string", ["x"], False),
        ("boolean", True, True),
        ("boolean", "true", False),
        ("boolean", 1, False),
        ("integer", 5, True),
        ("integer", 5.0, False),
        ("integer", True, False),
        ("integer", "5", False),
        ("decimal", 5, True),
        ("decimal", 5.5, True),
        ("decimal", False, False),
        ("dateTime", "2008-01-23T04:56:22Z", True),
        ("dateTime", "2008-01-23", False),
        ("dateTime", "now", False),
        ("dateTime", "2008-02-30T04:56:22Z", False),
        ("dateTime", 5, False),
        ("binary", "MIIB+/8=", True),
        ("binary", "MIIB-_8", True),
        ("binary", "not base64!", False),
        ("reference", "https://example.com/x", True),
        ("reference", 7, False),
        ("complex", {}, True),
        ("complex", "x", False),
        ("complex", [], False),
        ("any", object(), True),
    ],
)
def test_types(kind: str, value: Any, right: bool) -> None:
    """Section 2.3: JSON types of each attribute type; numbers are never booleans."""
    assert (wrong_type(Attribute("x", type=kind), value) is None) is right


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2008-01-23T04:56:22Z", datetime(2008, 1, 23, 4, 56, 22, tzinfo=UTC)),
        ("2008-01-23t04:56:22z", datetime(2008, 1, 23, 4, 56, 22, tzinfo=UTC)),
        ("2008-01-23T04:56:22+01:00", datetime(2008, 1, 23, 3, 56, 22, tzinfo=UTC)),
        ("2008-01-23T04:56:22", datetime(2008, 1, 23, 4, 56, 22, tzinfo=UTC)),
        ("2008-01-23T04:56:22.123456789Z", datetime(2008, 1, 23, 4, 56, 22, 123456, tzinfo=UTC)),
        ("2008-01-23T04:56:22.5Z", datetime(2008, 1, 23, 4, 56, 22, 500000, tzinfo=UTC)),
        ("2008-13-23T04:56:22Z", None),
        ("0000-01-01T00:00:00Z", None),
        ("20080123T045622Z", None),
        ("2008-01-23 04:56:22Z", None),
        ("2008-01-23T04:56Z", None),
        ("", None),
        ("٢٠٠٨-01-23T04:56:22Z", None),
    ],
)
def test_date_times(text: str, moment: datetime | None) -> None:
    """Section 2.3.5: xsd:dateTime; judgement: a value without a zone counts as UTC."""
    assert parse_date_time(text) == moment


@pytest.mark.parametrize(
    ("value", "present"),
    [
        (None, False),
        ("", False),
        ([], False),
        ({}, False),
        ([{}], False),
        ([None, ""], False),
        ({"a": None}, False),
        (False, True),
        (0, True),
        ("x", True),
        ({"a": {"b": "x"}}, True),
        ([{"value": "x"}], True),
    ],
)
def test_presence(value: Any, present: bool) -> None:
    """RFC 7644 table 3, pr: a non-empty value, or for complex attributes a non-empty node."""
    assert is_present(value) is present


@pytest.mark.parametrize(
    ("value", "unassigned"), [(None, True), ([], True), ("", False), ({}, False), (False, False)]
)
def test_unassigned(value: Any, unassigned: bool) -> None:
    """Section 2.5: null and the empty array are the same as no value."""
    assert is_unassigned(value) is unassigned


@pytest.mark.parametrize(
    ("left", "right"),
    [("ABC", "abc"), ("Straße", "STRASSE"), ("e\u0301", "\u00c9"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("Ｆ", "ｆ")],
)
def test_fold(left: str, right: str) -> None:
    assert fold(left) == fold(right)


def test_fold_keeps_different_letters_apart() -> None:
    assert fold("e") != fold("é")
