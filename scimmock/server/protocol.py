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
        # Bytes since a head or a piece of a body was complete: what the parser holds is not more.
        self._pending_bytes = 0
        self._chunk_bytes = 0
        self._refusal: tuple[int, str] | None = None

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        self._chunk_bytes = len(data)
        self._pending_bytes += self._chunk_bytes
        super().data_received(data)
        if self._pending_bytes > self.header_limit:
            self._check_head()

    def on_headers_complete(self) -> None:
        if self._pending_bytes > self.header_limit or self._chunk_bytes > self.header_limit:
            if self._is_head_too_large():
                # An exception is the way to stop the parser in the middle of its data.
                raise ValueError("the head is too large")
        self._pending_bytes = 0
        try:
            super().on_headers_complete()
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            self._refuse(400, "The request target is not a valid URL")
            raise

    def on_body(self, body: bytes) -> None:
        self._pending_bytes = 0
        super().on_body(body)

    def _is_head_too_large(self) -> bool:
        """Refuse a complete head that is over the limit."""
        limit = self.header_limit
        if len(self.url) > limit:
            self._refuse(414, f"The URL is longer than {limit} bytes")
        elif len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > limit:
            self._refuse(431, f"The headers are larger than {limit} bytes")
        return self._refusal is not None

    def _check_head(self) -> None:
        """Refuse what has grown over the limit without coming to an end: URL, header, trailer, chunk size."""
        if self._refusal is None:
            if len(getattr(self, "url", b"")) > self.header_limit // 2:
                self._refuse(414, f"The URL is longer than {self.header_limit} bytes")
            else:
                self._refuse(431, f"The headers are larger than {self.header_limit} bytes")

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal is not None and not self._is_answering():
            self._send_refusal()

    def _is_answering(self) -> bool:
        """Whether a complete earlier request still waits for its answer, which goes out first."""
        return bool(self.pipeline) or (
            self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        )

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP with a SCIM error (RFC 7644 section 3.12)."""
        self._refuse(400, msg)

    def _refuse(self, status: int, detail: str) -> None:
        if self._refusal is not None or self.transport.is_closing():
            return
        self._refusal = status, detail
        if self.on_refused is not None:
            type(self).on_refused(status, detail, self.client[1] if self.client else 0)  # type: ignore[misc]
        if not self._is_answering():
            self._send_refusal()

    def _send_refusal(self) -> None:
        assert self._refusal is not None
        if self.transport.is_closing():
            return
        status, detail = self._refusal
        body = encode(error_document(ScimError(status, detail)))
        head = [
            STATUS_LINE[status],
            b"content-type: application/scim+json\r\ncontent-length: ",
            str(len(body)).encode(),
            b"\r\nconnection: close\r\n\r\n",
        ]
        self.transport.write(b"".join((*head, body)))
        self.transport.close()
