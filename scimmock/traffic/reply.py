"""What goes back to a client: status, headers, bytes, and how they leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Headers = list[tuple[bytes, bytes]]
End = Literal["keep", "close", "reset", "hang"]


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


class Joined(NamedTuple):
    """A body that can be joined again from pieces which others hold anyway.

    A journal that keeps it instead of the bytes takes nearly no memory.  It is ``head``, and where
    there are ``items`` these, with commas between them, and ``tail``; in all of that ``base`` takes the
    place of ``mark``.
    """

    head: bytes
    mark: bytes
    base: bytes
    items: list[bytes] | None = None
    tail: bytes = b""

    def body(self) -> bytes:
        """Return the bytes."""
        joined = self.head
        if self.items is not None:
            joined = b"%b%b%b" % (joined, b",".join(self.items), self.tail)
        return joined.replace(self.mark, self.base)


@dataclass(slots=True)
class Reply:
    """An HTTP answer.

    ``joined`` is what the body was made from, while it is still that.

    ``media_type`` None means that of the service, ``b""`` sends no Content-Type; ``close`` ends the
    connection; ``delivery`` None sends it as it is.
    """

    status: int
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    media_type: bytes | None = None
    close: bool = False
    delivery: Delivery | None = None
    joined: Joined | None = None
