"""What went wrong with an exchange, told from what mitmproxy says of it."""

from __future__ import annotations

from dataclasses import dataclass

from mitmproxy import http
from mitmproxy.connection import ConnectionState

_MAX_MESSAGE = 500  # characters: some messages quote all that the upstream sent

# How connecting fails, by what the operating system or OpenSSL says: the first that fits.
_CONNECTING = (
    ("refused", ("errno 111", "errno 61", "errno 10061", "connection refused")),
    ("timeout", ("errno 110", "errno 60]", "errno 10060", "timed out", "timeout")),
    ("tls", ("tls", "ssl", "certificate", "connection closed early")),
    (
        "unreachable",
        (
            "name or service not known",
            "nodename",
            "name resolution",
            "getaddrinfo",
            "unreachable",
            "no route",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """``kind`` as in the error of a recording; ``side`` is "client", "upstream" or "proxy".

    ``status`` is what mitmproxy answered in place of the upstream, None when the client got nothing of
    the kind.
    """

    kind: str
    message: str
    side: str
    status: int | None

    @property
    def error(self) -> dict[str, str]:
        return {"kind": self.kind, "message": self.message}


def failure_of(flow: http.HTTPFlow, was_reset: bool = False) -> Failure:
    """Return what ended a flow in an error; ``was_reset``: the upstream's connection ended with a RST.

    By the texts of mitmproxy's HTTP layers, which are the same in its versions 11 and 12.
    """
    message = (flow.error.msg if flow.error else "")[:_MAX_MESSAGE]
    lower = message.lower()

    def upstream(kind: str) -> Failure:
        began = flow.response is not None and bool(flow.response.stream)
        return Failure(kind, message, "upstream", None if began else 502)

    if lower == "connection killed.":
        return Failure("killed", message, "proxy", None)
    if lower == "client disconnected." or _is_by_client(flow, lower):
        return Failure("client_gone", message, "client", None)
    if "body exceeds" in lower:
        return Failure("too_large", message, "proxy", 413 if lower.startswith("request") else 502)
    if "from client, refusing" in lower or "invalid request scheme" in lower:
        return Failure("refused", message, "proxy", 400)
    if "from server, refusing" in lower or lower.startswith(("unexpected server response", "cannot parse")):
        return upstream("garbage")
    if lower.startswith("http/1 protocol error"):
        if "without sending complete" in lower:
            return upstream("reset" if was_reset else "truncated")
        return upstream("garbage")
    if lower.startswith("http/2 protocol error"):
        return upstream("garbage")
    if lower == "server closed connection":
        return upstream("reset" if was_reset else "closed")
    if lower.startswith("stream reset"):
        return upstream("reset")
    if lower.startswith(("peer closed connection", "http/2 connection closed")):
        return upstream("truncated" if flow.response is not None else "closed")
    kind = next((kind for kind, words in _CONNECTING if any(word in lower for word in words)), None)
    if kind is None and flow.request.timestamp_end is None:  # nobody could make sense of the request
        return Failure("refused", message, "proxy", 400)
    return upstream(kind or "unreachable")


def _is_by_client(flow: http.HTTPFlow, lower: str) -> bool:
    """Whether it is the client that broke off: the words of both sides are the same."""
    if lower.startswith("http/1 protocol error: peer closed"):
        return flow.request.timestamp_end is None
    if not lower.startswith(("stream reset", "peer closed connection", "http/2 connection closed")):
        return False
    if flow.client_conn.alpn != b"h2":
        return False
    if flow.server_conn is None or flow.server_conn.alpn != b"h2":
        return True
    if lower.startswith("stream reset"):  # only clients take back what they asked for
        return "(cancel)" in lower
    return flow.client_conn.state is not ConnectionState.OPEN
