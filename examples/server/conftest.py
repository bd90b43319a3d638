"""The service under test, on a free port."""

from __future__ import annotations

import importlib
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn


@pytest.fixture
def service(pytestconfig: pytest.Config) -> Iterator[str]:
    """The base URL of the service, as it is or mended; its token is `secret`."""
    module = importlib.import_module("app_fixed" if pytestconfig.getoption("fixed") else "app")
    application = module.application(module.Users(), token="secret")
    listening = socket.create_server(("127.0.0.1", 0))  # connections wait here until the server runs
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/scim"
    server.should_exit = True
    thread.join()
    listening.close()
