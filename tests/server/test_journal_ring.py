"""The ring of exchanges: bounded by entries, bytes and what all tenants may hold together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.journal.ring import Budget, Journal
from scimmock.traffic.exchange import Exchange


def exchange(request: int = 0, response: int = 0) -> Exchange:
    made = Exchange(1000.0, 0.0, "", "POST", "/Users", b"", [], "1.1")
    made.request_body, made.response_body, made.status = b"a" * request, b"b" * response, 200
    return made


@given(
    sizes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), max_size=60),
    entries=st.integers(1, 20),
    size=st.integers(2000, 30_000),
)
def test_the_caps_hold(sizes: list[tuple[int, int]], entries: int, size: int) -> None:
    """Whatever comes, entries and bytes stay below the caps, the newest stay, and none is lost uncounted."""
    budget = Budget()
    journal = Journal(budget, max_entries=entries, max_bytes=size, max_body=3000)
    for request, response in sizes:
        journal.add(exchange(request, response))
        assert len(journal.entries) <= entries
        held = sum(len(entry.request_body) + len(entry.response_body) for entry in journal.entries)
        assert held <= size or len(journal.entries) == 1
        assert budget.used == journal.bytes >= held
    assert journal.dropped + len(journal.entries) == len(sizes)
    numbers = [entry.n for entry in journal.since()]
    assert numbers == list(range(journal.dropped + 1, len(sizes) + 1))
    journal.clear()
    assert budget.used == 0 and not list(journal.since())


def test_large_bodies_are_cut_and_keep_their_size() -> None:
    """The copy of a large body is cut, its true length stays."""
    journal = Journal(max_body=100)
    journal.add(exchange(1000, 2000))
    (entry,) = journal.since()
    shown = entry.as_dict()
    assert shown["request"]["body"] == {"text": "a" * 100, "size": 1000, "cut": True}
    assert shown["response"]["body"]["size"] == 2000 and len(shown["response"]["body"]["text"]) == 100


def test_a_cut_body_does_not_end_in_half_a_password() -> None:
    """Where a cut body speaks of a password, nothing of it is shown."""
    journal = Journal(max_body=40)
    made = exchange()
    made.request_body = b'{"userName": "a", "password": "s3cret-and-more", "x": "' + b"a" * 100 + b'"}'
    journal.add(made)
    assert "s3cret" not in str(next(iter(journal.since())).as_dict())


def test_all_journals_share_a_budget() -> None:
    """What all tenants hold together is bounded: the one that adds makes room."""
    budget = Budget(limit=50_000)
    journals = [Journal(budget) for _ in range(5)]
    for number in range(200):
        journals[number % 5].add(exchange(2000, 0))
    assert budget.used <= 50_000 + 5 * 3500
    assert (
        sum(journal.dropped for journal in journals) + sum(len(journal.entries) for journal in journals)
        == 200
    )
    assert all(journal.entries for journal in journals)


@pytest.mark.parametrize(
    "fields",
    [
        {"cost": 2000},  # the head as it came, as the connection counted it
        {"headers": [(b"x", b"a")] * 15},
        {"response_headers": [(b"x", b"a")] * 15},
        {"rules": [{"name": "a"}] * 10},
        {"notes": [{"left": 1}] * 10},
        {"after": {"userName": "a"}, "request_body": b"a" * 1000},
        {"after": {"members": [{}] * 1000}},
        {"before": {"members": [{}] * 1000}},
        {"before": {"title": "a" * 2000}},
    ],
)
def test_everything_large_counts(fields: dict[str, Any]) -> None:
    empty, full, journal = exchange(), exchange(), Journal()
    for name, value in fields.items():
        setattr(full, name, value)
    journal.add(empty)
    journal.add(full)
    assert full.cost >= empty.cost + 1900


def test_the_oldest() -> None:
    journal = Journal(max_entries=2)
    assert journal.oldest == 1
    for _ in range(3):
        journal.add(exchange())
    assert journal.oldest == 2
    journal.clear()
    assert journal.oldest == 4
