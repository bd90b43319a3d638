"""Shared fixtures: a real server process on a free port, and fresh tenants of it for each test."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import settings

from scimmock.cli.main import COMMANDS
from tests.warm import Nursery, Process

# In CI the same examples each time: new ones are for developers to find and to mend.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

_PEER = Path(__file__).parents[1] / "benchmarks" / "peer.py"
_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """httpx reads all that certifi has for each client and each ``httpx.get``: 25 ms, here spent once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("httpx._transports.default.create_ssl_context", cache(httpx.create_ssl_context))
        yield


@dataclass
class LiveServer:
    """A ``scimmock serve`` process; ``ready`` is the content of its ready file."""

    process: subprocess.Popen[str] | Process
    ready: dict[str, Any]
    log: Path

    @property
    def url(self) -> str:
        return str(self.ready["url"])

    @property
    def base_url(self) -> str:
        return str(self.ready["base_url"])

    @property
    def address(self) -> tuple[str, int]:
        parsed = httpx.URL(self.url)
        assert parsed.port is not None
        return parsed.host, parsed.port

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=15)

    def client(self, **options: Any) -> httpx.Client:
        """Return a client of the default tenant with the server's token."""
        headers = {"Authorization": f"Bearer {self.ready['token']}"} if self.ready["token"] else {}
        return httpx.Client(base_url=self.base_url, headers=headers, timeout=20, **options)


Launch = Callable[..., LiveServer]


def clean_environment() -> dict[str, str]:
    """Return the environment without what is set for scimmock."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """What starts ``scimmock`` quickly."""
    modules = [f"scimmock.cli.{module}" for module, _ in COMMANDS.values()]
    modules += [
        "scimmock.server.run",
        "scimmock.server.recording",
        "scimmock.server.replaying",
        "uvicorn.lifespan.off",
        "uvicorn.loops.auto",
    ]
    made = Nursery("scimmock.cli:main", *modules)
    yield made
    made.close()


@pytest.fixture(scope="session")
def warm_mitmproxy() -> Iterator[Nursery]:
    """What starts mitmdump quickly; of scimmock it has nothing, as the addon brings that."""
    pytest.importorskip("mitmproxy")
    made = Nursery("mitmproxy.tools.main:mitmdump", "mitmproxy.tools.dump")
    yield made
    made.close()


def _launcher(folder: Path, servers: list[LiveServer], nursery: Nursery) -> Launch:
    def launch(
        *args: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        cold: bool = False,
        first: str = "",
    ) -> LiveServer:
        number = next(_numbers)
        ready_file, log = folder / f"ready-{number}.json", folder / f"log-{number}.txt"
        arguments = ["serve", "--port", "0", "--ready-file", str(ready_file), *args]
        environment = clean_environment() | (env or {})
        process: subprocess.Popen[str] | Process
        with log.open("w") as output:
            if cold or first:
                code = f"{first or 'pass'}; from scimmock.cli import main; main()"
                process = subprocess.Popen(
                    [sys.executable, "-c", code, *arguments],
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    text=True,
                    env=environment,
                    cwd=cwd or folder,
                )
            else:
                process = nursery.start(*arguments, output=output, env=environment, cwd=cwd or folder)
        deadline = time.monotonic() + 30
        while not ready_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError(f"the server did not start: {log.read_text()}")
            time.sleep(0.01)
        server = LiveServer(process, json.loads(ready_file.read_text()), log)
        servers.append(server)
        return server

    return launch


@pytest.fixture
def launch(tmp_path: Path, nursery: Nursery) -> Iterator[Launch]:
    """Start servers with arguments of one's own: ``launch("--users", "5")``; they end with the test.

    They start warm unless ``cold`` is asked for; ``first`` is a statement that a process executes before.
    """
    servers: list[LiveServer] = []
    yield _launcher(tmp_path, servers, nursery)
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def launch_for_module(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[Launch]:
    """The same for servers that all tests of a module use."""
    servers: list[LiveServer] = []
    yield _launcher(tmp_path_factory.mktemp("servers"), servers, nursery)
    for server in servers:
        server.stop()


Here = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Run ``scimmock`` with arguments in this process, which is cheaper than one of its own.

    What ends with a traceback fails the test, and so does a server that would run.
    """
    from scimmock.cli.main import main
    from scimmock.server.run import Running

    def run_command(
        *arguments: str, env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as patch:
            patch.chdir(cwd or tmp_path)
            for name in os.environ.keys() - clean_environment().keys():
                patch.delenv(name)
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            patch.setattr("sys.argv", ["scimmock", *arguments])
            patch.setattr(Running, "serve", lambda *_: pytest.fail("the server was started"))
            with pytest.raises(SystemExit) as caught:
                main()
        said = capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return subprocess.CompletedProcess(arguments, caught.value.code, said.out, said.err)

    return run_command


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory, nursery: Nursery) -> Iterator[LiveServer]:
    """One ``rfc`` server for the whole session; tests use tenants of it."""
    servers: list[LiveServer] = []
    launch = _launcher(tmp_path_factory.mktemp("server"), servers, nursery)
    yield launch("--users", "0", "--groups", "0")
    for server in servers:
        assert server.stop() == 0


