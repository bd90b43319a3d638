"""A scribe records as this process would, comes and goes in time, and nothing is lost when it ends."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from scimmock.scribe import beside
from scimmock.server import desk as desks
from scimmock.server.desk import Desk
from scimmock.traffic.recording import open_recording

from .sessions import children, facts, helped, needs_processors, person, record, recorder, until

pytestmark = needs_processors


def play(path: Path, session: Callable[[Desk], Awaitable[Any]], **options: Any) -> Desk:
    """Let a session be recorded at a desk, and close that."""
    own = Desk(recorder(path, **options))

    async def run() -> None:
        try:
            await session(own)
        finally:
            own.close()

    asyncio.run(run())
    assert children() == []
    return own


def numbers(path: Path) -> list[int]:
    recording = open_recording(path)
    found = [item["n"] for item in recording]
    assert recording.notices == []
    return found


def test_the_lines_are_those_of_one_process(tmp_path: Path) -> None:
    """Also of people who are known from before, of filters that it learned, and after it gave back."""
    sessions: list[Any] = []

    async def session(own: Desk) -> None:
        count = await helped(own)
        more = [person(n % 11) for n in range(count, count + 40)]
        more.insert(7, facts(method="GET", sent=None, query=b"filter=userName%20sw%20%22given1%22"))
        more.insert(9, facts(method="GET", sent=None, query=b"filter=emails%20co%20%22mail%22"))
        for each in more:
            await record(own, [each])
        assert own.is_helped
        alone = [person(n) for n in range(desks._ALONE)]
        for each in alone:
            await record(own, [each])
        assert not own.is_helped
        sessions.append([*map(person, range(count)), *more, *alone])
        again = await helped(own, 500)
        sessions[0] += map(person, range(500, 500 + again))

    own = play(tmp_path / "helped.jsonl", session)
    alone = Desk(recorder(tmp_path / "alone.jsonl"))
    for each in sessions[0]:
        alone.record([(each, None)])
    alone.close()
    lines, expected = ((tmp_path / name).read_bytes() for name in ("helped.jsonl", "alone.jsonl"))
    assert lines.split(b"\n") == expected.split(b"\n")
    assert own.recorder.redactor.counts == alone.recorder.redactor.counts
    assert own.recorder.account == (len(sessions[0]), 0, "", "")


def test_an_exchange_is_in_the_file_before_anybody_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"

    async def session(own: Desk) -> None:
        count = await helped(own)
        for n in range(count, count + 200):
            await record(own, [person(n)])
            assert path.read_bytes().count(b"\n") == n + 2

    play(path, session)


def test_one_after_the_other_calls_no_scribe(tmp_path: Path) -> None:
    async def session(own: Desk) -> None:
        for n in range(3 * desks._TOGETHER):
            await record(own, [person(n)])
        assert children() == [] and not own.is_helped

    play(tmp_path / "s.jsonl", session)


def test_what_is_not_redacted_calls_no_scribe(tmp_path: Path) -> None:
    async def session(own: Desk) -> None:
        for n in range(desks._TOGETHER):
            await record(own, [person(n), person(n)])
            await asyncio.sleep(0.002)
        assert children() == [] and not own.is_helped

    play(tmp_path / "s.jsonl", session, redact="none")


def test_what_nobody_waits_for_is_recorded_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        for n in range(counts[0], counts[0] + 50):
            own.record([(person(n), None)])

    own = play(path, session)
    recording = open_recording(path)
    assert [item["connection"] for item in recording] == list(range(counts[0] + 50))
    assert own.recorder.written == counts[0] + 50


def test_more_than_fits_between_two_processes_is_recorded(tmp_path: Path) -> None:
    """Each end has to read while it waits for the other: 20 MB one way, 3,000 answers the other."""
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        large = {"displayName": "x " * 3_000}
        many = [facts(n, sent=large) for n in range(1_000)]
        await asyncio.gather(*(record(own, many) for _ in range(3)))

    path = tmp_path / "s.jsonl"
    play(path, session)
    assert numbers(path) == list(range(1, counts[0] + 3_001))


def test_what_it_says_while_more_is_sent_is_heard(tmp_path: Path) -> None:
    async def session(own: Desk) -> None:
        await helped(own)
        scribe = own._scribe
        assert scribe is not None
        loop, end = asyncio.get_running_loop(), scribe._link.socket.fileno()
        loop.remove_reader(end)
        large = {"displayName": "x " * 3_000}
        waiting = [asyncio.create_task(record(own, [facts(sent=large)] * 500)) for _ in range(4)]
        await asyncio.sleep(0)
        assert scribe.waiting < 2_000, "some are confirmed, and nobody waits for them any more"
        loop.add_reader(end, scribe._listen)
        await asyncio.gather(*waiting)

    play(tmp_path / "s.jsonl", session)


def test_it_is_not_for_people_to_start() -> None:
    done = subprocess.run([sys.executable, "-m", "scimmock.scribe"], capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("scimmock.scribe is started by `scimmock serve")


@pytest.mark.parametrize("how_many", [0, 1, 40])
def test_what_a_killed_scribe_had_is_recorded_here(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, how_many: int
) -> None:
    """Whether it had written that already or not: it is there once."""
    path = tmp_path / "s.jsonl"
    total = []

    async def session(own: Desk) -> None:
        count = await helped(own)
        (scribe,) = children()
        os.kill(scribe, signal.SIGSTOP)
        waiting = [asyncio.create_task(record(own, [person(count + n)])) for n in range(how_many)]
        await asyncio.sleep(0.01)
        os.kill(scribe, signal.SIGKILL)
        async with asyncio.timeout(20):
            await asyncio.gather(*waiting)
            await until(lambda: not own.is_helped)
        for n in range(count + how_many, count + how_many + 200):
            await record(own, [person(n), person(n)])
        total.append(count + how_many + 400)

    own = play(path, session)
    assert numbers(path) == list(range(1, total[0] + 1))
    assert own.recorder.account == (total[0], 0, "", "")
    assert len(caplog.messages) == 1 and "was ended by signal 9: this one goes on" in caplog.messages[0]
    people = {
        item["connection"]: item["request"]["body"]["json"]["userName"] for item in open_recording(path)
    }
    assert len(set(people.values())) == len(people)


def test_what_a_scribe_wrote_and_did_not_confirm_is_not_written_again(tmp_path: Path) -> None:
    """It is killed while it writes, and nothing comes of what it said."""
    path = tmp_path / "s.jsonl"
    total = []

    async def session(own: Desk) -> None:
        count = await helped(own)
        (scribe,) = children()
        waiting = asyncio.create_task(record(own, [person(count + n) for n in range(500)]))
        size = path.stat().st_size
        await asyncio.sleep(0)
        while path.stat().st_size < size + 20_000:  # nothing that it says is read meanwhile
            time.sleep(0.0005)
        os.kill(scribe, signal.SIGKILL)
        assert own._scribe is not None
        os.waitid(os.P_PID, scribe, os.WEXITED | os.WNOWAIT)  # its sockets are closed then
        with suppress(ConnectionResetError):
            while own._scribe._link.socket.recv(1_000_000):
                pass
        await waiting
        total.append(count + 500)

    own = play(path, session)
    assert numbers(path) == list(range(1, total[0] + 1))
    assert [item["connection"] for item in open_recording(path)] == list(range(total[0]))
    assert own.recorder.written == total[0] and own.recorder.lost == 0


def test_a_scribe_that_is_gone_and_its_file_too(tmp_path: Path) -> None:
    """The file that is begun then has a header, and what comes from then on."""
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        path.unlink()
        os.kill(children()[0], signal.SIGKILL)
        await until(lambda: not own.is_helped)
        await record(own, [person(1)])

    own = play(path, session)
    assert numbers(path) == [counts[0] + 1] and own.recorder.written == counts[0] + 1


def test_a_file_that_was_moved_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        path.rename(tmp_path / "old.jsonl")
        await asyncio.sleep(0.15)
        await record(own, [person(1)])

    play(path, session)
    assert numbers(tmp_path / "old.jsonl") == list(range(1, counts[0] + 1))
    assert numbers(path) == [counts[0] + 1]


def test_what_cannot_be_sent_is_lost_alone_and_said(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    told: list[str] = []
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        await record(own, [person(1), facts(rules=[{"name": object()}]), person(2)])
        assert own.is_helped and told == ["cannot be recorded: unmarshallable object"]
        await record(own, [facts(rules=[{"name": object()}])])

    own = play(path, session, told=told)
    assert numbers(path) == list(range(1, counts[0] + 3))
    assert own.recorder.account[:2] == (counts[0] + 2, 2) and "unmarshallable" in own.recorder.last_trouble
    assert len(told) == 2, "it had recorded something between"


def test_what_is_lost_after_it_gave_back_is_said(tmp_path: Path) -> None:
    told: list[str] = []

    async def session(own: Desk) -> None:
        await helped(own)
        for n in range(desks._ALONE):
            await record(own, [person(n)])
        assert not own.is_helped
        own.recorder.lose("nothing goes")

    play(tmp_path / "s.jsonl", session, told=told)
    assert told == ["nothing goes"]


def test_a_scribe_that_cannot_be_started_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.jsonl"
    tries = []

    def fails(*args: Any, **options: Any) -> Any:
        tries.append(args)
        raise OSError("no more processes")

    monkeypatch.setattr(beside.subprocess, "Popen", fails)

    async def session(own: Desk) -> None:
        for n in range(100):
            await record(own, [person(n), person(n)])

    own = play(path, session)
    assert numbers(path) == list(range(1, 201)) and own.recorder.lost == 0 and len(tries) == 1


def test_a_scribe_that_ends_before_it_is_ready_is_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.jsonl"
    monkeypatch.setattr(beside.sys, "executable", "/bin/false")

    async def session(own: Desk) -> None:
        for n in range(100):
            await record(own, [person(n), person(n)])
            await asyncio.sleep(0.001)
        assert not own.is_helped

    own = play(path, session)
    assert numbers(path) == list(range(1, 201)) and own.recorder.lost == 0 and caplog.messages == []


def test_a_recorder_that_cannot_be_handed_over_stays_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.jsonl"

    async def session(own: Desk) -> None:
        vars(own.recorder.redactor)["odd"] = lambda: None
        for n in range(100):
            await record(own, [person(n), person(n)])
            await asyncio.sleep(0.005)
        assert not own.is_helped

    play(path, session)
    assert numbers(path) == list(range(1, 201))


def test_a_scribe_that_does_nothing_any_more_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        os.kill(children()[0], signal.SIGSTOP)
        monkeypatch.setattr(beside, "_SECONDS_OF_SILENCE", 0.05)
        assert own._scribe is not None and own._scribe._timer is not None
        own._scribe._timer.cancel()
        own._scribe._look_later()
        await record(own, [person(1), person(2)])
        assert not own.is_helped

    play(path, session)
    assert numbers(path) == list(range(1, counts[0] + 3))
    assert "did nothing for 0.05 seconds: this one goes on" in caplog.messages[0]


@pytest.mark.parametrize("size", [1, 1_000_000], ids=["while it is closed", "while more is sent"])
def test_a_scribe_that_does_nothing_holds_no_server(tmp_path: Path, size: int) -> None:
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        os.kill(children()[0], signal.SIGSTOP)
        assert own._scribe is not None
        own._scribe._link._seconds = 0.05
        own.record([(facts(sent={"displayName": "x " * size}), None)])
        assert own.is_helped == (size == 1)

    play(path, session)
    assert numbers(path) == list(range(1, counts[0] + 2))


def test_another_scimmock_is_no_scribe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(beside, "IDENTITY", ("0.0.0", "line"))

    async def session(own: Desk) -> None:
        async with asyncio.timeout(20):
            while own._helps:
                await record(own, [person(1), person(2)])
                await asyncio.sleep(0.002)
        assert own._scribe is None

    play(tmp_path / "s.jsonl", session)
    assert caplog.messages == []


def test_names_of_the_standard_library_beside_scimmock_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scimmock").symlink_to(Path(beside.__file__).parents[1])
    (tmp_path / "selectors.py").write_text("raise SystemExit('a package of that name')\n")
    monkeypatch.setattr(beside, "_PACKAGES", str(tmp_path))
    play(tmp_path / "s.jsonl", helped)


def test_a_scribe_says_nothing_to_developers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONDEVMODE", "1")
    play(tmp_path / "s.jsonl", helped)
    assert capfd.readouterr().err == ""


@contextmanager
def limited(what: int, soft: int) -> Iterator[None]:
    before = resource.getrlimit(what)
    resource.setrlimit(what, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


@contextmanager
def no_descriptors() -> Iterator[None]:
    """Let this process have no descriptor more."""
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        with limited(resource.RLIMIT_NOFILE, taken[0] + 20):
            with suppress(OSError):
                while True:
                    taken.append(os.dup(taken[0]))
            yield
    finally:
        for descriptor in taken:
            os.close(descriptor)


def test_it_needs_no_more_descriptors(tmp_path: Path) -> None:
    """Neither to wait until there is room for more, nor to have the file back."""
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        with no_descriptors():
            await record(own, [facts(sent={"displayName": "x " * 500_000})])
            assert own.is_helped
            for n in range(desks._ALONE):
                await record(own, [person(n)])
            assert not own.is_helped and own._helps

    own = play(path, session)
    assert numbers(path) == list(range(1, counts[0] + desks._ALONE + 2)) and own.recorder.lost == 0


def test_a_killed_scribe_while_there_are_no_more_descriptors_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        with no_descriptors():
            assert own._scribe is not None
            own._scribe._process.kill()
            await until(lambda: not own.is_helped)
            await record(own, [person(1)])

    own = play(path, session)
    assert numbers(path) == list(range(1, counts[0] + 2)) and own.recorder.lost == 0


def test_a_scribe_is_killed_within_a_line_and_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    told: list[str] = []

    async def session(own: Desk) -> None:
        await helped(own)
        (scribe,) = children()
        os.kill(scribe, signal.SIGSTOP)
        waiting = asyncio.create_task(record(own, [person(1)]))
        await asyncio.sleep(0.01)
        with path.open("ab") as file:
            file.write(b'{"n": 1')
        with limited(resource.RLIMIT_FSIZE, path.stat().st_size):
            os.kill(scribe, signal.SIGKILL)
            await waiting

    own = play(path, session, told=told)
    assert told == ["cannot be written: File too large"] and own.recorder.lost == 1


def test_a_scribe_ends_though_a_fork_of_the_server_lives(tmp_path: Path) -> None:
    found: list[Any] = []

    async def session(own: Desk) -> None:
        await helped(own)
        assert own._scribe is not None
        found.extend((own._scribe._process, own._scribe._link.socket.dup()))  # as a fork has it

    play(tmp_path / "s.jsonl", session)
    process, held = found
    held.close()
    assert process.returncode == 0


def test_a_desk_is_closed_while_its_scribe_starts(tmp_path: Path) -> None:
    async def session(own: Desk) -> None:
        for n in range(desks._TOGETHER):
            await record(own, [person(n), person(n)])
        assert not own.is_helped

    play(tmp_path / "s.jsonl", session)


def test_nothing_that_stops_a_server_stops_its_scribe(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    counts = []

    async def session(own: Desk) -> None:
        counts.append(await helped(own))
        (scribe,) = children()
        assert os.getsid(scribe) != os.getsid(0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(scribe, number)
        await record(own, [person(n) for n in range(20)])
        assert own.is_helped

    play(path, session)
    assert numbers(path) == list(range(1, counts[0] + 21))
