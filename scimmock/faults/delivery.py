"""How wire faults agree on one delivery, when several of them act on one answer."""

from __future__ import annotations

from typing import Literal

from ..traffic.reply import Delivery, Reply
from .call import Call
from .rule import Fired


def delivery_of(reply: Reply, fired: Fired) -> Delivery | None:
    """Return how the answer leaves, ready to be changed.

    None when nothing of it leaves any more because another rule lost it; the trace then says so.
    """
    delivery = reply.delivery
    if delivery is None:
        delivery = reply.delivery = Delivery()
    elif delivery.silent or delivery.raw is not None:
        fired.tell(without_effect="the answer was lost before")
        return None
    return delivery


def end_with(delivery: Delivery, end: Literal["close", "reset"]) -> None:
    """Let the connection end after the answer; the end that a rule before has chosen stays."""
    if delivery.end == "keep":
        delivery.end = end


def body_size(call: Call, reply: Reply) -> int:
    """Return how many bytes of body an answer has for the client."""
    return 0 if call.exchange.method == "HEAD" or reply.status in (204, 304) else len(reply.body)
