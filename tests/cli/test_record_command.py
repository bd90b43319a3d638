"""``record`` and ``addon-path``, as processes between a real client and a real server."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import httpx
import pytest

from scimmock.cli.record import command
from scimmock.traffic.recording import open_recording

from ..command_lines import root
from ..conftest import USER, Launch, LiveServer
from ..warm import Nursery

pytest.importorskip("mitmproxy")

TOKEN = {"Authorization": "Bearer scimmock"}
Record = Callable[..., "Recording"]


class Recording:
    """A ``scimmock record`` on a free port."""

    def __init__(self, nursery: Nursery, folder: Path, number: int, arguments: tuple[str, ...]) -> None:
        self._ready = folder / f"recorder-{number}.json"
        self._output = folder / f"recorder-{number}.txt"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
        environment["XDG_STATE_HOME"] = str(folder / "state")
        given = ["record", "--port", "0", "--ready-file", str(self._ready), *arguments]
        with self._output.open("w") as output:
            self.process = nursery.start(*given, output=output, env=environment, cwd=folder)

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + 30
        while not self._ready.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it did not start: {self.output}")
            time.sleep(0.01)
        found: dict[str, Any] = json.loads(self._ready.read_text())
        return found

    def stop(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=30)
        assert "Traceback" not in self.output, self.output
        return code


@pytest.fixture
def record(tmp_path: Path, nursery: Nursery) -> Iterator[Record]:
    """Start recorders; they end with the test."""
    made: list[Recording] = []

    def start(*arguments: str) -> Recording:
        made.append(Recording(nursery, tmp_path, len(made), arguments))
        return made[-1]

    yield start
    for recording in made:
        if recording.process.poll() is None:
            recording.stop()


@pytest.fixture(scope="module")
def server(launch_for_module: Launch) -> LiveServer:
    return launch_for_module("--users", "1", "--groups", "0")


def create(base_url: str, name: str, **options: Any) -> httpx.Response:
    body = {"schemas": [USER], "userName": name}
    with httpx.Client(trust_env=False, headers=TOKEN, **options) as client:
        return client.post(f"{base_url}/Users", json=body)


def test_a_session_from_start_to_end(server: LiveServer, record: Record, tmp_path: Path) -> None:
    """It says where to point the provider, shows what passes, and sums up; Ctrl-C is a good end."""
    recording = record("--upstream", server.base_url, "--out", "s.jsonl")
    ready = recording.ready
    assert ready["base_url"].endswith("/scim/v2") and ready["recording"] == str(tmp_path / "s.jsonl")
    made = create(ready["base_url"], "bjensen@corp.example")
    assert made.status_code == 201
    assert made.headers["location"].startswith(f"{ready['base_url']}/Users/")
    deadline = time.monotonic() + 10
    while "POST User" not in recording.output and time.monotonic() < deadline:
        time.sleep(0.05)
    assert recording.stop() == 0 and not recording._ready.exists()
    told = recording.output
    assert f"address for the identity provider: {ready['base_url']}\n" in told and "tunnel" in told
    assert "  201  " in told and "POST User" in told
    assert "\n1 exchange in s.jsonl\n" in told and "replaced " in told and "userName" in told
    assert "bjensen" not in told + (tmp_path / "s.jsonl").read_text()
    (exchange,) = open_recording(tmp_path / "s.jsonl")
    assert exchange["request"]["path"] == "/Users" and exchange["response"]["status"] == 201
    assert (tmp_path / "state" / "scimmock" / "mitmproxy" / "mitmproxy-ca-cert.pem").exists()


def test_append_and_force(server: LiveServer, record: Record, tmp_path: Path) -> None:
    """A file that is there is refused before anything starts; one option goes on with it, one replaces it."""
    out = ("--upstream", server.base_url, "--out", "s.jsonl", "--redact", "none")
    first = record(*out)
    create(first.ready["base_url"], "one")
    assert first.stop(signal.SIGTERM) == 0
    begin = time.monotonic()
    refused = record(*out)
    assert refused.stop(0) == 2 and time.monotonic() - begin < 3
    assert "is there already, --append goes on with it, --force replaces it" in refused.output
    more = record(*out, "--append", "--print", "json")
    create(more.ready["base_url"], "two")
    assert more.stop() == 0
    ready, summary = map(json.loads, more.output.splitlines())
    assert ready["recording"] == str(tmp_path / "s.jsonl") and summary["written"] == 1
    names = [each["request"]["body"]["json"]["userName"] for each in open_recording(tmp_path / "s.jsonl")]
    assert names == ["one", "two"]
    anew = record(*out, "--force", "--quiet")
    create(anew.ready["base_url"], "three")
    assert anew.stop() == 0 and anew.output == ""
    names = [each["request"]["body"]["json"]["userName"] for each in open_recording(tmp_path / "s.jsonl")]
    assert names == ["three"]
    other = record("--upstream", server.base_url, "--out", "s.jsonl", "--append", "--redact", "secrets")
    assert other.process.wait(timeout=30) == 2 and "another --redact" in other.output


def test_whose_host_the_upstream_gets(launch: Launch, record: Record, tmp_path: Path) -> None:
    """Its own by default; with --keep-host the one of the client, by which it names its resources."""
    server = launch("--users", "0", "--groups", "0")
    kept = record("--upstream", server.base_url, "--out", "k.jsonl", "--keep-host", "--redact", "none")
    ready = kept.ready
    made = create(ready["base_url"], "kept")
    assert made.headers["location"].startswith(f"{ready['base_url']}/Users/")
    assert kept.stop() == 0
    (exchange,) = open_recording(tmp_path / "k.jsonl")
    host = dict(map(tuple, exchange["request"]["headers"]))["Host"]
    assert host == ready["url"].partition("//")[2] != server.url.partition("//")[2]


def test_regular_mode(server: LiveServer, record: Record, tmp_path: Path) -> None:
    """What goes to the service is recorded, what goes elsewhere passes; how to trust it is said."""
    other = socket.create_server(("127.0.0.1", 0))
    other.close()
    recording = record("--mode", "regular", "--upstream", server.base_url, "--out", "s.jsonl")
    proxy = recording.ready["url"]
    assert create(server.base_url, "regular", proxy=proxy).status_code == 201
    with httpx.Client(proxy=proxy, trust_env=False) as client:
        elsewhere = f"http://localhost:{server.address[1]}/_scimmock/healthz"
        assert client.get(elsewhere).status_code in (200, 404, 421)
    assert recording.stop() == 0
    assert "mitmproxy-ca-cert.pem" in recording.output and f"HTTPS_PROXY={proxy}" in recording.output
    assert "1 request to others was not recorded" in recording.output
    (exchange,) = open_recording(tmp_path / "s.jsonl")
    assert exchange["request"]["path"] == "/Users"


def test_exchanges_that_are_lost(server: LiveServer, record: Record) -> None:
    """When mitmdump is killed, or cannot write, the exit code is 6 and it is said."""
    recording = record("--upstream", server.base_url, "--out", "s.jsonl")
    create(recording.ready["base_url"], "killed")
    children = Path(f"/proc/{recording.process.pid}/task/{recording.process.pid}/children")
    if not children.exists():
        pytest.skip("the process of mitmdump is found by /proc")
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    assert recording.process.wait(timeout=20) == 6
    assert "exchanges may be lost" in recording.output


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--upstream", "app.example"), 2, "https://app.example/scim/v2 would be one"),
        (("--upstream", "ftp://app.example"), 2, "is no URL"),
        (("--upstream", "https://app.example?x"), 2, "is no URL"),
        (("--upstream", "http://a", "--append", "--force"), 2, "choose one"),
        (("--upstream", "http://a", "--mode", "regular", "--keep-host"), 2, "--mode reverse"),
        (("--upstream", "http://a", "--out", "no/such/folder.jsonl"), 4, "no such folder"),
        (("--upstream", "http://a", "--ready-file", "no/such/ready.json"), 4, "no such folder"),
        (("--upstream", "http://a", "--host", "192.0.2.77"), 3, "192.0.2.77"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_wrong_options(
    options: tuple[str, ...],
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They are refused before mitmdump is started."""
    from scimmock.cli.main import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("it was started"))
    monkeypatch.setattr("sys.argv", ["scimmock", "record", "--out", "s.jsonl", *options])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == code and says in capsys.readouterr().err


