"""``GET events``: what happens, as it happens."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


class Events:
    """The events of a stream, read one by one."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()

    def __iter__(self) -> Iterator[dict[str, str]]:
        event: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(":")
            if name:
                event[name] = value.removeprefix(" ")
            elif not line and event:
                yield event
                event = {}

    def next(self) -> tuple[str, str | None, Any]:
        """Return (kind, id, data)."""
        event = next(iter(self))
        return event["event"], event.get("id"), json.loads(event["data"])


@contextmanager
def events(base: str, query: str = "", **headers: str) -> Iterator[Events]:
    """Open a stream; it is there when this returns."""
    with httpx.stream("GET", f"{base}/events{query}", headers=headers, timeout=10, verify=False) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        found = Events(answer)
        _comment(found)
        yield found


def _comment(found: Events) -> None:
    for line in found._lines:
        assert line.startswith(": after exchange") or not line
        if not line:
            return


@pytest.fixture
def base(scim: httpx.Client) -> str:
    return str(scim.base_url).replace("/scim/v2/", "/_scimmock")


def test_exchanges_as_they_happen(scim: httpx.Client, base: str) -> None:
    scim.get("/Users")
    with events(base) as found:
        scim.post("/Users", json={"schemas": [USER], "userName": "a"})
        kind, number, data = found.next()
        assert (kind, number, data["n"], data["summary"]) == ("exchange", "2", 2, "POST User a -> 201")
        assert data["request"]["body"]["json"]["userName"] == "a" and "findings" in data["trace"]


@pytest.mark.parametrize("way", ["header", "query"])
def test_coming_back(scim: httpx.Client, base: str, way: str) -> None:
    for _ in range(4):
        scim.get("/Users")
    query, headers = ("", {"Last-Event-ID": "2"}) if way == "header" else ("?since=2", {})
    with events(base, query, **headers) as found:
        assert [found.next()[1] for _ in range(2)] == ["3", "4"]


def test_what_is_gone_is_told(scim: httpx.Client, base: str) -> None:
    scim.get("/Users")
    scim.get("/Users")
    httpx.delete(f"{base}/journal")
    scim.get("/Users")
    with events(base, "?since=1") as found:
        assert found.next() == ("dropped", "2", {"dropped": 1, "last": 2})
        assert found.next()[:2] == ("exchange", "3")


def test_only_what_was_asked_for(scim: httpx.Client, base: str) -> None:
    with events(base, "?operation=list&status=2xx") as found:
        scim.get("/Users/nobody")
        scim.get("/Users", params={"startIndex": "x"})
        scim.get("/Groups")
        assert found.next()[1] == "3"


def test_changes_of_the_state(scim: httpx.Client, base: str) -> None:
    with events(base) as found:
        httpx.put(f"{base}/state", json={"Users": [{"userName": "a"}]})
        restored = {"state": "restored", "resources": {"Users": 1, "Groups": 0}}
        assert found.next() == ("state", None, restored)
        httpx.delete(f"{base}/state")
        assert found.next() == ("state", None, {"state": "reset"})


@pytest.mark.parametrize(
    ("query", "field"), [("?operaton=list", "operaton"), ("?since=x", "since"), ("?status=x", "status")]
)
def test_wrong_parameters(base: str, query: str, field: str) -> None:
    answer = httpx.get(f"{base}/events{query}")
    assert answer.status_code == 400 and answer.json()["error"]["field"] == field


def test_a_foreign_host_gets_no_events(base: str) -> None:
    assert httpx.get(f"{base}/events", headers={"Host": "evil.example"}).status_code == 401


def test_a_stream_does_not_hold_the_server(launch: Any) -> None:
    """The server ends well and promptly, and so does the stream: with its end, not in the middle."""
    server = launch("--users", "0", "--groups", "0")
    with events(f"{server.url}/_scimmock") as found:
        begin = time.monotonic()
        assert server.stop() == 0
        assert list(found) == []
        assert time.monotonic() - begin < 4, "less than the grace for requests in flight"
    log = server.log.read_text()
    assert "Traceback" not in log and "rror" not in log


def test_a_reader_that_goes_leaves_nothing_behind(launch: Any) -> None:
    server = launch("--users", "0", "--groups", "0")
    for _ in range(5):
        with events(f"{server.url}/_scimmock"):
            pass
    with server.client() as scim:
        assert scim.get("/Users").status_code == 200
    assert server.stop() == 0
    log = server.log.read_text()
    assert "Traceback" not in log and "rror" not in log
