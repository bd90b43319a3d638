"""Start and stop: ready file, announcement, signals, ports, TLS, logs."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from scimmock.server.run import GRACE
from tests.conftest import Here

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
KEYS = {"url", "base_url", "control_url", "token", "admin_token", "pid", "seed", "version"}
EMPTY = ("--users", "0", "--groups", "0")


def serve(*options: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a ``serve`` that is expected to fail."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SCIMMOCK_")}
    command = [sys.executable, "-m", "scimmock", "serve", *EMPTY, *options]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=15, cwd=cwd, env=clean | (env or {})
    )


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scimmock", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, cwd=cwd)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_well(launch: Any, number: int) -> None:
    """SIGTERM and SIGINT end with 0, nothing but the announcement is printed, the ready file is gone."""
    server = launch(*EMPTY)
    ready_file = next(server.log.parent.glob("ready-*.json"))
    assert server.stop(number) == 0
    text = server.log.read_text()
    assert "Traceback" not in text and "rror" not in text
    assert server.base_url in text and server.ready["token"] in text
    assert not ready_file.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_finished(launch: Any, number: int) -> None:
    """A request whose body is on its way when the signal comes is answered, then the server ends with 0."""
    server = launch(*EMPTY)
    body = json.dumps({"schemas": [USER], "userName": "late"}).encode()
    with (
        socket.create_connection(server.address, timeout=8) as connection,
        connection.makefile("rb") as answer,
    ):
        head = "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer scimmock\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:10])
        time.sleep(0.1)
        server.process.send_signal(number)
        time.sleep(0.3)
        assert server.process.poll() is None
        connection.sendall(body[10:])
        assert answer.readline().startswith(b"HTTP/1.1 201")
        assert b"late" in answer.read()
    assert server.process.wait(timeout=5) == 0
    assert "Traceback" not in server.log.read_text()


def test_a_request_that_never_ends_does_not_hold_the_server(launch: Any) -> None:
    """After a grace of five seconds, here less, it ends all the same, with 0 and without a traceback."""
    assert GRACE == 5
    server = launch(*EMPTY, first="from scimmock.server import run; run.GRACE = 0.5")
    with socket.create_connection(server.address, timeout=8) as connection:
        connection.sendall(b"POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer scimmock\r\n")
        connection.sendall(b"Content-Length: 10\r\n\r\n{")
        time.sleep(0.1)
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 7
    assert "Traceback" not in server.log.read_text()


def test_idle_connections_do_not_hold_the_server(launch: Any) -> None:
    """Connections kept alive without a request are closed at once."""
    server = launch(*EMPTY)
    with server.client() as client, socket.create_connection(server.address):
        assert client.get("/Users").status_code == 200
        begin = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begin < 3


def test_a_taken_port(here: Here, launch: Any, tmp_path: Path) -> None:
    """A port that is taken is exit code 3 with what to do, without a traceback."""
    server = launch(*EMPTY)
    port = server.address[1]
    failed = here("serve", *EMPTY, "--port", str(port))
    assert failed.returncode == 3
    assert str(port) in failed.stderr and "--port" in failed.stderr
    assert "Traceback" not in failed.stderr and len(failed.stderr.strip().splitlines()) == 1
    with server.client() as client:
        assert client.get("/Users").status_code == 200


@pytest.mark.parametrize("host", ["192.0.2.77", "no.such.host.invalid", "a..b", "300.1.1.1"])
def test_a_host_that_is_not_ours(here: Here, tmp_path: Path, host: str) -> None:
    """An address of another machine, or none at all, is exit code 3 in one sentence."""
    failed = here("serve", *EMPTY, "--port", "0", "--host", host)
    assert failed.returncode == 3 and host in failed.stderr and "Traceback" not in failed.stderr


def test_the_hint_for_the_last_port_is_a_port() -> None:
    """What is suggested instead of a taken port exists."""
    import errno

    from scimmock.server.binding import _explained

    hint = str(_explained(OSError(errno.EADDRINUSE, "x"), "127.0.0.1", 65535))
    assert "65536" not in hint and "--port" in hint


def test_the_ready_file(tmp_path: Path) -> None:
    """The ready file has the keys of the contract and is never seen half-written."""
    path = tmp_path / "mine.json"
    command = [
        sys.executable,
        "-m",
        "scimmock",
        "serve",
        "--port",
        "0",
        "--quiet",
        *EMPTY,
        "--ready-file",
        str(path),
    ]
    server = subprocess.Popen(command, cwd=tmp_path)
    try:
        text, deadline = "", time.monotonic() + 10
        while not text and time.monotonic() < deadline:
            if path.exists():
                text = path.read_text()
                assert json.loads(text).keys() >= KEYS
                with socket.create_connection(tuple(json.loads(text)["url"][7:].split(":"))):
                    pass
    finally:
        server.terminate()
        assert server.wait(timeout=10) == 0
    assert text and list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_the_last_ready_file_counts(tmp_path: Path, launch: Any) -> None:
    """The content of the ready file is true: pid, seed, URLs that answer, tokens that open."""
    server = launch(*EMPTY, "--seed", "11")
    ready = server.ready
    assert ready.keys() >= KEYS
    assert ready["pid"] == server.process.pid and ready["seed"] == 11
    assert (
        ready["base_url"] == f"{ready['url']}/scim/v2" and ready["control_url"] == f"{ready['url']}/_scimmock"
    )
    assert ready["token"] == "scimmock" and len(ready["admin_token"]) >= 20
    file = next(server.log.parent.glob("ready-*.json"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    other = launch(*EMPTY, "--seed", "11")
    assert other.ready["admin_token"] != ready["admin_token"], "secrets never come from the seed"


def test_a_ready_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A ready file in a folder that does not exist is exit code 4 naming it."""
    failed = serve("--port", "0", "--ready-file", str(tmp_path / "none" / "r.json"), cwd=tmp_path)
    assert failed.returncode == 4 and "r.json" in failed.stderr and "Traceback" not in failed.stderr