def test_a_refusal_of_the_addon_names_the_options_of_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from scimmock.cli.mitmdump import Mitmdump
    from scimmock.errors import UsageError

    ended = SimpleNamespace(poll=lambda: 1, kill=lambda: None, wait=lambda: 1)
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: ended)
    dump = Mitmdump(tmp_path, [])
    refused = {"refused": "scim_public_url: 'x' is no URL, scim_redact_key is right", "exit_code": 2}
    dump._summary.write_text(json.dumps(refused))
    with pytest.raises(UsageError, match=r"^--public-url: 'x' is no URL, --redact-key is right"):
        dump.wait_until_ready()


def test_a_taken_port(server: LiveServer, run: Any) -> None:
    done = run("record", "--upstream", "http://a", "--out", "s.jsonl", "--port", str(server.address[1]))
    assert done.returncode == 3 and "--port" in done.stderr


def test_without_mitmproxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says exactly what to install."""
    from scimmock.cli import mitmdump
    from scimmock.errors import UsageError

    monkeypatch.setattr(mitmdump.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(mitmdump.shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'scimmock\[record\]'"):
        mitmdump.Mitmdump(tmp_path, [])


def test_what_cannot_be_recorded_is_refused_by_the_addon(server: LiveServer, run: Any) -> None:
    """What only the addon can know to be wrong is said as every other thing."""
    out = ("record", "--upstream", server.base_url, "--out", "s.jsonl", "--port", "0")
    done = run(*out, "--public-url", "https://tunnel.example/scim", env={"XDG_STATE_HOME": "state"})
    assert done.returncode == 2 and "paths stay as they are" in done.stderr
    assert done.stderr.startswith("scimmock: ")


DOCS = Path(__file__).parents[2] / "docs" / "record.md"


def test_the_examples_of_the_documentation_have_options_that_exist() -> None:
    lines = re.findall(r"^scimmock record (.*)$", DOCS.read_text("utf-8"), re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        with command.make_context("record", shlex.split(line), parent=root()) as context:
            assert re.fullmatch(r"https?://[^/]+(/.*)?", context.params["upstream"]), line


def test_every_option_is_documented() -> None:
    text = DOCS.read_text("utf-8")
    options = [option.opts[-1] for option in command.params if isinstance(option, click.Option)]
    assert [option for option in options if f"`{option}" not in text] == []


def test_addon_path(run: Any) -> None:
    """It is the file that mitmproxy takes."""
    path = Path(run("addon-path").stdout.strip())
    assert path.name == "addon.py" and "addons = [" in path.read_text()
