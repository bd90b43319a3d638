"""Leads a flow through the recorder: what the client sends names the upstream, what it gets the recorder."""

from __future__ import annotations

from mitmproxy import http
from mitmproxy.proxy.mode_specs import ReverseMode

from .addresses import Origin, lead, origin_at, origin_from, same_places
from .bodies import Message, header

_LOCATIONS = (b"location", b"content-location")
_FORM = "application/x-www-form-urlencoded"


class Leading:
    """Changes addresses in requests and answers of reverse mode; streamed bodies stay as they are.

    ``public`` is where clients reach the recorder, None where each request tells.
    """

    def __init__(self, public: Origin | None, keeps_host: bool) -> None:
        self._public = public
        self._keeps_host = keeps_host
        # Whether the service has spoken of itself by the address at which it is reached.
        self._has_led = False

    def request(self, flow: http.HTTPFlow) -> None:
        """Let a request speak of the upstream where it speaks of the recorder."""
        if not isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return
        if self._keeps_host and not self._has_led:
            return  # it knows itself by the Host that the client sends, as far as has been seen
        upstream = _upstream(flow)
        sources = same_places(self._recorder(flow))
        path, mark, query = flow.request.data.path.partition(b"?")
        if mark and query:
            flow.request.data.path = path + mark + lead(query, sources, upstream)
        _lead_body(flow.request, sources, upstream)

    def response(self, flow: http.HTTPFlow) -> None:
        """Let an answer speak of the recorder where it speaks of the upstream."""
        if flow.response is None or not isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return
        upstream, recorder = _upstream(flow), self._recorder(flow)
        for led in (_lead_headers, _lead_body):
            if led(flow.response, (upstream,), recorder):
                self._has_led = True

    def headers(self, flow: http.HTTPFlow) -> None:
        """The same for the headers of an answer alone."""
        if flow.response is None or not isinstance(flow.client_conn.proxy_mode, ReverseMode):
            return
        if _lead_headers(flow.response, (_upstream(flow),), self._recorder(flow)):
            self._has_led = True

    def _recorder(self, flow: http.HTTPFlow) -> Origin:
        """Return where the client reaches the recorder, as far as can be told."""
        if self._public is not None:
            return self._public
        request, client = flow.request, flow.client_conn
        own = "https" if client.tls else "http"
        scheme = header(request, b"x-forwarded-proto").partition(",")[0].strip().lower() or own
        forwarded = header(request, b"x-forwarded-host").partition(",")[0]
        found = origin_at(scheme, forwarded) if forwarded else None
        if found is None and self._keeps_host:
            found = origin_at(scheme, request.host_header or "")
        if found is not None:
            return found
        host, port = (client.sockname or ("127.0.0.1", 0))[:2]
        return origin_from(own, host, port)


def _upstream(flow: http.HTTPFlow) -> Origin:
    return origin_from(flow.request.scheme, flow.request.host, flow.request.port)


def _lead_headers(message: Message, sources: tuple[Origin, ...], target: Origin) -> bool:
    """Change the headers that tell addresses; returns whether there was something to change."""
    fields = message.headers.fields
    led = tuple(
        (name, lead(value, sources, target)) if name.lower() in _LOCATIONS else (name, value)
        for name, value in fields
    )
    if led == fields:
        return False
    message.headers.fields = led
    return True


def _lead_body(message: Message, sources: tuple[Origin, ...], target: Origin) -> bool:
    """Change a body; returns whether there was something to change."""
    raw = message.raw_content
    if not raw or not _is_text(header(message, b"content-type").lower(), raw):
        return False
    is_compressed = bool(header(message, b"content-encoding"))
    try:
        body = (message.get_content() or b"") if is_compressed else raw
    except ValueError:  # compressed in a way that nobody knows
        return False
    led = lead(body, sources, target)
    if led == body:
        return False
    if is_compressed:
        message.content = led  # compressed as before, and Content-Length is right again
        return True
    message.raw_content = led
    length = str(len(led)).encode()
    message.headers.fields = tuple(
        (name, length if name.lower() == b"content-length" else value)
        for name, value in message.headers.fields
    )
    return True


def _is_text(kind: str, body: bytes) -> bool:
    return "json" in kind or kind.startswith(_FORM) or (not kind and body[:1] in b"{[")


def mark_control(flow: http.HTTPFlow) -> None:
    """Tell a mock behind that a call of its control API was forwarded: it wants the admin token then.

    It sees a caller on this machine, who may come through a tunnel.
    """
    if b"/_scimmock" in flow.request.data.path:
        flow.request.headers["X-Forwarded-Host"] = flow.request.host_header or "unknown"
