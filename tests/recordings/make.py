"""Makes the shipped recordings anew: ``python -m tests.recordings.make [WORD]...`` from the project's root.

``recordings/sessions.yaml`` says what is played.  Each session is one of `scimmock provision` against a
`scimmock serve` of its own, recorded as it was, with the clock of the server frozen at the beginning; then
addresses become those of the list, and people get pseudonyms with the published key.  A file
that says the same already stays as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx

from scimmock.cli.provision import command
from scimmock.clock import parse_time
from scimmock.traffic.recording import encode_line, open_recording
from scimmock.traffic.redact.redactor import Redactor
from scimmock.traffic.redact.session import redact_session
from scimmock.yamlfile import read_yaml
from tests.recordings.likeness import essence
from tests.warm import Process

RECORDINGS = Path(__file__).parents[2] / "recordings"
_LIST = read_yaml(RECORDINGS / "sessions.yaml").data
_PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Session:
    """One session of the list; ``faults`` is a pack, or rules."""

    file: str
    shows: str
    as_: str
    fixture: str
    users: int
    groups: int
    seed: int
    scenarios: list[str]
    faults: str | list[dict[str, Any]] = field(default_factory=list)
    exit: int = 0

    @property
    def path(self) -> Path:
        """Return where it is shipped."""
        return RECORDINGS / self.file


Started = subprocess.Popen[bytes] | Process
Start = Callable[[list[str], Path], Started]


def _start(arguments: list[str], folder: Path) -> Started:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    return subprocess.Popen([sys.executable, "-m", "scimmock", *arguments], env=environment, cwd=folder)


def sessions() -> list[Session]:
    """Return the list."""
    return [
        Session(**{"as_" if key == "as" else key: value for key, value in one.items()})
        for one in _LIST["sessions"]
    ]


def key() -> bytes:
    """Return the published key of the pseudonyms."""
    return hashlib.sha256(_LIST["phrase"].encode()).digest()


def make(session: Session, path: Path, folder: Path, start: Start) -> None:
    """Play a session and write its recording; ``folder`` is for files in between.

    ``start`` runs ``scimmock`` with arguments in that folder.
    """
    raw = folder / "raw.jsonl"
    faults = folder / "faults.json"
    if isinstance(session.faults, list):
        faults.write_text(json.dumps({"faults": session.faults}))
    pack = session.faults if isinstance(session.faults, str) else str(faults)
    with _server(session, pack, folder, start) as ready:
        local = ready["local_url"]
        base_path = ready["base_url"].removeprefix(ready["url"])
        answer = httpx.post(f"{local}/_scimmock/clock", json={"freeze": _LIST["clock"]}, trust_env=False)
        assert answer.status_code == 200, answer.text
        # What the header says of the service, that says itself.
        code = command.main(
            [
                *("--as", session.as_, "--to", f"{local}{base_path}", "--token", ready["token"]),
                *("--users", str(session.users), "--groups", str(session.groups)),
                *("--seed", str(session.seed), "--record", str(raw), "--redact", "none", "--quiet"),
                *(part for name in session.scenarios for part in ("--scenario", name)),
            ],
            prog_name="scimmock provision",
            standalone_mode=False,
        )
    assert code == session.exit, f"{session.file}: exit {code}, not {session.exit}"
    recording = open_recording(raw)
    header = recording.header | {"base_url": ready["base_url"], "synthetic": True}
    netloc = local.removeprefix("http://")
    redactor = Redactor("pseudonyms", key(), publish=True)
    shown, exchanges = redact_session(header, lambda: (_settled(one, netloc) for one in recording), redactor)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(encode_line, [shown, *exchanges()])))


@contextmanager
def _server(session: Session, pack: str, folder: Path, start: Start) -> Iterator[dict[str, Any]]:
    """Run the service; yields what its ready file says."""
    ready = folder / "ready.json"
    arguments = [
        "serve",
        *("--fixture", session.fixture, "--users", "0", "--groups", "0", "--seed", str(session.seed)),
        *("--port", "0", "--public-url", f"http://{_LIST['address']}", "--ready-file", str(ready), "--quiet"),
        *(("--faults", pack) if session.faults else ()),
    ]
    process = start(arguments, folder)
    try:
        deadline = time.monotonic() + _PATIENCE
        while not ready.exists():
            assert process.poll() is None and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _settled(exchange: dict[str, Any], netloc: str) -> dict[str, Any]:
    """Return an exchange with the address of the list, and with the Date that the clock showed."""
    request, response = exchange["request"], exchange["response"]
    found = {"n": exchange["n"], **exchange}
    host = [[name, _LIST["address"] if value == netloc else value] for name, value in request["headers"]]
    found["request"] = {**request, "headers": host}
    if response is not None:
        date = formatdate(parse_time(exchange["at"]), usegmt=True)
        dated = [[name, date if name.lower() == "date" else value] for name, value in response["headers"]]
        found["response"] = {**response, "headers": dated}
    return found


def main(words: list[str]) -> None:
    """Make all sessions, or those with one of the words in their name."""
    for session in sessions():
        if words and not any(word in session.file for word in words):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "made.jsonl")
            make(session, path, Path(folder), _start)
            is_same = session.path.exists() and essence(session.path) == essence(path)
            if not is_same:
                session.path.parent.mkdir(parents=True, exist_ok=True)
                session.path.write_bytes(path.read_bytes())
            size = f"{session.path.stat().st_size / 1000:.0f} kB"
        print(f"{session.file}: {'as it was' if is_same else 'made anew'}, {size}")


if __name__ == "__main__":
    main(sys.argv[1:])
