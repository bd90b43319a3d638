"""Tenants made by Python code."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ..control.service import create, described
from ..errors import ScimError, UsageError
from .options import tenant_choice
from .reach import Access, Reach, explained
from .tenant import Tenant

_numbers = itertools.count(1)


def make_tenant(reach: Reach, name: str | None, given: Mapping[str, Any]) -> Tenant:
    """Make a tenant of a server and return it; raises UsageError and FileError, and there is none then."""
    choice = tenant_choice(given)
    rules = choice.rules()
    host = reach.host
    chosen = name if name is not None else f"tenant-{next(_numbers)}"

    def make() -> dict[str, Any]:
        tenant = create(host, chosen, choice.options, choice.people, rules)
        return described(host.bases.bound, tenant)

    try:
        with explained():
            about = reach.call(make)
    except ScimError as error:
        raise UsageError(error.detail) from None
    made = Tenant()
    made._begin(Access(reach, chosen), about)
    return made


def own_tenant(made: Tenant, reach: Reach) -> None:
    """Let an object stand for the tenant that a server has of itself."""
    host = reach.host
    about = reach.call(lambda: described(host.bases.bound, host.tenants.default))
    made._begin(Access(reach, ""), about)
