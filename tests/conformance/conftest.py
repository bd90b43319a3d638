"""Independent SCIM software that talks to the server, or that its engine is compared with."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from scim2_client import BaseSyncSCIMClient
from scim2_models import EnterpriseUser, Group, ScimProvider, User

MakeClient = Callable[..., BaseSyncSCIMClient]
FullUser = User[EnterpriseUser]


def _beside(name: str) -> ModuleType:
    """Import a module of this folder, which is no package and not on the path."""
    known = f"scimmock_conformance_{name}"
    if known not in sys.modules:
        spec = importlib.util.spec_from_file_location(known, Path(__file__).with_name(f"{name}.py"))
        assert spec is not None and spec.loader is not None
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


@pytest.fixture
def scim2_client() -> MakeClient:
    """Make a scim2-client of an httpx client: ``scim2_client(tenant())``; nothing is discovered yet."""

    def make(client: httpx.Client, **options: Any) -> BaseSyncSCIMClient:
        made: BaseSyncSCIMClient = _beside("httpx_engine").HttpxScimClient(client, **options)
        return made

    return make


def of_the_standard(scim2_client: MakeClient, client: httpx.Client) -> BaseSyncSCIMClient:
    """Return a scim2-client that knows the models of the standard."""
    return scim2_client(client, provider=ScimProvider([User, EnterpriseUser, Group], ()))
