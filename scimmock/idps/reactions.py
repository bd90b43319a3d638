"""What a client makes of an answer that it did not expect: which reaction fits, and how long it waits."""

from __future__ import annotations

from typing import NamedTuple

from ..clock import parse_duration
from ..fixture.dialect import DialectSpec, ReactionSpec, RequestSpec, RetrySpec
from ..outgoing.waiting import PAUSE
from .template import MISSING
from .wire import Answer

__all__ = ["BackOff", "Verdict", "deviation_of", "id_of", "reaction_to", "retry_delay"]

# Where a dialect says that something is done again, but not how often or when.
ATTEMPTS = 3


class Verdict(NamedTuple):
    """What is done about a deviation; ``spec`` is None where the dialect does not say and it just fails."""

    do: str
    spec: ReactionSpec | None = None


def deviation_of(request: RequestSpec, answer: Answer) -> str | None:
    """Return what is odd about an answer, None when it is as expected.

    "409" and the like, "timeout", "reset" (also for all else that ends a connection), "not-json", or
    "empty-body" where the answer has to show a resource and does not.
    """
    if answer.error is not None:
        return "timeout" if answer.error == "timeout" else "reset"
    status = answer.status or 0
    if status not in request.expect and (request.expect or not 200 <= status < 300):
        return str(status)
    if not 200 <= status < 300:
        return str(status) if request.found == "list" else None
    if (answer.body.strip() or answer.message) and answer.json is MISSING:
        return "not-json"
    if request.link and not id_of(answer.json):
        return "empty-body"
    if request.found is not None and not isinstance(answer.json, dict):
        return "empty-body" if not answer.body.strip() else "not-json"
    return None


def id_of(document: object) -> str | None:
    """Return the id of a resource, None where it has none; a number is taken for its text."""
    found = document.get("id") if isinstance(document, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) and found else None


def reaction_to(client: DialectSpec, request_name: str, what: str, allow_unverified: bool = True) -> Verdict:
    """Return the first reaction that fits; one that is not verified only where that is allowed."""
    for reaction in client.reactions:
        named = [reaction.to] if isinstance(reaction.to, str) else reaction.to
        if "any" not in named and request_name not in named:
            continue
        if reaction.confidence == "unverified" and not allow_unverified:
            continue
        if any(_covers(pattern, what) for pattern in reaction.on):
            return Verdict(reaction.do, reaction)
    return Verdict("fail")


def _covers(pattern: str, what: str) -> bool:
    return pattern == what or (pattern.endswith("xx") and what.isdigit() and what[0] == pattern[0])


def retry_delay(retry: RetrySpec | None, attempt: int, asked: float = PAUSE) -> float | None:
    """Return the seconds before a request is sent again, None when ``attempt`` was the last one.

    They are those that the server ``asked`` for, where the dialect does not say.
    """
    most = (retry.attempts if retry is not None else None) or ATTEMPTS
    if attempt >= most:
        return None
    after = retry.after if retry is not None else []
    return parse_duration(after[min(attempt, len(after)) - 1]) if after else asked


class BackOff:
    """When an object that failed is tried again: later and later, until it is given up."""

    def __init__(self, retry: RetrySpec | None, every: float) -> None:
        self._after = [parse_duration(text) for text in retry.after] if retry is not None else []
        self._give_up = parse_duration(retry.give_up) if retry is not None and retry.give_up else None
        self._every = every

    def due(self, first: float, failures: int) -> float | None:
        """Return when the object is tried again, None when it is given up.

        ``first`` is when it failed for the first time, ``failures`` how often it has: the times count
        from the first failure, and the last one repeats.
        """
        if not self._after:
            at = first + failures * self._every
        elif failures <= len(self._after):
            at = first + self._after[failures - 1]
        else:
            at = first + self._after[-1] * (failures - len(self._after) + 1)
        return None if self._give_up is not None and at - first > self._give_up else at
