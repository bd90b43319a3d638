"""How a run of the addon fares and ends: files, disks that are full, kills, defects, other environments."""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from scimmock.cli.addon_path import ADDON

from ..conftest import USER
from .conftest import RUN, Dump, Raw, document

pytest.importorskip("mitmproxy")

PERSON = {
    "schemas": [USER],
    "id": "1",
    "userName": "bjensen@example.com",
}
BODY = json.dumps(PERSON, separators=(",", ":")).encode()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Raw]:
    raw = Raw({"Users": lambda connection, _: connection.sendall(document(BODY))})
    yield raw
    raw.stop()


def ask(dump: Dump, count: int) -> int:
    """Ask as fast as one connection can; returns how many answers came whole."""
    connection = http.client.HTTPConnection(*dump.address, timeout=10)
    done = 0
    try:
        for _ in range(count):
            connection.request("GET", "/scim/v2/Users")
            done += connection.getresponse().read() == BODY
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
    return done


def test_the_end_of_a_run(upstream: Raw, mitmdump: Callable[..., Dump]) -> None:
    """It ends with 0, the ready file is gone, and the summary says what there is."""
    dump = mitmdump(f"reverse:{upstream.url}", scim_redact="secrets")
    assert dump.ready["pid"] == dump.process.pid and dump.ready["recording"] == str(dump.path)
    assert ask(dump, 3) == 3
    assert dump.stop(signal.SIGINT) == 0 and dump.output == ""
    assert not dump._ready_file.exists()
    assert (dump.summary["written"], dump.summary["lost"], dump.summary["trouble"]) == (3, 0, "")
    assert dump.header["redaction"]["mode"] == "secrets"


def test_a_recording_is_continued_or_replaced(upstream: Raw, mitmdump: Callable[..., Dump]) -> None:
    first = mitmdump(f"reverse:{upstream.url}")
    assert ask(first, 2) == 2 and first.stop() == 0
    more = mitmdump(f"reverse:{upstream.url}", scim_record=first.path, scim_on_existing="append")
    assert ask(more, 2) == 2 and more.stop() == 0
    assert [each["n"] for each in more.exchanges()] == [1, 2, 3, 4]
    assert more.exchanges()[-1]["t"] > more.exchanges()[0]["t"]
    anew = mitmdump(f"reverse:{upstream.url}", scim_record=first.path, scim_on_existing="force")
    assert ask(anew, 1) == 1 and anew.stop() == 0
    assert [each["n"] for each in anew.exchanges()] == [1]


def test_a_disk_that_is_full(upstream: Raw, mitmdump: Callable[..., Dump]) -> None:
    """The traffic goes on, it is said at once and once, what is written is whole, the end is 6."""
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); {RUN}"
    dump = mitmdump(f"reverse:{upstream.url}", code=limited)
    assert ask(dump, 10) == 10
    assert dump.output.count("cannot be written") == 1 and str(dump.path) in dump.output
    assert dump.stop() == 6
    written = len(dump.exchanges())
    assert 0 < written < 10 and dump.path.read_bytes().endswith(b"\n")
    assert (dump.summary["written"], dump.summary["lost"]) == (written, 10 - written)
    assert "cannot be written" in dump.summary["trouble"]


def test_a_defect_loses_nothing_silently(
    upstream: Raw, mitmdump: Callable[..., Dump], tmp_path: Path
) -> None:
    """Where an exchange cannot be told, the client has its answer, the file says so, and the end is 6."""
    defect = tmp_path / "defect.py"
    defect.write_text(
        "import scimmock.proxy.session as session, scimmock.proxy.leading as leading\n"
        "def broken(*_, **__): raise RuntimeError('a defect')\n"
        "session.document_of = leading.lead = broken\n"
    )
    dump = mitmdump(f"reverse:{upstream.url}", "-s", str(defect))
    assert ask(dump, 2) == 2
    assert [each["response"]["status"] for each in dump.exchanges(2)] == [200, 200]
    assert {each["error"]["kind"] for each in dump.exchanges()} == {"incomplete"}
    assert dump.stop() == 6
    assert dump.output.count("an exchange cannot be told: RuntimeError: a defect") == 1
    assert dump.output.count("an answer cannot be led back: RuntimeError: a defect") == 1
    assert "Traceback" not in dump.output and dump.summary["incomplete"] == 4


