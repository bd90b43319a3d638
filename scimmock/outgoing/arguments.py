"""Arguments of the functions that send requests to a service: which one it is, how long something takes."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..clock import parse_duration
from ..errors import UsageError
from ..hosts import is_loopback

__all__ = ["check_meant", "seconds"]


def check_meant(to: str, yes: bool, consequence: str) -> None:
    """Raise UsageError where a service is on another machine and nobody has said that it is meant."""
    host = urlsplit(to).hostname or ""
    if host and not yes and not is_loopback(host):
        hint = "yes=True says that it is meant"
        raise UsageError(f"{host} is not this machine: {consequence}", hint=hint)


def seconds(name: str, duration: str | float | None) -> float | None:
    """Return a duration ("200ms", "5s", a number) in seconds; raises UsageError that names the argument."""
    try:
        return None if duration is None else parse_duration(duration)
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
