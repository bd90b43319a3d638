"""Says where a server listens, and how far it has come with its people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .answering import told_of

if TYPE_CHECKING:
    from ..server.ready import Ready
    from ..server.run import Running


def told(running: Running, ready: Ready, form: str) -> str:
    """Return where a server listens, as JSON (the content of a ready file) or for a person."""
    return json.dumps(ready.as_dict()) if form == "json" else "\n".join(_lines(running, ready))


def _lines(running: Running, ready: Ready) -> Iterator[str]:
    tenant, blueprint = running.tenants.default, running.tenants.blueprint
    counts = ", ".join(
        f"{tenant.directory.count(kind.name)} {kind.endpoint.strip('/').lower()}" for kind in tenant.types
    )
    fixtures = " + ".join(blueprint.layers.names)
    yield f"scimmock {ready.version}: fixture {fixtures}, {counts}, seed {ready.seed}"
    yield f"  SCIM     {ready.base_url}"
    if blueprint.replay is not None:
        yield f"  replay   {told_of(blueprint.replay)}"
    if running.options.like is not None:
        from ..server.options import taken

        told = ", ".join(taken(running.like, running.options, blueprint.layers))
        yield f"  like     {running.like.path}: {told}"
    for fixture, url in ready.also.items():
        yield f"  {fixture:<8} {url}"
    yield f"  token    {ready.token or 'none needed'}"
    if blueprint.clients:
        yield f"  OAuth    {ready.url}/oauth/token"
    for account in blueprint.basic:
        yield f"  basic    {account.username}"
    yield f"  control  {ready.control_url}"
    if ready.local_url != ready.url:
        yield f"  locally  {ready.local_url}"


class Progress:
    """A progress bar for long loading, shown after the first second."""

    def __init__(self) -> None:
        import time

        self._clock = time.monotonic
        self._begin = self._clock()
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None:
            if self._clock() - self._begin < 1 or done >= total:
                return
            from rich.console import Console
            from rich.progress import Progress

            self._bar = Progress(console=Console(stderr=True), transient=True)
            self._task = self._bar.add_task("making people", total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
