"""What a hostile reviewer tried: nothing of it may hurt the server or another request."""

from __future__ import annotations

import gc
import socket
import weakref
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from scimmock.faults.call import Call
from scimmock.faults.errors import RuleError
from scimmock.faults.rule import Fired, read_rule
from scimmock.journal.ring import Budget, Journal
from scimmock.traffic.exchange import Exchange

from .conftest import USER, Target

REPLIES = """
from scimmock.faults.python import fault
from scimmock.traffic.reply import Reply

ONE = Reply(202, b"{}", [(b"x-one", b"1")])


def named(name):
    return {"operation": "create", "filter": f'userName eq "{name}"'}


@fault(match=named("text-body"), stage="after")
def text_body(call, reply):
    reply.body = "text"


@fault(match=named("no-status"), stage="after")
def no_status(call, reply):
    reply.status = None


@fault(match=named("text-header"), stage="after")
def text_header(call, reply):
    reply.headers.append(("X", "y"))


@fault(match=named("injected"), stage="after")
def injected(call, reply):
    reply.headers.append((b"x", b"a\\r\\nb: c"))


@fault(match=named("999"))
def odd_status(call):
    return Reply(999, b"x")


@fault(match=named("shared"))
def shared(call):
    return ONE


@fault(match=named("cancelled"))
def cancelled(call):
    import asyncio

    raise asyncio.CancelledError


@fault(match=named("interrupted"), stage="engine")
def interrupted(call, run):
    raise KeyboardInterrupt
"""


def user(name: str) -> dict[str, Any]:
    return {"schemas": [USER], "userName": name}


def test_replies_that_cannot_be_sent_are_not_sent(launch: Any, tmp_path: Path) -> None:
    (tmp_path / "my.py").write_text(REPLIES)
    server = launch("--faults", str(tmp_path / "my.py"), "--users", "0")
    wrong = ("text-body", "no-status", "text-header", "injected", "999", "cancelled", "interrupted")
    with server.client() as client:
        for name in wrong:
            assert client.post("/Users", json=user(name)).status_code == 201, name
        for _ in range(3):
            answer = client.post("/Users", json=user("shared"))
            assert (answer.status_code, answer.headers.get_list("x-one")) == (202, ["1"])
            assert len(answer.headers.get_list("content-length")) == 1
        found = client.get(f"{server.url}/_scimmock/journal").json()["exchanges"]
    told = [exchange["trace"]["rules"][0].get("error", "") for exchange in found]
    assert all("my.py:" in text for text in told[: len(wrong)]), told
    assert "Traceback" not in server.log.read_text()


def test_a_call_lets_go_of_its_body() -> None:
    """Rules, calls and bodies refer to each other; the collector must not be needed to free them."""

    class Body(dict[str, Any]):
        pass

    exchange = Exchange(0.0, 0.0, "", "POST", "/Users", b"", [], "1.1")
    call, body = Call(exchange, cast(Any, None), "POST", "/Users", "create", "Users", None), Body()
    rule = read_rule({"do": {"delay": 0}}, "", "x", "control")
    call.attach(rule.action, Fired(rule, rule.schedule.turn_at_once(), call))
    call.body, known = body, weakref.ref(body)
    del body
    gc.disable()
    try:
        call.forget()
        assert known() is None and call.actions == []
    finally:
        gc.enable()


def test_a_cursor_of_another_kind_of_walk_is_refused(targets: Any) -> None:
    target: Target = targets(users=30)
    cursor = target.client.get("/Users", params={"cursor": "", "count": 10}).json()["nextCursor"]
    target.control.put("/quirks", json={"quirks": ["deactivated-hidden"]}).raise_for_status()
    answer = target.client.get("/Users", params={"cursor": cursor, "count": 10})
    assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidCursor")


def test_many_rules_that_wait_do_not_pile_up(targets: Any) -> None:
    target: Target = targets()
    rules = [{"name": f"r{number}", "continue": True, "do": {"delay": 0}} for number in range(400)]
    target.control.post("/faults", json={"faults": rules}).raise_for_status()
    assert target.client.get("/Users").status_code == 200


@pytest.mark.parametrize(
    ("do", "path"),
    [
        ({"sequence": [{"sequence": [503]}]}, "do.sequence[0]"),
        ({"rate_limit": 5, "window": 1e15}, "do.window"),
        ({"rate_limit": {"tokens": 5, "refill": 1, "every": 1e308}}, "do.rate_limit.every"),
        ({"status": 429, "retry_after": 1e13}, "do.retry_after"),
    ],
)
def test_numbers_and_depths_without_end_are_refused(do: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleError) as raised:
        read_rule({"do": do}, "", "x", "control")
    assert raised.value.path.lstrip(".") == path


def test_a_new_connection_from_an_old_port_counts_anew(targets: Any) -> None:
    target: Target = targets()
    target.control.post("/faults", json={"do": {"keepalive_close": 2}}).raise_for_status()
    url = httpx.URL(str(target.client.base_url))
    request = f"GET {url.path}Users?count=0 HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
    request += f"Authorization: {target.client.headers['authorization']}\r\n\r\n"
    port = 0
    for _ in range(3):
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.bind(("127.0.0.1", port))
            connection.settimeout(5)
            connection.connect((url.host, url.port or 80))
            port = connection.getsockname()[1]
            connection.sendall(request.encode())
            answer = b""
            while not answer.endswith(b"}"):  # head and body may come one after the other
                answer += connection.recv(65_536)
            assert answer.startswith(b"HTTP/1.1 200")
            connection.setblocking(False)
            with pytest.raises(BlockingIOError):
                connection.recv(1)  # one answer only: the connection stays


def test_a_deleted_tenant_takes_nothing_more_in() -> None:
    budget = Budget()
    journal = Journal(budget)
    journal.close()
    journal.add(Exchange(0.0, 0.0, "", "GET", "/", b"", [], "1.1"))
    assert budget.used == 0 and not journal.entries
