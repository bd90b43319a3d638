"""HTTP clients for a tenant: its base URL and its token are set."""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

import httpx


def headers_of(token: str | None) -> dict[str, str]:
    """Return the header that lets a client in, none where nobody is kept out."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def client_of(url: str, token: str | None, **options: Any) -> httpx.Client:
    """Return a client; ``options`` are those of httpx."""
    return httpx.Client(**_options(url, token, options))


def async_client_of(url: str, token: str | None, **options: Any) -> httpx.AsyncClient:
    """Return a client for an event loop; ``options`` are those of httpx."""
    return httpx.AsyncClient(**_options(url, token, options))


def _options(url: str, token: str | None, options: dict[str, Any]) -> dict[str, Any]:
    headers = {**headers_of(token), **dict(options.pop("headers", {}))}
    # A proxy from the environment knows no way to this machine.
    usual = {"trust_env": False, "timeout": 30.0, "verify": _trusting()}
    return {"base_url": url, "headers": headers, **usual, **options}


@cache
def _trusting() -> ssl.SSLContext:
    """Return what takes the certificate of a test server; to make one for each client takes its time."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
