"""The header families in which services tell clients about limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Literal, get_args

from .base import Verdict, whole_seconds

Header = tuple[bytes, bytes]
Family = Literal[
    "none",
    "retry-after",
    "x-ratelimit",
    "x-ratelimit-relative",
    "x-rate-limit",
    "ratelimit",
    "ratelimit-policy",
]


@dataclass(frozen=True, slots=True)
class Told:
    """What headers tell: the verdict, in the name of which limit, how long its period is, and the time.

    ``now`` is in seconds since 1970.
    """

    verdict: Verdict
    name: str
    period: float | None
    now: float


def retry_after(seconds: float, now: float, form: Literal["seconds", "date"]) -> Header:
    """Return the Retry-After header (RFC 9110 section 10.2.3); never a moment that is too early."""
    if form == "date":
        return b"retry-after", formatdate(whole_seconds(now + seconds), usegmt=True).encode()
    return b"retry-after", str(whole_seconds(seconds)).encode()


def _three(prefix: bytes, told: Told, reset: int | None) -> list[Header]:
    headers = [
        (prefix + b"-limit", str(told.verdict.limit).encode()),
        (prefix + b"-remaining", str(told.verdict.remaining).encode()),
    ]
    if reset is not None:
        headers.append((prefix + b"-reset", str(reset).encode()))
    return headers


def _moment(told: Told) -> int | None:
    resets_in = told.verdict.resets_in
    return None if resets_in is None else whole_seconds(told.now + resets_in)


def _seconds(told: Told) -> int | None:
    resets_in = told.verdict.resets_in
    return None if resets_in is None else whole_seconds(resets_in)


def _policy(told: Told) -> list[Header]:
    """draft-ietf-httpapi-ratelimit-headers, from revision 8 on: structured fields (RFC 9651)."""
    policy, left = f'"{told.name}";q={told.verdict.limit}', f'"{told.name}";r={told.verdict.remaining}'
    if told.period is not None:
        policy += f";w={max(1, whole_seconds(told.period))}"
    else:
        policy += ';qu="concurrent-requests"'
    seconds = _seconds(told)
    if seconds is not None:
        left += f";t={seconds}"
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", left.encode())]


_FAMILIES: dict[str, Callable[[Told], list[Header]]] = {
    "x-ratelimit": lambda told: _three(b"x-ratelimit", told, _moment(told)),
    "x-ratelimit-relative": lambda told: _three(b"x-ratelimit", told, _seconds(told)),
    "x-rate-limit": lambda told: _three(b"x-rate-limit", told, _moment(told)),
    "ratelimit": lambda told: _three(b"ratelimit", told, _seconds(told)),
    "ratelimit-policy": _policy,
}
# In these each limit has its own entry in one list, the others have one value for all limits.
_LISTS = frozenset(("ratelimit-policy",))
FAMILIES: tuple[str, ...] = get_args(Family)


def tell(headers: list[Header], family: str, told: Told) -> None:
    """Add what a family says to the headers of an answer, in place.

    ``none`` and ``retry-after`` say nothing about what is left.  Where another limit has spoken in the
    same family, the one that leaves less is told.
    """
    make = _FAMILIES.get(family)
    if make is None:
        return
    made = make(told)
    if family not in _LISTS:
        names = {name for name, _ in made} | {made[0][0].removesuffix(b"limit") + b"reset"}
        left = next((int(value) for name, value in headers if name == made[1][0] and value.isdigit()), None)
        if left is not None and left <= told.verdict.remaining:
            return
        headers[:] = [header for header in headers if header[0] not in names]
    headers.extend(made)
