"""Quirks of time, state and limits, which fault rules play."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from scimmock.quirks.catalogue.presets import Slow
from scimmock.quirks.quirkset import QuirkSet, read_quirk

Make = Callable[..., str]
Both = Callable[..., list[httpx.Client]]
Patch = Callable[..., httpx.Response]
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def test_a_lost_race_is_500(both: Both, new_user: Make) -> None:
    answers = []
    for client in both("500-on-duplicate-race"):
        new_user(client, "ada")
        answers.append(client.post("/Users", json={"schemas": [USER], "userName": "Ada"}).status_code)
    assert answers == [409, 500]


def test_a_quirk_of_a_rule_can_be_rare(both: Both, new_user: Make) -> None:
    _, quirky = both({"quirk": "500-on-duplicate-race", "times": 1})
    new_user(quirky, "ada")
    again = [quirky.post("/Users", json={"schemas": [USER], "userName": "ada"}).status_code for _ in range(3)]
    assert again == [500, 409, 409]


def test_the_order_is_not_stable(both: Both, new_user: Make) -> None:
    found = []
    for client in both("unstable-order"):
        made = [new_user(client, f"user{number}") for number in range(30)]
        pages = [
            [user["id"] for user in client.get("/Users", params={"count": 30}).json()["Resources"]]
            for _ in range(2)
        ]
        assert sorted(pages[0]) == sorted(made)
        found.append(pages[0] == made and pages[1] == made)
    assert found == [True, False]


def test_reads_lag_behind_by_number(both: Both, new_user: Make, patch: Patch) -> None:
    found = []
    for client in both({"quirk": "read-after-write-lag", "reads": 1}):
        path = f"/Users/{new_user(client, 'ada', displayName='old')}"
        client.get(path)
        client.get(path)
        patch(client, path, {"op": "replace", "path": "displayName", "value": "new"})
        found.append([client.get(path).json()["displayName"] for _ in range(3)])
    assert found == [["new", "new", "new"], ["old", "new", "new"]]


def test_reads_lag_behind_by_time(both: Both, new_user: Make) -> None:
    found = []
    for client in both({"quirk": "read-after-write-lag", "lag": "1h", "only": "filter"}):
        id = new_user(client, "ada")
        found.append((client.get("/Users").json()["totalResults"], client.get(f"/Users/{id}").status_code))
    assert found == [(1, 200), (0, 200)]


def test_an_update_is_lost(both: Both, new_user: Make, new_group: Make, patch: Patch) -> None:
    found = []
    for client in both("lost-update"):
        users = [new_user(client, name) for name in ("a", "b")]
        path = f"/Groups/{new_group(client, 'Staff')}"
        for id in users:
            patch(client, path, {"op": "add", "path": "members", "value": [{"value": id}]})
        found.append([users.index(item["value"]) for item in client.get(path).json()["members"]])
    assert found == [[0, 1], [1]]


def test_a_proxy_answers(both: Both) -> None:
    answers = [client.get("/Users") for client in both("html-proxy-error")]
    assert [answer.status_code for answer in answers] == [200, 502]
    assert answers[1].text == "error code: 502"
    assert answers[1].headers["content-type"] == "text/plain; charset=UTF-8"
    _, quirky = both({"quirk": "html-proxy-error", "form": "html", "status": 504})
    page = quirky.get("/Users")
    assert (page.status_code, page.headers["content-type"]) == (504, "text/html")


def test_slow(both: Both) -> None:
    _, quirky = both({"quirk": "slow", "delay": "120ms"})
    begin = time.monotonic()
    assert quirky.get("/Users").status_code == 200
    assert time.monotonic() - begin >= 0.12
    assert Slow().rules()[0]["do"] == {"delay": "61s"}


def _held(client: httpx.Client, path: str) -> socket.socket:
    """Begin a PATCH and leave out the end of its body."""
    url = client.base_url
    connection = socket.create_connection((url.host, url.port or 80), timeout=10)
    head = (
        f"PATCH {url.path.rstrip('/')}{path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
        f"Authorization: {client.headers['authorization']}\r\nUser-Agent: x\r\n"
        "Content-Type: application/scim+json\r\nContent-Length: 4\r\n\r\n{}"
    )
    connection.sendall(head.encode())
    return connection


def _until(status: int, ask: Callable[[], httpx.Response]) -> httpx.Response:
    deadline = time.monotonic() + 10
    while True:
        answer = ask()
        if answer.status_code == status or time.monotonic() > deadline:
            return answer


@pytest.mark.parametrize("resource", ["Users", "Groups"])
def test_one_write_at_a_time(
    both: Both, new_user: Make, new_group: Make, patch: Patch, resource: str
) -> None:
    operation = {"op": "replace", "path": "displayName", "value": "x"}
    strict, quirky = both("write-lock-429")
    for client, statuses in ((strict, (200, 204)), (quirky, (429,))):
        make = new_user if resource == "Users" else new_group
        path, other = (f"/{resource}/{make(client, name)}" for name in ("ada", "eva"))
        with _held(client, path) as connection:
            answer = patch(client, path, operation)
            if client is quirky:
                answer = _until(429, partial(patch, quirky, path, operation))
            assert answer.status_code in statuses
            assert patch(client, other, operation).status_code in (200, 204)
            assert client.get(path).status_code == 200
            connection.sendall(b"  ")
            assert connection.recv(100)
        if client is quirky:
            assert int(answer.headers["retry-after"]) >= 1
            assert (answer.json()["detail"] == "resource_locked") == (resource == "Groups")
        assert _until(200, partial(client.get, path)).status_code == 200


def test_so_many_at_the_same_time(both: Both, new_user: Make) -> None:
    strict, quirky = both({"quirk": "rate-limit-snowflake", "concurrent": 1})
    with _held(strict, f"/Users/{new_user(strict, 'ada')}"):
        assert strict.get("/Users").status_code == 200
    path = f"/Users/{new_user(quirky, 'ada')}"
    with _held(quirky, path):
        assert _until(429, lambda: quirky.get("/Users")).status_code == 429
        assert quirky.get("/Groups").status_code == 200
    assert _rules("rate-limit-snowflake")[0]["do"] == {"rate_limit": {"concurrent": 500}, "by": "endpoint"}


def _rules(spec: Any) -> list[dict[str, Any]]:
    return [rule.spec for rule in QuirkSet([read_quirk(spec, "quirks[0]")]).rules()]


@pytest.fixture
def frozen(launch: Callable[..., Any]) -> Iterator[httpx.Client]:
    """A service on which no time passes, without people."""
    server = launch("--users", "0", "--groups", "0")
    answer = httpx.post(f"{server.url}/_scimmock/clock", json={"freeze": "2026-01-01T12:00:00Z"})
    assert answer.status_code == 200, answer.text
    with server.client() as client:
        yield client


def _passed(client: httpx.Client, ask: Callable[[], httpx.Response], most: int) -> tuple[int, httpx.Response]:
    """Ask until the answer is 429, at most so often; return how many passed, and the last answer."""
    for number in range(most):
        answer = ask()
        if answer.status_code == 429:
            return number, answer
        assert answer.status_code < 400, answer.text
    return most, answer


def test_limits_as_published(frozen: httpx.Client, new_user: Make, new_group: Make, switch: Any) -> None:
    client = frozen
    user, group = new_user(client, "ada"), new_group(client, "Staff")
    numbers = iter(range(10**6))

    def create() -> httpx.Response:
        return client.post("/Users", json={"schemas": [USER], "userName": f"user{next(numbers)}"})

    def change(size: int = 0) -> Callable[[], httpx.Response]:
        operation = {"op": "replace", "path": "externalId", "value": "x" * size}
        schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
        body = {"schemas": schemas, "Operations": [operation]}
        return lambda: client.patch(f"/Groups/{group}", json=body)

    def get(path: str) -> Callable[[], httpx.Response]:
        return lambda: client.get(path)

    table: list[tuple[Any, Callable[[], httpx.Response], int, str]] = [
        ("rate-limit-slack", create, 20, "1"),
        ("rate-limit-slack", change(), 80, "1"),
        ("rate-limit-slack", get(f"/Users/{user}"), 300, "1"),
        ("rate-limit-zscaler", get("/Users"), 5, "1"),
        ({"quirk": "rate-limit-zscaler", "product": "zidentity"}, get("/Groups"), 50, "1"),
        ("rate-limit-miro", get("/Groups"), 5, "30"),
        ("rate-limit-miro", get(f"/Groups/{group}"), 20, "30"),
        ("rate-limit-miro", get(f"/Users/{user}"), 200, "30"),
        ("rate-limit-miro", change(), 100, "30"),
        ("rate-limit-miro", change(600), 5, "30"),
        ("rate-limit-miro", change(1600), 5, "30"),
        ("rate-limit-deel", get("/Users"), 5, "1"),
    ]
    for quirk, ask, most, wait in table:
        switch(client)
        assert _passed(client, ask, most + 1)[0] == most + 1
        switch(client, quirk)
        passed, refusal = _passed(client, ask, most + 1)
        assert (passed, refusal.status_code, refusal.headers["retry-after"]) == (most, 429, wait), quirk
        assert (refusal.json()["detail"] == "too_many_requests") == (quirk == "rate-limit-slack")


def _bulk(client: httpx.Client, operations: list[dict[str, Any]]) -> list[str]:
    answer = client.post("/Bulk", json={"schemas": [BULK], "Operations": operations})
    assert answer.status_code == 200, answer.text
    return [item["status"] for item in answer.json()["Operations"]]


def test_limits_of_operations(frozen: httpx.Client, switch: Any) -> None:
    creates = [
        {
            "method": "POST",
            "path": "/Users",
            "bulkId": f"b{n}",
            "data": {"schemas": [USER], "userName": f"n{n}"},
        }
        for n in range(1000)
    ]
    body = {"schemas": [USER], "userName": "ada"}
    switch(frozen, "rate-limit-github")
    assert set(_bulk(frozen, creates)) == {"201"}
    assert frozen.post("/Users", json=body).status_code == 429
    assert frozen.get("/Users").status_code == 200
    switch(frozen)
    assert frozen.post("/Users", json=body).status_code == 201
    deletes = [{"method": "DELETE", "path": "/Users/nobody"}] * 1000
    switch(frozen, "rate-limit-peakon")
    for _ in range(25):
        assert set(_bulk(frozen, deletes)) == {"404"}
    assert _bulk(frozen, deletes[:1]) == ["429"]
    assert int(frozen.get("/Users").headers["retry-after"]) > 0
    switch(frozen)
    assert frozen.get("/Users").status_code == 200


def test_the_table_of_slack() -> None:
    shown = {}
    for rule in _rules("rate-limit-slack"):
        amount = rule["do"]["rate_limit"]
        assert (amount["every"], rule["do"]["by"]) == ("1m", "tenant")
        shown[rule["name"].removeprefix("rate-limit-slack-")] = (amount["refill"], amount["tokens"])
    assert shown == {
        "writes": (600, 180),
        "reads": (1000, 1000),
        "read-users": (300, 300),
        "create-users": (180, 20),
        "change-users": (180, 20),
        "delete-users": (180, 20),
        "read-groups": (300, 300),
        "create-groups": (180, 20),
        "change-groups": (180, 80),
        "delete-groups": (180, 20),
    }


@pytest.mark.parametrize(
    "spec",
    [
        {"quirk": "slow", "delay": "soon"},
        {"quirk": "read-after-write-lag", "lag": "soon"},
        {"quirk": "read-after-write-lag", "reads": 0},
        {"quirk": "rate-limit-zscaler", "product": "zpa"},
        {"quirk": "lost-update", "every": 0},
    ],
    ids=json.dumps,
)
def test_wrong_parameters_are_refused(tenant: Callable[..., httpx.Client], spec: dict[str, Any]) -> None:
    url = str(tenant().base_url).rpartition("/scim/v2")[0]
    answer = httpx.put(f"{url}/_scimmock/quirks", json={"quirks": [spec]})
    field = next(name for name in spec if name != "quirk")
    assert answer.status_code == 400
    assert answer.json()["error"]["field"].startswith("quirks[0]"), (field, answer.text)
