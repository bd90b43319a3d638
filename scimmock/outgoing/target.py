"""A service that requests are sent to, and what came back, whatever that is: `httpx` is known here only.

No redirect is followed: it is an answer, and another host would get the token.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx

from ..errors import UnreachableError, UsageError
from ..hosts import is_loopback
from ..traffic.form import shallow

__all__ = ["MISSING", "Answer", "Missing", "Target", "authorization", "decoded", "root_of", "tenant_of"]

_NO_CONNECTION = "no connection in time"
_LARGEST = 64 << 20  # bytes of an answer that are read


class Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"


# What has no value, which is not the same as null.
MISSING: Final = Missing()


@dataclass(slots=True)
class Answer:
    """What came back: ``status`` is None and ``error`` says why ("timeout", "reset", ...) where nothing did.

    ``json`` is `MISSING` where the body is no JSON, ``sent`` are the headers of the request.  ``exchange``
    is the document of the contract's section 6, where somebody has made it.
    """

    status: int | None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    json: Any = MISSING
    error: str | None = None
    message: str = ""
    milliseconds: float = 0.0
    sent: list[tuple[str, str]] = field(default_factory=list)
    exchange: dict[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """Return the value of a header, whatever the case of its name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def authorization(token: str | None, basic: str | None) -> str | None:
    """Return the header for a bearer token, or for a name and a password."""
    if basic is not None:
        return f"Basic {base64.b64encode(basic.encode()).decode()}"
    return f"Bearer {token}" if token is not None else None


def root_of(base_url: str) -> str:
    """Return the root of the server, below which the control API is if it is a scimmock."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def tenant_of(base_url: str) -> str | None:
    """Return the tenant that a base URL of a scimmock is of, None for the one without a name."""
    tenant = re.match(r"/t/([^/]+)/", f"{urlsplit(base_url).path}/")
    return unquote(tenant[1]) if tenant else None


class Target:
    """A service at ``base_url``.  ``timeout`` is how many seconds an answer may take as a whole.

    ``sent`` counts requests.  Raises UsageError where the URL is none.
    """

    def __init__(self, base_url: str, *, timeout: float = 30.0, connections: int = 1) -> None:
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        self.sent = 0
        try:
            parts = urlsplit(self.base_url)
            self._url = httpx.URL(self.base_url)
            is_url = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except (ValueError, httpx.InvalidURL):
            is_url = False
        if not is_url or parts.query or parts.fragment:
            hint = "http://127.0.0.1:8080/scim/v2 would be one"
            raise UsageError(f"{base_url!r} is no URL of a SCIM service", hint=hint)
        self.path = parts.path
        self.is_local = is_loopback(parts.hostname or "")
        limits = httpx.Limits(
            max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60
        )
        # On this machine a test server's certificate is its own; elsewhere it is checked.
        verify = not self.is_local
        self._http = httpx.Client(
            verify=verify, timeout=timeout, limits=limits, follow_redirects=False, trust_env=verify
        )
        self._extension = {"timeout": httpx.Timeout(timeout).as_dict()}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        content: bytes | None = None,
    ) -> Answer:
        """Send a request and return what came back.

        ``target`` is the whole path with the query, sent as it stands: a URL would be put into another
        spelling.  ``headers`` lack Host and Content-Length.  Raises UnreachableError when there is no
        connection for the very first request.
        """
        request = httpx.Request(
            method,
            self._url,
            headers=[(_octets(name), _octets(value)) for name, value in headers],
            content=content,
            extensions=self._extension | {"target": target.encode("ascii", "backslashreplace")},
        )
        begun = time.perf_counter()
        answer = self._received(request, begun)
        answer.milliseconds = (time.perf_counter() - begun) * 1000
        self.sent += 1
        if self.sent == 1 and (answer.error == "refused" or answer.message == _NO_CONNECTION):
            hint = "is the server running?"
            raise UnreachableError(f"{self.base_url} does not answer: {answer.message}", hint=hint)
        answer.sent = _texts(request.headers)
        return answer

    def _received(self, request: httpx.Request, begun: float) -> Answer:
        response = None
        try:
            response = self._http.send(request, stream=True)
            chunks, size = [], 0
            for chunk in response.iter_bytes():
                chunks.append(chunk)
                size += len(chunk)
                if size > _LARGEST:
                    return Answer(None, error="truncated", message=f"the answer has over {_LARGEST} bytes")
                if time.perf_counter() - begun > self.timeout:
                    raise httpx.ReadTimeout("the answer does not come to its end")
        except httpx.ConnectTimeout:
            return Answer(None, error="timeout", message=_NO_CONNECTION)
        except httpx.TimeoutException as error:
            return Answer(None, error="timeout", message=str(error) or "no answer in time")
        except httpx.ConnectError as error:
            return Answer(None, error="refused", message=str(error))
        except httpx.DecodingError:
            assert response is not None
            return Answer(
                response.status_code, _texts(response.headers), b"", message="it cannot be decompressed"
            )
        except httpx.RemoteProtocolError as error:
            kind = "truncated" if response is not None else "closed"
            return Answer(None, error=kind, message=str(error))
        except httpx.HTTPError as error:
            return Answer(None, error="reset", message=str(error) or type(error).__name__)
        except (httpx.InvalidURL, ValueError) as error:
            return Answer(None, error="malformed", message=str(error))
        finally:
            if response is not None:
                response.close()
        body = b"".join(chunks)
        return Answer(response.status_code, _texts(response.headers), body, decoded(body))


def _octets(text: str) -> bytes:
    """Return the bytes of a name or a value of a header, which recordings have as ISO 8859-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _texts(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(str(name, "latin-1"), str(value, "latin-1")) for name, value in headers.raw]


def decoded(body: bytes) -> Any:
    """Return the JSON of a body, `MISSING` where it is none, or nested too deep to be gone through."""
    try:
        return shallow(body)
    except (ValueError, RecursionError):
        return MISSING
