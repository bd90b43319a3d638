"""What the tests of identity providers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def control(launch_for_module: Callable[..., Any]) -> Iterator[httpx.Client]:
    """The control API of a server whose clock is moved."""
    server = launch_for_module("--users", "0", "--groups", "0")
    with httpx.Client(base_url=f"{server.url}/_scimmock", timeout=20) as client:
        yield client
