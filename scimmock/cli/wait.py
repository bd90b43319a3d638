"""``scimmock wait``."""

from __future__ import annotations

import http.client
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import click

from ..clock import parse_duration
from ..errors import UnreachableError, UsageError
from .remote import USUAL, usual_url


@click.command(
    short_help="Wait until a server is ready.",
    epilog="Examples:\n\n  scimmock wait --timeout 10s\n\n  scimmock wait --ready-file /tmp/scimmock.json",
)
@click.option("--url", metavar="URL", help=f"Root URL of the server. Default: {USUAL}.")
@click.option(
    "--ready-file", type=click.Path(path_type=Path, dir_okay=False), help="The server's ready file."
)
@click.option(
    "--timeout",
    default="30s",
    show_default=True,
    metavar="DURATION",
    help="How long to wait (200ms, 7s, 2m).",
)
def command(url: str | None, ready_file: Path | None, timeout: str) -> None:
    """Wait until a server accepts requests and its directory is loaded; exit code 5 if it does not."""
    try:
        seconds = parse_duration(timeout)
    except ValueError as error:
        raise UsageError(f"--timeout: {error}") from None
    if url is not None and ready_file is not None:
        raise UsageError("--url and --ready-file exclude each other")
    deadline = time.monotonic() + seconds
    while True:
        target = _from_file(ready_file) if ready_file is not None else url or usual_url()
        if target is not None and _is_ready(target):
            return
        if time.monotonic() >= deadline:
            what = target or str(ready_file)
            raise UnreachableError(f"{what} is not ready after {timeout}")
        time.sleep(min(0.05, max(0.0, deadline - time.monotonic())))


def _from_file(path: Path) -> str | None:
    """Return the local URL of a ready file, None while there is no complete one."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    url = (content.get("local_url") or content.get("url")) if isinstance(content, dict) else None
    return url if isinstance(url, str) and url else None


def _no_url(url: str) -> UsageError:
    return UsageError(f"{url!r} is no URL", hint="http://127.0.0.1:8080 would be one")


def _is_ready(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _no_url(url) from None
    if parts.scheme not in ("http", "https") or not host or not host.isprintable():
        raise _no_url(url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        import ssl

        # Readiness is no secret, and a test server's certificate is its own.
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, port, timeout=2, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/_scimmock/readyz")
        status = connection.getresponse().status
        if status == 404:
            root = f"{parts.scheme}://{parts.netloc}"
            raise UnreachableError(f"{url} answers, but is not the root of a scimmock", hint=f"try {root}")
        return status == 200
    except (OSError, http.client.HTTPException):
        return False
    except UnicodeError:  # a host that cannot be a name, such as a..b
        raise _no_url(url) from None
    finally:
        connection.close()
