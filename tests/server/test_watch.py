"""What a watch remembers of the exchanges that it is told."""

from __future__ import annotations

from scimmock.clock import Clock
from scimmock.server.run import ServeOptions, blueprint_of
from scimmock.server.tenants import Tenants
from scimmock.server.watch import Watch
from scimmock.traffic.exchange import Exchange


def watching(*allowed: str) -> Watch:
    tenants = Tenants(blueprint_of(ServeOptions(users=0, groups=0)), Clock())
    tenants.start()
    return Watch(tenants, frozenset(allowed))


def pass_by(watch: Watch, path: str, tenant: str = "") -> None:
    """Let a GET pass that found no endpoint, as the server would enter it."""
    exchange = Exchange(1000.0, 0.0, tenant, "GET", path, b"", [], "1.1")
    exchange.status = 404
    (watch.tenants.get(tenant) or watch.tenants.default).journal.add(exchange)
    watch.see(exchange)


def test_kinds_are_counted_with_the_first_of_them() -> None:
    watch = watching()
    watch.tenants.obtain("t1")
    pass_by(watch, "/users", "t1")
    pass_by(watch, "/users")
    pass_by(watch, "/a\x1bb")
    found = watch.findings["endpoint-unknown"]
    assert (watch.exchanges, found.count) == (3, 2)
    assert found.about == "RFC 7644 section 3.2, error" and "/Users would be right" in found.message
    assert found.first == "1 of tenant t1: GET /users -> 404"
    assert [(kind.name, kind.count) for kind in watch.unexpected.values()] == [
        ("no such endpoint: GET /users", 2),
        ("no such endpoint: GET /a\ufffdb", 1),
    ]


def test_what_is_allowed_does_not_count() -> None:
    watch = watching("endpoint-unknown")
    pass_by(watch, "/users")
    assert watch.findings == {} and len(watch.unexpected) == 1


def test_an_emptied_journal_and_a_deleted_tenant_take_nothing_away() -> None:
    watch = watching()
    watch.tenants.obtain("t1")
    pass_by(watch, "/users", "t1")
    watch.tenants.default.journal.clear()
    watch.tenants.delete("t1")
    pass_by(watch, "/users")
    assert watch.findings["endpoint-unknown"].count == 2


def test_kinds_are_bounded() -> None:
    watch = watching()
    for number in range(1200):
        pass_by(watch, f"/{number}")
    assert len(watch.unexpected) == 1001
    assert watch.unexpected["more of them"].count == 200