def test_a_kill_at_full_speed(upstream: Raw, mitmdump: Callable[..., Dump]) -> None:
    """SIGKILL loses nothing that a client had an answer to: an exchange is on disk before that leaves."""
    dump = mitmdump(f"reverse:{upstream.url}")
    counts: list[int] = []
    assert ask(dump, 1) == 1
    threads = [threading.Thread(target=lambda: counts.append(ask(dump, 100_000))) for _ in range(3)]
    for thread in threads:
        thread.start()
    dump.exchanges(200)
    dump.process.kill()
    for thread in threads:
        thread.join(timeout=20)
    dump.process.wait(timeout=20)
    lines = dump.path.read_bytes().splitlines(keepends=True)[1:]
    whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    answered = sum(counts) + 1
    assert answered <= len(whole) <= answered + 3 and len(lines) - len(whole) <= 1
    assert all(each["response"]["body"]["json"] == PERSON for each in whole)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_memory_is_flat(upstream: Raw, mitmdump: Callable[..., Dump]) -> None:
    """What was recorded is not kept."""

    def resident() -> float:
        pages = int(Path(f"/proc/{dump.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    dump = mitmdump(f"reverse:{upstream.url}", scim_redact="pseudonyms")
    assert ask(dump, 200) == 200
    before = resident()
    assert ask(dump, 600) == 600
    assert resident() - before < 3  # megabytes; what is recorded in between is kept nowhere


BLOCKED = ("msgspec", "starlette", "httpx", "yaml", "tinydb", "rich", "uvicorn")


def test_where_nothing_but_mitmproxy_is_installed(
    upstream: Raw, mitmdump: Callable[..., Dump], tmp_path: Path
) -> None:
    """The addon finds its package beside its own file, and needs no other."""
    beside = str(ADDON.parents[2])
    code = (
        "import sys\n"
        "class Blocker:\n"
        f"    before = sys.path.count({beside!r})\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        found = sys.path[-1] == {beside!r} and sys.path.count({beside!r}) > self.before\n"
        f"        if name.partition('.')[0] in {BLOCKED} or (name == 'scimmock' and not found):\n"
        "            raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Blocker())\n"
        f"{RUN}"
    )
    dump = mitmdump(f"reverse:{upstream.url}", code=code, scim_redact="pseudonyms")
    assert ask(dump, 1) == 1
    (exchange,) = dump.exchanges(1)
    assert exchange["response"]["body"]["json"]["userName"] != "bjensen@example.com"
    assert dump.stop() == 0
    refused = mitmdump(f"reverse:{upstream.url}", code=code, scim_faults="flaky-network")
    assert refused.process.wait(timeout=30) == 1 and "pip install scimmock" in refused.output


def test_fault_rules_leave_their_mark(upstream: Raw, mitmdump: Callable[..., Dump], tmp_path: Path) -> None:
    """What a rule made of an answer, and what the service had said, are both recorded."""
    rules = tmp_path / "faults.yaml"
    rules.write_text(
        "- {name: busy, when: {first: 1}, do: {status: 503}}\n"
        "- {name: cut, when: {after: 1}, do: {truncate: 5}}\n"
    )
    dump = mitmdump(f"reverse:{upstream.url}", scim_faults=rules)
    assert httpx.get(f"{dump.url}/scim/v2/Users", trust_env=False).status_code == 503
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{dump.url}/scim/v2/Users", trust_env=False)
    busy, cut = dump.exchanges(2)
    assert busy["response"]["status"] == 503 and busy["trace"]["rule"] == "busy"
    assert cut["trace"]["rule"] == "cut" and cut["error"]["kind"] == "truncated"
    assert cut["upstream"]["body"]["json"] == PERSON and cut["response"]["status"] == 200
    assert dump.stop() == 0
    assert [rule["name"] for rule in dump.header["faults"]] == ["busy", "cut"] and dump.header["seed"] == 1


def test_python_that_is_too_old() -> None:
    """The addon itself can be read by older Pythons, which then are told what is needed."""
    import ast

    ast.parse(ADDON.read_text("utf-8"), feature_version=(3, 10))
    assert sys.version_info >= (3, 11)
