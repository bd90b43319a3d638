"""The clock of a server in Python; all tenants of the server have the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ..control.clock import change
from ..errors import UsageError
from .reach import Access, explained

__all__ = ["Clock"]


class Clock:
    """Real time that a test can stop and move forward.  What makes no sense is a UsageError."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._reach = access.reach

    def __repr__(self) -> str:
        return f"<clock at {self.now.isoformat()}{', frozen' if self.frozen else ''}>"

    @property
    def now(self) -> datetime:
        """What the server takes for the time, in UTC."""
        return datetime.fromtimestamp(self._reach.call(lambda: self._reach.host.clock.now()), UTC)

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._reach.call(lambda: self._reach.host.clock.frozen)

    def freeze(self, at: datetime | str | None = None) -> None:
        """Stop it, now or at a time (``"2026-01-31T09:30:00Z"``)."""
        if isinstance(at, datetime):
            if at.tzinfo is None:
                raise UsageError(f"{at!r} has no time zone", hint="datetime(..., tzinfo=UTC) has one")
            at = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        self._change({"freeze": True if at is None else at})

    def advance(self, duration: str | float | timedelta) -> None:
        """Move it forward (``"40m"``, or seconds), frozen or not."""
        seconds = duration.total_seconds() if isinstance(duration, timedelta) else duration
        self._change({"advance": seconds})

    def release(self) -> None:
        """Let it show real time again."""
        self._change({"release": True})

    def _change(self, asked: dict[str, Any]) -> None:
        with explained():
            self._reach.call(lambda: change(self._reach.host.clock, asked))
        self._access.moved_clock = "release" not in asked
