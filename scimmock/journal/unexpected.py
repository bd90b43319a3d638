"""Requests that nothing was there for: no endpoint, no method, no HTTP, or an error of the server itself."""

from __future__ import annotations

from ..faults.base import Stage, actions
from ..traffic.exchange import Exchange

# What a path without an id can be answered with 404 for, although it is there: a look-up without result.
_LOOKUPS = ("list", "search")
_STATUSES = {405: "no such method at the endpoint", 501: "not supported by the service"}


def unexpected(exchange: Exchange) -> str | None:
    """Return why a request was not one that the service is made for, None where it was.

    What a fault rule answered is expected, and so is every refusal of a request that could have been
    right: wrong credentials, a resource that does not exist, a conflict, a limit.  Where a recording
    answers, what it says is expected, and what it does not have is not.
    """
    if (exchange.error or {}).get("kind") == "refused":
        return "not HTTP, or beyond its limits"
    replayed = next((note for note in exchange.notes or () if "replay" in note), None)
    if replayed is not None and "answered_by" not in replayed:
        return None if replayed["replay"] == "played" else "not in the recording"
    status = exchange.status
    if exchange.operation is None:
        is_answered = 0 < status < 400 or status in (401, 403)  # OPTIONS, or who does not learn what there is
        return None if is_answered else _STATUSES.get(status, "no such endpoint")
    if _is_by_rule(exchange):
        return None
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500:
        return "an error of the server itself"
    missing = status == 404 and exchange.id is None and exchange.operation not in _LOOKUPS
    return "no such endpoint" if missing else None


def _is_by_rule(exchange: Exchange) -> bool:
    """Whether a rule had a part in the answer; those that only make it wait have none."""
    kinds = actions()
    fired = [kinds.get(str(rule.get("action"))) for rule in exchange.rules or ()]
    return any(kind is None or kind.stage is not Stage.TIME for kind in fired)
