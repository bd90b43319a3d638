"""Waiting for exchanges and following them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimmock.journal.feed import Feed, Subscription
from scimmock.journal.ring import Journal
from scimmock.traffic.exchange import Exchange


def exchange() -> Exchange:
    return Exchange(1000.0, 0.0, "", "GET", "/Users", b"", [], "1.1")


async def some(subscription: Subscription, count: int) -> list[tuple[str, int]]:
    """Return (kind, number) of the next notices."""
    found = []
    async with asyncio.timeout(5):
        for _ in range(count):
            notice = await anext(subscription)
            found.append((notice.kind, notice.n))
    return found


def test_nobody_is_told_when_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "wake", lambda _: pytest.fail("somebody was told"))
    Journal().add(exchange())


def test_a_subscriber_gets_what_comes() -> None:
    async def run() -> list[tuple[str, int]]:
        journal = Journal()
        journal.add(exchange())
        with journal.subscribe() as subscription:
            task = asyncio.create_task(some(subscription, 2))
            await asyncio.sleep(0)
            journal.add(exchange())
            journal.add(exchange())
            return await task

    assert asyncio.run(run()) == [("exchange", 2), ("exchange", 3)]


def test_a_subscriber_resumes() -> None:
    async def run() -> list[tuple[str, int]]:
        journal = Journal()
        for _ in range(120):
            journal.add(exchange())
        with journal.subscribe(since=3) as subscription:
            return await some(subscription, 117)

    assert asyncio.run(run()) == [("exchange", number) for number in range(4, 121)]


def test_a_slow_reader_learns_what_it_lost() -> None:
    async def run() -> list[Any]:
        journal = Journal(max_entries=5)
        with journal.subscribe() as subscription:
            for _ in range(12):
                journal.add(exchange())
            first = await anext(subscription)
            return [first.kind, first.data, first.n, *await some(subscription, 5)]

    assert asyncio.run(run()) == ["dropped", 7, 7, *(("exchange", number) for number in range(8, 13))]


def test_a_cleared_journal_is_a_gap() -> None:
    async def run() -> list[tuple[str, int]]:
        journal = Journal()
        with journal.subscribe() as subscription:
            journal.add(exchange())
            journal.clear()
            journal.add(exchange())
            return await some(subscription, 2)

    assert asyncio.run(run()) == [("dropped", 1), ("exchange", 2)]


def test_a_number_of_another_life_begins_anew() -> None:
    async def run() -> list[tuple[str, int]]:
        journal = Journal()
        journal.add(exchange())
        with journal.subscribe(since=500) as subscription:
            return await some(subscription, 1)

    assert asyncio.run(run()) == [("exchange", 1)]


@given(steps=st.lists(st.sampled_from(("add", "publish", "read")), max_size=40))
def test_nothing_is_lost_and_all_is_in_order(steps: list[str]) -> None:
    async def run() -> None:
        journal = Journal()
        told: list[tuple[str, int]] = []
        seen: list[tuple[str, int]] = []
        with journal.subscribe() as subscription:
            for step in steps:
                if step == "add":
                    journal.add(exchange())
                    told.append(("exchange", journal.last))
                elif step == "publish":
                    journal.publish("state", {})
                    told.append(("state", journal.last))
                elif len(seen) < len(told):
                    seen += await some(subscription, 1)
            seen += await some(subscription, len(told) - len(seen))
        assert seen == told

    asyncio.run(run())


@pytest.mark.parametrize("end", [Journal.end, None])
def test_the_end_ends_the_iteration(end: Callable[[Journal], None] | None) -> None:
    async def run() -> None:
        journal = Journal()
        subscription = journal.subscribe()
        task = asyncio.create_task(some(subscription, 1))
        await asyncio.sleep(0)
        end(journal) if end else subscription.close()
        with pytest.raises(StopAsyncIteration):
            await anext(subscription)
        with pytest.raises((StopAsyncIteration, RuntimeError)):
            await task

    asyncio.run(run())


def test_waiting_for_more() -> None:
    async def run() -> None:
        journal = Journal()
        assert not await journal.wait_beyond(0, 0.01)
        task = asyncio.create_task(journal.wait_beyond(1, 5))
        await asyncio.sleep(0)
        journal.add(exchange())
        await asyncio.sleep(0)
        assert not task.done()
        journal.add(exchange())
        assert await task
        assert await journal.wait_beyond(1, 0)

    asyncio.run(run())