def test_an_access_log_that_cannot_be_written(here: Here, tmp_path: Path) -> None:
    """An access log in a folder that does not exist is exit code 4 naming it."""
    failed = here("serve", *EMPTY, "--port", "0", "--access-log", str(tmp_path / "none" / "a.log"))
    assert failed.returncode == 4 and "a.log" in failed.stderr and "Traceback" not in failed.stderr


def test_print_json(launch: Any) -> None:
    """--print json prints one line with the same content as the ready file."""
    server = launch(*EMPTY, "--print", "json")
    server.stop()
    lines = server.log.read_text().splitlines()
    assert len(lines) == 1 and json.loads(lines[0]) == server.ready


def test_quiet_prints_nothing(launch: Any) -> None:
    """--quiet prints nothing, whatever happens on the wire."""
    server = launch(*EMPTY, "--quiet")
    with socket.create_connection(server.address) as connection:
        connection.sendall(b"GARBAGE\r\n\r\n")
        connection.recv(1000)
    with server.client() as client:
        client.get("/Users")
    server.stop()
    assert server.log.read_text() == ""


@pytest.mark.parametrize("level", ["debug", "error"])
def test_log_levels(launch: Any, level: str) -> None:
    """Every log level starts and stops without a traceback; debug says more than error."""
    server = launch(*EMPTY, "--log-level", level)
    with server.client() as client:
        client.get("/Users")
    server.stop()
    text = server.log.read_text()
    assert "Traceback" not in text
    assert level != "error" or len(text.splitlines()) <= 5


def test_the_access_log(launch: Any, tmp_path: Path) -> None:
    """Each request is one line of JSON, odd characters and failures included, and files are appended to."""
    path = tmp_path / "access.jsonl"
    path.write_text('{"before": true}\n')
    server = launch(*EMPTY, "--access-log", str(path))
    with server.client() as client:
        client.get("/Users/zoë%0A%22?filter=userName+eq+%22%F0%9F%92%A9%22")
        client.get("/Users", headers={"Authorization": "Bearer x"})
        client.get("/Nothing")
        id = client.post("/Users", json={"schemas": [USER], "userName": "u"}).json()["id"]
    httpx.get(f"{server.url}/t/ten/scim/v2/Users", headers={"Authorization": "Bearer scimmock"})
    server.stop()
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert lines[0] == {"before": True}
    assert [line["status"] for line in lines[1:]] == [404, 401, 404, 201, 200]
    assert lines[1]["path"] == '/Users/zoë\n"' and lines[1]["method"] == "GET" and lines[1]["ms"] >= 0
    assert lines[4]["operation"] == "create" and lines[4]["id"] == id and lines[4]["resource"] == "Users"
    assert lines[5]["tenant"] == "ten"
    assert "scimmock" not in path.read_text(), "no token stands in the log"


# ---- wait


