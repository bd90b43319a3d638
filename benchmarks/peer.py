"""The peer: scim2-server from PyPI with its own storage in memory, as its ASGI application under uvicorn.

Runs in an interpreter that has scim2-server, uvicorn, httptools and uvloop. The ASGI application is the
faster of its two: its WSGI application needs a thread for every request here.
"""

from __future__ import annotations

import importlib
import logging
import sys
from typing import Any

from serving import TOKEN, serve

PREFIX = "/v2"


def build() -> Any:
    """scim2-server with its default provider and a bearer token, as its command has it."""
    asgi = importlib.import_module("scim2_server.applications.asgi")
    memory = importlib.import_module("scim2_server.memory")
    utils = importlib.import_module("scim2_server.utils")
    models = importlib.import_module("scim2_models")

    class Application(asgi.ASGIApplication):  # type: ignore[misc, name-defined]
        """Accepts one bearer token, as scimmock does."""

        def check_auth(self, request: Any) -> None:
            scheme, _, token = (request.header("Authorization") or "").partition(" ")
            if scheme.lower() != "bearer" or token != TOKEN:
                raise models.UnauthorizedException

    return Application(memory.AsyncInMemoryStorage(), utils.load_default_provider())


if __name__ == "__main__":
    logging.disable(logging.INFO)
    serve(build(), ready_file=sys.argv[1], prefix=PREFIX)
