"""Exchanges of one turn are recorded together, and nobody waits in vain."""

from __future__ import annotations

import asyncio
from typing import Any

from scimmock.server.turns import Turn


def play(record: Any, *names: str, flush: Any = lambda: None) -> list[Any]:
    """Let exchanges wait for a recorder, all in one turn; returns what each of them met."""

    async def run() -> list[Any]:
        turn: Any = Turn(record, flush)
        return await asyncio.gather(*(turn.wait(name, {}, None) for name in names), return_exceptions=True)

    return asyncio.run(run())


def test_they_are_recorded_in_their_order() -> None:
    told: list[str] = []
    assert play(lambda exchange, scope, tenant: told.append(exchange), "a", "b", "c") == [None, None, None]
    assert told == ["a", "b", "c"]


def test_all_are_written_at_once_before_anybody_goes_on() -> None:
    told: list[str] = []

    async def run() -> None:
        turn: Any = Turn(lambda exchange, scope, tenant: told.append(exchange), lambda: told.append("write"))

        async def one(name: str) -> None:
            await turn.wait(name, {}, None)
            told.append(f"{name} goes on")

        await asyncio.gather(one("a"), one("b"))

    asyncio.run(run())
    assert told == ["a", "b", "write", "a goes on", "b goes on"]


def test_one_that_cannot_be_recorded_does_not_hold_the_others() -> None:
    def record(exchange: str, scope: Any, tenant: Any) -> None:
        if exchange == "b":
            raise RuntimeError("b")

    first, second, third = play(record, "a", "b", "c")
    assert (first, third) == (None, None) and str(second) == "b"


def test_one_that_was_given_up_is_recorded_all_the_same() -> None:
    told: list[str] = []

    async def run() -> None:
        turn: Any = Turn(lambda exchange, scope, tenant: told.append(exchange), lambda: None)
        given_up = asyncio.create_task(turn.wait("a", {}, None))
        other = asyncio.create_task(turn.wait("b", {}, None))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait((given_up, other))
        assert given_up.cancelled() and other.done()

    asyncio.run(run())
    assert told == ["a", "b"]
