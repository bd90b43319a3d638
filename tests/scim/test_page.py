"""Paging parameters and cursors (RFC 7644 section 3.4.2.4, RFC 9865)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scimmock.errors import ScimError
from scimmock.scim.page import Cursors, PageRequest, read_page
from scimmock.scim.policy import Paging

BOTH = Paging(default_page_size=10, max_page_size=20)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        pytest.param(None, None, PageRequest(1, 10), id="defaults"),
        pytest.param("3", "5", PageRequest(3, 5), id="given"),
        pytest.param("0", None, PageRequest(1, 10), id="startIndex-below-1-is-1"),
        pytest.param("-7", None, PageRequest(1, 10), id="negative-startIndex-is-1"),
        pytest.param(None, "0", PageRequest(1, 0), id="count-0"),
        pytest.param(None, "-1", PageRequest(1, 0), id="negative-count-is-0"),
        pytest.param(None, "999", PageRequest(1, 20), id="never-more-than-the-service-gives"),
        pytest.param(2, 3, PageRequest(2, 3), id="numbers-of-a-search-request"),
    ],
)
def test_index_paging(start: Any, count: Any, expected: PageRequest) -> None:
    """RFC 7644 section 3.4.2.4 table 6."""
    assert read_page(start, count, None, BOTH) == expected


@pytest.mark.parametrize(
    "text", ["x", "", "1.5", "1e3", "+-5", "--5", "+", "-", "٣", "9" * 30, True, 1.5, [], {}]
)
def test_no_whole_number(text: Any) -> None:
    """What is no number is 400 invalidValue, whatever it looks like."""
    for arguments in ((text, None, None), (None, text, None)):
        with pytest.raises(ScimError) as caught:
            read_page(*arguments, BOTH)
        assert (caught.value.status, caught.value.scim_type) == (400, "invalidValue")


def test_cursor_paging() -> None:
    assert read_page(None, "5", "", BOTH) == PageRequest(1, 5, "")
    assert read_page(None, "-5", "", BOTH) == PageRequest(1, 0, "")
    assert read_page(None, None, None, Paging(default_method="cursor")).cursor == ""
    assert read_page("1", None, None, Paging(default_method="cursor")).cursor is None


@pytest.mark.parametrize("count", ["21", "x", "1.5"])
def test_invalid_count_with_cursor(count: str) -> None:
    """RFC 9865 section 2.1: count lies between 0 and maxPageSize."""
    with pytest.raises(ScimError) as caught:
        read_page(None, count, "", BOTH)
    assert caught.value.scim_type == "invalidCount"


class TestCursors:
    """RFC 9865 sections 2 and 2.1."""

    def setup_method(self) -> None:
        self.time = 1000.0
        self.cursors = Cursors(b"key", lambda: self.time, timeout=60)

    @pytest.mark.parametrize("anchor", [0, [1, "ü\n", None, 2.5], "x" * 500])
    def test_round_trip(self, anchor: Any) -> None:
        cursor = self.cursors.issue("q", 5, anchor)
        assert re.fullmatch(r"[A-Za-z0-9._~-]+", cursor), "only unreserved characters of RFC 3986"
        assert self.cursors.read(cursor, "q", 5) == anchor

    def refused(self, cursor: str, query: str = "q", count: int = 5) -> str | None:
        with pytest.raises(ScimError) as caught:
            self.cursors.read(cursor, query, count)
        assert caught.value.status == 400
        return caught.value.scim_type

    def test_another_query(self) -> None:
        assert self.refused(self.cursors.issue("q", 5, 1), query="other") == "invalidCursor"

    def test_another_count(self) -> None:
        assert self.refused(self.cursors.issue("q", 5, 1), count=6) == "invalidCount"

    def test_expiry(self) -> None:
        cursor = self.cursors.issue("q", 5, 1)
        self.time += 60
        assert self.cursors.read(cursor, "q", 5) == 1
        self.time += 1
        assert self.refused(cursor) == "expiredCursor"

    @pytest.mark.parametrize("cursor", ["x", "AAAA", "ÄÖÜ", "!!!!", "A" * 100, "\udc80", " "])
    def test_nonsense(self, cursor: str) -> None:
        assert self.refused(cursor) == "invalidCursor"

    def test_forgery(self) -> None:
        cursor = self.cursors.issue("q", 5, 1)
        for at in range(len(cursor)):
            forged = cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :]
            if forged[:-1] != cursor[:-1]:
                assert self.refused(forged) == "invalidCursor"
        assert Cursors(b"other", lambda: self.time).key != self.cursors.key
