"""How the answers of a recorded service ended, where they did not end well."""

from __future__ import annotations

from typing import Any

from ..reply import End

# Ends without an answer, and what becomes of the connection.
SILENT: dict[str, End] = {"reset": "reset", "closed": "close", "hang": "hang", "timeout": "hang"}
# Ends of an answer of which a part came.
BROKEN = frozenset(("truncated", "bad_chunk", "wrong_length"))
_BREAKS = frozenset((*SILENT, *BROKEN, "garbage"))


def end_of(exchange: dict[str, Any]) -> str | None:
    """Return how the answer of the service ended, None for a whole one.

    What a proxy answered in the stead of a service that failed is not the service's; where a client did
    not wait, the service may have answered all the same.
    """
    upstream = exchange.get("upstream") or {}
    error = upstream.get("error") or exchange.get("error")
    if not error:
        return None
    kind = str(error.get("kind"))
    if upstream.get("error") is None:
        if kind == "client_gone":
            return None if upstream.get("status") else kind
        if exchange.get("response") and kind not in _BREAKS:
            return None
    return kind if kind in _BREAKS else "closed"
