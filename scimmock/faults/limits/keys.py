"""What requests count under."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from ..call import Call
from ..when import key_of

By = Literal["token", "tenant", "client", "resource", "endpoint", "operation", "all"]


def _by_resource(call: Call) -> str:
    # From the head alone: limits are asked before there is a body.
    return f"{call.resource or ''}/{call.id}" if call.id is not None else call.resource or ""


_KEYS: dict[str, Callable[[Call], str]] = {
    "token": lambda call: key_of("token", call),
    "tenant": lambda call: key_of("tenant", call),
    "client": lambda call: key_of("client", call),
    "resource": _by_resource,
    "endpoint": lambda call: call.resource or "",
    "operation": lambda call: call.operation or call.method,
    "all": lambda call: "",
}


def key_by(by: By | list[By]) -> Callable[[Call], str]:
    """Return what gives the key of a request: one part, or several together."""
    parts = [_KEYS[name] for name in ([by] if isinstance(by, str) else by)]
    if len(parts) == 1:
        return parts[0]
    return lambda call: "\0".join(part(call) for part in parts)
