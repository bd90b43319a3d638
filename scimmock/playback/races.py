"""What overlapping exchanges leave open: a read beside a write may have seen what that did, or not."""

from __future__ import annotations

from collections.abc import Container, Iterable
from urllib.parse import unquote

from ..traffic.alike import Difference
from ..traffic.bindings import Bindings, operation_pairs
from ..traffic.directory import aim_in, answer_of, document_of, id_in_location
from ..traffic.pairing import id_of
from .played import Document, Played
from .survey import keys_in, keys_of_filter

_COUNTS = ("totalresults", "itemsperpage", "startindex")
_READS = ("read", "list", "search")


def own_keys(exchange: Document) -> set[str]:
    """Return by what the resource is known that a request is for."""
    request, aim = exchange["request"], aim_in(exchange)
    keys = keys_of_filter(request.get("query") or "")
    if aim.id is not None:
        keys.add(unquote(aim.id))
    if aim.operation in ("create", "replace"):
        sent = document_of(request.get("body"))
        keys |= keys_in(sent) if isinstance(sent, dict) else set()
    told = document_of((answer_of(exchange) or {}).get("body"))
    if aim.operation == "create":
        id = id_of(told) if isinstance(told, dict) else None
        keys |= {id} if id is not None else set()
    elif aim.operation == "bulk":
        keys |= {
            id for item, _ in operation_pairs(told, told) if (id := id_in_location(item.get("location")))
        }
    return keys


class Race:
    """The writes that an exchange overlapped; ``known`` are the ids that the recorded service has issued."""

    def __init__(self, writes: Iterable[Document], known: Container[str]) -> None:
        self._written: set[str] = set()  # ids and natural keys
        self._endpoints: set[str | None] = set()
        self._appeared: set[str] = set()  # of what is there or not
        bindings = Bindings(known)
        for exchange in writes:
            aim, keys = aim_in(exchange), own_keys(exchange)
            self._written |= keys | bindings.rewrite(exchange["request"]).mentions
            self._endpoints.add(aim.resource if aim.operation != "bulk" else None)
            if aim.operation in ("create", "delete", "bulk"):
                self._appeared |= keys

    def decided(self, played: Played) -> list[Difference]:
        """Return the differences of an exchange that hold, whichever of them came first."""
        return [one for one in played.differences if not self._is_open(one, played)]

    def _is_open(self, one: Difference, played: Played) -> bool:
        names = [name.lower() for name in one.path.replace("]", "].").split(".")]
        if one.what == "resource":
            return not one.keys.isdisjoint(self._written)
        if one.what == "body":
            about = one.keys or played.own
            return (
                not about.isdisjoint(self._written)
                or (names[-1] in _COUNTS and not {played.aim.resource, None}.isdisjoint(self._endpoints))
                or ("groups" in names and not {"Groups", None}.isdisjoint(self._endpoints))
            )
        is_read = played.aim.operation in _READS
        return is_read and one.what in ("status", "scimType") and not played.own.isdisjoint(self._appeared)
