"""What a finding is, and the registry in which every check stands with its documentation.

A check is a small function or class that yields plain sentences; the registry makes them findings::

    @check("op-case", "RFC 7644 section 3.5.2", "hint", says="...")
    def op_case(asked: Asked) -> Iterator[str]: ...

    @running("poll-too-fast", None, "hint", "behaviour", says="...")
    class PollTooFast:
        def see(self, asked: Asked) -> Iterator[str]: ...
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from .asked import Asked

Severity = Literal["error", "warning", "hint"]
Profile = Literal["rfc", "interop", "ipsie", "behaviour"]

PROFILES: tuple[Profile, ...] = ("rfc", "behaviour", "interop", "ipsie")
DEFAULT_PROFILES: frozenset[str] = frozenset(("rfc", "behaviour"))

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation of one request.

    ``name`` is stable; ``section`` names the text that asks for it otherwise, "good practice" where no
    standard does; ``message`` is a sentence with what was sent and what would be right, never a secret.
    """

    name: str
    section: str
    message: str
    severity: Severity
    profile: Profile

    def as_dict(self) -> dict[str, str]:
        """Return the finding as it stands in the trace of an exchange."""
        return {
            "name": self.name,
            "section": self.section,
            "severity": self.severity,
            "profile": self.profile,
            "message": self.message,
        }


class Watcher(Protocol):
    """A check that remembers earlier requests, in bounded memory."""

    def see(self, asked: Asked) -> Iterable[str]:
        """Look at the next exchange and yield what is to be said about it."""


Look = Callable[[Asked], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check; ``says`` is its line in the documentation.

    ``start`` returns the function that looks at exchanges: the same for all, or that of a new watcher.
    """

    name: str
    section: str
    severity: Severity
    profile: Profile
    says: str
    start: Callable[[], Look]
    remembers: bool

    def finding(self, message: str) -> Finding:
        return Finding(self.name, self.section, message, self.severity, self.profile)


GOOD_PRACTICE = "good practice"

_checks: dict[str, Check] = {}
_Function = TypeVar("_Function", bound=Callable[[Asked], Iterable[str]])
_Class = TypeVar("_Class", bound=Callable[[], Watcher])


def _register(entry: Check) -> None:
    if not _NAME.fullmatch(entry.name) or entry.name in _checks:
        raise ValueError(f"{entry.name!r} is no kebab-case name or stands twice")
    _checks[entry.name] = entry


def check(
    name: str, section: str | None, severity: Severity, profile: Profile = "rfc", *, says: str
) -> Callable[[_Function], _Function]:
    """Register a function that looks at one exchange by itself."""

    def decorate(function: _Function) -> _Function:
        _register(
            Check(name, section or GOOD_PRACTICE, severity, profile, says, lambda: function, remembers=False)
        )
        return function

    return decorate


def running(
    name: str, section: str | None, severity: Severity, profile: Profile = "behaviour", *, says: str
) -> Callable[[_Class], _Class]:
    """Register a class whose instances look at the exchanges of one tenant, in order."""

    def decorate(watcher: _Class) -> _Class:
        def start() -> Look:
            return watcher().see

        _register(Check(name, section or GOOD_PRACTICE, severity, profile, says, start, remembers=True))
        return watcher

    return decorate


def registered() -> tuple[Check, ...]:
    """Return the checks of all families that were imported; see `scimmock.findings.catalogue`."""
    return tuple(_checks.values())


def shown(value: Any) -> str:
    """Return a value as a message shows it: JSON, at most 60 characters."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (ValueError, RecursionError):
        text = "..."
    return text if len(text) <= 60 else text[:57] + "..."
