"""The bodies of a flow: read from the message, or kept from what was streamed past."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any

from mitmproxy import http
from mitmproxy.net import encoding

from ..quickjson import decode, encode
from ..traffic.form import body_form, cut_form

Chunks = bytes | Iterable[bytes]


Message = http.Request | http.Response


def header(message: Message, name: bytes) -> str:
    """Return the first value of a header, "" when there is none; ``name`` is in lower case.

    For what is looked up several times per exchange: mitmproxy's own way is ten times as dear.
    """
    for key, value in message.headers.fields:
        if len(key) == len(name) and key.lower() == name:
            return value.decode("latin-1")
    return ""


class Tee:
    """Passes a streamed body on, as it comes, and keeps its beginning: at most ``most`` bytes.

    ``stream`` is what the message had for it: True, or a function that changes the chunks.
    """

    def __init__(self, most: int, stream: bool | Callable[[bytes], Chunks]) -> None:
        self.kept = bytearray()
        self.size = 0
        self._most = most
        self._stream = stream if callable(stream) else None

    def __call__(self, chunk: bytes) -> Chunks:
        self.size += len(chunk)
        room = self._most - len(self.kept)
        if room > 0:
            self.kept += chunk[:room]
        return chunk if self._stream is None else self._stream(chunk)

    @property
    def is_whole(self) -> bool:
        return self.size == len(self.kept)


def form_of(message: Message, tee: Tee | None, most: int) -> dict[str, Any]:
    """Return the body of a message in the form of a recording, decompressed; ``size`` as it was sent.

    Of one with more than ``most`` bytes the beginning is kept; of one that went by unseen, its size.
    """
    raw = message.raw_content
    if raw is not None:
        size, body = len(raw), raw
        if raw and header(message, b"content-encoding"):
            body = message.get_content(strict=False) or b""
    elif tee is not None:
        size, body = tee.size, _decompressed(bytes(tee.kept), message, tee.is_whole)
        if not tee.is_whole:
            return cut_form(body[:most], size)
    else:
        length = header(message, b"content-length")
        size = int(length) if length.isdecimal() else 0
        return cut_form(b"", size)
    return cut_form(body[:most], size) if len(body) > most else body_form(body, size, decode, encode)


def _decompressed(body: bytes, message: Message, is_whole: bool) -> bytes:
    """Return what a body says; of the beginning of a compressed one, its beginning where that can be told."""
    how = header(message, b"content-encoding").strip().lower()
    if how in ("", "identity"):
        return body
    try:
        if is_whole:
            found = encoding.decode(body, how)
            return found if isinstance(found, bytes) else b""
        if how in ("gzip", "x-gzip", "deflate"):
            return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, 16 * len(body))
    except (ValueError, zlib.error):
        return body if is_whole else b""
    return b""
