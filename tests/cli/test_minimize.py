"""``scimmock replay --minimize``: from a long session to the few exchanges that show a defect."""

from __future__ import annotations

import random
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.cli.main import main
from scimmock.server.options import ServeOptions
from scimmock.server.run import Ready
from scimmock.traffic.recording import encode_line, make_header, open_recording
from tests.in_process import serving
from tests.noting import Noting, listening
from tests.playback.sessions import STEPS, Client, Recorder

LONG = 500
_HEADERS = {"Authorization": "Bearer scimmock", "Accept": "application/scim+json"}
_DEFECT = {
    "name": "defect",
    "match": {"operation": "replace", "filter": 'title eq "Director"'},
    "do": {"lost_write": True},
}


@pytest.fixture(scope="module")
def ready() -> Iterator[Ready]:
    with serving(ServeOptions(port=0, users=0, groups=0)) as (_, ready):
        yield ready


def tenant(ready: Ready, name: str, seed: int, *faults: dict[str, Any]) -> str:
    """Make an empty directory; returns its base URL."""
    options = {"fixture": "rfc", "users": 0, "groups": 0, "seed": seed, "faults": list(faults)}
    answer = httpx.put(f"{ready.local_url}/_scimmock/tenants/{name}", json=options, trust_env=False)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["base_url"])


@pytest.fixture(scope="module")
def session(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A long session, in the midst of which somebody becomes director and is looked at again."""
    base_url = tenant(ready, "recorded", 1)
    random_ = random.Random(7)
    steps = [name for name in sorted(STEPS) if name not in ("delete", "bulk")]
    with httpx.Client(base_url=base_url, headers=_HEADERS, trust_env=False, timeout=20) as http:
        recorder = Recorder(http)
        client = Client(recorder)
        for _ in range(3):
            client.do("create_user", random_)
        director = client.people[1]
        while len(recorder.session.exchanges) < LONG - 100:
            client.do(random_.choice(steps), random_)
        made = recorder.ask("GET", f"/Users/{director}").json()
        recorder.ask("PUT", f"/Users/{director}", made | {"title": "Director"})
        while len(recorder.session.exchanges) < LONG - 1:
            client.do(random_.choice(["look_up", "list_page", "read_group"]), random_)
        recorder.ask("GET", f"/Users/{director}")
    path = tmp_path_factory.mktemp("session") / "long.jsonl"
    header = make_header("server", base_url, 1_767_600_000.0, fixture="rfc", seed=1, users=0, groups=0)
    path.write_bytes(b"".join(map(encode_line, [header, *recorder.session.exchanges])))
    return path


@pytest.fixture
def noting() -> Iterator[Noting]:
    with listening() as noted:
        yield noted


@dataclass
class Done:
    """How a command ended, and all that it said."""

    code: int
    output: str


Replay = Callable[..., Done]


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Replay:
    """Run ``scimmock replay`` in this process."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["scimmock", "replay", *arguments, "--token", "scimmock"])
        with pytest.raises(SystemExit) as caught:
            main()
        captured = capsys.readouterr()
        return Done(int(caught.value.code or 0), captured.out + captured.err)

    return run


def test_a_defect_in_a_long_session(
    replay: Replay, ready: Ready, session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_url = tenant(ready, "broken", 2, _DEFECT)
    few = tmp_path / "few.jsonl"
    done = replay(str(session), "--to", base_url, "--minimize", str(few), "--ignore", "nickName")
    assert done.code == 1, done.output
    left = list(open_recording(few))
    operations = [one["trace"]["operation"] for one in left]
    assert operations == ["create", "replace", "read"] and left[0]["n"] == 2, done.output
    assert "minimized from" in done.output and f"to {len(left)} exchanges" in done.output
    # What is left shows it by itself, and is well at a service without the defect.
    httpx.delete(f"{ready.local_url}/t/broken/_scimmock/state?faults=true", trust_env=False)
    again = replay(str(few), "--to", base_url)
    assert again.code == 1 and "1 differ" in again.output, again.output
    assert replay(str(few), "--to", tenant(ready, "well", 3)).code == 0
    # So does the test that is written beside it.
    assert "        ignore=('nickName',),\n    )" in (tmp_path / "test_few.py").read_text("utf-8")
    written = runpy.run_path(str(tmp_path / "test_few.py"))["test_session"]
    monkeypatch.setenv("SCIM_TOKEN", "scimmock")
    monkeypatch.setenv("SCIM_BASE_URL", tenant(ready, "healthy", 6))
    written()
    monkeypatch.setenv("SCIM_BASE_URL", tenant(ready, "as-broken", 7, _DEFECT))
    with pytest.raises(AssertionError, match=r'title: "Director" expected|title: Director expected'):
        written()
    assert open_recording(few).header["minimized"] == {"exchange": left[2]["n"], "from": left[2]["n"]}


def test_nothing_to_minimize(replay: Replay, ready: Ready, session: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    done = replay(str(session), "--to", tenant(ready, "same", 4), "--minimize", str(few))
    assert done.code == 0 and not few.exists(), done.output


def test_a_target_that_nothing_puts_back(
    replay: Replay, session: Path, tmp_path: Path, noting: Noting
) -> None:
    few = str(tmp_path / "few.jsonl")
    done = replay(str(session), "--to", noting.url, "--minimize", few)
    assert done.code == 2 and "--reset-url" in done.output
    assert noting.paths() == ["GET /_scimmock/info"]


def test_a_file_that_is_there(replay: Replay, ready: Ready, session: Path, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("mine")
    done = replay(str(session), "--to", ready.base_url, "--minimize", str(few))
    assert done.code == 2 and few.read_text() == "mine"
    assert replay(str(session), "--to", ready.base_url, "--reset-command", "true").code == 2


def test_resets_of_ones_own(replay: Replay, ready: Ready, session: Path, tmp_path: Path) -> None:
    """A command that puts the target back, which is asked for before each attempt."""
    base_url = tenant(ready, "commanded", 5, _DEFECT)
    few, log = tmp_path / "few.jsonl", tmp_path / "resets"
    url = f"{ready.local_url}/t/commanded/_scimmock/state"
    script = tmp_path / "reset.py"
    script.write_text(
        "import sys, urllib.request\n"
        f"urllib.request.urlopen(urllib.request.Request({url!r}, method='DELETE'))\n"
        f"open({str(log)!r}, 'a').write('reset\\n')\n"
    )
    arguments = ["--to", base_url, "--minimize", str(few), "--reset-command", f"{sys.executable} {script}"]
    done = replay(str(session), *arguments)
    assert done.code == 1, done.output
    assert len(list(open_recording(few))) == 3
    attempts = int(done.output.partition(" attempts")[0].rpartition(" ")[2])
    assert len(log.read_text().splitlines()) == attempts + 1
