"""What tenants start from: kept while it is used, and a while after."""

from __future__ import annotations

import pytest

from scimmock.clock import Clock
from scimmock.server import templates
from scimmock.server.blueprint import blueprint_for
from scimmock.server.options import ServeOptions, blueprint_of
from scimmock.server.tenants import Tenants

ROOM = 50


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "MAX_SPARE", ROOM)


def made(tenants: Tenants) -> int:
    return len(tenants._templates._made)


def test_the_last_spare_templates_stay_while_there_is_room() -> None:
    base = blueprint_of(ServeOptions(users=0, groups=0))
    tenants = Tenants(base, Clock())
    tenants.start()
    few, many = (blueprint_for(base, (), users, 0, None) for users in (10, ROOM - 5))
    first = tenants.create("few", few)
    other = tenants.create("other", few)
    assert made(tenants) == 2
    tenants.delete("few")
    tenants.delete("other")
    assert made(tenants) == 2  # a spare one
    assert tenants.create("again", few).directory.count("User") == 10
    assert first.directory is not other.directory
    tenants.delete("again")
    tenants.create("many", many)
    assert made(tenants) == 3
    tenants.delete("many")
    assert made(tenants) == 2  # both together would be too large
    assert tenants.create("again", few).directory.count("User") == 10
    assert made(tenants) == 3


def test_a_template_in_use_is_no_spare_one() -> None:
    base = blueprint_of(ServeOptions(users=0, groups=0))
    tenants = Tenants(base, Clock())
    tenants.start()
    large = blueprint_for(base, (), ROOM + 1, 0, None)
    tenants.create("large", large)
    assert made(tenants) == 2
    tenants.reset(tenants.tenants["large"])
    assert tenants.tenants["large"].directory.count("User") == ROOM + 1
    tenants.delete("large")
    assert made(tenants) == 1  # too large to be kept
