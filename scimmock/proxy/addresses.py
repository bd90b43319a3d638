"""Addresses of the upstream led back through the recorder, and those of the recorder led on.

A service answers with absolute URLs of its own (``Location``, ``meta.location``, ``$ref``; RFC 7644 section
3.1).  A client that follows one would pass the recorder by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urlsplit

from ..hosts import is_loopback, split_host

_DEFAULT_PORTS = {"http": 80, "https": 443}
# How "://" and ":" are spelled: as they are, in JSON with escaped slashes, and percent-encoded.
_SPELLINGS = ((b"://", b":"), (b":\\/\\/", b":"), (b"%3a%2f%2f", b"%3a"))
# What goes on with a host name or a port, or makes a user name of it, or (%) may spell such a thing.
_GOES_ON = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789._~-:@%")
_ESCAPES_THAT_END = (b"%2f", b"%3f", b"%23", b"%22", b"%26", b"%20", b"%29", b"%5d", b"%27")


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, no brackets) and port of a URL (RFC 6454 section 4)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """Return the origin as it stands at the beginning of a URL, without a default port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


@lru_cache(maxsize=256)
def origin_from(scheme: str, host: str, port: int | None = None) -> Origin:
    """Return an origin, with the default port of its scheme where there is none."""
    return Origin(scheme, host.strip("[]").lower(), port or _DEFAULT_PORTS.get(scheme, 0))


def origin_of(url: str) -> Origin | None:
    """Return the origin of an http or https URL, None when it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username is not None:
        return None
    return origin_from(parts.scheme, parts.hostname, port)


def origin_at(scheme: str, host_header: str) -> Origin | None:
    """Return the origin that a Host header names, None when it makes no sense."""
    found = split_host(host_header.strip())
    return origin_from(scheme, *found) if found and scheme in _DEFAULT_PORTS else None


@lru_cache(maxsize=256)
def same_places(origin: Origin) -> tuple[Origin, ...]:
    """Return an origin and, when it is on this machine, those by its other names."""
    if not is_loopback(origin.host):
        return (origin,)
    names = dict.fromkeys((origin.host, "127.0.0.1", "localhost", "::1"))
    return tuple(Origin(origin.scheme, name, origin.port) for name in names)


def lead(text: bytes, sources: Iterable[Origin], target: Origin) -> bytes:
    """Return text in which each whole origin that is one of ``sources`` is replaced by ``target``.

    Any case, with or without a default port, with slashes escaped or the whole percent-encoded; never a
    part of another host name, port or user name.
    """
    for source in sources:
        if source != target:
            text = _lead(text, source, target)
    return text


def _lead(text: bytes, source: Origin, target: Origin) -> bytes:
    lower = text.lower()
    host = (f"[{source.host}]" if ":" in source.host else source.host).encode()
    at = lower.find(host)
    if at < 0:
        return text
    scheme = source.scheme.encode()
    pieces: list[bytes] = []
    done = 0
    while at >= 0:
        found = _around(lower, at, scheme, host, source)
        if found is not None:
            begin, end, spelling = found
            pieces += (text[done:begin], _spelled(str(target), spelling))
            done = end
        at = lower.find(host, at + len(host))
    return b"".join((*pieces, text[done:])) if pieces else text


def _around(lower: bytes, at: int, scheme: bytes, host: bytes, source: Origin) -> tuple[int, int, int] | None:
    """Return (begin, end, spelling) of the origin whose host stands at ``at``, None when it is none."""
    spelling = next((i for i, (slashes, _) in enumerate(_SPELLINGS) if lower.endswith(slashes, 0, at)), None)
    if spelling is None:
        return None
    slashes, colon = _SPELLINGS[spelling]
    begin = at - len(slashes) - len(scheme)
    if begin < 0 or not lower.startswith(scheme, begin):
        return None
    if begin and (lower[begin - 1 : begin].isalnum() or lower[begin - 1] in b"+-."):
        if not _is_escape(lower, begin - 3):
            return None
    end = at + len(host)
    port = colon + str(source.port).encode()
    if lower.startswith(port, end) and _ends(lower, end + len(port)):
        return begin, end + len(port), spelling
    if source.port == _DEFAULT_PORTS.get(source.scheme) and _ends(lower, end):
        return begin, end, spelling
    return None


def _is_escape(lower: bytes, at: int) -> bool:
    """Whether ``%2f`` or the like stands there: then what follows it is the beginning of a word."""
    return at >= 0 and lower[at : at + 1] == b"%"


def _ends(lower: bytes, at: int) -> bool:
    """Whether an origin can end there."""
    if at >= len(lower) or lower[at] not in _GOES_ON:
        return True
    return lower[at : at + 3] in _ESCAPES_THAT_END


def _spelled(text: str, spelling: int) -> bytes:
    if spelling == 1:
        return text.replace("/", "\\/").encode()
    return (quote(text, safe="") if spelling == 2 else text).encode()
