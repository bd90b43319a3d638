"""The commands that speak to a running server: clock, state, verify, tail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
Command = Callable[..., tuple[int, str, str]]


def create(scim: httpx.Client, name: str) -> str:
    answer = scim.post("/Users", json={"schemas": [USER], "userName": name})
    assert answer.status_code == 201
    return str(answer.json()["id"])


# ---- which server


@pytest.mark.parametrize(
    "arguments",
    [
        ("clock", "show"),
        ("clock", "advance", "1s"),
        ("state", "get"),
        ("state", "reset"),
        ("tail",),
        ("tail", "--follow", "--retry", "0s"),
    ],
    ids=" ".join,
)
def test_nobody_there_is_exit_code_5(command: Command, arguments: tuple[str, ...]) -> None:
    code, output, errors = command(*arguments, "--url", "http://127.0.0.1:1", here=False)
    assert code == 5 and output == "" and "http://127.0.0.1:1" in errors


@pytest.mark.parametrize(
    "url", ["nonsense", "ftp://x", "http://", "http://[::1", "http://a..b", "http://x:y"]
)
def test_what_is_no_url(command: Command, url: str) -> None:
    code, _, errors = command("clock", "show", "--url", url, here=False)
    assert code in (2, 5) and len(errors.strip().splitlines()) == 1


def test_the_scim_base_is_not_the_root(command: Command, shared_server: Any) -> None:
    code, _, errors = command("clock", "show", "--url", shared_server.base_url, here=False)
    assert code == 5 and "root" in errors


def test_a_ready_file_tells_where(command: Command, shared_server: Any, tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text(json.dumps(shared_server.ready))
    assert command("clock", "show", "--ready-file", "ready.json", here=False)[0] == 0
    assert command("clock", "--ready-file", "ready.json", "show", here=False)[0] == 0
    both = ("--ready-file", "ready.json", "--url", shared_server.url)
    assert command("clock", "show", *both, here=False)[0] == 2
    assert command("clock", "show", "--ready-file", "none.json", here=False)[0] == 5
    ready.write_text("[]")
    assert command("clock", "show", "--ready-file", "ready.json", here=False)[0] == 2


@pytest.mark.parametrize("name", ["SCIMMOCK_CLOCK_URL", "SCIMMOCK_CLOCK_SHOW_URL"])
def test_the_environment_tells_where(
    command: Command, shared_server: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, shared_server.url)
    assert command("clock", "show", here=False)[0] == 0


def test_an_option_of_the_group_holds_for_its_commands(
    command: Command, shared_server: Any, scim: httpx.Client
) -> None:
    create(scim, "grouped")
    tenant = scim.base_url.path.split("/")[2]
    code, output, _ = command("state", "--url", shared_server.url, "--tenant", tenant, "get", here=False)
    assert code == 0 and json.loads(output)["Users"][0]["userName"] == "grouped"


def test_a_call_that_is_refused_is_exit_code_2(command: Command) -> None:
    code, output, errors = command("clock", "advance", "soon")
    assert code == 2 and output == "" and "advance" in errors and "200ms" in errors


# ---- clock


def test_clock(command: Command) -> None:
    try:
        assert command("clock", "freeze", "2026-01-01T00:00:00Z")[1] == "2026-01-01T00:00:00.000Z  frozen\n"
        assert command("clock", "advance", "40m")[1] == "2026-01-01T00:40:00.000Z  frozen\n"
        assert command("clock", "show")[1] == "2026-01-01T00:40:00.000Z  frozen\n"
    finally:
        code, output, _ = command("clock", "release")
    assert code == 0 and "frozen" not in output
    try:
        assert "frozen" in command("clock", "freeze")[1]
    finally:
        command("clock", "release")


# ---- state


def test_state_there_and_back(command: Command, scim: httpx.Client, tmp_path: Path) -> None:
    id = create(scim, "kept")
    assert command("state", "get", "--out", "state.json") == (0, "", "")
    scim.delete(f"/Users/{id}")
    assert command("state", "restore", "state.json")[:2] == (0, "1 users, 0 groups\n")
    assert scim.get(f"/Users/{id}").json()["userName"] == "kept"
    assert command("state", "reset")[0] == 0
    assert scim.get("/Users").json()["totalResults"] == 0


def test_state_from_standard_input(
    command: Command, scim: httpx.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps({"Users": [{"userName": "piped"}]}))
    with path.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        assert command("state", "restore", "-")[0] == 0
    assert scim.get("/Users").json()["Resources"][0]["userName"] == "piped"


def test_a_wrong_state_changes_nothing(command: Command, scim: httpx.Client, tmp_path: Path) -> None:
    create(scim, "stays")
    (tmp_path / "text.json").write_text("{")
    code, _, errors = command("state", "restore", "text.json")
    assert code == 4 and "text.json" in errors
    (tmp_path / "wrong.json").write_text('{"Users": [5]}')
    code, _, errors = command("state", "restore", "wrong.json")
    assert code == 2 and "Users[0]" in errors
    assert command("state", "restore", "none.json")[0] == 2
    assert scim.get("/Users").json()["totalResults"] == 1


# ---- verify


@pytest.mark.parametrize("form", ["expect:\n{}", "{}"])
def test_verify(command: Command, scim: httpx.Client, tmp_path: Path, form: str) -> None:
    create(scim, "bjensen")
    good = """\
- operation: create
  filter: userName eq "bjensen"
  times: 1