def test_wait_for_a_server(launch: Any, tmp_path: Path) -> None:
    """wait ends with 0 once the server of a URL or of a ready file is ready."""
    server = launch(*EMPTY)
    assert run("wait", "--url", server.url, "--timeout", "5s", cwd=tmp_path).returncode == 0
    file = next(server.log.parent.glob("ready-*.json"))
    waited = run("wait", "--ready-file", str(file), "--timeout", "5s", cwd=tmp_path)
    assert (waited.returncode, waited.stdout, waited.stderr) == (0, "", "")


def test_wait_for_a_server_that_comes_later(tmp_path: Path) -> None:
    """wait may begin before the server does, and before its ready file exists."""
    file = tmp_path / "ready.json"
    waiting = subprocess.Popen(
        [sys.executable, "-m", "scimmock", "wait", "--ready-file", str(file), "--timeout", "10s"],
        cwd=tmp_path,
    )
    time.sleep(0.4)
    assert waiting.poll() is None
    command = [
        sys.executable,
        "-m",
        "scimmock",
        "serve",
        "--port",
        "0",
        "--quiet",
        *EMPTY,
        "--ready-file",
        str(file),
    ]
    server = subprocess.Popen(command, cwd=tmp_path)
    try:
        assert waiting.wait(timeout=10) == 0
    finally:
        server.terminate()
        assert server.wait(timeout=10) == 0


def test_wait_for_a_server_behind_a_public_url(launch: Any, tmp_path: Path) -> None:
    """With --public-url the ready file still leads to the server on this machine."""
    launch(*EMPTY, "--public-url", "http://scim.example.invalid")
    file = next(tmp_path.glob("ready-*.json"))
    waited = run("wait", "--ready-file", str(file), "--timeout", "1s", cwd=tmp_path)
    assert waited.returncode == 0, waited.stderr


def test_wait_gives_up(tmp_path: Path) -> None:
    """When the time is over wait ends with 5 and says so in a sentence."""
    begin = time.monotonic()
    failed = run("wait", "--url", "http://127.0.0.1:1", "--timeout", "300ms", cwd=tmp_path)
    assert failed.returncode == 5 and "300ms" in failed.stderr and "127.0.0.1:1" in failed.stderr
    assert "Traceback" not in failed.stderr and time.monotonic() - begin < 3
    failed = run("wait", "--ready-file", "never.json", "--timeout", "0", cwd=tmp_path)
    assert failed.returncode == 5 and "never.json" in failed.stderr


# ---- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A self-made certificate for localhost and 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
         "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_https(launch: Any, certificate: tuple[str, str], tmp_path: Path) -> None:
    """With a certificate the server speaks HTTPS, says so in every URL, and wait finds it."""
    cert, key = certificate
    server = launch(*EMPTY, "--tls-cert", cert, "--tls-key", key)
    assert server.url.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=cert)
    headers = {"Authorization": "Bearer scimmock"}
    with httpx.Client(verify=context, headers=headers, base_url=server.base_url) as client:
        made = client.post("/Users", json={"schemas": [USER], "userName": "u"})
        assert made.status_code == 201 and made.headers["location"].startswith(f"{server.base_url}/Users/")
        assert client.get(made.headers["location"]).status_code == 200
        assert client.get(server.ready["control_url"] + "/info").status_code == 200
    assert run("wait", "--url", server.url, "--timeout", "5s", cwd=tmp_path).returncode == 0
    plain = http.client.HTTPConnection(*server.address, timeout=5)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        plain.request("GET", "/scim/v2/Users")
        plain.getresponse()
    plain.close()
    with httpx.Client(verify=context, headers=headers, base_url=server.base_url) as client:
        assert client.get("/Users").status_code == 200
    assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()


def test_wrong_certificates(here: Here, certificate: tuple[str, str], tmp_path: Path) -> None:
    """One of the two alone is a usage error; files that are no certificate and key are exit code 4 naming
    them.
    """
    cert, key = certificate
    for options in (("--tls-cert", cert), ("--tls-key", key)):
        failed = here("serve", *EMPTY, "--port", "0", *options)
        assert failed.returncode == 2 and "--tls-key" in failed.stderr, failed.stderr
    (tmp_path / "no.pem").write_text("nothing")
    for options in (
        ("--tls-cert", "no.pem", "--tls-key", key),
        ("--tls-cert", cert, "--tls-key", "no.pem"),
        ("--tls-cert", key, "--tls-key", cert),
    ):
        failed = here("serve", *EMPTY, "--port", "0", *options)
        assert failed.returncode == 4 and ".pem" in failed.stderr and "Traceback" not in failed.stderr, (
            failed.stderr
        )
