"""What quirks do to encoded answers and to parameters that are one value or several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from ..scim.answer import ERROR
from ..traffic.reply import Reply

_T = TypeVar("_T")


def several(value: _T | tuple[_T, ...]) -> tuple[_T, ...]:
    """Return the values of a parameter that may be one or several."""
    return value if isinstance(value, tuple) else (value,)


def decoded(reply: Reply) -> dict[str, Any] | None:
    """Return the JSON object of an answer, None for anything else."""
    try:
        document = msgspec.json.decode(reply.body) if reply.body else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def is_scim_error(document: Any) -> bool:
    """Whether a document is a SCIM error message (RFC 7644 section 3.12)."""
    schemas = document.get("schemas") if isinstance(document, dict) else None
    return isinstance(schemas, list) and ERROR in schemas


def reword(reply: Reply, change: Callable[[dict[str, Any]], dict[str, Any]]) -> bool:
    """Put ``change`` of a SCIM error in its place, also where it is wrapped; False when there is none."""
    document = decoded(reply)
    if document is None:
        return False
    if is_scim_error(document):
        document = change(document)
    else:
        wrapped = [key for key, value in document.items() if is_scim_error(value)]
        if not wrapped:
            return False
        for key in wrapped:
            document[key] = change(document[key])
    reply.body = msgspec.json.encode(document)
    return True


def set_header(reply: Reply, name: bytes, value: bytes | None) -> bool:
    """Give a header another value, None takes it away; False when the answer does not have it."""
    others = [header for header in reply.headers if header[0] != name]
    if len(others) == len(reply.headers):
        return False
    reply.headers[:] = others if value is None else [*others, (name, value)]
    return True
