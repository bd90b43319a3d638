"""What a watch remembers of the exchanges that it is told."""

from __future__ import annotations

import asyncio

import pytest

from scimmock.clock import Clock
from scimmock.server import watch as module
from scimmock.server.options import ServeOptions, blueprint_of
from scimmock.server.tenants import Tenants
from scimmock.server.watch import Watch
from scimmock.traffic.exchange import Exchange


def seen(*asked: tuple[str, str], allowed: tuple[str, ...] = (), idle: bool = False) -> Watch:
    """Return a watch that has seen GETs, (tenant, path) each, that nothing was there for.

    With ``idle`` there was time to examine them before the tenants were deleted and the journal emptied.
    """
    tenants = Tenants(blueprint_of(ServeOptions(users=0, groups=0)), Clock())
    tenants.start()
    watch = Watch(tenants, frozenset(allowed))

    async def serve() -> None:
        for tenant, path in asked:
            exchange = Exchange(1000.0, 0.0, tenant, "GET", path, b"", [], "1.1")
            exchange.status = 404
            if path.startswith("/Users/"):  # a method that no user has
                exchange.status, exchange.resource, exchange.id = 405, "Users", path.rpartition("/")[2]
            tenants.obtain(tenant).journal.add(exchange)
            watch.see(exchange)
        while idle and watch._timer is not None:
            await asyncio.sleep(0)
        for name in [name for name in tenants.tenants if name]:
            tenants.delete(name)
        tenants.default.journal.clear()

    asyncio.run(serve())
    if not idle:
        watch.finish()
    return watch


@pytest.mark.parametrize("idle", [False, True], ids=["at the end", "in a pause"])
def test_kinds_are_counted_with_the_first_of_them(idle: bool) -> None:
    watch = seen(("t1", "/users"), ("", "/users"), ("", "/a\x1bb"), idle=idle)
    found = watch.findings["endpoint-unknown"]
    assert (watch.exchanges, found.count) == (3, 2)
    assert found.about == "RFC 7644 section 3.2, error" and "/Users would be right" in found.message
    assert found.first == "1 of tenant t1: GET /users -> 404"
    assert [(kind.name, kind.count) for kind in watch.unexpected.values()] == [
        ("no such endpoint: GET /users", 2),
        ("no such endpoint: GET /a\ufffdb", 1),
    ]


def test_resources_of_a_type_are_one_kind() -> None:
    """What is said of a method does not depend on the id."""
    (kind,) = seen(("", "/Users/1"), ("", "/Users/2")).unexpected.values()
    assert (kind.name, kind.count) == ("no such method at the endpoint: GET /Users/{id}", 2)


def test_what_is_allowed_does_not_count() -> None:
    watch = seen(("", "/users"), allowed=("endpoint-unknown",))
    assert watch.findings == {} and len(watch.unexpected) == 1


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more that waits, the oldest is examined at once; nothing is lost."""
    monkeypatch.setattr(module, "_MOST_HELD", 5000)
    watch = seen(*[("", "/users")] * 10)
    assert watch.findings["endpoint-unknown"].count == 10


def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_KINDS", 3)
    watch = seen(*[("", f"/{number}") for number in range(5)])
    assert [kind.count for kind in watch.unexpected.values()] == [1, 1, 1, 2]
    assert "more of them" in watch.unexpected
