"""One server in a thread for all tests of this folder, and a fresh tenant of it for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scimmock import Server, Tenant


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    with Server(users=0, groups=0) as running:
        yield running


@pytest.fixture
def made(server: Server) -> Iterator[Tenant]:
    """An empty directory with the strict ``rfc`` behaviour."""
    with server.tenant() as tenant:
        yield tenant
