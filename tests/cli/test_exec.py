"""``exec``: a server for one command, what the command gets, and whose exit code counts."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import click
import pytest

from scimmock.cli import child, remote
from scimmock.cli.exec import command as exec_command
from scimmock.cli.exec import report
from scimmock.cli.serve import command as serve_command
from scimmock.server.watch import Kind, Watch

SCIM = """
import json, os, socket, sys, urllib.error, urllib.request
from urllib.parse import urlsplit

def call(method, path, body=None, root=os.environ["SCIM_BASE_URL"], kind="application/scim+json"):
    headers = {"Authorization": "Bearer " + os.environ["SCIM_TOKEN"], "User-Agent": "t", "Content-Type": kind}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(root + path, data, headers, method=method)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code

user = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ann"}
"""


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", SCIM + code)


def test_the_command_has_a_server_and_the_streams(tmp_path: Path) -> None:
    """It reads and writes as if it was alone, and finds the server, which says on stderr what was done.

    Its exit code goes before that of --fail-on.
    """
    code = """
assert sorted(json.load(open("ready.json"))) and call("POST", "/Users", user) == 201
assert call("GET", "/_scimmock/info", root=os.environ["SCIMMOCK_URL"]) == 200
assert call("GET", "/Roles") == 404
print(sys.stdin.read(), os.environ["SCIMMOCK_ADMIN_TOKEN"], os.environ["OWN"])
sys.exit(7)
"""
    options = "--fixture okta --admin-token adm --ready-file ready.json --record s.jsonl --print json".split()
    options += ["--fail-on", "unexpected"]
    environment = {
        **os.environ,
        "OWN": "kept",
        "SCIM_BASE_URL": "http://real.example",
        "SCIMMOCK_EXEC_USERS": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "scimmock", "exec", *options, "--", *python(code)],
        input="hello", capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert done.stdout == "hello adm kept\n"
    assert '"base_url": "http://127.0.0.1:' in done.stderr and "2 exchanges recorded" in done.stderr
    assert "scimmock: 2 exchanges\n  findings   none\nscimmock: --fail-on unexpected\n" in done.stderr
    assert not (tmp_path / "ready.json").exists() and (tmp_path / "s.jsonl").exists()


FAULTY = """
root = os.environ["SCIMMOCK_URL"]
assert call("POST", "/t/a/scim/v2/Users", user, root, "application/json") == 201
assert call("DELETE", "/_scimmock/tenants/a", root=root) == 204
assert call("GET", "/Userz") == 404
parts = urlsplit(root)
with socket.create_connection((parts.hostname, parts.port)) as raw:
    raw.sendall(b"NONSENSE\\r\\n\\r\\n")
    assert b" 400 " in raw.recv(4096)
"""


def test_findings_and_what_is_unexpected_fail(run: Any) -> None:
    """A command that ended well fails by what it sent, a deleted tenant included, with the reasons."""
    done = run("exec", "--fail-on", "findings", "--fail-on", "unexpected", "--quiet", *python(FAULTY))
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines() == [
        "scimmock: --fail-on findings",
        "  content-type-json (RFC 7644 section 3.1, hint): 1 time, first 1 of tenant a: POST User ann -> 201",
        "    the body is sent as application/json, application/scim+json would be right",
        "  endpoint-unknown (RFC 7644 section 3.2, error): 1 time, first 1: GET /Userz -> 404",
        "    there is no endpoint /Userz, /Users would be right (case counts)",
        "scimmock: --fail-on unexpected",
        "  no such endpoint: GET /Userz: 1 time, first 1: GET /Userz -> 404",
        "  not HTTP, or beyond its limits: 1 time, first 2: refused: Invalid HTTP request received. -> 400",
    ]


def test_what_is_allowed_or_not_asked_for_does_not_fail(run: Any, tmp_path: Path) -> None:
    """--allow lets findings pass, and an option may stand in the project's own file."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.scimmock.exec]\nfail-on = ["findings"]\nallow = ["content-type-json", "endpoint-unknown"]\n'
    )
    done = run("exec", *python(FAULTY))
    assert done.returncode == 0, done.stderr
    assert (
        "scimmock: 3 exchanges\n  findings   none\n  unexpected no such endpoint: GET /Userz 1" in done.stderr
    )


def test_a_long_list_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(cast(Any, None))
    watch.unexpected = {str(n): Kind(f"kind-{n}", "", "1: GET /", count=n) for n in range(1, 43)}
    assert report(watch, ["unexpected"], quiet=True)
    lines = capsys.readouterr().err.splitlines()
    assert (
        len(lines) == 32
        and lines[1] == "  kind-1: 1 time, first 1: GET /"
        and lines[-1] == "  and 12 kinds more"
    )
    assert not report(watch, ["findings"], quiet=False)
    assert capsys.readouterr().err.endswith(", kind-30 30, 12 kinds more\n")


