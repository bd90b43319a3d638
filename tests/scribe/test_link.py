"""Messages and a recorder between two ends, and an end that is closed or does nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from scimmock.scribe.link import Link

from .sessions import needs_processors, person, recorder

pytestmark = needs_processors


@pytest.fixture
def ends() -> Iterator[tuple[Link, Link]]:
    one, other = socket.socketpair()
    one.setblocking(False)
    with one, other:
        yield Link(one, 0.05), Link(other)


def test_messages_come_in_their_order(ends: tuple[Link, Link]) -> None:
    here, there = ends
    said = [None, "\ud800", [tuple(person(1))], (1, 0, "", "")]
    for message in said:
        here.send(message)
    assert [there.receive() for _ in said] == said


def test_an_end_that_does_nothing_is_not_waited_for(ends: tuple[Link, Link]) -> None:
    here, _ = ends
    with pytest.raises(TimeoutError):
        here.receive()
    with pytest.raises(TimeoutError):
        here.send("x" * 10_000_000)


def test_a_recorder_goes_over_with_its_file(ends: tuple[Link, Link], tmp_path: Path) -> None:
    here, there = ends
    own = recorder(tmp_path / "s.jsonl")
    own.begin()
    there.hand(own)
    found = here.take()
    found.begin()
    assert found.writer.descriptor != own.writer.descriptor
    assert os.path.samestat(os.fstat(found.writer.descriptor), os.fstat(own.writer.descriptor))
    for each in (own, found):
        each.close()
    assert (tmp_path / "s.jsonl").read_bytes().count(b"\n") == 1


def test_an_end_that_is_closed_meanwhile_leaves_no_file_open(ends: tuple[Link, Link], tmp_path: Path) -> None:
    here, there = ends
    with (tmp_path / "s.jsonl").open("wb") as file:
        socket.send_fds(there.socket, [b"\0"], [file.fileno()])
    there.close()
    before = _lowest()
    with pytest.raises(EOFError):
        here.take()
    assert _lowest() == before


def _lowest() -> int:
    """Return the descriptor that the next one will be."""
    found = os.open(os.devnull, os.O_RDONLY)
    os.close(found)
    return found
