"""The HTTP protocol below ASGI: limits and errors that no application sees, and the way to the transport.

uvicorn answers malformed HTTP in plain text and its parser caps no header size.  Here both become
SCIM errors and are counted.  An application finds the connection in ``scope["extensions"]["scimmock"]``;
`delivery` uses it for answers that ASGI cannot express.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ..errors import ScimError
from ..scim.answer import error_document
from .codec import encode

_serials = itertools.count(1)  # of connections


class ScimProtocol(HttpToolsProtocol):
    """One connection.  ``header_limit`` is in bytes, for the request line and all headers together.

    ``keeps_spelling``: applications find the headers as the client spelled them in
    ``scope["extensions"]["spelled"]``, which is for a recording.
    """

    header_limit = 64 * 1024
    keeps_spelling = False
    # Told about (status, detail, connection) of requests that end here, for the journal.
    on_refused: Callable[[int, str, int], None] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.serial = next(_serials)
        self.head_bytes = 0  # about the size of the head of the latest request, for the journal
        # Bytes since a head or a piece of a body was complete: what the parser holds is not more.
        self._pending_bytes = 0
        self._chunk_bytes = 0
        self._refusal: tuple[int, str] | None = None
        # Whether what the client sends is thrown away.
        self._is_deaf = False
        # The request whose answer is due; uvicorn only knows the last one that came.
        self._current: RequestResponseCycle | None = None
        self._lost: asyncio.Event | None = None
        self._is_released = False
        self._is_stopping = False
        self.has_answered = False
        self._spelled: list[tuple[bytes, bytes]] = []

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        self._chunk_bytes = len(data)
        self._pending_bytes += self._chunk_bytes
        super().data_received(data)
        if self._pending_bytes > self.header_limit:
            self._check_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {"scimmock": self}
        if self.keeps_spelling:
            extensions["spelled"] = self._spelled = []
        self.scope["extensions"] = extensions

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if self.keeps_spelling:
            self._spelled.append((name, value))

    def on_headers_complete(self) -> None:
        if self._pending_bytes > self.header_limit or self._chunk_bytes > self.header_limit:
            if self._is_head_too_large():
                # An exception is the way to stop the parser in the middle of its data.
                raise ValueError("the head is too large")
        self.head_bytes = self._pending_bytes
        self._pending_bytes = 0
        try:
            super().on_headers_complete()
        except (httptools.HttpParserInvalidURLError, UnicodeDecodeError):
            self._refuse(400, "The request target is not a valid URL")
            raise
        if not self.pipeline:
            self._current = self.cycle

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
        self.has_answered = True
        if self.pipeline:
            self._current = self.pipeline[-1][0]
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
        self._is_deaf = True
        if self.on_refused is not None:
            type(self).on_refused(status, detail, self.serial)  # type: ignore[misc]
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

    @property
    def default_headers(self) -> Iterable[tuple[bytes, bytes]]:
        """The headers that each answer has, such as ``date``."""
        return self.server_state.default_headers

    @property
    def keep_alive(self) -> bool:
        """Whether the client expects another answer on this connection."""
        return self._current is not None and self._current.keep_alive

    def take(self) -> asyncio.Event:
        """Leave the transport to the caller, who answers the current request; no other one is answered.

        Returns an event that is set once the connection is lost.  What the client still sends is read,
        or its leaving would go unnoticed, and thrown away.
        """
        if self._lost is None:
            self._lost = asyncio.Event()
            self._is_deaf = True
            if self._current is not None:
                # uvicorn then neither sends an answer of its own nor misses one.
                self._current.disconnected = True
            if self not in self.connections:
                self._lost.set()
            elif not self.transport.is_closing():
                self.flow.resume_reading()
        return self._lost

    def release(self, seconds: float | None = None) -> None:
        """Say that nothing more will be sent on a connection that was taken.

        It ends when the client closes it, after ``seconds`` at the latest if they are given; a server
        that stops does not wait for that.
        """
        self._is_released = True
        if self._is_stopping:
            self.transport.close()
        elif seconds is not None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def shutdown(self) -> None:
        self._is_stopping = True
        if self._is_released:
            self.transport.close()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        current = self._current
        if current is not None and not current.response_complete:
            # With requests waiting behind this one, uvicorn tells only the last of them.
            current.disconnected = True
            current.message_event.set()
        if self._lost is not None:
            self._lost.set()
