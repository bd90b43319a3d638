"""JSON of recorders: by msgspec where that is installed, by the standard library where it is not.

What they write is read alike, though a number with an exponent may be spelled otherwise; msgspec takes a
quarter of the time.  A mitmproxy that was installed alone has none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .traffic.form import Decode, Encode, compact
from .traffic.recording import encode_line

try:
    import msgspec
except ImportError:
    _quick = None
else:
    _quick = msgspec.json.Decoder(), msgspec.json.Encoder(), msgspec.MsgspecError


def _decode(body: bytes) -> Any:
    assert _quick is not None
    try:
        return _quick[0].decode(body)
    except _quick[2] as error:
        raise ValueError(str(error)) from None


def _encode(document: Any) -> bytes:
    assert _quick is not None
    try:
        return _quick[1].encode(document)
    except (TypeError, OverflowError) as error:
        raise ValueError(str(error)) from None


def _line(document: dict[str, Any]) -> bytes:
    try:
        return _encode(document) + b"\n"
    except ValueError:  # halves of surrogate pairs, integers of more than 64 bits
        return encode_line(document)


# What JSON decodes to, and a value as JSON without spaces; both raise ValueError.
decode: Decode = json.loads if _quick is None else _decode
encode: Encode = compact if _quick is None else _encode
# A header or an exchange as a line of a recording.
line: Callable[[dict[str, Any]], bytes] = encode_line if _quick is None else _line
