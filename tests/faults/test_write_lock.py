"""`write_lock` and concurrent `rate_limit`: requests that are under way at the same time, on raw sockets."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
DEADLINE = 10.0  # seconds that a test waits for what must come


@dataclass
class Slow:
    """A request whose head is sent, and whose body is sent when `finish` is called."""

    socket: socket.socket
    body: bytes

    def finish(self) -> int:
        """Send the body and return the status of the answer, read to its end."""
        self.socket.sendall(self.body)
        return self.status()

    def status(self) -> int:
        with self.socket.makefile("rb") as file:
            answer = file.read()  # the request asks for the connection to be closed
        return int(answer.split()[1])

    def leave(self) -> None:
        """Go away with a RST in the middle of the request."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()


class Site:
    """A tenant with rules, two users and a group."""

    def __init__(self, client: httpx.Client, stack: ExitStack) -> None:
        self.client = client
        self.stack = stack
        made = [client.post("Users", json=self.user(name)).json() for name in ("ann", "bob")]
        group = client.post("Groups", json={"schemas": [GROUP], "displayName": "g"}).json()
        self.ann, self.bob = (f"Users/{user['id']}" for user in made)
        self.group = f"Groups/{group['id']}"

    @staticmethod
    def user(name: str) -> dict[str, Any]:
        return {"schemas": [USER], "userName": name}

    def put_rules(self, *rules: dict[str, Any]) -> None:
        url = str(self.client.base_url).replace("/scim/v2/", "/_scimmock/faults")
        answer = self.client.post(url, json={"faults": list(rules)})
        assert answer.status_code == 201, answer.text

    def begin(self, method: str, path: str, body: Any) -> Slow:
        """Send the head of a request, and return when the server waits for its body."""
        url, data = self.client.base_url, json.dumps(body).encode()
        assert url.port is not None
        connection = self.stack.enter_context(socket.create_connection((url.host, url.port), DEADLINE))
        head = (
            f"{method} {url.path}{path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
            f"Authorization: {self.client.headers['authorization']}\r\nConnection: close\r\n"
            f"Content-Type: application/scim+json\r\nContent-Length: {len(data)}\r\n"
            "Expect: 100-continue\r\n\r\n"
        )
        connection.sendall(head.encode())
        told = b""
        while not told.endswith(b"\r\n\r\n"):
            told += connection.recv(1)
        assert told.startswith(b"HTTP/1.1 100 "), told
        return Slow(connection, data)

    def status(self, method: str, path: str, body: Any = None) -> int:
        return self.client.request(method, path, json=body).status_code

    def soon(self, wanted: int, ask: Callable[[], int]) -> None:
        """Ask until the answer is as wanted: what another connection did takes a moment to arrive."""
        end = time.monotonic() + DEADLINE
        while (status := ask()) != wanted:
            assert time.monotonic() < end, f"{status} instead of {wanted}"
            time.sleep(0.005)


@pytest.fixture
def site(scim: httpx.Client) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(scim, stack)


@pytest.fixture
def locked(site: Site) -> Site:
    site.put_rules({"name": "lock", "do": {"write_lock": True}})
    return site


def patch(name: str) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "displayName", "value": name}],
    }


@pytest.mark.parametrize("first", ["PUT", "PATCH"])
def test_a_write_is_refused_while_an_earlier_one_is_under_way(locked: Site, first: str) -> None:
    body = locked.user("ann") if first == "PUT" else patch("x")
    slow = locked.begin(first, locked.ann, body)
    assert locked.status("PATCH", locked.ann, patch("y")) == 429
    assert locked.status("PUT", locked.ann, locked.user("ann")) == 429
    assert locked.status("DELETE", locked.ann) == 429
    refused = locked.client.patch(locked.ann, json=patch("y"))
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert slow.finish() == 200
    locked.soon(200, lambda: locked.status("PATCH", locked.ann, patch("z")))
    assert locked.client.get(locked.ann).json()["displayName"] == "z"
    assert locked.status("DELETE", locked.ann) == 204


def test_what_is_for_something_else_passes(locked: Site) -> None:
    slow = locked.begin("PATCH", locked.ann, patch("x"))
    assert locked.status("PATCH", locked.ann, patch("y")) == 429
    assert locked.status("GET", locked.ann) == 200
    assert locked.status("GET", "Users") == 200
    assert locked.status("PATCH", locked.bob, patch("y")) == 200
    assert locked.status("PATCH", locked.group, patch("y")) == 204
    assert locked.status("POST", "Users", locked.user("eve")) == 201
    assert slow.finish() == 200


def test_the_refusal_is_in_the_trace(locked: Site) -> None:
    slow = locked.begin("PATCH", locked.ann, patch("x"))
    assert locked.status("PATCH", locked.ann, patch("y")) == 429
    slow.finish()
    url = str(locked.client.base_url).replace("/scim/v2/", "/_scimmock/journal")
    refused = next(
        exchange
        for exchange in locked.client.get(url).json()["exchanges"]
        if exchange["response"]["status"] == 429
    )
    assert refused["trace"]["rules"][0]["name"] == "lock"
    assert refused["trace"]["rules"][0]["locked"] == locked.ann


def test_a_client_that_goes_away_leaves_no_lock(locked: Site) -> None:
    slow = locked.begin("PUT", locked.ann, locked.user("ann"))
    assert locked.status("PATCH", locked.ann, patch("y")) == 429
    slow.leave()
    locked.soon(200, lambda: locked.status("PATCH", locked.ann, patch("y")))


