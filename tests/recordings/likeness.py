"""What two recordings of the same session have in common, whenever and wherever they were made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scimmock.traffic.recording import open_recording

_VOLATILE = ("date", "content-length", "etag")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_PORT = re.compile(r"(127\.0\.0\.1|localhost):\d+")


def essence(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return header and exchanges of a recording without what differs from run to run.

    Ids that the service gave are numbered in the order in which they came; versions, times, sizes, the
    port and volatile headers are left out.
    """
    recording = open_recording(path)
    exchanges = list(recording)
    assert recording.notices == []
    ids: dict[str, str] = {}
    for exchange in exchanges:
        for id in _ids(((exchange["response"] or {}).get("body") or {}).get("json")):
            ids.setdefault(id, f"<id {len(ids) + 1}>")
    plain = _Plain(ids)
    return plain.value(recording.header), [plain.exchange(one) for one in exchanges]


def step(exchange: dict[str, Any]) -> tuple[Any, ...]:
    """Return what an exchange was, in short: method, path, operation, status, scimType."""
    response = exchange["response"] or {}
    body = response.get("body", {}).get("json")
    scim_type = body.get("scimType") if isinstance(body, dict) else None
    request = exchange["request"]
    return (
        request["method"],
        request["path"],
        exchange["trace"]["operation"],
        response.get("status"),
        scim_type,
    )


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        id = value.get("id")
        if isinstance(id, str) and not id.startswith("urn:"):
            yield id
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _ids(inner)


class _Plain:
    def __init__(self, ids: dict[str, str]) -> None:
        self._ids = ids
        longest = sorted(map(re.escape, ids), key=len, reverse=True)
        self._known = re.compile("|".join(longest) or r"(?!)")

    def exchange(self, exchange: dict[str, Any]) -> dict[str, Any]:
        """Return an exchange as far as it is always the same."""
        response, error = exchange["response"], exchange["error"]
        return {
            "n": exchange["n"],
            "request": self._message(exchange["request"]),
            "response": response and self._message(response),
            # Whether the end of a connection arrives as one or as a reset is the operating system's affair.
            "error": error and {"reset": "closed"}.get(error["kind"], error["kind"]),
            "trace": self.value(exchange["trace"]),
        }

    def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        headers = [pair for pair in message["headers"] if pair[0].lower() not in _VOLATILE]
        body = {name: value for name, value in message["body"].items() if name != "size"}
        found = {**message, "headers": sorted(headers), "body": body}
        return {key: self.value(one) for key, one in found.items()}

    def value(self, value: Any) -> Any:
        """Return a value with its strings bound."""
        if isinstance(value, dict):
            return {key: "<version>" if key == "version" else self.value(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one) for one in value]
        if not isinstance(value, str):
            return value
        text = self._known.sub(lambda match: self._ids[match[0]], value)
        return _PORT.sub(r"\1:<port>", _TIME.sub("<time>", text))
