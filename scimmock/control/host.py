"""What the control API needs of the server that it controls, and the form of its calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ..clock import Clock
from ..faults.rule import Rule
from ..traffic.exchange import Exchange
from .asked import read_json


class Host(Protocol):
    """The server, as the control API sees it."""

    admin_token: str
    ready: bool
    clock: Clock

    def root_url(self, request: Request) -> str: ...
    def tenant(self, name: str) -> Any: ...
    def info(self, tenant: Any) -> dict[str, Any]: ...
    def create_tenant(
        self, name: str, options: TenantOptions, people: Sequence[Path] = (), rules: Sequence[Rule] = ()
    ) -> Any: ...
    def delete_tenant(self, name: str) -> bool: ...
    def dump(self, tenant: Any) -> dict[str, list[dict[str, Any]]]: ...
    def restore(self, tenant: Any, content: dict[str, Any]) -> None: ...
    def reset(self, tenant: Any) -> None: ...

    async def examine(self, tenant: Any) -> None:
        """Examine the exchanges of the journal that are new, a few at a time."""
        ...

    def findings(self, tenant: Any, entries: Sequence[Exchange]) -> dict[int, list[dict[str, Any]]]:
        """Return what `examine` found in exchanges, by their numbers, in the form of ``trace.findings``."""
        ...


class ReplayedFile(msgspec.Struct, forbid_unknown_fields=True):
    """A recording that answers, and how: as the options of ``scimmock serve --replay``."""

    file: str
    order: Literal["strict", "per-resource", "any"] = "per-resource"
    on_miss: Literal["404", "engine"] = "404"
    pace: str = "max"


class TenantOptions(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``PUT tenants/{name}``; everything is optional.  ``fixture`` is one name or several.

    ``also`` are fixtures that the same directory is served with as well, each at its own base path.
    ``faults`` are rules, ``quirks`` come after those of the fixture.  ``replay`` is the recording that
    answers: its file, or with how it does `ReplayedFile`.
    """

    fixture: str | list[str] | None = None
    also: str | list[str] | None = None
    users: int | None = None
    groups: int | None = None
    seed: int | None = None
    faults: list[Any] = []
    quirks: list[Any] = []
    replay: str | ReplayedFile | None = None


Handler = Callable[[Host, Request], Awaitable[Response]]
Call = tuple[str, str, Handler]  # method, path below /_scimmock, what answers it


def tenant_of(host: Host, request: Request) -> Any:
    """Return the tenant that a call is for; one below ``/t/NAME`` is made on first use."""
    return host.tenant(request.scope["tenant"])


__all__ = ["Call", "Handler", "Host", "TenantOptions", "read_json", "tenant_of"]
