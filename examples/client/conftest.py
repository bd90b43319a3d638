"""The sync job under test, at the service that scimmock is."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from scimmock import Tenant


@pytest.fixture
def sync(scim_server: Tenant, pytestconfig: pytest.Config) -> Iterator[Any]:
    """The job, as it is or mended; it does not sleep, it moves the clock of the service."""
    module = importlib.import_module("sync_fixed" if pytestconfig.getoption("fixed") else "sync")
    job = module.Sync(scim_server.url, scim_server.token, sleep=scim_server.clock.advance)
    yield job
    job.http.close()
