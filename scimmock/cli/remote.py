"""A small client of the control API of a running server, for the commands that ask or change it."""

from __future__ import annotations

import functools
import http.client
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import click

from ..errors import UnreachableError, UsageError
from ..hosts import is_loopback

DEFAULT_URL = "http://127.0.0.1:8080"
URL_VARIABLE, TOKEN_VARIABLE = "SCIMMOCK_URL", "SCIMMOCK_ADMIN_TOKEN"  # what scimmock exec tells its command
_TIMEOUT = 30.0  # seconds without a byte of an answer
USUAL = f"${URL_VARIABLE}, else {DEFAULT_URL}"
_Command = TypeVar("_Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option("--url", metavar="URL", help=f"Root URL of the server. Default: {USUAL}."),
    click.option("--tenant", metavar="NAME", help="The tenant. Default: the one without a name."),
    click.option("--admin-token", metavar="TOKEN", help="Needed for a server on another machine."),
    click.option(
        "--ready-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="The server's ready file, which tells URL and admin token.",
    ),
)
_NAMES = ("url", "tenant", "admin_token", "ready_file")


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


def with_remote(command: _Command) -> _Command:
    """Add the options that say which server is meant; the command gets a `Remote` as first argument.

    What is not given comes from the same options of the group around the command.
    """

    @functools.wraps(command)
    def wrapped(**arguments: Any) -> Any:
        context = click.get_current_context()
        around = context.parent.params if context.parent is not None else {}
        chosen = {name: arguments.pop(name) for name in _NAMES}
        if all(value is None for name, value in chosen.items() if name in ("url", "ready_file")):
            chosen |= {name: around.get(name) for name in ("url", "ready_file")}
        for name in ("tenant", "admin_token"):
            chosen[name] = around.get(name) if chosen[name] is None else chosen[name]
        return command(_remote(**chosen), **arguments)

    return _optioned(wrapped)  # type: ignore[return-value]


def remote_options(group: _Command) -> _Command:
    """Add the same options to a group, for the commands in it."""

    @functools.wraps(group)
    def wrapped(**arguments: Any) -> Any:
        return group()

    return _optioned(wrapped)  # type: ignore[return-value]


def _optioned(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _remote(url: str | None, tenant: str | None, admin_token: str | None, ready_file: Path | None) -> Remote:
    if url is not None and ready_file is not None:
        raise UsageError("--url and --ready-file exclude each other")
    if ready_file is not None:
        try:
            content = json.loads(ready_file.read_text("utf-8"))
        except OSError as error:
            raise UnreachableError(
                f"cannot be read: {error.strerror}", where=str(ready_file), hint="is the server running?"
            ) from None
        except ValueError:
            content = None
        url = (content.get("local_url") or content.get("url")) if isinstance(content, dict) else None
        if not isinstance(url, str) or not url:
            raise UsageError("is no ready file", where=str(ready_file))
        admin_token = admin_token or content.get("admin_token")
    url = url or usual_url()
    return Remote(url, tenant or None, admin_token or os.environ.get(TOKEN_VARIABLE) or None)


def usual_url() -> str:
    """Return where the server is that is meant when nobody says so: that of `scimmock exec`, if any."""
    return os.environ.get(URL_VARIABLE) or DEFAULT_URL
