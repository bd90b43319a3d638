"""What a server writes beside its answers: messages, and a line for each request if that is wanted."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TextIO

from ..clock import Clock
from ..errors import FileError
from ..traffic.bodies import masked_query
from ..traffic.exchange import Exchange


class AccessLog:
    """A file with a line of JSON for each exchange; opening raises FileError."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._file = _opened(path)

    def __call__(self, exchange: Exchange) -> None:
        """Write the line of an exchange."""
        line = {
            "at": self._clock.text(),
            "tenant": exchange.tenant,
            "method": exchange.method,
            "path": exchange.path,
            "query": masked_query(exchange.query.decode("latin-1")),
            "status": exchange.status,
            "ms": round((exchange.end - exchange.begin) * 1000, 3),
            "operation": exchange.operation,
            "resource": exchange.resource,
            "id": exchange.id,
            "token": exchange.identity,
            "rule": exchange.rule,
            "connection": exchange.connection,
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _opened(path: Path) -> TextIO:
    try:
        return open(path, "a", buffering=1, encoding="utf-8")
    except OSError as error:
        raise FileError(f"the access log cannot be written: {error.strerror}", where=str(path)) from None


def configure_logging(level: str) -> None:
    """Send log messages to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    for name in ("scimmock", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        # uvicorn tells the story of every start and stop at INFO; that is for those who debug.
        quiet = name != "scimmock" and level == "info"
        logger.setLevel("WARNING" if quiet else level.upper())
