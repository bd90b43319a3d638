"""Who may use the control API: this machine, or whoever has the admin token."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

from ..hosts import is_loopback, split_host
from .errors import ControlError

# What a proxy or tunnel adds: the request is somebody else's, though it comes from this machine.
_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host")


def check_access(request: Request, admin_token: str) -> None:
    """Raise 401 or 403 unless the request comes from loopback with a Host that says so, or has the token.

    The Host is checked because a web page of anybody can be made to resolve to 127.0.0.1; for the same
    reason calls that change something take JSON only and refuse a foreign Origin.
    """
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    with_token = scheme.lower() == "bearer" and hmac.compare_digest(
        credential.strip().encode("latin-1", "replace"), admin_token.encode()
    )
    client = request.client.host if request.client else ""
    host = request.headers.get("host", "")
    called = split_host(host)
    local = is_loopback(client) and called is not None and is_loopback(called[0])
    local = local and not any(name in request.headers for name in _FORWARDED)
    if not with_token and not local:
        raise ControlError(
            401,
            "the control API is open to this machine under a loopback name, or with the admin token",
            field="Authorization",
        )
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        raise ControlError(403, f"calls from {origin} are refused", field="Origin")
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method != "DELETE" and content_type != "application/json":
        raise ControlError(415, "the body is application/json", field="Content-Type")
