"""What the operations of a PATCH set, as one document, whatever their form: to look at, not to store."""

from __future__ import annotations

import re
from typing import Any

_PATH = re.compile(r"(?P<attribute>[^\[\]\s]+)(?:\[.*\](?:\.(?P<sub>[^.\[\]\s]+))?)?", re.DOTALL)
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")


def assigned_values(message: dict[str, Any]) -> dict[str, Any]:
    """Return what the operations of a PATCH set, each value at its path."""
    operations = next((value for name, value in message.items() if name.lower() == "operations"), None)
    found: dict[str, Any] = {}
    for operation in operations if isinstance(operations, list) else ():
        if not isinstance(operation, dict) or str(operation.get("op", "")).lower() not in ("add", "replace"):
            continue
        path, value = operation.get("path"), operation.get("value")
        if isinstance(path, str) and path:
            _put(found, path, value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                _put(found, name, inner)
    return found


def _put(into: dict[str, Any], path: str, value: Any) -> None:
    match = _PATH.fullmatch(path.strip())
    if match is None:
        return
    urn, _, rest = match["attribute"].rpartition(":")
    holder = into
    if _VERSION.fullmatch(urn.rpartition(":")[2]):  # the URN of an extension alone: ...:2.0:User
        holder[path] = value
        return
    if urn and not urn.lower().startswith("urn:ietf:params:scim:schemas:core:"):
        holder = _object(holder, urn)
    name, _, sub = rest.partition(".")
    if match["sub"]:
        holder.setdefault(name, [])
        if isinstance(holder[name], list):
            holder[name].append({match["sub"]: value})
    elif sub:
        _object(holder, name)[sub] = value
    elif isinstance(value, list) and isinstance(holder.get(name), list):
        holder[name] = [*holder[name], *value]
    else:
        holder[name] = value


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    inner = holder.get(name)
    if not isinstance(inner, dict):
        inner = holder[name] = {}
    return inner
