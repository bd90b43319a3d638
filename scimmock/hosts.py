"""Host headers and loopback: which names mean this machine."""

from __future__ import annotations

import ipaddress
import re

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{1,5}))?")


def split_host(header: str) -> tuple[str, int | None] | None:
    """Return host and port of a Host header, None when the header makes no sense."""
    match = _HOST.fullmatch(header)
    if match is None:
        return None
    return match[1] or match[2], int(match[3]) if match[3] else None


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
