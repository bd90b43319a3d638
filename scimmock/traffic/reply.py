"""What goes back to a client: status, headers, bytes, and how they leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Headers = list[tuple[bytes, bytes]]
End = Literal["keep", "close", "reset", "hang"]


# What a client met, in words, by the kinds of what becomes of an answer.
TOLD = {
    "reset": "the connection was reset",
    "closed": "the connection was closed without an answer",
    "hang": "the request was never answered",
    "truncated": "the answer was cut off",
    "garbage": "the client got something that is no HTTP",
    "bad_chunk": "the answer has a broken chunk",
    "wrong_length": "the answer is not as long as it says",
    "client_gone": "the client went away before the end of the answer",
}


@dataclass(slots=True)
class Delivery:
    """How an answer leaves, where it does not simply leave whole.  Sizes in bytes, times in seconds.

    ``silent`` sends no byte of it; ``raw`` is sent instead of head and body; ``cut`` is how many bytes
    of the body are sent, under the Content-Length of all of it or under ``announced``; ``bad_chunk``
    sends the body chunked with a broken chunk after those bytes.  ``pause`` waits once at a byte of
    the body, ``drip`` sends it piece by piece.  ``end`` is what happens to the connection then: it is
    kept, closed (FIN), reset (RST), or left open without another byte until the client goes.
    """

    silent: bool = False
    raw: bytes | None = None
    cut: int | None = None
    announced: int | None = None
    bad_chunk: bool = False
    pause: tuple[int, float] | None = None
    drip: tuple[int, float] | None = None
    end: End = "keep"

    @property
    def is_whole(self) -> bool:
        """Whether the client gets all of the answer in the end."""
        broken = self.silent or self.raw is not None or self.bad_chunk or self.announced is not None
        return not broken and self.cut is None and self.end in ("keep", "close")


# A body as the pieces that it was joined from, which others hold anyway: a journal that keeps these
# instead of the bytes takes nearly no memory.  They are head, mark, base, items (or None) and tail.
Joined = tuple[bytes, bytes, bytes, list[bytes] | None, bytes]


def join(pieces: Joined) -> bytes:
    """Return the head, and where there are items these, with commas between them, and the tail.

    In all of that the base takes the place of the mark.
    """
    head, mark, base, items, tail = pieces
    body = head if items is None else b"%b%b%b" % (head, b",".join(items), tail)
    return body.replace(mark, base)


@dataclass(slots=True)
class Reply:
    """An HTTP answer.

    ``joined`` is what the body was made from, while it is still that.

    ``media_type`` None means that of the service, ``b""`` sends no Content-Type; ``close`` ends the
    connection; ``delivery`` None sends it as it is; ``wait`` are seconds before anything of it is sent.
    """

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    media_type: bytes | None = None
    close: bool = False
    delivery: Delivery | None = None
    joined: Joined | None = None
    wait: float = 0.0