TRAPS = """
import signal
told, tell = os.pipe()
seen = []
def trap(*_):
    seen.append(1)
    os.write(tell, b"!")
signal.signal(getattr(signal, sys.argv[1]), trap)
print("ready", flush=True)
os.read(told, 1)
call("GET", "/Users")  # the server has had its signal, and passed it on if it does that, before it answers
sys.exit(40 + len(seen))
"""


@contextmanager
def started(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``exec`` in a session of its own, as its leader; it does not outlive the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scimmock", "exec", "--quiet", *arguments], start_new_session=True, **options
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_is_passed_on(name: str) -> None:
    """Without a terminal the command gets the signal from scimmock, once, and ends as it likes."""
    with started(*python(TRAPS), name, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        process.send_signal(getattr(signal, name))
        assert process.wait(30) == 41


def test_the_interrupt_of_a_terminal_is_not_sent_twice() -> None:
    """Ctrl-C reaches the command from the terminal; scimmock waits for it and adds nothing."""
    ours, theirs = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    with (
        os.fdopen(ours, "r+b", buffering=0) as terminal,
        started(*python(TRAPS), "SIGINT", stdin=theirs, stdout=theirs, preexec_fn=take_terminal) as process,
    ):
        os.close(theirs)
        while b"ready" not in terminal.read(100):
            pass
        terminal.write(b"\x03")
        assert process.wait(30) == 41


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As below nohup: neither scimmock nor the command is to end with its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in child.signals_to_pass_on()
    finally:
        signal.signal(signal.SIGHUP, before)
    assert {signal.SIGHUP, signal.SIGTERM, signal.SIGINT} <= set(child.signals_to_pass_on())


def test_the_signal_that_ends_the_command_is_in_the_code(run: Any) -> None:
    done = run("exec", "--quiet", "--", "sh", "-c", "kill -9 $$")
    assert (done.returncode, done.stdout, done.stderr) == (137, "", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--", "no-such-command-here"), 2, "'no-such-command-here' is not there or cannot be executed"),
        (("no-such-command-here", "--unknown-option"), 2, "is not there"),
        ((), 2, "-- COMMAND"),
        (("--fail-on", "everything", "true"), 2, "findings"),
        (("--allow", "op-cas", "true"), 2, "did you mean 'op-case'?"),
        (("--fixture", "oktaa", "true"), 4, "okta"),
        (("--no-auth", "--token", "x", "true"), 2, "--no-auth"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_not_started(command: Any, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Exit codes are those of serve, 2 for a command that is not there."""
    found, output, text = command("exec", *arguments, here=False)
    assert (found, output) == (code, "") and said in text


def test_a_port_that_is_taken(command: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert command("exec", "--port", port, "--users", "0", "true", here=False)[0] == 3


def test_a_program_that_the_system_cannot_run(tmp_path: Path) -> None:
    """What only the start itself shows is a sentence too."""
    path = tmp_path / "program"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    assert child.program_of([str(path)]) == str(path)
    with pytest.raises(child.UsageError, match="did not start: No such file"):
        child.Child([str(path)], {})


def test_it_has_every_option_of_serve() -> None:
    """The same names and defaults, but for a free port and silence on standard output."""

    def options(command: click.Command) -> dict[str, Any]:
        every = [option for option in command.params if isinstance(option, click.Option)]
        return {option.opts[0]: (option.type.name, option.multiple, option.default) for option in every}

    own, others = options(exec_command), options(serve_command)
    assert {name for name in others if own[name] != others[name]} == {"--port", "--print"}
    assert own["--port"][2] == 0 and own.keys() - others.keys() == {"--fail-on", "--allow"}


def test_the_token_for_control_comes_from_its_variable(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option goes before; a server on another machine needs it."""
    asked: list[remote.Remote] = []

    def call(self: remote.Remote, *_: Any) -> dict[str, Any]:
        asked.append(self)
        return {"now": "2026-01-01T00:00:00Z", "frozen": False}

    monkeypatch.setattr(remote.Remote, "call", call)
    monkeypatch.setenv("SCIMMOCK_URL", "http://scimmock:8080")
    monkeypatch.setenv("SCIMMOCK_ADMIN_TOKEN", "adm")
    assert command("clock", "show", here=False)[0] == 0
    assert command("clock", "show", "--admin-token", "own", here=False)[0] == 0
    assert asked == [remote.Remote("http://scimmock:8080", None, token) for token in ("adm", "own")]


def test_commands_go_by_the_variables(
    command: Any, shared_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside of exec the other commands find the server by themselves; --url goes before."""
    monkeypatch.setenv("SCIMMOCK_URL", shared_server.url)
    assert command("wait", "--timeout", "0", here=False)[0] == 0
    assert command("clock", "show", here=False)[0] == 0
    monkeypatch.setenv("SCIMMOCK_URL", "http://127.0.0.1:9")
    assert command("clock", "show", "--url", shared_server.url, here=False)[0] == 0
    code, _, text = command("wait", "--timeout", "0", here=False)
    assert code == 5 and "http://127.0.0.1:9 is not ready" in text