- {operation: delete, never: true}
"""
    (tmp_path / "e.yaml").write_text(form.format(good))
    code, output, _ = command("verify", "e.yaml")
    assert code == 0
    assert output.splitlines() == [
        'ok      create, filter userName eq "bjensen", times 1 (1 found)',
        "ok      delete, never true (0 found)",
        "1 exchange checked",
    ]
    (tmp_path / "e.yaml").write_text(form.format(good.replace("bjensen", "<carol>")))
    code, output, _ = command("verify", "e.yaml", "--junit", "report.xml")
    assert code == 1
    assert 'FAILED  create, filter userName eq "<carol>", times 1' in output
    assert "nearest: 1  POST User bjensen -> 201" in output
    assert 'filter: wanted userName eq "<carol>", found userName is "bjensen"' in output
    (suite,) = ElementTree.parse(tmp_path / "report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, passed = suite
    assert "carol" in (failed.get("name") or "") and failed[0].tag == "failure" and len(passed) == 0
    assert "POST User bjensen" in (failed[0].text or "")
    code, output, _ = command("verify", "e.yaml", "--json")
    assert code == 1 and json.loads(output)["ok"] is False


def test_verify_that_nothing_else_came(command: Command, scim: httpx.Client, tmp_path: Path) -> None:
    create(scim, "a")
    scim.get("/Groups")
    (tmp_path / "e.yaml").write_text("expect: [{operation: create}]\nno_others: true\nwithin: 10ms\n")
    code, output, _ = command("verify", "e.yaml", "--junit", "r.xml")
    assert code == 1 and "found: 2  GET Groups -> 0 found" in output
    cases = ElementTree.parse(tmp_path / "r.xml").getroot().findall(".//testcase")
    assert [len(case) for case in cases] == [0, 1]


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("expect:\n  - operaton: create\n", "e.yaml:2:5", "did you mean 'operation'"),
        ("- operation: create\n- filter: nonsense\n", "e.yaml:2:3", "operator"),
        ("expect: []\nordr: true\n", "e.yaml:2:1", "did you mean 'order'"),
        ("expect: []\nordr: true\n", "e.yaml:2:1", "'ordr'"),
        ("expect: [\n", "e.yaml:2:1", "not YAML"),
        ("5\n", "e.yaml:1:1", "expect"),
        ("expect: [{query: {a: []}}]\n", "e.yaml:1:19", "text"),
    ],
)
def test_wrong_expectations_are_exit_code_4(
    command: Command, tmp_path: Path, text: str, where: str, says: str
) -> None:
    (tmp_path / "e.yaml").write_text(text)
    code, output, errors = command("verify", "e.yaml")
    assert code == 4 and output == "" and where in errors and says in errors, errors


# ---- tail


def test_tail_shows_the_last(command: Command, scim: httpx.Client) -> None:
    for number in range(5):
        create(scim, f"u{number}")
    scim.get("/Users/nobody")
    code, output, _ = command("tail", "-n", "2")
    lines = output.splitlines()
    assert code == 0 and len(lines) == 2
    assert "POST User u4 -> 201" in lines[0] and " 201 " in lines[0] and " ms " in lines[0]
    assert "404" in lines[1]
    assert len(command("tail", "--status", "2xx", "--operation", "create")[1].splitlines()) == 5
    assert command("tail", "--rule", "*")[1] == ""
    (line,) = command("tail", "--json", "--status", "404")[1].splitlines()
    assert json.loads(line)["response"]["status"] == 404


def test_a_wrong_filter_of_tail(command: Command) -> None:
    code, _, errors = command("tail", "--status", "x")
    assert code == 2 and "status" in errors
    assert command("tail", "--follow", "--retry", "soon")[0] == 2


class Tail:
    """``scimmock tail --follow`` as a process."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "scimmock", "tail", "--follow", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean, cwd=folder,
        )  # fmt: skip

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: int | None = None) -> tuple[int, str]:
        if number is not None:
            self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


@pytest.fixture
def tail(tmp_path: Path) -> Iterator[Callable[..., Tail]]:
    started: list[Tail] = []

    def start(*arguments: str) -> Tail:
        started.append(Tail(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def test_tail_follows_until_ctrl_c(tail: Callable[..., Tail], scim: httpx.Client, shared_server: Any) -> None:
    create(scim, "before")
    following = tail("--url", shared_server.url, "--tenant", scim.base_url.path.split("/")[2])
    assert "POST User before -> 201" in following.line()
    create(scim, "after")
    line = following.line()
    assert "POST User after -> 201" in line and "\x1b" not in line, "no colours in a pipe"
    code, errors = following.end(signal.SIGINT)
    assert code == 0 and errors == ""


def test_tail_comes_back_after_the_server(tail: Callable[..., Tail], launch: Any) -> None:
    server = launch("--users", "0", "--groups", "0")
    port = str(server.address[1])
    with server.client() as scim:
        create(scim, "first")
    following = tail("--url", server.url, "--retry", "20s")
    assert "first" in following.line()
    assert server.stop() == 0
    again = launch("--users", "0", "--groups", "0", "--port", port)
    with again.client() as scim:
        create(scim, "second")
    assert "second" in following.line()
    assert following.end(signal.SIGINT)[0] == 0


def test_tail_of_a_server_that_stays_away_is_exit_code_5(tail: Callable[..., Tail], launch: Any) -> None:
    server = launch("--users", "0", "--groups", "0")
    with server.client() as scim:
        create(scim, "only")
    following = tail("--url", server.url, "--retry", "0s")
    assert "only" in following.line()
    begin = time.monotonic()
    assert server.stop() == 0
    code, errors = following.end()
    assert code == 5 and server.url in errors and time.monotonic() - begin < 15
