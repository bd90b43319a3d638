"""Conditional requests (RFC 7644 section 3.14, RFC 9110 section 13.1)."""

from __future__ import annotations

import pytest

from scimmock.errors import ScimError
from scimmock.scim.conditions import check_match, none_match


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ('W/"3"', True),
        ('"3"', True),
        ("*", True),
        ('W/"1", W/"3"', True),
        ('W/"1"', False),
        ('W/"33"', False),
        ('"W/3"', False),
        ("", False),
        ('  W/"3"  ', True),
        ('w/"3"', True),
    ],
)
def test_none_match(header: str, matches: bool) -> None:
    """If-None-Match compares weakly and takes lists and an asterisk."""
    assert none_match(header, 'W/"3"') is matches


@pytest.mark.parametrize("header", ['W/"3"', '"3"', "*", 'W/"9", W/"3"'])
def test_if_match_lets_the_current_version_pass(header: str) -> None:
    check_match(header, None, 'W/"3"')


@pytest.mark.parametrize("header", ['W/"2"', '"x"', '""', 'W/"1", W/"2"'])
def test_if_match_of_another_version_is_412(header: str) -> None:
    with pytest.raises(ScimError) as caught:
        check_match(header, None, 'W/"3"')
    assert caught.value.status == 412


@pytest.mark.parametrize("header", ["*", 'W/"3"'])
def test_if_none_match_on_a_write_is_412(header: str) -> None:
    with pytest.raises(ScimError) as caught:
        check_match(None, header, 'W/"3"')
    assert caught.value.status == 412
    check_match(None, 'W/"2"', 'W/"3"')