@pytest.fixture(scope="session")
def control(shared_server: LiveServer) -> Iterator[httpx.Client]:
    """A client of the shared server's control API."""
    with httpx.Client(base_url=f"{shared_server.url}/_scimmock", verify=False, timeout=20) as client:
        yield client


@pytest.fixture
def tenant(control: httpx.Client) -> Iterator[Callable[..., httpx.Client]]:
    """Make fresh tenants: ``tenant(fixture="okta", users=3)`` returns a client of its SCIM base."""
    made: list[tuple[str, httpx.Client]] = []

    def make(**options: Any) -> httpx.Client:
        name = f"test-{os.getpid()}-{next(_numbers)}"
        answer = control.put(f"/tenants/{name}", json={"users": 0, "groups": 0, **options})
        assert answer.status_code == 201, answer.text
        about = answer.json()
        client = httpx.Client(
            base_url=about["base_url"],
            headers={"Authorization": f"Bearer {about['token']}"},
            verify=False,
            timeout=20,
        )
        made.append((name, client))
        return client

    yield make
    for name, client in made:
        client.close()
        control.delete(f"/tenants/{name}")


@pytest.fixture
def scim(tenant: Callable[..., httpx.Client]) -> httpx.Client:
    """A client of an empty directory with the strict ``rfc`` behaviour."""
    return tenant()


@pytest.fixture
def okta(tenant: Callable[..., httpx.Client]) -> httpx.Client:
    """A client of an empty directory with the ``okta`` behaviour."""
    return tenant(fixture="okta")


# ---- a server of others


@pytest.fixture(scope="session")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """scim2-server, a strict one of others, in a process of its own: its ready file."""
    folder = tmp_path_factory.mktemp("peer")
    ready, log = folder / "ready.json", folder / "log.txt"
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, str(_PEER), str(ready)], stdout=output, stderr=output)
    try:
        end = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait(timeout=15)


@pytest.fixture
def peer_directory(peer: dict[str, Any]) -> Iterator[httpx.Client]:
    """A client of that server, which is empty again after the test."""
    headers = {"Authorization": f"Bearer {peer['token']}"}
    with httpx.Client(base_url=peer["base_url"], headers=headers, timeout=20) as client:
        yield client
        for endpoint in ("/Groups", "/Users"):
            for resource in all_resources(client, endpoint):
                assert client.delete(f"{endpoint}/{resource['id']}").status_code == 204


def all_resources(client: httpx.Client, endpoint: str) -> list[dict[str, Any]]:
    """Return all resources of that server in one page."""
    found = client.get(endpoint, params={"count": "1000"}).json()
    assert found["totalResults"] == len(found.get("Resources", []))
    return list(found.get("Resources", []))
