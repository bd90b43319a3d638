"""A desk with a recorder of its own, and exchanges to record."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from scimmock.quickjson import line
from scimmock.scribe.beside import Item, helps_here
from scimmock.server.desk import Desk
from scimmock.traffic.recorded import Facts
from scimmock.traffic.recorder import Recorder
from scimmock.traffic.recording import make_header
from scimmock.traffic.redact.redactor import RedactMode, Redactor

AT = 1_790_000_000.0
KEY = bytes(range(32))

needs_processors = pytest.mark.skipif(not helps_here(), reason="a scribe is for two processors or more")


def facts(
    n: int = 0,
    method: str = "POST",
    path: str = "/Users",
    sent: Any = None,
    told: Any = None,
    query: bytes = b"",
    **more: Any,
) -> Facts:
    """Return what is known of an exchange; documents become bodies."""
    request, answer = (b"" if each is None else json.dumps(each).encode() for each in (sent, told))
    known: dict[str, Any] = {
        "path": path,
        "base": None,
        "spelled": ((b"Host", b"app.acme.org"), (b"User-Agent", b"Okta SCIM Client 1.0.0")),
        "added": ((b"date", b"Mon, 21 Sep 2026 14:13:20 GMT"),),
        "method": method,
        "query": query,
        "http": "1.1",
        "request_body": request,
        "request_size": len(request),
        "status": 200,
        "response_body": answer,
        "response_headers": [(b"content-type", b"application/scim+json")],
        "at": AT + n,
        "begin": n,
        "received": n + 0.001,
        "answered": n + 0.002,
        "end": n + 0.002,
        "connection": n,
        "error": None,
        "upstream": None,
        "operation": "create",
        "resource": "Users",
        "id": None,
        "tenant": "",
        "quirks": (),
        "rules": None,
        "speaks": None,
        "is_own": False,
    }
    return Facts(**{**known, **more})


def person(n: int) -> Facts:
    """Return the creation of a user, and what is answered to that."""
    user = {
        "userName": f"given{n}.family{n % 7}@acme.org",
        "displayName": f"Given{n} Family{n % 7}",
        "emails": [{"value": f"g{n}@mail.acme.org", "type": "work"}],
    }
    return facts(n, sent=user, told={**user, "id": f"2819c223-7f76-453a-919d-{n:012d}"})


def recorder(path: Path, told: list[str] | None = None, redact: RedactMode = "pseudonyms") -> Recorder:
    """Return a recorder of a new file."""
    header = make_header("server", "http://app.acme.org/scim/v2", AT, fixture="rfc")
    on_lost = told.append if told is not None else None
    return Recorder(path, header, Redactor(redact, KEY), "new", line, on_lost)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.002)


async def record(desk: Desk, known: Sequence[Facts]) -> None:
    """Let exchanges that came together be recorded, and wait for that."""
    loop = asyncio.get_running_loop()
    items: list[Item] = [(each, loop.create_future()) for each in known]
    desk.record(items)
    async with asyncio.timeout(20):
        for _, done in items:
            assert done is not None
            await done


async def helped(desk: Desk, first: int = 0) -> int:
    """Record pairs of persons until a scribe has the recorder; returns how many there were."""
    count = 0
    async with asyncio.timeout(20):
        while not desk.is_helped:
            await record(desk, [person(first + count), person(first + count + 1)])
            count += 2
            await asyncio.sleep(0.002)
    return count


def children() -> list[int]:
    """Return the processes that this one has started as scribes, and that run."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            is_scribe = b"scimmock.scribe" in (folder / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if is_scribe and state != "Z" and int(parent) == os.getpid():
            found.append(int(folder.name))
    return found
