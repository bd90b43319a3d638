"""JSON in and out, at the speed of msgspec and with limits that it does not have."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec

from ..errors import ScimError

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)

# A raw NUL byte cannot occur in JSON, so it can stand for the base URL in prepared bytes.
BASE_MARK = b"\0"
# What may stand in a path segment as it is (RFC 3986 section 3.3).
SAFE_IN_IDS = ":@!$()*,;=-._~+"


class JsonEncoder:
    """The encoder that the engine is given (see `scimmock.scim.ports.Encoder`)."""

    def reference(self, endpoint: str, id: str) -> Any:
        """Return the URL of a resource as prepared bytes: the mark of the base, then the path."""
        path = f"{endpoint}/{quote(id, safe=SAFE_IN_IDS)}" if id else endpoint
        return msgspec.Raw(b'"\0' + path.encode() + b'"')

    def encode(self, document: Any) -> bytes:
        """Return the JSON of a document that may hold references."""
        return _encoder.encode(document)


def encode(document: Any) -> bytes:
    """Return the JSON of a plain document."""
    return _encoder.encode(document)


def _too_deep(body: bytes, limit: int) -> bool:
    if body.count(b"{") + body.count(b"[") <= limit:
        return False
    depth = 0
    for match in _TOKENS.finditer(body):
        first = body[match.start()]
        if first in b"[{":
            depth += 1
            if depth > limit:
                return True
        elif first in b"]}":
            depth -= 1
    return False


_MANY_DIGITS = re.compile(rb"[0-9]{19}")
_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)


_DEEPEST = 64


def refuse_unstorable(value: Any, depth: int = 0) -> None:
    """Raise 400 for what JSON can say and a directory cannot hold.

    NUL characters, endless integers, and values that lie too deep within each other.
    """
    if depth > _DEEPEST:
        raise ScimError(400, f"a value is nested deeper than {_DEEPEST} levels", "invalidValue")
    if isinstance(value, str):
        if "\0" in value:
            raise ScimError(400, "the body has a NUL character", "invalidValue")
    elif isinstance(value, dict):
        for name, inner in value.items():
            refuse_unstorable(name)
            refuse_unstorable(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            refuse_unstorable(inner, depth + 1)
    elif isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        raise ScimError(400, "the body has an integer of more than 64 bits", "invalidValue")


def decode(body: bytes, nesting: int) -> Any:
    """Decode the JSON of a request; raises 400 invalidSyntax with what is wrong and where.

    ``nesting`` is how many objects and arrays may lie within each other; the check comes first,
    because decoders end in a RecursionError.  NUL characters are refused: no directory stores them.
    """
    if not body:
        raise ScimError(400, "the request has no body", "invalidSyntax")
    if _too_deep(body, nesting):
        raise ScimError(400, f"the body is nested deeper than {nesting} levels", "invalidSyntax")
    try:
        document = _decoder.decode(body)
    except UnicodeDecodeError:
        raise ScimError(400, "the body is not valid UTF-8", "invalidSyntax") from None
    except (msgspec.MsgspecError, RecursionError) as error:
        detail = str(error)
        if detail == "Input data was truncated":
            detail = "the JSON ends too early or holds half of a surrogate pair"
        raise ScimError(400, f"the body is not valid JSON: {detail}", "invalidSyntax") from None
    if b"\\u0000" in body or _MANY_DIGITS.search(body):
        refuse_unstorable(document)
    return document