def test_a_write_that_fails_leaves_no_lock(locked: Site) -> None:
    slow = locked.begin("PUT", locked.ann, {"schemas": [USER]})
    assert locked.status("PATCH", locked.ann, patch("y")) == 429
    assert slow.finish() == 400
    locked.soon(200, lambda: locked.status("PATCH", locked.ann, patch("y")))
    assert locked.status("PATCH", "Users/nobody", patch("y")) == 404
    assert locked.status("PATCH", "Users/nobody", patch("y")) == 404


def test_the_lock_lasts_to_the_last_byte_of_the_answer(locked: Site) -> None:
    locked.put_rules(
        {
            "name": "drip",
            "match": {"operation": "patch"},
            "when": {"first": 1},
            "do": {"drip": 8, "every": "100ms"},
        }
    )
    slow = locked.begin("PATCH", locked.ann, patch("x"))
    slow.socket.sendall(slow.body)
    assert slow.socket.recv(9) == b"HTTP/1.1 "  # the service is done, its answer is not
    assert locked.client.get(locked.ann).json()["displayName"] == "x"
    assert locked.status("PATCH", locked.ann, patch("y")) == 429
    slow.leave()
    locked.soon(200, lambda: locked.status("PATCH", locked.ann, patch("y")))


def test_the_operations_of_a_bulk_request_do_not_lock_each_other_out(locked: Site) -> None:
    operations = [{"method": "PATCH", "path": f"/{locked.ann}", "data": patch(name)} for name in "xy"]
    operations.append({"method": "PATCH", "path": f"/{locked.bob}", "data": patch("z")})
    bulk = {"schemas": [BULK], "Operations": operations}
    slow = locked.begin("PATCH", locked.bob, patch("w"))
    assert locked.status("PATCH", locked.bob, patch("y")) == 429
    answer = locked.client.post("Bulk", json=bulk).json()
    assert [item["status"] for item in answer["Operations"]] == ["200", "200", "429"]
    assert slow.finish() == 200
    locked.soon(200, lambda: locked.status("PATCH", locked.bob, patch("y")))
    assert locked.status("PATCH", locked.ann, patch("y")) == 200


@pytest.mark.parametrize("lock_first", [True, False])
def test_what_the_lock_refuses_no_limit_counts_and_the_reverse(site: Site, lock_first: bool) -> None:
    limit = {"name": "few", "match": {"operation": "patch"}, "do": {"rate_limit": 2, "window": "1d"}}
    lock = {"name": "lock", "do": {"write_lock": True}}
    site.put_rules(*([lock, limit] if lock_first else [limit, lock]))
    slow = site.begin("PATCH", site.ann, patch("x"))
    assert site.status("DELETE", site.ann) == 429
    for _ in range(3):
        assert site.client.patch(site.ann, json=patch("y")).headers["retry-after"] == "1"
    assert slow.finish() == 200
    site.soon(200, lambda: site.status("PATCH", site.ann, patch("y")))
    assert int(site.client.patch(site.ann, json=patch("y")).headers["retry-after"]) > 1000
    # A write that a limit refuses holds no lock, even while its body is on the way.
    refused = site.begin("PATCH", site.ann, patch("z"))
    assert site.status("PUT", site.ann, site.user("ann")) == 200
    assert refused.finish() == 429


def test_the_refusal_is_worded_as_asked(site: Site) -> None:
    site.put_rules(
        {
            "do": {
                "write_lock": True,
                "code": 409,
                "detail": "resource_locked",
                "retry_after": None,
                "scim_type": "locked",
            }
        }
    )
    slow = site.begin("PATCH", site.group, patch("x"))
    assert site.status("PATCH", site.group, patch("y")) == 409
    refused = site.client.patch(site.group, json=patch("y"))
    assert refused.json()["detail"] == "resource_locked" and refused.json()["scimType"] == "locked"
    assert "retry-after" not in refused.headers
    assert slow.finish() == 204


def test_concurrent_requests_are_counted_from_head_to_last_byte(site: Site) -> None:
    site.put_rules(
        {
            "name": "places",
            "match": {"resource": "Users"},
            "do": {"rate_limit": {"concurrent": 2}, "headers": ["retry-after", "ratelimit"]},
        }
    )
    # One after the other they are never too many.
    assert [site.status("GET", "Users") for _ in range(5)] == [200] * 5
    alone = site.client.get("Users")
    assert alone.headers["ratelimit-remaining"] == "1" and "ratelimit-reset" not in alone.headers
    first = site.begin("PATCH", site.ann, patch("x"))
    second = site.begin("PATCH", site.bob, patch("x"))
    assert site.status("GET", "Users") == 429
    refused = site.client.get("Users")
    assert refused.headers["retry-after"] == "1" and refused.headers["ratelimit-remaining"] == "0"
    assert site.status("GET", "Groups") == 200
    first.leave()
    site.soon(200, lambda: site.status("GET", "Users"))
    third = site.begin("PATCH", site.ann, patch("x"))
    assert site.status("GET", "Users") == 429
    assert second.finish() == 200 and third.finish() == 200
    site.soon(200, lambda: site.status("GET", "Users"))
    assert site.client.get("Users").headers["ratelimit-remaining"] == "1"


def test_the_operations_of_a_bulk_request_need_one_place(site: Site) -> None:
    site.put_rules({"name": "places", "do": {"rate_limit": {"concurrent": 1}}})
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": name, "data": site.user(name)} for name in "xyz"
    ]
    answer = site.client.post("Bulk", json={"schemas": [BULK], "Operations": operations}).json()
    assert [item["status"] for item in answer["Operations"]] == ["201"] * 3
    assert site.status("GET", "Users") == 200
