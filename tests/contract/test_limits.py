"""Declared limits act as declared: so many requests pass, the next is told when to come back, and may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Launch
from tests.contract.conftest import Service, every_fixture

# How the names of the headers of a family begin (docs/faults.md).
_BEGINNINGS = {"retry-after": "retry-after", "github": "x-ratelimit-", "okta": "x-rate-limit-"}


def _limited(names: list[str]) -> list[str]:
    from scimmock.fixture import load_fixture
    from scimmock.quirks.quirkset import rules_of

    found = []
    for name in names:
        fixture = load_fixture(name)
        rules = [*fixture.faults, *(rule for item in fixture.quirks for rule in rules_of(item))]
        found += [f"{name} {rule.name}" for rule in rules if _counts(rule.spec["do"])]
    return found


def _counts(do: dict[str, Any]) -> bool:
    """Whether an action counts requests in a time; those under way at once have a test of their own."""
    amount = do.get("rate_limit")
    return amount is not None and not (isinstance(amount, dict) and "concurrent" in amount)


@pytest.fixture(scope="module")
def clocked(launch_for_module: Launch) -> Iterator[httpx.Client]:
    """The control API of a server of one's own, whose clock can be stopped."""
    server = launch_for_module("--users", "0", "--groups", "0")
    with httpx.Client(base_url=f"{server.url}/_scimmock", timeout=60) as client:
        client.post("/clock", json={"freeze": "2026-01-01T00:00:00Z"}).raise_for_status()
        yield client


def _requests(service: Service, match: dict[str, Any]) -> Callable[[int], httpx.Response]:
    """Return how to send the n-th request that meets a match."""
    operation, resource = match.get("operation"), match.get("resource") or "Users"
    first = operation[0] if isinstance(operation, list) else operation
    resource = resource[0] if isinstance(resource, list) else resource
    method = match.get("method")
    method = method[0] if isinstance(method, list) else method
    if first is None:
        by_method = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete", "GET": "list"}
        first = by_method.get(str(method), "list")
    nobody = f"/{resource}/9f1b2c3d-0000-4000-8000-000000000000"
    words, client = service.words, service.client
    body = words.user if resource == "Users" else words.group
    bulk = f"/{service.quirks.get('bulk-only', {}).get('endpoint', 'Bulk')}"
    length = str(match.get("header", {}).get("content-length", ""))
    padding = {"[5-9]??": 500, "????*": 1500}.get(length, 0)
    # Limits count what they meet, whether the service likes it or not.
    send: dict[str, Callable[[int], httpx.Response]] = {
        "create": lambda n: client.post(f"/{resource}", json=body(n)),
        "read": lambda n: client.get(nobody),
        "list": lambda n: client.get(f"/{resource}"),
        "replace": lambda n: client.put(nobody, json=body(n)),
        "patch": lambda n: client.patch(nobody, json=words.deactivation() | {"padding": "x" * padding}),
        "bulk": lambda n: client.post(bulk, json={"schemas": [], "Operations": []}),
        "delete": lambda n: client.delete(nobody),
        "discovery": lambda n: client.get(words.config_path),
    }
    return send[first]


@pytest.mark.parametrize("which", _limited(every_fixture()))
def test_a_limit_acts_as_declared(play: Callable[..., Service], clocked: httpx.Client, which: str) -> None:
    name, rule_name = which.split()
    service = play(name, limits=True, server=clocked)
    rules = service.control.get("/faults").json()["faults"]
    (rule,) = [rule for rule in rules if rule["name"] == rule_name]
    for other in rules:
        if other is not rule:
            service.control.patch(f"/faults/{other['name']}", json={"enabled": False})
    if not rule["enabled"]:
        service.control.patch(f"/faults/{rule_name}", json={"enabled": True})
    amount = rule["do"]["rate_limit"]
    allowed = amount if isinstance(amount, int) else amount.get("tokens") or amount["requests"]
    send = _requests(service, rule.get("match", {}))
    for number in range(allowed):
        answer = send(number)
        assert answer.status_code != 429, f"request {number + 1} of {allowed}: {answer.text}"
    refused = send(allowed)
    assert refused.status_code == rule["do"].get("code", 429)
    families = rule["do"].get("headers", "retry-after")
    for family in [families] if isinstance(families, str) else families:
        told = [header for header in refused.headers if header.startswith(_BEGINNINGS.get(family, "?"))]
        assert told or family == "none", family
    if "retry-after-missing" not in service.quirks and "retry-after" in families:
        wait = refused.headers.get("retry-after")
        assert wait is not None and wait.isdigit() and int(wait) >= 1
        clocked.post("/clock", json={"advance": f"{wait}s"}).raise_for_status()
        assert send(allowed + 1).status_code != 429
