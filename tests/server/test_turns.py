"""Exchanges of one turn are recorded together, and nobody waits in vain."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from scimmock.scribe.beside import Item, let_go
from scimmock.server.turns import Turn


def turn(record: Callable[[list[Item]], None], is_helped: bool = False) -> Any:
    return Turn(record, lambda: is_helped)


def play(record: Callable[[list[Item]], None], *names: str) -> list[Any]:
    """Let exchanges wait for a recorder, all in one turn; returns what each of them met."""

    async def run() -> list[Any]:
        own = turn(record)
        return await asyncio.gather(*map(own.wait, names), return_exceptions=True)

    return asyncio.run(run())


def noting(told: list[Any]) -> Callable[[list[Item]], None]:
    """Return what notes which exchanges are recorded together, and lets all go on."""

    def record(items: list[Item]) -> None:
        told.append([facts for facts, _ in items])
        for item in items:
            let_go(item)

    return record


def test_they_are_recorded_together_in_their_order() -> None:
    told: list[Any] = []
    assert play(noting(told), "a", "b", "c") == [None, None, None]
    assert told == [["a", "b", "c"]]


def test_nobody_goes_on_before_that() -> None:
    told: list[Any] = []

    async def run() -> None:
        own = turn(noting(told))

        async def one(name: str) -> None:
            await own.wait(name)
            told.append(f"{name} goes on")

        await asyncio.gather(one("a"), one("b"))

    asyncio.run(run())
    assert told == [["a", "b"], "a goes on", "b goes on"]


def test_what_comes_while_others_come_is_one_turn() -> None:
    """A turn ends when the loop has gone round and nothing has come."""
    told: list[Any] = []

    async def run() -> None:
        own = turn(noting(told))

        async def later(name: str, rounds: int) -> None:
            for _ in range(rounds):
                await asyncio.sleep(0)
            await own.wait(name)

        await asyncio.gather(*(later(f"x{rounds}", rounds) for rounds in range(5)), later("late", 9))

    asyncio.run(run())
    assert told == [["x0", "x1", "x2", "x3", "x4"], ["late"]]


def test_another_process_is_told_at_once() -> None:
    told: list[Any] = []

    async def run() -> None:
        own = turn(noting(told), is_helped=True)
        await asyncio.gather(*map(own.wait, "ab"))

    asyncio.run(run())
    assert told == [["a"], ["b"]]


def test_a_defect_holds_nobody() -> None:
    def record(items: list[Item]) -> None:
        let_go(items[0])
        raise RuntimeError("a defect")

    first, second = play(record, "a", "b")
    assert first is None and str(second) == "a defect"


def test_one_that_was_given_up_is_recorded_all_the_same() -> None:
    told: list[Any] = []

    async def run() -> None:
        own = turn(noting(told))
        given_up = asyncio.create_task(own.wait("a"))
        other = asyncio.create_task(own.wait("b"))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait((given_up, other))
        assert given_up.cancelled() and other.done() and other.exception() is None

    asyncio.run(run())
    assert told == [["a", "b"]]
