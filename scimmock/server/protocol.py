"""The HTTP protocol below ASGI: limits and errors that no application sees.

uvicorn answers malformed HTTP in plain text and its parser caps no header size.  Here both become
SCIM errors and are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ..errors import ScimError
from ..scim.answer import error_document
from .codec import encode


class ScimProtocol(HttpToolsProtocol):
    """One connection.  ``header_limit`` is in bytes, for the request line and all headers together."""

    header_limit = 64 * 1024
    # Told about (status, detail, connection) of requests that end here, for the journal.
    on_refused: Callable[[int, str, int], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._raw_bytes = 0
        self._in_head = True
        self._refused = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._head_bytes += len(url)
        if self._head_bytes > self.header_limit:
            self._refuse(414, f"The URL is longer than {self.header_limit} bytes")
            return
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > self.header_limit:
            self._refuse(431, f"The headers are larger than {self.header_limit} bytes")
            return
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._raw_bytes = 0
        if self._refused:
            return
        try:
            super().on_headers_complete()
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            self._refuse(400, "The request target is not a valid URL")

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._in_head:
            # The parser keeps an unfinished header to itself and would let it grow without end.
            self._raw_bytes += len(data)
            if self._raw_bytes > 2 * self.header_limit:
                self._refuse(431, f"The headers are larger than {self.header_limit} bytes")

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP with a SCIM error (RFC 7644 section 3.12)."""
        self._refuse(400, msg)

    def _refuse(self, status: int, detail: str) -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        if self.on_refused is not None:
            type(self).on_refused(status, detail, self.client[1] if self.client else 0)  # type: ignore[misc]
        body = encode(error_document(ScimError(status, detail)))
        head = [
            STATUS_LINE[status],
            b"content-type: application/scim+json\r\ncontent-length: ",
            str(len(body)).encode(),
            b"\r\nconnection: close\r\n\r\n",
        ]
        self.transport.write(b"".join((*head, body)))
        self.transport.close()
