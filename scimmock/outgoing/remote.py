"""A small client of the control API of a running server."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from ..errors import UnreachableError, UsageError, UserError
from ..hosts import is_loopback
from .target import root_of, tenant_of
from .timeline import Ask

DEFAULT_URL = "http://127.0.0.1:8080"
_TIMEOUT = 30.0  # seconds without a byte of an answer


class RefusedError(UsageError):
    """The server refused a call; ``field`` is what it named, ``document`` the whole answer."""

    def __init__(self, status: int, document: Any) -> None:
        error = document.get("error") if isinstance(document, dict) else None
        found = error if isinstance(error, dict) else {}
        self.status = status
        self.document = document
        self.field = found.get("field")
        near = found.get("did_you_mean")
        super().__init__(
            str(found.get("message", f"the server answers {status}")),
            where=str(self.field) if self.field else None,
            hint=f"did you mean {near!r}?" if near else None,
        )


@dataclass(frozen=True, slots=True)
class Remote:
    """The control API of one server, or of one tenant of it.  ``url`` is the root URL."""

    url: str = DEFAULT_URL
    tenant: str | None = None
    admin_token: str | None = None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        timeout: float = _TIMEOUT,
    ) -> Any:
        """Return what a call answers, None for an empty answer.

        Raises RefusedError for 4xx and UnreachableError when there is no answer, or none of a scimmock.
        """
        content = None if body is None else json.dumps(body).encode()
        connection = self._connection(timeout)
        try:
            answer = self._request(connection, method, path, content, query or {}, {})
            try:
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._unreachable(error) from None
        finally:
            connection.close()
        return self._document(answer, text)

    def stream(
        self, path: str, query: Mapping[str, Any], headers: dict[str, str], timeout: float
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        """Return an answer that goes on and on, to be read line by line; raises like `call`."""
        connection = self._connection(timeout)
        try:
            answer = self._request(connection, "GET", path, None, query, headers)
            if answer.status != 200:
                self._document(answer, answer.read())
                raise UnreachableError(f"{self.url} answers {answer.status} to {path}")
        except BaseException:
            connection.close()
            raise
        return connection, answer

    def _connection(self, timeout: float) -> http.client.HTTPConnection:
        try:
            parts = urlsplit(self.url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port, parts = None, None, urlsplit("")
        if parts.scheme not in ("http", "https") or not host or not host.isprintable():
            raise UsageError(f"{self.url!r} is no URL", hint=f"{DEFAULT_URL} would be one")
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        import ssl

        # On this machine a test server's certificate is its own; elsewhere it is checked, because the
        # admin token goes there.
        context = ssl._create_unverified_context() if is_loopback(host) else ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=context)

    def _request(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        content: bytes | None,
        query: Mapping[str, Any],
        headers: dict[str, str],
    ) -> http.client.HTTPResponse:
        root = urlsplit(self.url).path.rstrip("/")
        target = f"{root}/t/{quote(self.tenant, safe='')}" if self.tenant else root
        target += f"/_scimmock/{path}"
        asked = {name: value for name, value in query.items() if value is not None}
        if asked:
            target += f"?{urlencode(asked)}"
        sent = dict(headers)
        if method not in ("GET", "DELETE"):
            sent["Content-Type"] = "application/json"
        if self.admin_token:
            sent["Authorization"] = f"Bearer {self.admin_token}"
        try:
            connection.request(method, target, content, sent)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self._unreachable(error) from None
        except UnicodeError:  # a host that cannot be a name, a token that cannot be a header
            raise UsageError(f"{self.url!r} or the admin token has characters that cannot be sent") from None
        except ValueError as error:
            raise UsageError(f"the request cannot be sent: {error}") from None

    def _unreachable(self, error: Exception) -> UnreachableError:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return UnreachableError(f"{self.url} does not answer: {reason}", hint="is the server running?")

    def _document(self, answer: http.client.HTTPResponse, text: bytes) -> Any:
        status = answer.status
        try:
            document = json.loads(text) if text else None
        except (ValueError, RecursionError):
            document = None
        if status < 400:
            if text and document is None:
                raise UnreachableError(f"{self.url} answers, but is not the root of a scimmock")
            return document
        if not isinstance(document, dict) or not ({"error", "ok"} & document.keys()):
            hint = f"the root URL is wanted, such as {DEFAULT_URL}" if status in (401, 404, 405) else None
            message = f"{self.url} answers {status}, but is not the root of a scimmock"
            raise UnreachableError(message, hint=hint)
        if status >= 500:
            raise UnreachableError(f"{self.url} answers {status}: {RefusedError(status, document).message}")
        raise RefusedError(status, document)


def control_of(to: str, admin_token: str | None) -> Ask:
    """Return what asks the control API, if the target is a scimmock; None is no answer."""
    remote = Remote(root_of(to), tenant_of(to), admin_token)

    def ask(method: str, path: str, body: Any) -> Any:
        where, _, query = path.partition("?")
        try:
            return remote.call(method, where, body, dict(parse_qsl(query)), timeout=30.0)
        except UserError:
            return None

    return ask
